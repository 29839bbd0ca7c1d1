"""The transformer of a connection: finds the topic of a frame by channel and id, and hands it to its handler.

The way of a frame:

    Frame ──message_id──▶ is one missing? ──channel, id──▶ handler: decode ▶ normalise ▶ events
          ──subscribed, unsubscribed, error──▶ Reply
    a loss ──▶ Gap for all that the connection carries ──▶ unsubscribe, subscribe ──▶ Resynced, and the whole again
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Generic, TypeAlias

import msgspec

from barterpy.connection import SubscribeRequest
from barterpy.errors import ParseError, VenueUnavailable
from barterpy.events import Gap
from barterpy.model.number import N, NumberParser
from barterpy.subscription import Subscription
from barterpy.transformer import Fetched, Reply
from barterpy.venues.dydx.account import AccountNormaliser
from barterpy.venues.dydx.channels import Kind, Topic
from barterpy.venues.dydx.errors import is_repeated, stream_error, topic_named_in
from barterpy.venues.dydx.messages import Frame
from barterpy.venues.dydx.normaliser import Normaliser
from barterpy.venues.dydx.recovery import Recovery
from barterpy.venues.dydx.routes import Route, Routes
from barterpy.venues.dydx.subaccounts import AccountHandler

__all__ = ["IndexerTransformer"]

_Output: TypeAlias = Any  # MarketEvent[N] | AccountEvent[N] | LifecycleEvent | Directive
_DATA: Final = frozenset({"channel_data", "channel_batch_data"})
_KINDS: Final = {kind.value: kind for kind in Kind}


class IndexerTransformer(Generic[N]):
    """Frames of one connection to events: a :class:`barterpy.transformer.Transformer` with ``on_reset``, timers and
    ``last_seen``.

    With subscriptions, events carry the symbols as they were written there and other topics are passed over
    (``ignored`` counts them). Without, whatever comes is taken, under the venue's symbols, and nothing is asked for.

    :param batched: whether messages are asked for in batches
    :param recent_trades: whether the trades that are repeated with the first confirmation are told
    :raises barterpy.errors.ConfigurationError: a subscription the venue does not offer
    """

    def __init__(
        self,
        venue: str,
        number: NumberParser[N],
        subscriptions: Sequence[Subscription] = (),
        *,
        batched: bool = False,
        recent_trades: bool = False,
    ) -> None:
        self.ignored: int = 0
        self._normalise: Normaliser[N] = Normaliser(venue, number)
        self._account: AccountNormaliser[N] = AccountNormaliser(venue, number)
        self._routes: Routes[N] = Routes(self._normalise, self._account, batched=batched, recent_trades=recent_trades)
        self._recovery: Recovery[N] = Recovery(self._routes, self._normalise)
        self._open = not subscriptions
        self._next_id: int | None = None
        self._routes.add(subscriptions)

    # What is subscribed.

    @property
    def topics(self) -> Mapping[Topic, Sequence[Subscription]]:
        """What it carries, with the subscriptions each topic serves."""
        return {route.topic: route.serves for route in self._routes}

    def subscribe(self, subscriptions: Sequence[Subscription]) -> Sequence[SubscribeRequest]:
        """The messages that ask for these, which are known from here on.

        :raises barterpy.errors.ConfigurationError: the venue does not offer one of them; nothing has changed
        """
        self._open = False
        return self._routes.subscribe(subscriptions)

    def unsubscribe(self, subscriptions: Sequence[Subscription]) -> Sequence[SubscribeRequest]:
        """The messages that end these; topics that others still need stay."""
        return self._routes.unsubscribe(subscriptions)

    def leads(self, subscription: Subscription) -> bool:
        """Whether it is the one of its topic by which silence is noticed."""
        return self._routes.leads(subscription)

    def last_seen(self, name: str, /) -> int | None:
        """When something of the subscription of this name came last on this connection, int nanoseconds UTC."""
        for route in self._routes:
            if any(one.name == name for one in route.serves):
                return route.seen_at
        return None

    # What comes on the connection.

    def transform(self, message: Frame | Fetched, received_at: int, /) -> Iterable[_Output]:
        """Events of one frame, or of the answer to what an account asked for.

        :raises barterpy.errors.ParseError: an unknown kind of message, or contents that do not fit; a book they belong
            to is asked for again
        :raises barterpy.errors.ProtocolError: messages were lost again and again
        """
        if isinstance(message, Fetched):
            return self._fetched(message, received_at)
        outputs: list[_Output] = []
        number = message.message_id
        if number is not None:
            # A recording may hold several connections: each begins with "connected".
            expected = number if self._next_id is None or message.type == "connected" else self._next_id
            if number < expected:
                self.ignored += 1  # a repetition, or what a gap was told of already
                return ()
            self._next_id = number + 1
            if number > expected:
                lost = self._recovery.on_loss_in_recording if self._open else self._recovery.on_loss
                outputs += lost(expected - 1, number, received_at)
        try:
            if message.type in _DATA:
                outputs += self._data(message, received_at)
            else:
                outputs += self._answer(message, received_at)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            route = self._routes.get(message.channel, message.id)
            if route is not None and not self._open:
                if message.type == "subscribed":
                    self._recovery.unreadable(route, received_at)
                elif route.topic.kind is Kind.ORDERBOOK and not route.doubted:
                    # A book has lost what they said. Everything else goes on with the next message.
                    self._recovery.doubt(route, received_at)
            raise ParseError(str(error), bytes(message.contents), kind=message.channel or "message") from error
        return outputs

    def on_reset(self, epoch: int, now: int, /) -> Iterable[Gap]:
        """A new connection began: books are not valid until their first contents come again."""
        self._normalise.epoch = self._account.epoch = epoch
        self._next_id = None
        return self._recovery.on_reset(now)

    def next_timer(self) -> int | None:
        """When topics in doubt are asked for again."""
        return self._recovery.deadline

    def on_timer(self, deadline: int, /) -> Iterable[_Output]:
        """Ask for them again."""
        return self._recovery.on_deadline(deadline)

    def _data(self, frame: Frame, received_at: int) -> Sequence[_Output]:
        route = self._routes.get(frame.channel, frame.id)
        if route is None:
            route = self._opened(frame)
        if route is None or not (route.live or self._open):
            self.ignored += 1
            return ()
        first, route.seen_at = route.seen_at is None, received_at
        if not route.live and route.topic.kind is Kind.ORDERBOOK:
            # Changes alone are no book. That is told once, and nobody is there to be asked for the whole.
            self.ignored += 1
            return self._recovery.gaps(route, "the book was not sent whole yet", received_at) if first else ()
        return route.handler.later(frame, received_at)

    def _opened(self, frame: Frame) -> Route | None:
        """A route for what was not subscribed here, where everything is taken."""
        if not self._open:
            return None
        kind = _KINDS.get(frame.channel)
        if kind is None:
            raise ValueError(f"unknown channel {frame.channel!r}")
        return self._routes.make(Topic(kind, "" if frame.id == frame.channel else frame.id))

    def _fetched(self, message: Fetched, received_at: int) -> Sequence[_Output]:
        for route in self._routes:
            handler: Any = route.handler
            if isinstance(handler, AccountHandler) and handler.key == message.key:
                return handler.on_fetched(message, received_at)
        return ()

    # Answers.

    def _answer(self, frame: Frame, received_at: int) -> Sequence[_Output]:
        match frame.type:
            case "subscribed":
                route = self._routes.get(frame.channel, frame.id) or self._opened(frame)
                if route is None:
                    self.ignored += 1
                    return ()
                events = route.handler.first(frame, received_at)
                outputs: list[_Output] = [Reply(route.asked)]
                outputs += self._recovery.on_first(route, received_at)
                outputs += events
                return outputs
            case "unsubscribed":
                return [Reply(self._routes.left(frame.channel, frame.id))]
            case "error":
                return self._refused(frame, received_at)
            case "pong":
                return [Reply(id_) for id_ in self._routes.pongs()]
            case "connected":
                return ()
            case _:
                raise ValueError(f"unknown type {frame.type!r}")

    def _refused(self, frame: Frame, received_at: int) -> Sequence[_Output]:
        route = self._refused_route(frame)
        if route is None:
            raise ValueError(f"a refusal that says not of what: {frame.message[:200]}")
        if is_repeated(frame.message):
            if not route.live:
                self._recovery.doubt(route, received_at)
            return ()
        error = stream_error(frame.message)
        if route.doubted and isinstance(error, VenueUnavailable):
            self._recovery.doubt(route, received_at)
        return [Reply(route.asked, error)]

    def _refused_route(self, frame: Frame) -> Route | None:
        about = (frame.channel, frame.id) if frame.channel else topic_named_in(frame.message)
        if about is None:
            return None
        route = self._routes.get(*about)
        if route is None and not about[1]:
            # Nothing says which of the channel: what was asked for last was one too many.
            waiting = [one for one in self._routes if one.topic.kind.value == about[0] and not one.live]
            route = waiting[-1] if waiting else None
        return route
