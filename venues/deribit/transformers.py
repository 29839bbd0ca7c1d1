"""The transformer: finds what a frame carries by its channel's name, and hands it to its handler.

    Frame ──channel──▶ handler: decode ▶ normalise ▶ events
          ──test_request──▶ Send(public/test)
          ──id──▶ Reply, or the next step of a book that is being subscribed anew

Handlers are made once a channel, so a message costs one dictionary lookup before it is decoded.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Generic, TypeAlias, cast

import msgspec

from barterpy.connection import SubscribeRequest
from barterpy.errors import LimitExceeded, ParseError, VenueError
from barterpy.events import LifecycleEvent
from barterpy.model.market import MarketEvent
from barterpy.model.number import N, NumberParser
from barterpy.subscription import Subscription
from barterpy.sync import BookSynchroniser, SyncOutput, SyncPolicy, SyncState
from barterpy.transformer import Directive, Reply, Send
from barterpy.venues.deribit.auth import read_result
from barterpy.venues.deribit.channels import Stream, named_stream
from barterpy.venues.deribit.errors import rpc_error
from barterpy.venues.deribit.handlers import Handler, Handlers
from barterpy.venues.deribit.messages import Frame
from barterpy.venues.deribit.rejoins import Rejoins
from barterpy.venues.deribit.requests import encode_call
from barterpy.venues.deribit.topics import OWN_IDS, Topics

__all__ = ["ChannelTransformer"]

_Output: TypeAlias = Any  # MarketEvent[N] | AccountEvent[N] | LifecycleEvent | Directive
_MAX_STREAMS: Final = 10_000


class _Entry:
    """A channel's handler, and when it last had something to handle."""

    __slots__ = ("handle", "seen")

    def __init__(self, handle: Handler) -> None:
        self.handle: Handler = handle
        self.seen: int | None = None


class ChannelTransformer(Generic[N]):
    """Frames of one connection to events: a :class:`barterpy.transformer.Transformer` with ``on_reset``,
    ``last_seen`` and timers.

    With subscriptions, events carry the symbols as they were written there and other channels are passed over
    (``ignored`` counts them). Without, whatever comes is taken, under the venue's own symbols. :meth:`subscribe` and
    :meth:`unsubscribe` make the requests of its connection, and it learns from them what will come.

    :param pace: of trades, books and tickers that do not say their own
    :raises barterpy.errors.ConfigurationError: a subscription the venue does not offer
    """

    def __init__(
        self,
        venue: str,
        number: NumberParser[N],
        subscriptions: Sequence[Subscription] = (),
        *,
        pace: str = "100ms",
        policy: SyncPolicy | None = None,
    ) -> None:
        self.ignored: int = 0
        self.topics: Topics = Topics(pace)
        """What was asked for, and under which ids."""
        self._rejoins = Rejoins(self._next_id, lambda channel: channel in self.books)
        self._handlers: Handlers[N] = Handlers(venue, number, self._rejoins.begin, policy)
        self._open = not subscriptions
        self._named: dict[str, _Entry] = {}
        self._own_id = OWN_IDS
        for stream in self.topics.add(subscriptions):
            self._add(stream)

    @property
    def books(self) -> Mapping[str, BookSynchroniser[N]]:
        """The whole books by the names of their channels."""
        return self._handlers.books

    @property
    def remembering(self) -> Sequence[str]:
        """The names of channels whose messages mean something together with those before: candles, tickers in parts."""
        return tuple(self._handlers.running)

    def transform(self, message: Frame, received_at: int, /) -> Iterable[MarketEvent[N] | LifecycleEvent | Directive]:
        """Events of one frame; those of the account where its channels are among the subscriptions.

        :raises barterpy.errors.ParseError: a channel that is not known, or a message that does not fit
        """
        params = message.params
        if params is None:
            return self._answer(message, received_at)
        channel = params.channel
        entry = self._named.get(channel)
        try:
            if entry is not None:
                entry.seen = received_at
                return entry.handle(params.data, received_at)
            if message.method == "heartbeat":
                return self._heartbeat(params.type)
            if message.method != "subscription" or not channel:
                raise ParseError(f"neither notification nor answer: method {message.method!r}", bytes(params.data))
            return self._unknown(channel, params.data, received_at)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise ParseError(str(error), bytes(params.data), kind=channel or "message") from error
        except ArithmeticError as error:
            # A quoted "NaN" is a Decimal to the decoder; it cannot be compared with the other prices of a book.
            raise ParseError("not a finite number", bytes(params.data), kind=channel) from error

    def on_reset(self, epoch: int, now: int, /) -> Iterable[SyncOutput[N]]:
        """A new connection began: every book waits for its first message."""
        self._handlers.begin(epoch)
        self._rejoins.reset()
        for entry in self._named.values():
            entry.seen = None
        return [output for book in self.books.values() for output in book.on_reset(epoch, now)]

    def last_seen(self, name: str, /) -> int | None:
        """When the subscription of this name last brought something on this connection, int nanoseconds UTC."""
        entry = self._named.get(self.topics.channel_of(name) or "")
        return None if entry is None else entry.seen

    # What its connection asks for.

    def subscribe(self, subscriptions: Sequence[Subscription], /) -> Sequence[SubscribeRequest]:
        """The requests for these, by the venue's limits; events of them will carry the symbols written here."""
        self._open = False
        for stream in self.topics.add(subscriptions):
            self._add(stream)
        return self.topics.subscribe(subscriptions)

    def unsubscribe(self, subscriptions: Sequence[Subscription], /) -> Sequence[SubscribeRequest]:
        """The requests that end these; nothing of them comes any more, whatever is still on its way."""
        requests, changed, gone = self.topics.unsubscribe(subscriptions)
        for stream in changed:
            self._add(stream)
        for channel in gone:
            self._named.pop(channel, None)
            self._handlers.drop(channel)
        return requests

    def _heartbeat(self, type_: str) -> Sequence[Directive]:
        # "test_request" must be answered at once, or the connection is closed; "heartbeat" only shows life.
        if type_ != "test_request":
            return ()
        return (Send(encode_call(self._next_id(), "public/test", {})),)

    def _unknown(self, channel: str, data: msgspec.Raw, received_at: int) -> Sequence[_Output]:
        stream = named_stream(channel) if self._open else None
        if stream is None:
            if not self._open:
                self.ignored += 1
                return ()
            raise ParseError("unknown channel", bytes(data), kind=channel)
        return self._add(stream).handle(data, received_at)

    def _add(self, stream: Stream) -> _Entry:
        known = self._named.get(stream.name)
        if known is None:
            if len(self._named) >= _MAX_STREAMS:
                raise LimitExceeded("streams", _MAX_STREAMS)
            known = self._named[stream.name] = _Entry(self._handlers.make(stream))
        elif stream.name not in self.books:
            # Served to more or to fewer than before; a book is served to all alike.
            known.handle = self._handlers.make(stream)
        return known

    # Answers.

    def _answer(self, message: Frame, received_at: int) -> Iterable[_Output]:
        id_, refusal = message.id, message.error
        error = None if refusal is None else rpc_error(refusal)
        if id_ is None:
            if error is None:
                raise ParseError("neither notification nor answer", message.method)
            raise ParseError(f"a refusal that says not of what: code {error.code}: {error.text}", kind="answer")
        if isinstance(id_, int) and id_ >= OWN_IDS:
            return self._own_answer(id_, error, received_at)
        logon = isinstance(id_, int) and id_ in self.topics.logons
        self.topics.logons.discard(cast("int", id_))
        if error is None and logon:
            return (Reply(id_, result=read_result(message.result)),)
        if error is not None:
            return (Reply(id_, error),)
        confirmed, left_out = self.topics.answered(id_, message.result)
        outputs: list[_Output] = [Reply(id_, left_out)]
        for channel in confirmed:
            book = self.books.get(channel)
            if book is not None:
                outputs += book.on_start(received_at)
                self._handlers.unsettled[channel] = book
        return outputs

    # Books that lost their place.

    def _own_answer(self, id_: int, error: VenueError | None, received_at: int) -> Iterable[_Output]:
        sends, failed = self._rejoins.answered(id_, refused=error is not None)
        outputs: list[_Output] = list(sends)
        for channel in failed:
            book = self.books.get(channel)
            if book is not None and error is not None:
                outputs += book.on_error(error, received_at)
        return outputs

    def next_timer(self) -> int | None:
        """When a book wants its snapshot or has waited for it long enough, int nanoseconds UTC."""
        unsettled = self._handlers.unsettled
        if not unsettled:
            return None
        deadlines = {channel: book.next_deadline() for channel, book in unsettled.items()}
        for channel, deadline in deadlines.items():
            if deadline is None and unsettled[channel].state is SyncState.SYNCED:
                del unsettled[channel]
        return min((deadline for deadline in deadlines.values() if deadline is not None), default=None)

    def on_timer(self, deadline: int, /) -> Iterable[_Output]:
        """The time has come."""
        outputs: list[_Output] = []
        for book in list(self._handlers.unsettled.values()):
            due = book.next_deadline()
            if due is not None and due <= deadline:
                outputs += book.on_deadline(deadline)
        return outputs

    def _next_id(self) -> int:
        self._own_id += 1
        return self._own_id
