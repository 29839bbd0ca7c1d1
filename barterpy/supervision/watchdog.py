"""Watchdogs: notice that nothing comes any more, on a connection or for one subscription. No I/O; time is an argument.

A message costs them nothing. They look on their own deadlines when the last one came. That time is of the wall clock,
which may be set while they wait, so it only ever says how far back an activity lies within the time since the last
look: a wall clock that jumps makes nothing stall.
"""

from collections.abc import Callable
from typing import final

from barterpy.clock import SECOND

__all__ = ["Activity", "QuietDogs", "Watchdog"]


@final
class Activity:
    """When something last happened, on the monotonic clock, from what the wall clock said about it."""

    __slots__ = ("_looked_at", "_seen", "last")

    def __init__(self, now: int, seen: int | None = None) -> None:
        self.last: int = now
        """Int nanoseconds of the monotonic clock."""
        self._looked_at = now
        self._seen = seen

    def look(self, seen: int | None, now: int, utc: int) -> int:
        """:attr:`last`, given that ``seen`` is the time of the last message (int nanoseconds UTC) and ``utc`` now."""
        if seen != self._seen and seen is not None:
            self._seen = seen
            self.last = now - min(max(utc - seen, 0), now - self._looked_at)
        self._looked_at = now
        return self.last


@final
class Watchdog:
    """Barks when there was no activity for ``timeout`` seconds, counted from when it was armed."""

    __slots__ = ("_activity", "_timeout", "barked", "timeout")

    def __init__(self, timeout: float, now: int, seen: int | None = None) -> None:
        self.timeout: float = timeout
        self.barked: int = 0
        """How often in a row."""
        self._timeout = round(timeout * SECOND)
        self._activity = Activity(now, seen)

    def next_deadline(self) -> int:
        """When :meth:`handle_deadline` wants to be called. A dog that has barked waits as long again."""
        return self._activity.last + self._timeout * (self.barked + 1)

    def handle_deadline(self, seen: int | None, now: int, utc: int) -> int | None:
        """Nanoseconds of silence if it is too long now, else None."""
        before = self._activity.last
        last = self._activity.look(seen, now, utc)
        if last != before:
            self.barked = 0
        if now < self.next_deadline():
            return None
        self.barked += 1
        return now - last

    def touch(self, now: int) -> None:
        """Take the silence so far as explained, for example because nobody could listen."""
        self._activity.last = max(self._activity.last, now)
        self.barked = 0


@final
class QuietDogs:
    """One watchdog for each subscription that must not be silent for long."""

    def __init__(self, last_seen: Callable[[str], int | None]) -> None:
        self._last_seen = last_seen
        self._dogs: dict[str, Watchdog] = {}

    def __len__(self) -> int:
        return len(self._dogs)

    def arm(self, name: str, timeout: float, now: int) -> None:
        """From the subscribe on: one that never brings anything is silent, too. Armed twice, it begins once."""
        if name not in self._dogs:
            self._dogs[name] = Watchdog(timeout, now, self._last_seen(name))

    def disarm(self, name: str) -> None:
        """It was unsubscribed, or refused."""
        self._dogs.pop(name, None)

    def next_deadline(self) -> int | None:
        """When :meth:`handle_deadline` wants to be called."""
        return min((dog.next_deadline() for dog in self._dogs.values()), default=None)

    def handle_deadline(self, now: int, utc: int) -> list[tuple[str, int, int]]:
        """Those that are silent for too long: name, nanoseconds of silence, and how often in a row that was noticed."""
        found: list[tuple[str, int, int]] = []
        for name, dog in self._dogs.items():
            if now >= dog.next_deadline():
                idle = dog.handle_deadline(self._last_seen(name), now, utc)
                if idle is not None:
                    found.append((name, idle, dog.barked))
        return found

    def touch(self, now: int) -> None:
        """Nobody could listen until now."""
        for dog in self._dogs.values():
            dog.touch(now)
