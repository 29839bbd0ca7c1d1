"""What happens to a connection and its data, as values in the stream, in order, beside the data.

Every value says where (``venue``), when it was noticed (``received_at``, int nanoseconds UTC) and on which connection
(``connection`` names it, ``epoch`` counts its lives from 1).
"""

from typing import TypeAlias

import msgspec

__all__ = [
    "Authenticated",
    "BookFailed",
    "ClosingSoon",
    "Connected",
    "Disconnected",
    "Gap",
    "LifecycleEvent",
    "MessageError",
    "Overflow",
    "Reconnecting",
    "Resynced",
    "Stalled",
    "Subscribed",
    "SubscriptionFailed",
    "Unsubscribed",
]


class Connected(msgspec.Struct, frozen=True, kw_only=True, tag="connected", tag_field="event"):
    """A connection is up. ``downtime`` is nanoseconds since the last one ended, None for the first."""

    venue: str
    connection: str
    epoch: int
    received_at: int
    downtime: int | None = None


class Authenticated(msgspec.Struct, frozen=True, kw_only=True, tag="authenticated", tag_field="event"):
    """The venue accepted the logon, or its renewal. ``expires_in`` is nanoseconds it is valid, None for no end."""

    venue: str
    connection: str
    epoch: int
    received_at: int
    expires_in: int | None = None


class ClosingSoon(msgspec.Struct, frozen=True, kw_only=True, tag="closing_soon", tag_field="event"):
    """The venue announced that it will close the connection, and said why. No data is missing yet."""

    venue: str
    connection: str
    epoch: int
    received_at: int
    reason: str


class Disconnected(msgspec.Struct, frozen=True, kw_only=True, tag="disconnected", tag_field="event"):
    """A connection ended. ``reason`` is for people, ``error`` the class name, ``code`` the protocol's close code.
    ``replaced_by`` names the connection that goes on in its place: then nothing is missing, and every book is as it
    was."""

    venue: str
    connection: str
    epoch: int
    received_at: int
    reason: str
    error: str = ""
    code: int | None = None
    replaced_by: str = ""


class Reconnecting(msgspec.Struct, frozen=True, kw_only=True, tag="reconnecting", tag_field="event"):
    """Attempt number ``attempt`` (from 1) begins after ``delay`` nanoseconds, because of ``reason``."""

    venue: str
    connection: str
    epoch: int
    received_at: int
    attempt: int
    delay: int
    reason: str


class Subscribed(msgspec.Struct, frozen=True, kw_only=True, tag="subscribed", tag_field="event"):
    """The venue confirmed these subscriptions, named as the user wrote them."""

    venue: str
    connection: str
    epoch: int
    received_at: int
    subscriptions: tuple[str, ...]


class SubscriptionFailed(msgspec.Struct, frozen=True, kw_only=True, tag="subscription_failed", tag_field="event"):
    """The venue did not confirm this subscription, named as the user wrote it; the others go on.

    ``final`` says that it was refused for good. Otherwise it is asked for again, at the latest on the next connection.
    """

    venue: str
    connection: str
    epoch: int
    received_at: int
    subscription: str
    reason: str
    error: str = ""
    final: bool = False


class Unsubscribed(msgspec.Struct, frozen=True, kw_only=True, tag="unsubscribed", tag_field="event"):
    """These subscriptions have ended as asked, named as the user wrote them."""

    venue: str
    connection: str
    epoch: int
    received_at: int
    subscriptions: tuple[str, ...]


class Gap(msgspec.Struct, frozen=True, kw_only=True, tag="gap", tag_field="event"):
    """Data of ``instrument`` is missing: after the venue's sequence ``last``, ``next`` came. Its book is not valid
    until :class:`Resynced`. Either end is None where the venue numbers nothing, and both are where there was no book
    yet: an attempt to get the first one has failed, for ``reason``, and others follow."""

    venue: str
    instrument: str
    epoch: int
    received_at: int
    reason: str
    last: int | None = None
    next: int | None = None


class Resynced(msgspec.Struct, frozen=True, kw_only=True, tag="resynced", tag_field="event"):
    """The book of ``instrument`` is valid again, from the snapshot that follows. ``downtime`` is in nanoseconds."""

    venue: str
    instrument: str
    epoch: int
    received_at: int
    downtime: int


class BookFailed(msgspec.Struct, frozen=True, kw_only=True, tag="book_failed", tag_field="event"):
    """The book of ``instrument`` could not be had after ``attempts`` attempts: nothing comes of it any more before a
    new connection, or a snapshot the venue sends by itself. Everything else on the connection goes on."""

    venue: str
    instrument: str
    epoch: int
    received_at: int
    reason: str
    attempts: int


class Stalled(msgspec.Struct, frozen=True, kw_only=True, tag="stalled", tag_field="event"):
    """Nothing came for ``idle`` nanoseconds on the connection, or on the one subscription named."""

    venue: str
    connection: str
    epoch: int
    received_at: int
    idle: int
    subscription: str | None = None


class Overflow(msgspec.Struct, frozen=True, kw_only=True, tag="overflow", tag_field="event"):
    """The consumer is slower than the stream: ``dropped`` values were lost or merged since the last of these."""

    venue: str
    connection: str
    received_at: int
    dropped: int
    policy: str


class MessageError(msgspec.Struct, frozen=True, kw_only=True, tag="message_error", tag_field="event"):
    """A message that could not be understood. ``payload`` is cut to its first characters."""

    venue: str
    connection: str
    epoch: int
    received_at: int
    reason: str
    payload: str


LifecycleEvent: TypeAlias = (
    Connected
    | Authenticated
    | Subscribed
    | SubscriptionFailed
    | Unsubscribed
    | ClosingSoon
    | Disconnected
    | Reconnecting
    | Gap
    | Resynced
    | BookFailed
    | Stalled
    | Overflow
    | MessageError
)
