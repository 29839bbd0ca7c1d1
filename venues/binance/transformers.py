"""The market transformer: finds what a frame carries by its stream's name, and hands it to its converter.

    Frame ──stream name──▶ handler: decode ▶ normalise ▶ events
          ──id──▶ Reply, and the books of that request ask for their snapshots
    Fetched ──key──▶ the book that asked

Handlers are made once a stream, so a message costs one dictionary lookup before it is decoded.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Generic, TypeAlias, cast

import msgspec

from barterpy.errors import BarterError, LimitExceeded, ParseError
from barterpy.events import ClosingSoon, LifecycleEvent
from barterpy.model.market import MarketEvent
from barterpy.model.number import N, NumberParser
from barterpy.subscription import Subscription
from barterpy.sync import BookSynchroniser, SyncOutput, SyncPolicy
from barterpy.transformer import Directive, Fetched, Reply
from barterpy.venues.binance.channels import EVENTS, Kind, Stream, named_stream, streams
from barterpy.venues.binance.endpoints import Market
from barterpy.venues.binance.errors import stream_error
from barterpy.venues.binance.handlers import Handler, Handlers
from barterpy.venues.binance.messages import Frame, Head
from barterpy.venues.binance.normaliser import Normaliser

__all__ = ["MarketTransformer"]

_Output: TypeAlias = Any  # MarketEvent[N] | LifecycleEvent | Directive
_SHUTDOWN: Final = "serverShutdown"
_MAX_STREAMS: Final = 10_000

_head = msgspec.json.Decoder(Head | list[Head]).decode


class MarketTransformer(Generic[N]):
    """Frames of one connection to market events: a :class:`barterpy.transformer.Transformer` with ``on_reset``.

    With subscriptions, events carry the symbols as they were written there and other streams are passed over
    (``ignored`` counts them). Without, whatever comes is taken, under the venue's own symbols.

    :param requests: the streams of each subscribe request by its id, so that a confirmed book asks for its snapshot
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
        requests: Mapping[int | str, Sequence[str]] | None = None,
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
        self._requests = requests or {}
        self._open = not subscriptions
        self._named: dict[str, Handler] = {}
        self._unnamed: dict[tuple[Kind, str, str], Handler] = {}
        self._partial: list[Handler] = []
        for stream in streams(market, subscriptions):
            self._add(stream)

    @property
    def books(self) -> Mapping[str, BookSynchroniser[N]]:
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
        handler = self._named.get(message.stream)
        try:
            if handler is not None:
                return handler(message.data, received_at)
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
        return [output for book in self.books.values() for output in book.on_reset(epoch, now)]

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
            names = self._requests.get(message.id, ())
            outputs: list[SyncOutput[N]] = [Reply(message.id)]
            for name in names:
                if name in self.books:
                    outputs += self.books[name].on_start(received_at)
            return outputs
        if message.id is None:
            raise ParseError(f"a refusal that says not of what: code {code}: {text}", kind="answer")
        return [Reply(message.id, stream_error(code, text))]

    def _unknown_stream(self, message: Frame, received_at: int) -> Sequence[_Output]:
        stream = named_stream(self._market, message.stream) if self._open else None
        if stream is None:
            if message.stream == _SHUTDOWN or (self._open and _first(_head(message.data)).e == _SHUTDOWN):
                return [self._closing_soon(received_at)]
            if not self._open:
                self.ignored += 1
                return ()
            raise ParseError("unknown stream", bytes(message.data), kind=message.stream)
        return self._add(stream)(message.data, received_at)

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
            return self._partial[0](data, received_at)
        symbol = head.s or _text(head.o, "s")
        detail = _text(head.k, "i") if kind is Kind.KLINE else _window(head.e)
        handler = self._unnamed.get((kind, symbol, detail)) or self._unnamed.get((kind, "", detail))
        if handler is None:
            if not self._open:
                self.ignored += 1
                return ()
            whole = isinstance(heads, list) or kind is Kind.CONTRACT_INFO
            if not whole and not symbol:
                raise ParseError("names no instrument", bytes(data), kind=head.e or "message")
            name = f"!{kind.value}" if whole else f"{symbol.lower()}@{kind.value}{detail and '_'}{detail}"
            known = named_stream(self._market, name)
            assert known is not None, name
            handler = self._add(known)
        return handler(data, received_at)

    def _add(self, stream: Stream) -> Handler:
        if len(self._named) >= _MAX_STREAMS:
            raise LimitExceeded("streams", _MAX_STREAMS)
        handler = self._named[stream.name] = self._make.make(stream)
        kind = stream.kind
        if kind is Kind.PARTIAL_DEPTH:
            self._partial.append(handler)
            if self._market is Market.FUTURES:
                # They are sent as changes there, and then only the subscription tells the two apart.
                kind = Kind.DEPTH
        self._unnamed.setdefault((kind, stream.symbol, stream.interval), handler)
        return handler


def _first(heads: Head | list[Head]) -> Head:
    if isinstance(heads, list):
        return heads[0] if heads else Head()
    return heads


def _text(value: object, name: str) -> str:
    return str(cast("dict[str, object]", value).get(name, "")) if isinstance(value, dict) else ""


def _window(event: str) -> str:
    return event.removesuffix("Ticker") if event in ("1hTicker", "4hTicker", "1dTicker") else ""
