"""Stopping after so many events."""

from collections.abc import Sequence
from typing import Any, Final, cast

from barterpy.events import LifecycleEvent

__all__ = ["Countdown"]

_LIFECYCLE: Final[tuple[type[Any], ...]] = cast("Any", LifecycleEvent).__args__


class Countdown:
    """Lets ``count`` data events pass, and what happens to the connection between them; None lets everything pass."""

    def __init__(self, count: int | None) -> None:
        self._left = count

    @property
    def done(self) -> bool:
        return self._left == 0

    def take(self, events: Sequence[Any]) -> Sequence[Any]:
        """What of these events still passes."""
        if self._left is None:
            return events
        for index, event in enumerate(events):
            if self._left == 0:
                return events[:index]
            self._left -= not isinstance(event, _LIFECYCLE)
        return events
