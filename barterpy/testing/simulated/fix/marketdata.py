"""Market data over FIX at the simulated Binance: who asked for what, and how it is said. No clock and no I/O.

What is said is what is said on the venue's streams: the same trades with the same ids, the same book with the same
numbers. Messages are those of Binance's FIX API, documentation of 2026-09.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, final

from barterpy.clock import MILLISECOND
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing, Timestamp, Value
from barterpy.testing.simulated.exchange import SimulatedExchange
from barterpy.testing.simulated.fix.refusals import FieldRefusal, invalid, missing
from barterpy.testing.simulated.instrument import SimulatedInstrument

__all__ = ["MARKET_DATA_MESSAGES", "MarketDataDesk", "instrument_list"]

MARKET_DATA_MESSAGES: Final = frozenset({"V", "x"})
"""Message types it takes."""

_STREAMS: Final = {"trades": "trade", "ticker": "bookTicker", "book": "depth@100ms"}
_MOST_DEPTH: Final = 5000
_MOST_ENTRIES: Final = 50
"""Entries that one message holds; more are sent in fragments."""
_MOST_QTY: Final = "100000"
_INHERITED: Final = frozenset({55, 25043, 25044})

Entry = list[tuple[int, Value]]


@dataclass(eq=False)
class _Subscription:
    """One MDReqID. ``prices`` are those in each symbol's book, by its sides, to tell what is new from what changed."""

    id: str
    kind: Literal["trades", "ticker", "book"]
    depth: int
    symbols: tuple[str, ...]
    prices: dict[str, tuple[set[str], set[str]]] = field(default_factory=dict[str, tuple[set[str], set[str]]])


@final
class MarketDataDesk:
    """The subscriptions of one session.

    :param limit: streams a session may have at a time
    """

    def __init__(self, exchange: SimulatedExchange, *, limit: int = 1000) -> None:
        self._exchange = exchange
        self._limit = limit
        self._subscriptions: dict[str, _Subscription] = {}
        self._by_stream: dict[str, _Subscription] = {}

    @property
    def wanted(self) -> Mapping[str, object]:
        """Names of the venue's streams that it needs."""
        return self._by_stream

    def check(self, message: Message) -> None:
        """Whether the message can be looked at.

        :raises barterpy.testing.simulated.fix.refusals.FieldRefusal: a field is missing or cannot be read
        """
        for tag in (262, 263) if message.msg_type == "V" else (320, 559):
            if not message.value(tag):
                raise missing(tag)
        if message.msg_type == "x":
            if message.text(559) not in ("0", "4"):
                raise invalid(559)
            if message.text(559) == "0":
                self._instruments([message.text(55, "")])
            return
        if message.text(263) not in ("1", "2"):
            raise invalid(263)
        if message.text(263) == "1":
            self._instruments(_symbols(message))
            _kind(message)

    def handle(self, message: Message) -> Iterator[Outgoing]:
        """The answers to a message that :meth:`check` found good."""
        if message.msg_type == "x":
            yield instrument_list(message, self._exchange)
        elif message.text(263) == "2":
            yield from self._unsubscribe(message)
        else:
            yield from self._subscribe(message)

    def render(self, heard: Sequence[tuple[str, Any]]) -> Iterator[Outgoing]:
        """Messages of what was heard on the streams: name and decoded JSON. Trades of one request share a message."""
        trades: list[Entry] = []
        of: _Subscription | None = None
        for name, event in heard:
            one = self._by_stream.get(name)
            if one is None:
                continue
            if trades and of is not None and one is not of:
                yield from _incremental(of, trades)
                trades = []
            if one.kind == "trades":
                trades.append(_trade(event))
                of = one
            else:
                yield from _incremental(one, _ticker(event) if one.kind == "ticker" else _changes(one, event))
        if trades and of is not None:
            yield from _incremental(of, trades)

    # How.

    def _instruments(self, names: Sequence[str]) -> list[SimulatedInstrument]:
        instruments = self._exchange.instruments
        for name in names:
            if name not in instruments:
                raise FieldRefusal(5, 55, -1121, "Invalid symbol.")
            if instruments[name].status != "TRADING":
                raise FieldRefusal(5, 55, -1122, "Invalid symbolStatus.")
        return [instruments[name] for name in names]

    def _subscribe(self, message: Message) -> Iterator[Outgoing]:
        id_, kind, symbols = message.text(262), _kind(message), tuple(_symbols(message))
        if id_ in self._subscriptions:
            text = "'MDReqID (262)' contains a subscription request id that is already in use on this connection."
            yield _refused(id_, "1", -1190, text)
            return
        streams = [f"{name.lower()}@{_STREAMS[kind]}" for name in symbols]
        for name, stream in zip(symbols, streams, strict=True):
            if stream in self._by_stream:
                yield _refused(
                    id_,
                    "2",
                    -1191,
                    "Similar subscription is already active on this connection. "
                    f"Symbol='{name}', active subscription id: '{self._by_stream[stream].id}'.",
                )
                return
        if len(self._by_stream) + len(streams) > self._limit:
            text = f"Too many subscriptions. Connection may create up to '{self._limit}' subscriptions at a time."
            yield _refused(id_, "2", -1191, text)
            return
        one = _Subscription(id_, kind, message.integer(264, 1), symbols)
        self._subscriptions[id_] = one
        self._by_stream.update(dict.fromkeys(streams, one))
        if kind != "trades":
            for instrument in self._instruments(symbols):
                yield _snapshot(one, instrument)

    def _unsubscribe(self, message: Message) -> Iterator[Outgoing]:
        one = self._subscriptions.pop(message.text(262), None)
        if one is None:
            text = "'MDReqID (262)' contains an unsubscription request id that does not match any active subscription."
            yield _refused(message.text(262), None, -1190, text)
            return
        for name in one.symbols:
            del self._by_stream[f"{name.lower()}@{_STREAMS[one.kind]}"]


def instrument_list(message: Message, exchange: SimulatedExchange) -> Outgoing:
    """InstrumentList (y)."""
    wanted = [message.text(55)] if message.text(559) == "0" else list(exchange.instruments)
    entries: list[Entry] = []
    for instrument in (exchange.instruments[name] for name in wanted):
        symbol = instrument.symbol
        if instrument.status == "TRADING":
            entries.append(
                [
                    (55, symbol.name),
                    (15, symbol.quote),
                    (562, symbol.lot),
                    (1140, _MOST_QTY),
                    (25039, symbol.lot),
                    (25040, symbol.lot),
                    (25041, _MOST_QTY),
                    (25042, symbol.lot),
                    (969, symbol.tick),
                ]
            )
    return Outgoing("y", [(320, message.text(320)), Outgoing.group(146, entries)])


def _symbols(message: Message) -> list[str]:
    names = [entry.text(55) for entry in message.group(146, (55,))]
    if not names:
        raise missing(146)
    if len(set(names)) < len(names):
        raise FieldRefusal(5, 146, -1151, "Symbol is present multiple times in the list.")
    return names


def _kind(message: Message) -> Literal["trades", "ticker", "book"]:
    types = sorted(entry.text(269) for entry in message.group(267, (269,)))
    if types == ["2"]:
        return "trades"
    if types != ["0", "1"]:
        text = "Invalid 'MDEntryType (269)' combination. BID and OFFER must be requested together."
        raise FieldRefusal(5, 269, -1128, text)
    depth = message.integer(264, 1)
    if not 1 <= depth <= _MOST_DEPTH:
        raise invalid(264)
    return "ticker" if depth == 1 else "book"


def _refused(id_: str, reason: str | None, code: int, text: str) -> Outgoing:
    told: Entry = [(262, id_), (25016, code), (58, text)]
    return Outgoing("Y", told if reason is None else [*told, (281, reason)])


def _snapshot(one: _Subscription, instrument: SimulatedInstrument) -> Outgoing:
    sides = instrument.depth(one.depth)
    if one.kind == "book":
        bids, asks = ({price for price, _ in side} for side in instrument.depth(1 << 30))
        one.prices[instrument.symbol.name] = (bids, asks)
    return Outgoing(
        "W",
        [
            (262, one.id),
            (55, instrument.symbol.name),
            (25044, instrument.update_id),
            Outgoing.group(
                268,
                [
                    ((269, kind), (270, price), (271, size))
                    for kind, side in zip("01", sides, strict=True)
                    for price, size in side
                ],
            ),
        ],
    )


def _incremental(one: _Subscription, entries: Sequence[Entry]) -> Iterator[Outgoing]:
    """One update, in fragments where it is long: LastFragment (893) is there only then, and Y in the last of them.

    An entry says what differs from the one before it: 55, 25043 and 25044 are inherited within a message.
    """
    for start in range(0, len(entries), _MOST_ENTRIES):
        told: dict[int, Value] = {}
        shortened: list[Entry] = []
        for entry in entries[start : start + _MOST_ENTRIES]:
            shortened.append([(tag, value) for tag, value in entry if tag not in _INHERITED or told.get(tag) != value])
            told.update((tag, value) for tag, value in entry if tag in _INHERITED)
        fragment: Entry = []
        if len(entries) > _MOST_ENTRIES:
            fragment = [(893, start + _MOST_ENTRIES >= len(entries))]
        yield Outgoing("X", [(262, one.id), *fragment, Outgoing.group(268, shortened)])


def _trade(event: dict[str, Any]) -> Entry:
    return [
        (279, "0"),
        (269, "2"),
        (270, event["p"]),
        (271, event["q"]),
        (55, event["s"]),
        (1003, event["t"]),
        (60, Timestamp(event["T"] * MILLISECOND, "us")),
        # In its schema of 2026, not yet in the samples of the page.
        (2446, "2" if event["m"] else "1"),
    ]


def _ticker(event: dict[str, Any]) -> list[Entry]:
    return [
        [(279, "1"), (269, kind), (270, event[price]), (271, event[size]), (55, event["s"]), (25044, event["u"])]
        for kind, price, size in (("0", "b", "B"), ("1", "a", "A"))
    ]


def _changes(one: _Subscription, event: dict[str, Any]) -> list[Entry]:
    entries: list[Entry] = []
    for kind, changes, known in zip("01", (event["b"], event["a"]), one.prices[event["s"]], strict=True):
        for price, size in changes:
            common: Entry = [(55, event["s"]), (25043, event["U"]), (25044, event["u"])]
            if size == "0":
                known.discard(price)
                entries.append([(279, "2"), (269, kind), (270, price), *common])
            else:
                action = "1" if price in known else "0"
                entries.append([(279, action), (269, kind), (270, price), (271, size), *common])
                known.add(price)
    return entries
