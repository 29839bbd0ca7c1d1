"""Which topics a connection has, what each serves, and whether it can be believed."""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, Final, Generic

from barterpy.clock import SECOND
from barterpy.connection import SubscribeRequest
from barterpy.errors import LimitExceeded
from barterpy.model.number import N
from barterpy.subscription import Channel, Subscription
from barterpy.venues.dydx.account import AccountNormaliser
from barterpy.venues.dydx.channels import PING, Kind, Topic, subscribe_message, topic_of, topics, unsubscribe_message
from barterpy.venues.dydx.handlers import Handler, market_handler
from barterpy.venues.dydx.limits import LIMITS
from barterpy.venues.dydx.normaliser import Normaliser
from barterpy.venues.dydx.subaccounts import AccountHandler

__all__ = ["Route", "Routes"]

_MOST: Final = 10_000


class Route:
    """A topic, whose handler it is, whether it is subscribed, and what it is called in events."""

    __slots__ = (
        "answered",
        "asked",
        "doubted",
        "due",
        "failures",
        "handler",
        "left",
        "live",
        "names",
        "seen_at",
        "sent",
        "serves",
        "topic",
    )

    def __init__(self, topic: Topic, handler: Handler) -> None:
        self.topic: Topic = topic
        self.handler: Handler = handler
        self.live: bool = False
        """Whether its first contents came on this connection, and nothing was lost since."""
        self.doubted: bool = False
        """Whether its first contents have to come again."""
        self.due: bool = False
        """Whether they have to be asked for: what was asked for already is only waited for."""
        self.failures: int = 0
        """How often in a row its first contents could not be read."""
        self.sent: bool = False
        """Whether it was asked for on this connection."""
        self.asked: str = f"subscribe {topic.name}"
        """The id of the last request for it: the venue's answers name the topic alone."""
        self.left: str = f"unsubscribe {topic.name}"
        self.answered: deque[int] = deque(maxlen=LIMITS.subscribes)
        """When its last subscribes on this connection were answered, int nanoseconds UTC; whoever asked."""
        self.names: tuple[str, ...] = ()
        self.serves: tuple[Subscription, ...] = ()
        self.seen_at: int | None = None

    def free_at(self, now: int) -> int:
        """From when on it may be asked for once more, by what the venue takes of one topic."""
        if len(self.answered) < LIMITS.subscribes:
            return now
        return max(now, self.answered[0] + round(LIMITS.subscribe_period * SECOND))

    def serve(self, subscriptions: Sequence[Subscription]) -> None:
        """From now on it is for these; none is all there is of the topic, under the venue's name."""
        self.serves = tuple(subscriptions)
        named = [one.instrument for one in subscriptions if one.channel is not Channel.NATIVE]
        # All spellings of one market are one name, the first; what is about many markets has many.
        names = named[:1] if self.topic.ticker else list(dict.fromkeys(named))
        self.names = tuple(names) or (self.topic.ticker or self.topic.id,)
        self.handler.serve(subscriptions)


class Routes(Generic[N]):
    """The routes of one connection by channel and id, and the requests that change them.

    :param batched: whether messages are asked for in batches
    :param recent_trades: see :class:`barterpy.venues.dydx.handlers.TradeHandler`
    """

    def __init__(
        self, normalise: Normaliser[N], account: AccountNormaliser[N], *, batched: bool, recent_trades: bool
    ) -> None:
        self._normalise: Normaliser[N] = normalise
        self._account: AccountNormaliser[N] = account
        self._batched = batched
        self._recent_trades = recent_trades
        self._pairs: dict[str, str] = {}
        self._known: dict[tuple[str, str], Route] = {}
        self._leaving: dict[tuple[str, str], str] = {}
        self._pings: deque[str] = deque(maxlen=_MOST)
        self._requests = 0

    def __iter__(self) -> Iterator[Route]:
        return iter(self._known.values())

    def get(self, channel: str, id_: str) -> Route | None:
        """The route of a frame; channels without ids may repeat their name in its place."""
        return self._known.get((channel, id_)) or (self._known.get((channel, "")) if id_ == channel else None)

    def add(self, subscriptions: Sequence[Subscription]) -> dict[Route, list[Subscription]]:
        """Serve these as well; what each route has of them.

        :raises barterpy.errors.ConfigurationError: the venue does not offer one of them; nothing has changed
        """
        added: dict[Route, list[Subscription]] = {}
        for topic, served in topics(subscriptions).items():
            route = self.make(topic)
            route.serve(list(dict.fromkeys(route.serves + tuple(served))))
            added[route] = served
        return added

    def make(self, topic: Topic) -> Route:
        """The route of a topic, which is new unless it is there.

        :raises barterpy.errors.LimitExceeded: there are thousands of them
        """
        key = (topic.kind.value, topic.id)
        known = self._known.get(key)
        if known is not None:
            return known
        if len(self._known) >= _MOST:
            raise LimitExceeded("topics of a connection", _MOST)
        handler: Handler
        if topic.kind in (Kind.SUBACCOUNTS, Kind.PARENT_SUBACCOUNTS):
            handler = AccountHandler(topic, self._account, self._pairs)
        else:
            handler = market_handler(topic, self._normalise, recent_trades=self._recent_trades)
        route = self._known[key] = Route(topic, handler)
        route.serve(())
        return route

    def subscribe(self, subscriptions: Sequence[Subscription]) -> list[SubscribeRequest]:
        """The messages that ask for these: one a topic, as the venue takes no more.

        A topic that is there is left and asked for again: its first contents are what a new subscription begins with.
        """
        requests: list[SubscribeRequest] = []
        for route, served in self.add(subscriptions).items():
            if route.live or route.sent:
                route.left = self._id("unsubscribe", route.topic)
                requests.append(SubscribeRequest(id=route.left, message=unsubscribe_message(route.topic)))
            route.asked, route.sent = self._id("subscribe", route.topic), True
            names = tuple([one.name for one in served])
            message = subscribe_message(route.topic, batched=self._batched)
            requests.append(SubscribeRequest(id=route.asked, message=message, subscriptions=names))
        return requests

    def unsubscribe(self, subscriptions: Sequence[Subscription]) -> list[SubscribeRequest]:
        """The messages that end these. For a topic that others still need it is a ping: there is nothing to say."""
        requests: list[SubscribeRequest] = []
        for topic, served in topics(subscriptions).items():
            key = (topic.kind.value, topic.id)
            route = self._known.get(key)
            if route is None:
                continue
            kept = [one for one in route.serves if one not in served]
            names = tuple([one.name for one in served])
            if kept:
                route.serve(kept)
                self._pings.append(self._id("kept", topic))
                requests.append(SubscribeRequest(id=self._pings[-1], message=PING, subscriptions=names))
                continue
            del self._known[key]
            id_ = self._leaving[key] = self._id("unsubscribe", topic)
            if len(self._leaving) > _MOST:
                del self._leaving[next(iter(self._leaving))]
            requests.append(SubscribeRequest(id=id_, message=unsubscribe_message(topic), subscriptions=names))
        return requests

    def again(self, route: Route) -> list[Any]:
        """The messages that leave a topic and ask for it once more."""
        return [unsubscribe_message(route.topic), subscribe_message(route.topic, batched=self._batched)]

    def left(self, channel: str, id_: str) -> str:
        """The id of the request which an ``unsubscribed`` answers."""
        id_ = "" if id_ == channel else id_
        ended = self._leaving.pop((channel, id_), None)
        route = self._known.get((channel, id_))
        return ended or (f"unsubscribe {channel}/{id_}" if route is None else route.left)

    def pongs(self) -> list[str]:
        """The ids of the requests which a ``pong`` answers."""
        answered, self._pings = list(self._pings), deque(maxlen=_MOST)
        return answered

    def leads(self, subscription: Subscription) -> bool:
        """Whether it is the one of its topic by which silence is noticed: asking for it asks for all of the topic."""
        topic = topic_of(subscription)
        route = self._known.get((topic.kind.value, topic.id))
        return route is not None and min(one.name for one in route.serves) == subscription.name

    def _id(self, what: str, topic: Topic) -> str:
        self._requests += 1
        return f"{what} {topic.name} {self._requests}"
