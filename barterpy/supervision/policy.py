"""When and how a connection is made again: what a user may say about it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal, TypeAlias

import msgspec

from barterpy.backoff import Backoff
from barterpy.errors import BarterError
from barterpy.rounds import ErrorPolicy

__all__ = ["Emit", "ReconnectPolicy", "mendable"]

Emit: TypeAlias = Callable[[Sequence[Any]], Awaitable[None]]
"""Takes what a connection gives, in order; nothing is read while it waits."""


class ReconnectPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """When and how a stream is connected again. Times are in seconds.

    ``first_connect``: raise the error of the very first attempt, or treat it like every other. ``reconnect`` false
    ends the stream when the connection ends in good order and raises when it does not. ``idle_timeout`` overrides what
    the venue's plan says about silence: seconds, 0 for never.
    """

    backoff: Backoff = Backoff()
    connect_timeout: float = 15.0
    close_timeout: float = 5.0
    first_connect: Literal["fail", "retry"] = "fail"
    reconnect: bool = True
    on_error: ErrorPolicy = "yield"
    idle_timeout: float | None = None


def mendable(error: BaseException) -> bool:
    """Whether another connection may do better.

    Not only what spoils a connection: a logon that is refused because the venue is away, or was asked too fast, is one
    to repeat.
    """
    return isinstance(error, BarterError) and (error.needs_reconnect or error.retryable) and not error.fatal
