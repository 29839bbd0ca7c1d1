"""What gateways of market data have in common: subscriptions under ids, their ends, books that lost their place.

A venue inherits :class:`MarketDataTransformer`, says what its topics are and how each is asked for, and brings its
messages to the methods here. No I/O: what is to be sent are values.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, ClassVar, Final, Generic, TypeAlias

import msgspec

from barterpy.connection import SubscribeRequest
from barterpy.errors import ParseError, VenueError
from barterpy.events import ClosingSoon
from barterpy.model.market import BookSnapshot, Level, Quote
from barterpy.model.number import N, NumberParser, number_parser, plain
from barterpy.protocols.fix.outgoing import Outgoing
from barterpy.protocols.fix.values import to_decimal
from barterpy.subscription import Subscription
from barterpy.sync import BookSynchroniser, SequenceRule, SyncPolicy, SyncState
from barterpy.transformer import Directive, Reply, Send

__all__ = ["MarketDataTransformer", "MarketStream", "Topic", "TopicKind"]

_Output: TypeAlias = Any  # MarketEvent[N] | LifecycleEvent | Directive | typed messages


_MOST_BARRIERS: Final = 1000
"""Those that were never answered: each ended with its connection."""


class TopicKind(StrEnum):
    """What a subscription brings; the value begins the ids of its requests."""

    TRADES = "T"
    LIQUIDATIONS = "F"
    QUOTES = "Q"
    BOOK = "B"
    """The whole book, kept by changes."""
    LEVELS = "D"
    """The best levels, again and again."""


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """One subscription. ``symbol`` is the venue's, ``instrument`` and ``name`` are the user's words."""

    kind: TopicKind
    symbol: str
    instrument: str
    name: str
    depth: int | None = None


class MarketStream(Generic[N]):
    """A topic under the id with which it was last asked for, and what is known of it."""

    __slots__ = ("ask", "bid", "book", "id", "parts", "seen", "topic")

    def __init__(self, topic: Topic, book: BookSynchroniser[N] | None) -> None:
        self.topic: Topic = topic
        self.book: BookSynchroniser[N] | None = book
        self.id: str = ""
        """MDReqID (262) on this connection, empty before it is asked for."""
        self.bid: Level[N] | None = None
        self.ask: Level[N] | None = None
        self.parts: list[Any] = []
        """Entries of an update whose last message has not come."""
        self.seen: int | None = None


class MarketDataTransformer(ABC, Generic[N]):
    """Typed messages of one market data session to events: a :class:`barterpy.transformer.Transformer` with
    ``on_reset``, ``last_seen`` and timers.

    :meth:`subscribe` and :meth:`unsubscribe` make the requests of its connection, and it learns from them what will
    come. Messages that belong to nothing it has asked for are passed over; ``ignored`` counts them.

    :param number: what prices and sizes become
    :param depth: levels a side of the snapshots that books begin with, where that can be chosen
    :param policy: bounds of synchronising a book
    :param connection: the name of the connection, for :class:`~barterpy.events.ClosingSoon`
    """

    rule: ClassVar[SequenceRule]
    """How the venue numbers the changes of a book."""

    def __init__(
        self,
        venue: str,
        number: NumberParser[N],
        *,
        depth: int = 5000,
        policy: SyncPolicy | None = None,
        connection: str = "",
    ) -> None:
        self.ignored: int = 0
        self.venue: str = venue
        self.epoch: int = 1
        self.zero: N = number("0")
        self.depth: int = depth
        self._number: NumberParser[N] = number_parser(number)
        self._policy = policy
        self._connection = connection
        self._count = 0
        self._announced = False
        self._streams: dict[str, MarketStream[N]] = {}
        """By the names of their subscriptions."""
        self._asked: dict[str, MarketStream[N]] = {}
        """By their ids."""
        self._barriers: dict[str, tuple[str, ...]] = {}
        """Requests that are answered in any case, and the ones before each that get no answer of their own."""
        self._unsettled: dict[str, BookSynchroniser[N]] = {}

    # What a venue says.

    @abstractmethod
    def topic(self, subscription: Subscription) -> Topic:
        """What a subscription is here.

        :raises barterpy.errors.ConfigurationError: the gateway does not offer it; the text names it
        """
        ...

    @abstractmethod
    def start(self, id_: str, topic: Topic) -> Outgoing:
        """The message that asks for a topic."""
        ...

    @abstractmethod
    def end(self, id_: str, topic: Topic) -> Outgoing:
        """The message that ends it."""
        ...

    def barrier(self, id_: str) -> Outgoing | None:
        """A question that is answered after everything that was asked before, if the venue has one."""
        return None

    def answers(self, topic: Topic) -> bool:
        """Whether a request for this topic has an answer of its own, even when nothing happens."""
        return True

    @abstractmethod
    def transform(self, message: Any, received_at: int, /) -> Iterable[_Output]:
        """Events of one message; what is no market data comes as it is.

        :raises barterpy.errors.ParseError: a message that cannot be what it says
        """
        ...

    # Requests.

    def subscribe(self, subscriptions: Sequence[Subscription]) -> Sequence[SubscribeRequest]:
        """The messages that ask for these.

        :raises barterpy.errors.ConfigurationError: the gateway does not offer one of them; the text names it
        """
        requests: list[SubscribeRequest] = []
        silent: list[str] = []
        for topic in [self.topic(subscription) for subscription in subscriptions]:
            stream = self._streams.get(topic.name)
            if stream is None:
                stream = self._streams[topic.name] = MarketStream(topic, self._book(topic))
            message = self._ask(stream)
            requests.append(SubscribeRequest(id=stream.id, message=message, subscriptions=(topic.name,)))
            if not self.answers(topic):
                silent.append(stream.id)
        return [*requests, *self._barrier(silent)]

    def unsubscribe(self, subscriptions: Sequence[Subscription]) -> Sequence[SubscribeRequest]:
        """The messages that end these."""
        requests: list[SubscribeRequest] = []
        silent: list[str] = []
        for subscription in subscriptions:
            stream = self._streams.pop(subscription.name, None)
            if stream is None:
                continue
            self._asked.pop(stream.id, None)
            self._unsettled.pop(subscription.name, None)
            answer = self._next_id("E")  # a new one: that of the request is known by its beginning
            silent.append(answer)
            message = self.end(stream.id, stream.topic)
            requests.append(SubscribeRequest(id=answer, message=message, subscriptions=(subscription.name,)))
        return [*requests, *self._barrier(silent)]

    # The life of a connection.

    def on_reset(self, epoch: int, now: int, /) -> Iterable[_Output]:
        """A new connection began. What is asked for on it may have been asked for already: ids never come twice, so
        those of the last connection need not be forgotten."""
        self.epoch = epoch
        self._announced = False
        self._unsettled.clear()
        outputs: list[_Output] = []
        for stream in self._streams.values():
            stream.seen = stream.bid = stream.ask = None
            stream.parts.clear()
            if stream.book is not None:
                outputs += stream.book.on_reset(epoch, now)
        return outputs

    def last_seen(self, name: str, /) -> int | None:
        """When the subscription last brought something, int nanoseconds UTC."""
        stream = self._streams.get(name)
        return None if stream is None else stream.seen

    def next_timer(self) -> int | None:
        """When a book wants its snapshot or has waited for it long enough, int nanoseconds UTC."""
        if not self._unsettled:
            return None
        deadlines = {name: book.next_deadline() for name, book in self._unsettled.items()}
        for name, deadline in deadlines.items():
            if deadline is None and self._unsettled[name].state is SyncState.SYNCED:
                del self._unsettled[name]
        return min((deadline for deadline in deadlines.values() if deadline is not None), default=None)

    def on_timer(self, deadline: int, /) -> Iterable[_Output]:
        """The time has come."""
        outputs: list[_Output] = []
        for book in list(self._unsettled.values()):
            due = book.next_deadline()
            if due is not None and due <= deadline:
                outputs += book.on_deadline(deadline)
        return outputs

    # For those who inherit.

    def stream(self, id_: str | None, received_at: int) -> MarketStream[N] | None:
        """The stream a message belongs to, which has just been heard of; None for one nobody asked for."""
        stream = self._asked.get(id_ or "")
        if stream is None:
            self.ignored += 1
            return None
        stream.seen = received_at
        book = stream.book
        if book is not None:
            self._unsettled.setdefault(stream.topic.name, book)
        return stream

    def made(self, text: str) -> N:
        """The number of a text.

        :raises barterpy.errors.ParseError: it is none
        """
        try:
            return self._number(text)
        except ValueError as error:
            reason = str(error)
        try:
            # FIX has "00023." as well (FIX 4.4 volume 1, data type float), which the parser of floats has not.
            return self._number(plain(to_decimal(text.encode())))
        except ValueError:
            raise ParseError(reason, text, kind="number") from None

    def quote(
        self, stream: MarketStream[N], sequence: int | None, exchange_at: int | None, received_at: int
    ) -> Quote[N]:
        """Of the best levels the stream has now."""
        bid, ask = stream.bid, stream.ask
        return Quote(
            venue=self.venue,
            instrument=stream.topic.instrument,
            bid_price=None if bid is None else bid.price,
            bid_size=None if bid is None else bid.size,
            ask_price=None if ask is None else ask.price,
            ask_size=None if ask is None else ask.size,
            exchange_at=exchange_at,
            received_at=received_at,
            epoch=self.epoch,
            sequence=sequence,
        )

    def levels(
        self,
        stream: MarketStream[N],
        bids: tuple[Level[N], ...],
        asks: tuple[Level[N], ...],
        exchange_at: int | None,
        received_at: int,
    ) -> BookSnapshot[N]:
        """The best levels as an event."""
        return BookSnapshot(
            venue=self.venue,
            instrument=stream.topic.instrument,
            bids=bids,
            asks=asks,
            exchange_at=exchange_at,
            received_at=received_at,
            epoch=self.epoch,
            depth=stream.topic.depth,
        )

    def refused(self, id_: str, error: VenueError, received_at: int) -> Sequence[_Output] | None:
        """What follows from a refused request; None if nobody made it."""
        stream = self._asked.pop(id_, None)
        if stream is None:
            return None
        stream.id = ""
        outputs: list[_Output] = [Reply(id_, error)]
        if stream.book is not None and stream.seen is not None:
            outputs += stream.book.on_error(error, received_at)
        return outputs

    def passed(self, id_: str) -> Sequence[_Output] | None:
        """What follows from the answer to a barrier; None if it is none of ours."""
        taken = self._barriers.pop(id_, None)
        if taken is None:
            return None
        outputs: list[_Output] = [Reply(one) for one in taken]
        outputs.append(Reply(id_))
        return outputs

    def closing_soon(self, reason: str, received_at: int) -> Sequence[ClosingSoon]:
        """The end was announced; venues repeat that, and it is told once."""
        if self._announced:
            return ()
        self._announced = True
        return (
            ClosingSoon(
                venue=self.venue,
                connection=self._connection,
                epoch=self.epoch,
                received_at=received_at,
                reason=reason,
            ),
        )

    # Ids.

    def _book(self, topic: Topic) -> BookSynchroniser[N] | None:
        if topic.kind is not TopicKind.BOOK:
            return None
        book: BookSynchroniser[N] = BookSynchroniser(
            self.venue,
            topic.instrument,
            self.rule,
            lambda _: self._again(topic.name),
            self._policy,
            streamed=True,
        )
        book.on_reset(self.epoch, 0)
        return book

    def _again(self, name: str) -> Sequence[Directive]:
        """End the topic and ask for it anew, which brings a snapshot."""
        stream = self._streams[name]
        ended: list[Directive] = [Send(self.end(stream.id, stream.topic))] if stream.id else []
        return [*ended, Send(self._ask(stream))]

    def _ask(self, stream: MarketStream[N]) -> Outgoing:
        self._asked.pop(stream.id, None)
        stream.parts.clear()
        stream.id = self._next_id(stream.topic.kind.value)
        self._asked[stream.id] = stream
        return self.start(stream.id, stream.topic)

    def _barrier(self, silent: Sequence[str]) -> Sequence[SubscribeRequest]:
        if not silent:
            return ()
        id_ = self._next_id("L")
        message = self.barrier(id_)
        if message is None:
            return ()  # nobody will say that they were taken: the ledger goes by data, or by time
        self._barriers[id_] = tuple(silent)
        if len(self._barriers) > _MOST_BARRIERS:
            del self._barriers[next(iter(self._barriers))]
        return (SubscribeRequest(id=id_, message=message),)

    def _next_id(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}{self._count}"
