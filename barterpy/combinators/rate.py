"""Fewer messages: the latest of each key in every interval, or the first.

Only for messages that stand for themselves, such as quotes and snapshots. Leaving out a delta or a trade loses it.
"""

from collections.abc import Callable, Hashable, Iterable
from typing import Any, Generic, TypeVar

from barterpy.combinators.keying import instrument_of
from barterpy.errors import ConfigurationError, LimitExceeded

__all__ = ["Conflate", "Throttle", "conflate", "throttle"]

T = TypeVar("T")


class Conflate(Generic[T]):
    """See :func:`conflate`. ``merged`` counts the messages that a later one replaced."""

    def __init__(self, interval: int, key: Callable[[T], Hashable], max_keys: int) -> None:
        _check(interval, max_keys)
        self.merged: int = 0
        self._interval = interval
        self._key = key
        self._max_keys = max_keys
        self._pending: dict[Hashable, T] = {}
        self._deadline: int | None = None

    def transform(self, message: T, received_at: int, /) -> Iterable[T]:
        flushed: Iterable[T] = ()
        if self._deadline is None or received_at >= self._deadline:
            flushed = self._flush()
            self._deadline = received_at - received_at % self._interval + self._interval
        key = self._key(message)
        if key in self._pending:
            self.merged += 1
        elif len(self._pending) >= self._max_keys:
            raise LimitExceeded("max_keys", self._max_keys, len(self._pending) + 1)
        self._pending[key] = message
        return flushed

    def on_end(self, now: int, /) -> Iterable[T]:
        return self._flush()

    def next_timer(self) -> int | None:
        return self._deadline

    def on_timer(self, deadline: int, /) -> Iterable[T]:
        return self._flush() if deadline == self._deadline else ()

    def save_state(self) -> Any:
        return [self._deadline, list(self._pending.items()), self.merged]

    def restore_state(self, state: Any, /) -> None:
        self._deadline, pending, self.merged = state
        self._pending = dict(pending)

    def _flush(self) -> Iterable[T]:
        flushed = list(self._pending.values())
        self._pending.clear()
        self._deadline = None
        return flushed


class Throttle(Generic[T]):
    """See :func:`throttle`. ``dropped`` counts the messages left out."""

    def __init__(self, interval: int, key: Callable[[T], Hashable], max_keys: int) -> None:
        _check(interval, max_keys)
        self.dropped: int = 0
        self._interval = interval
        self._key = key
        self._max_keys = max_keys
        self._quiet_until: dict[Hashable, int] = {}

    def transform(self, message: T, received_at: int, /) -> Iterable[T]:
        key = self._key(message)
        until = self._quiet_until.get(key)
        if until is None and len(self._quiet_until) >= self._max_keys:
            raise LimitExceeded("max_keys", self._max_keys, len(self._quiet_until) + 1)
        if until is not None and received_at < until:
            self.dropped += 1
            return ()
        self._quiet_until[key] = received_at + self._interval
        return (message,)

    def save_state(self) -> Any:
        return [list(self._quiet_until.items()), self.dropped]

    def restore_state(self, state: Any, /) -> None:
        quiet_until, self.dropped = state
        self._quiet_until = dict(quiet_until)


def conflate(interval: int, key: Callable[[T], Hashable] = instrument_of, *, max_keys: int = 10_000) -> Conflate[T]:
    """The latest message of each key, once an interval, in the order in which the keys were first seen in it.

    Intervals lie on the UTC grid of ``received_at``. They end by timer, so also while no message comes, or by the
    first message at or after their end; the end of the stream ends the last one. A message older than the interval
    that is open counts as the latest in it.

    :param interval: int nanoseconds
    :param key: tells messages apart; the instrument by default
    :param max_keys: keys an interval may hold; one more raises :class:`~barterpy.errors.LimitExceeded`
    """
    return Conflate(interval, key, max_keys)


def throttle(interval: int, key: Callable[[T], Hashable] = instrument_of, *, max_keys: int = 10_000) -> Throttle[T]:
    """The first message of each key, then none of it until ``interval`` nanoseconds have passed, by ``received_at``.

    :param max_keys: keys at most; one more raises :class:`~barterpy.errors.LimitExceeded`
    """
    return Throttle(interval, key, max_keys)


def _check(interval: int, max_keys: int) -> None:
    if interval < 1:
        raise ConfigurationError(f"an interval is nanoseconds from 1, not {interval}")
    if max_keys < 1:
        raise ConfigurationError(f"max_keys is a number of keys from 1, not {max_keys}")
