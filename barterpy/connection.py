"""One connection of a venue as data: how it is made, what is said on it, and what must not be missing.

A plan and not a thing: :mod:`barterpy.supervision` makes the connection, and makes it again.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

import msgspec

from barterpy.errors import ConfigurationError, SubscriptionRefused, SubscriptionTimeout
from barterpy.limits import Limiter
from barterpy.parser import StreamParser
from barterpy.socket import Socket
from barterpy.subscription import Subscription
from barterpy.transformer import Reply, Transformer

__all__ = [
    "Acknowledgements",
    "Connection",
    "Heartbeat",
    "Logon",
    "Requests",
    "Room",
    "ShardLimits",
    "Slot",
    "SubscribeRequest",
]

Out_co = TypeVar("Out_co", covariant=True)


class SubscribeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A message that asks for ``subscriptions`` (their names), whose answer will carry ``id``.

    Without names it asks for something else the connection needs, such as the venue's heartbeats, and a refusal ends
    the connection. ``id`` None says that no answer comes: its subscriptions are confirmed by their first data.
    """

    id: int | str | None
    message: Any
    subscriptions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Logon:
    """How a connection authenticates, before it subscribes to anything.

    ``request`` makes the message, fresh for each attempt because it is signed with the time (int nanoseconds UTC). It
    is answered by a :class:`~barterpy.transformer.Reply` within ``timeout`` seconds, or the connection is dropped.
    """

    request: Callable[[int], SubscribeRequest]
    timeout: float = 10.0
    expires: Callable[[Any], float | None] | None = None
    """Seconds the logon is valid, read from the result of the answer; None for as long as the connection lives."""
    refresh: Callable[[Any, int], SubscribeRequest] | None = None
    """Renews it before it expires, given the result of the last answer and the time; None logs on again instead."""


@dataclass(frozen=True, kw_only=True)
class Heartbeat:
    """A message by which this side shows that it lives, or finds out whether the other does.

    Pings of the protocol are the socket's affair, and a venue which asks to be answered is answered by the transformer
    (:class:`~barterpy.transformer.Send`). This is for those who want a text or a request.
    """

    interval: float
    """Seconds without a message of the venue until the next is sent; with ``always``, seconds between any two."""
    message: Callable[[int], Any]
    """Makes the message, given the time (int nanoseconds UTC). A :class:`SubscribeRequest` has to be answered by a
    :class:`~barterpy.transformer.Reply` with its id; behind anything else every message counts as an answer."""
    timeout: float = 10.0
    """Seconds until the answer; the connection is dropped without it."""
    always: bool = False

    def __post_init__(self) -> None:
        if not (self.interval > 0 and self.timeout > 0):
            raise ConfigurationError("interval and timeout of a heartbeat must be above 0 seconds")
        if self.always and self.timeout > self.interval:
            raise ConfigurationError("a heartbeat that is always sent must time out before the next one is due")


Requests: TypeAlias = Callable[[Sequence[Subscription]], Sequence[SubscribeRequest]]
"""Makes the messages that ask for these subscriptions, or that end them; no more in each than the venue allows. Their
ids are of the venue's own counter and never come twice on one connection."""


class Slot(msgspec.Struct, frozen=True):
    """What a subscription takes up on a connection. Those with the same ``topic`` take it up once, together.

    ``channel`` is what the venue counts topics by, and ``family`` tells apart what cannot share a connection.
    """

    topic: str
    channel: str = ""
    family: str = ""


class ShardLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What a venue allows; None where it names no limit. Windows are (how many, within how many seconds)."""

    topics: int | None = None
    """On one connection."""
    channels: Mapping[str, int] = msgspec.field(default_factory=dict[str, int])
    """Topics of a channel on one connection; a channel that is not here is only counted with all of them."""
    connections: int | None = None
    """At a time."""
    families: Mapping[str, int] = msgspec.field(default_factory=dict[str, int])
    """Connections at a time that carry a family (:class:`Slot`), where the venue counts these apart as well."""
    connects: tuple[int, float] | None = None
    """Attempts to connect."""
    messages: tuple[int, float] | None = None
    """Of ours, on one connection."""

    def __post_init__(self) -> None:
        counts = [self.topics, self.connections, *self.channels.values(), *self.families.values()]
        windows = [window for window in (self.connects, self.messages) if window is not None]
        if any(count is not None and count < 1 for count in counts):
            raise ConfigurationError("limits of topics and connections are numbers from 1 on")
        if any(count < 1 or seconds <= 0 for count, seconds in windows):
            raise ConfigurationError("a window is a number from 1 on, within seconds above 0")


@dataclass(frozen=True, kw_only=True)
class Room:
    """How much a connection can carry, so that what is subscribed later finds a place on it."""

    limits: ShardLimits
    slot: Callable[[Subscription], Slot]
    """What a subscription takes up. Raises ConfigurationError for one the venue does not offer."""
    family: str = ""
    """The only one it carries."""


@dataclass(frozen=True, kw_only=True)
class Connection(Generic[Out_co]):
    """All that is needed to make one connection, and to make it again.

    ``connect`` gives a fresh socket each time. ``transformer`` lives across reconnections and hears of each through
    ``on_reset``. After each connect come the logon, ``requests``, and what ``subscribe`` makes of ``topics``. Each
    subscription must be confirmed, by
    :class:`~barterpy.transformer.Reply` or by its first data (:class:`~barterpy.transformer.ActivityHook`), within
    ``subscribe_timeout`` seconds in total. ``fetch`` answers the transformer's :class:`~barterpy.transformer.Fetch`
    directives.
    """

    venue: str
    name: str
    connect: Callable[[], AbstractAsyncContextManager[Socket[Any, Any]]]
    parser: StreamParser[Any, Any]
    transformer: Transformer[Any, Out_co]
    requests: tuple[SubscribeRequest, ...] = ()
    """Sent as they are on every connection, before the topics."""
    subscribe_timeout: float = 10.0
    fetch: Callable[[Any], Awaitable[Any]] | None = None
    connect_limiter: Limiter | None = None
    """Acquired before each connect; shared with all that connect to the same host from here."""
    send_limiter: Limiter | None = None
    """Acquired before each message that is sent."""
    subscribe_limiter: Limiter | None = None
    """Acquired before each request that subscribes, and before :attr:`send_limiter`; for a venue that counts them apart
    from other messages. What has to be answered does not wait for it."""
    logon: Logon | None = None
    topics: tuple[Subscription, ...] = ()
    """What is subscribed from the beginning; their arguments are kept, and asked for again on every connection."""
    subscribe: Requests | None = None
    """Needed for ``topics``."""
    unsubscribe: Requests | None = None
    """None where the venue has no way to end a subscription. What no request names (its data goes on for another
    subscription) has ended at once."""
    renew: Requests | None = None
    """Asks again for subscriptions that were confirmed and are silent; None unsubscribes and subscribes them."""
    heartbeat: Heartbeat | None = None
    idle_timeout: float | None = None
    """Seconds without any message, control frames not counted, until the connection is taken to be dead."""
    quiet_after: Callable[[Subscription], float | None] | None = None
    """Seconds without data of one of the topics until it is subscribed again, and after as long once more the
    connection dropped; None for a topic that may be silent for ever. Needs a transformer with
    :class:`~barterpy.transformer.ActivityHook`."""

    room: Room | None = None
    """What else it could carry; None where nothing is to be added to it."""
    lifetime: float | None = None
    """Seconds after which the venue cuts every connection."""
    again: "Callable[[Sequence[Subscription]], Connection[Out_co]] | None" = None
    """Makes the same plan anew for these topics, with a parser and a transformer of its own. With it a connection is
    replaced before the venue cuts it (:attr:`lifetime`, :class:`~barterpy.events.ClosingSoon`), by another one that is
    open beside it for a while."""

    own_numbers: bool = False
    """Whether ``sequence`` of its events counts the messages of this one connection, and means nothing on another."""

    def __post_init__(self) -> None:
        if self.lifetime is not None and not self.lifetime > 0:
            raise ConfigurationError(f"{self.name}: lifetime must be above 0 seconds, or None")
        if self.topics and self.subscribe is None:
            raise ConfigurationError(f"{self.name}: topics need subscribe, which makes the messages that ask for them")
        if self.idle_timeout is not None and not self.idle_timeout > 0:
            raise ConfigurationError(f"{self.name}: idle_timeout must be above 0 seconds, or None")


class Acknowledgements:
    """Which requests still wait for their answer; answers to anything else are stale, and are ignored."""

    def __init__(self, requests: tuple[SubscribeRequest, ...]) -> None:
        self._pending = {request.id: request.subscriptions for request in requests if request.id is not None}

    @property
    def pending(self) -> tuple[str, ...]:
        """Names of the subscriptions that were not answered yet."""
        return tuple(name for names in self._pending.values() for name in names)

    def on_reply(self, reply: Reply) -> tuple[str, ...]:
        """The names this answer confirms.

        :raises barterpy.errors.SubscriptionRefused: the venue said no; the error names the subscriptions
        """
        names = self._pending.pop(reply.id, ())
        if reply.error is not None and names:
            code = getattr(reply.error, "code", None)
            text = getattr(reply.error, "text", str(reply.error))
            raise SubscriptionRefused(names, text, code) from reply.error
        return names

    def timeout(self) -> SubscriptionTimeout:
        """The error for when the total deadline has passed."""
        return SubscriptionTimeout(self.pending, "not confirmed in time")
