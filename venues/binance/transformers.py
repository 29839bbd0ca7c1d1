"""The market transformer: finds what a frame carries by its stream's name, and hands it to its converter.

    Frame ──stream name──▶ handler: decode ▶ normalise ▶ events
          ──id──▶ Reply, and the books of that request ask for their snapshots
    Fetched ──key──▶ the book that asked

Handlers are made once a stream, so a message costs one dictionary lookup before it is decoded.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, Generic, TypeAlias, cast

import msgspec

from barterpy.connection import SubscribeRequest
from barterpy.errors import BarterError, LimitExceeded, ParseError
from barterpy.events import ClosingSoon, LifecycleEvent
from barterpy.model.market import MarketEvent
from barterpy.model.number import N, NumberParser
from barterpy.subscription import Subscription
from barterpy.sync import BookSynchroniser, SyncOutput, SyncPolicy
from barterpy.transformer import Directive, Fetched, Reply
from barterpy.venues.binance.channels import EVENTS, Kind, Stream, named_stream
from barterpy.venues.binance.endpoints import Market
from barterpy.venues.binance.errors import stream_error
from barterpy.venues.binance.handlers import Handler, Handlers
from barterpy.venues.binance.messages import Frame, Head
from barterpy.venues.binance.normaliser import Normaliser
from barterpy.venues.binance.topics import Topics

__all__ = ["MarketTransformer"]

_Output: TypeAlias = Any  # MarketEvent[N] | LifecycleEvent | Directive
_SHUTDOWN: Final = "serverShutdown"
_MAX_STREAMS: Final = 10_000

_head = msgspec.json.Decoder(Head | list[Head]).decode


class _Entry:
    """A stream, its handler, and when it last had something to handle."""

    __slots__ = ("handle", "seen", "stream")

    def __init__(self, stream: Stream, handle: Handler) -> None:
        self.stream: Stream = stream
        self.handle: Handler = handle
        self.seen: int | None = None


class MarketTransformer(Generic[N]):
    """Frames of one connection to market events: a :class:`barterpy.transformer.Transformer` with ``on_reset`` and
    ``last_seen``.

    With subscriptions, events carry the symbols as they were written there and other streams are passed over
    (``ignored`` counts them). Without, whatever comes is taken, under the venue's own symbols. :meth:`subscribe` and
    :meth:`unsubscribe` make the requests of its connection, and it learns from them what will come.

    :param depth_limit: levels a side of a snapshot
    :param connection: the name of the connection, for :class:`~barterpy.events.ClosingSoon`
    :raises barterpy.errors.ConfigurationError: a subscription the venue does not offer
    """

    def __init__(
        self,
        market: Market,
        venue: str,
        number: NumberParser[N],
        subscriptions: Sequence[Subscription] = (),
        *,
        depth_limit: int = 1000,
        policy: SyncPolicy | None = None,
        connection: str = "",
    ) -> None:
        self.ignored: int = 0
        self._venue = venue
        self._connection = connection
        self._market = market
        self._normalise: Normaliser[N] = Normaliser(venue, number)
        self._make: Handlers[N] = Handlers(market, self._normalise, depth_limit, policy)
        self._topics = Topics(market)
        self._open = not subscriptions
        self._named: dict[str, _Entry] = {}
        self._unnamed: dict[tuple[Kind, str, str], _Entry] = {}
        self._partial: list[_Entry] = []
        for stream in self._topics.add(subscriptions):
            self._add(stream)

    @property
    def books(self) -> dict[str, BookSynchroniser[N]]:
        """The whole books by the names of their streams."""
        return self._make.books

    def transform(
        self, message: Frame | Fetched, received_at: int, /
    ) -> Iterable[MarketEvent[N] | LifecycleEvent | Directive]:
        """Events of one frame, or of the answer to what a book asked for.

        :raises barterpy.errors.ParseError: an unknown event, or a message that does not fit
        :raises barterpy.errors.BookError: a book cannot be had, see :class:`barterpy.sync.BookSynchroniser`
        """
        if isinstance(message, Fetched):
            return self._fetched(message, received_at)
        entry = self._named.get(message.stream)
        try:
            if entry is not None:
                entry.seen = received_at
                return entry.handle(message.data, received_at)
            if message.stream:
                return self._unknown_stream(message, received_at)
            if message.id is not None or message.code is not None or message.error is not None:
                return self._reply(message, received_at)
            return self._bare(message.data, received_at)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise ParseError(str(error), bytes(message.data), kind=message.stream or "message") from error

    def on_reset(self, epoch: int, now: int, /) -> Iterable[SyncOutput[N]]:
        """A new connection began: every book asks anew."""
        self._normalise.epoch = epoch
        for entry in self._named.values():
            entry.seen = None
        return [output for book in self.books.values() for output in book.on_reset(epoch, now)]

    def last_seen(self, name: str, /) -> int | None:
        """When the subscription of this name last brought something on this connection, int nanoseconds UTC."""
        entry = self._named.get(self._topics.stream_of(name) or "")
        return None if entry is None else entry.seen

    # What its connection asks for.

    def subscribe(self, subscriptions: Sequence[Subscription], /) -> Sequence[SubscribeRequest]:
        """The requests for these, by the venue's limits; events of them will carry the symbols written here.

        :raises barterpy.errors.ConfigurationError: the venue does not offer one of them; nothing has changed
        """
        changed = self._topics.add(subscriptions)
        self._open = False
        for stream in changed:
            self._add(stream)
        return self._topics.subscribe(subscriptions)

    def unsubscribe(self, subscriptions: Sequence[Subscription], /) -> Sequence[SubscribeRequest]:
        """The requests that end these; nothing of them comes any more, whatever is still on its way."""
        requests, changed, gone = self._topics.unsubscribe(subscriptions)
        for stream in changed:
            self._add(stream)
        for name in gone:
            self._remove(name)
        return requests

    def renew(self, subscriptions: Sequence[Subscription], /) -> Sequence[SubscribeRequest]:
        """The requests that leave the streams of these and ask for them once more."""
        return self._topics.renew(subscriptions)

    def leads(self, subscription: Subscription, /) -> bool:
        """Whether it is the one of its stream by which silence is noticed."""
        return self._topics.leads(subscription)

    # Messages that are not data of a known stream.

    def _fetched(self, message: Fetched, received_at: int) -> Iterable[SyncOutput[N]]:
        book = self.books.get(message.key)
        if book is None:
            return ()
        failure = message.error
        if failure is None:
            try:
                return book.on_snapshot(self._normalise.snapshot(message.result), received_at)
            except ValueError as error:
                failure = ParseError(str(error), kind="snapshot")
        return book.on_error(failure if isinstance(failure, BarterError) else BarterError(str(failure)), received_at)

    def _reply(self, message: Frame, received_at: int) -> Iterable[SyncOutput[N]]:
        refusal = message.error
        code, text = (message.code, message.msg) if refusal is None else (refusal.code, refusal.msg)
        if code is None and message.id is not None:
            outputs: list[SyncOutput[N]] = [Reply(message.id)]
            for name in self._topics.answered(message.id):
                if name in self.books:
                    outputs += self.books[name].on_start(received_at)
            return outputs
        if message.id is None:
            raise ParseError(f"a refusal that says not of what: code {code}: {text}", kind="answer")
        return [Reply(message.id, stream_error(code, text))]

    def _unknown_stream(self, message: Frame, received_at: int) -> Sequence[_Output]:
        stream = named_stream(self._market, message.stream) if self._open else None
        if stream is None:
            if message.stream == _SHUTDOWN or _tells_shutdown(message.data):
                return [self._closing_soon(received_at)]
            if not self._open:
                self.ignored += 1
                return ()
            raise ParseError("unknown stream", bytes(message.data), kind=message.stream)
        return self._taken(self._add(stream), message.data, received_at)

    def _taken(self, entry: _Entry, data: msgspec.Raw, received_at: int) -> Sequence[_Output]:
        entry.seen = received_at
        return entry.handle(data, received_at)

    def _closing_soon(self, received_at: int) -> ClosingSoon:
        return ClosingSoon(
            venue=self._venue,
            connection=self._connection,
            epoch=self._normalise.epoch,
            received_at=received_at,
            reason="the server shuts down within minutes",
        )

    def _bare(self, data: msgspec.Raw, received_at: int) -> Sequence[_Output]:
        """A message without the name of its stream, as raw streams send them."""
        heads = _head(data)
        head = _first(heads)
        if head.e == _SHUTDOWN:
            return [self._closing_soon(received_at)]
        kind = EVENTS.get(head.e)
        if kind is None and not head.e:
            kind = Kind.BOOK_TICKER if head.u is not None else Kind.PARTIAL_DEPTH if head.lastUpdateId else None
        if kind is None:
            raise ParseError(f"unknown event {head.e!r}" if head.e else "neither event nor answer", bytes(data))
        if kind is Kind.PARTIAL_DEPTH:
            if len(self._partial) != 1:
                raise ParseError("a partial book without a stream name does not say whose it is", bytes(data))
            return self._taken(self._partial[0], data, received_at)
        symbol = head.s or _text(head.o, "s")
        detail = _text(head.k, "i") if kind is Kind.KLINE else _window(head.e)
        entry = self._unnamed.get((kind, symbol, detail)) or self._unnamed.get((kind, "", detail))
        if entry is None:
            if not self._open:
                self.ignored += 1
                return ()
            whole = isinstance(heads, list) or kind is Kind.CONTRACT_INFO
            if not whole and not symbol:
                raise ParseError("names no instrument", bytes(data), kind=head.e or "message")
            name = f"!{kind.value}" if whole else f"{symbol.lower()}@{kind.value}{detail and '_'}{detail}"
            known = named_stream(self._market, name)
            if known is None:
                raise ParseError("there is no stream of it", bytes(data), kind=head.e or "message")
            entry = self._add(known)
        return self._taken(entry, data, received_at)

    def _add(self, stream: Stream) -> _Entry:
        known = self._named.get(stream.name)
        if known is not None:
            # It serves more or fewer than before; a book is the same for all.
            known.stream = stream
            if stream.name not in self.books:
                known.handle = self._make.make(stream)
            return known
        if len(self._named) >= _MAX_STREAMS:
            raise LimitExceeded("streams", _MAX_STREAMS)
        entry = self._named[stream.name] = _Entry(stream, self._make.make(stream))
        if stream.kind is Kind.PARTIAL_DEPTH:
            self._partial.append(entry)
        self._unnamed.setdefault(self._bare_key(stream), entry)
        return entry

    def _remove(self, name: str) -> None:
        entry = self._named.pop(name)
        self.books.pop(name, None)
        if entry in self._partial:
            self._partial.remove(entry)
        key = self._bare_key(entry.stream)
        if self._unnamed.get(key) is entry:
            del self._unnamed[key]
            others = (other for other in self._named.values() if self._bare_key(other.stream) == key)
            for other in others:
                self._unnamed.setdefault(key, other)

    def _bare_key(self, stream: Stream) -> tuple[Kind, str, str]:
        """What a message without the name of its stream says of it."""
        kind = stream.kind
        if kind is Kind.PARTIAL_DEPTH and self._market is Market.FUTURES:
            # They are sent as changes there, and then only the subscription tells the two apart.
            kind = Kind.DEPTH
        return kind, stream.symbol, stream.interval


def _tells_shutdown(data: msgspec.Raw) -> bool:
    return _SHUTDOWN.encode() in bytes(data) and _first(_head(data)).e == _SHUTDOWN


def _first(heads: Head | list[Head]) -> Head:
    if isinstance(heads, list):
        return heads[0] if heads else Head()
    return heads


def _text(value: object, name: str) -> str:
    return str(cast("dict[str, object]", value).get(name, "")) if isinstance(value, dict) else ""


def _window(event: str) -> str:
    return event.removesuffix("Ticker") if event in ("1hTicker", "4hTicker", "1dTicker") else ""
