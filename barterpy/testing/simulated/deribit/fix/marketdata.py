"""Market data over FIX at the simulated Deribit: who asked for what, and how it is said. No clock and no I/O.

What is said is what the WebSocket's channels of 100 ms say: the same trades with the same ids, the same changes of the
same book. "Market Data Request", "Market Data Snapshot" and "Market Data Incremental Refresh", docs.deribit.com, FIX
API, 2026-09. The page names no pace and no reasons of a refusal: the pace is the one of clients without a logon, the
reasons (281) are those of FIX 4.4. Of index instruments (entry types 3 and 6) there are none here.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, final

from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Field, Outgoing
from barterpy.testing.simulated.deribit.channels import Channels
from barterpy.testing.simulated.deribit.fix.fields import contracts, exact, instrument_fields, moment
from barterpy.testing.simulated.deribit.market import DeribitMarket, SimulatedBook

__all__ = ["MarketDataDesk"]

_SNAPSHOT: Final = "0"
_SUBSCRIBE: Final = "1"
_UNSUBSCRIBE: Final = "2"
_INCREMENTAL: Final = "1"
_BID: Final = "0"
_OFFER: Final = "1"
_TRADE: Final = "2"
_DEPTHS: Final = (1, 10, 20)
_PACE: Final = "100ms"
_WHOLE: Final = 1 << 30
_TRADES: Final = 20
_MOST_TRADES: Final = 1000
_ACTIONS: Final = {"new": "0", "change": "1", "delete": "2"}
_UNKNOWN_SYMBOL: Final = 0
_DUPLICATE: Final = 1
_SUBSCRIPTION_TYPE: Final = 4
_DEPTH: Final = 5
_UPDATE_TYPE: Final = 6
_ENTRY_TYPE: Final = 8

Entry = list[Field]


class _Refusal(Exception):
    """A request is not carried out: MDReqRejReason (281), if FIX has one, and Text (58)."""

    def __init__(self, reason: int | None, text: str) -> None:
        super().__init__(reason, text)
        self.reason: int | None = reason
        self.text: str = text


@dataclass(frozen=True)
class _Subscription:
    """One MDReqID. ``depth`` is 0 for the whole book; ``channels`` are where its data comes from, with what comes."""

    id: str
    types: frozenset[str]
    depth: int
    channels: dict[str, SimulatedBook]


@final
class MarketDataDesk:
    """The subscriptions of one session.

    :param limit: MDReqIDs a session may have at a time
    """

    def __init__(self, market: DeribitMarket, channels: Channels, *, limit: int = 1000) -> None:
        self._market = market
        self._channels = channels
        self._limit = limit
        self._subscriptions: dict[str, _Subscription] = {}
        self._by_channel: dict[str, list[_Subscription]] = {}

    @property
    def channels(self) -> Collection[str]:
        """The channels it needs."""
        return self._by_channel.keys()

    def request(self, message: Message) -> Iterator[Outgoing]:
        """The answers to MarketDataRequest (V).

        :raises barterpy.protocols.fix.errors.FieldMissing: a field it cannot do without
        :raises barterpy.protocols.fix.errors.FieldInvalid: a number that is none, or a group that is not whole
        """
        id_ = message.text(262)
        try:
            yield from self._request(id_, message)
        except _Refusal as refusal:
            reason: list[Field] = [] if refusal.reason is None else [(281, refusal.reason)]
            yield Outgoing("Y", [(262, id_), *reason, (58, refusal.text)])

    def render(self, channel: str, data: Any) -> Iterator[Outgoing]:
        """Messages of what was said on a channel."""
        for one in self._by_channel.get(channel, ()):
            book = one.channels[channel]
            if channel.startswith("trades."):
                yield _update(one, book, (), [_trade_entry(book, row, action=True) for row in data])
            elif one.depth:
                yield self._whole(one.id, book, one.types, data["bids"], data["asks"])
            else:
                entries = [
                    entry
                    for kind, side in ((_BID, data["bids"]), (_OFFER, data["asks"]))
                    if kind in one.types
                    for entry in _changes(book, kind, side)
                ]
                if entries:
                    yield _update(one, book, self._state(book), entries)

    # How.

    def _request(self, id_: str, message: Message) -> Iterator[Outgoing]:
        kind = message.text(263)
        if kind == _UNSUBSCRIBE:
            self._unsubscribe(id_)
            return
        if kind not in (_SNAPSHOT, _SUBSCRIBE):
            raise _Refusal(_SUBSCRIPTION_TYPE, "unsupported SubscriptionRequestType")
        types = frozenset(entry.text(269) for entry in message.group(267, (269,)))
        if not types or not types <= {_BID, _OFFER, _TRADE}:
            raise _Refusal(_ENTRY_TYPE, "unsupported MDEntryType")
        books = [self._book(name) for name in _symbols(message)]
        depth = message.integer(264, 0)
        if depth not in (0, *_DEPTHS):
            raise _Refusal(_DEPTH, "unsupported MarketDepth")
        recent = min(max(message.integer(100007, _TRADES), 0), _MOST_TRADES), message.integer(100008, 0)
        if kind == _SUBSCRIBE:
            self._subscribe(id_, types, books, depth, message.text(265))
        for book in books:
            yield self._snapshot(id_, book, types, depth, recent)

    def _book(self, name: str) -> SimulatedBook:
        book = self._market.books.get(name)
        if book is None:
            raise _Refusal(_UNKNOWN_SYMBOL, f"unknown Symbol: {name}")
        return book

    def _subscribe(
        self, id_: str, types: frozenset[str], books: Sequence[SimulatedBook], depth: int, update_type: str
    ) -> None:
        if id_ in self._subscriptions:
            raise _Refusal(_DUPLICATE, "duplicate MDReqID")
        if len(self._subscriptions) >= self._limit:
            raise _Refusal(None, "too_many_subscriptions")
        if update_type not in ("0", "1"):
            raise _Refusal(_UPDATE_TYPE, "unsupported MDUpdateType")
        # The page: the whole book by changes, or its best 1, 10 or 20 levels again and again. For trades it is all one.
        if (types & {_BID, _OFFER}) and (update_type == _INCREMENTAL) != (depth == 0):
            raise _Refusal(_DEPTH, "unsupported combination of MDUpdateType and MarketDepth")
        channels: dict[str, SimulatedBook] = {}
        for book in books:
            name = book.contract.name
            if types & {_BID, _OFFER}:
                of = f"book.{name}.none.{depth}.{_PACE}" if depth else f"book.{name}.{_PACE}"
                channels[of] = book
            if _TRADE in types:
                channels[f"trades.{name}.{_PACE}"] = book
        for channel in channels:
            # Who has a book is told first what the one who comes will find in a snapshot.
            if not self._channels.admit(channel):
                raise _Refusal(None, "forbidden")
        one = self._subscriptions[id_] = _Subscription(id_, types, depth, channels)
        for channel in channels:
            self._by_channel.setdefault(channel, []).append(one)

    def _unsubscribe(self, id_: str) -> None:
        one = self._subscriptions.pop(id_, None)
        if one is None:
            raise _Refusal(None, "no such subscription")
        for channel in one.channels:
            others = self._by_channel[channel]
            others.remove(one)
            if not others:
                del self._by_channel[channel]

    def _snapshot(
        self, id_: str, book: SimulatedBook, types: frozenset[str], depth: int, recent: tuple[int, int]
    ) -> Outgoing:
        entries: list[Entry] = []
        if _TRADE in types:
            count, since = recent
            # Those that are told to nobody yet come by themselves.
            told = list(book.trades)[: len(book.trades) - len(book.untold)]
            known = [match for match in told if match.at >= since]
            rows = [self._market.trade_row(book, match) for match in known[-count:]] if count else []
            entries = [_trade_entry(book, row, action=False) for row in rows]
        bids, asks = self._market.depth(book, depth or _WHOLE)
        return self._whole(id_, book, types, bids, asks, entries)

    def _whole(
        self,
        id_: str,
        book: SimulatedBook,
        types: frozenset[str],
        bids: Sequence[Sequence[float]],
        asks: Sequence[Sequence[float]],
        others: Sequence[Entry] = (),
    ) -> Outgoing:
        entries: list[Entry] = [
            [(269, kind), (270, exact(price)), (271, contracts(book.contract, amount))]
            for kind, side in ((_BID, bids), (_OFFER, asks))
            if kind in types
            for price, amount in side
        ]
        fields = [*instrument_fields(book.contract), (262, id_), *self._state(book)]
        if book.contract.perpetual:
            fields += [(100092, exact(0.0)), (100093, exact(0.00001742))]
        return Outgoing("W", [*fields, Outgoing.group(268, [*entries, *others])])

    def _state(self, book: SimulatedBook) -> list[Field]:
        contract = book.contract
        return [
            (100090, exact(contract.price_number(round(book.fair)))),
            (746, contracts(contract, contract.amount_number(123_456))),
        ]


def _symbols(message: Message) -> list[str]:
    # NoRelatedSym (146) is needed for several alone; one may stand for itself.
    return [entry.text(55) for entry in message.group(146, (55,))] or [message.text(55)]


def _update(one: _Subscription, book: SimulatedBook, state: Sequence[Field], entries: Sequence[Entry]) -> Outgoing:
    return Outgoing("X", [*instrument_fields(book.contract), (262, one.id), *state, Outgoing.group(268, entries)])


def _changes(book: SimulatedBook, kind: str, side: Sequence[Any]) -> Iterator[Entry]:
    for action, price, amount in side:
        entry: Entry = [(279, _ACTIONS[action]), (269, kind), (270, exact(price))]
        if action != "delete":
            entry.append((271, contracts(book.contract, amount)))
        yield entry


def _trade_entry(book: SimulatedBook, row: dict[str, Any], *, action: bool) -> Entry:
    entry: Entry = [(279, "0")] if action else []
    entry += [
        (269, _TRADE),
        (270, exact(row["price"])),
        (271, contracts(book.contract, row["amount"])),
        (272, moment(row["timestamp"])),
        (100009, row["trade_id"]),
        (54, "1" if row["direction"] == "buy" else "2"),
        # Of orders that are somebody else's, nothing is told.
        (37, "0"),
        (198, "0"),
        (39, "2"),
        (44, exact(row["index_price"])),
        (58, str(row["trade_seq"])),
    ]
    return [*entry, (100091, row["liquidation"])] if "liquidation" in row else entry
