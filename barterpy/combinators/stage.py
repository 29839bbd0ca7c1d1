"""A transformer with its optional hooks made regular: what the composites are written against."""

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

from barterpy.transformer import Transformer

__all__ = ["Stage"]

In = TypeVar("In")
Out = TypeVar("Out")


class Stage(Generic[In, Out]):
    """One part of a composite. Hooks the transformer does not have do nothing."""

    __slots__ = ("_on_end", "_on_reset", "_on_timer", "next_timer", "transform", "transformer")

    def __init__(self, transformer: Transformer[In, Out]) -> None:
        self.transformer: Transformer[In, Out] = transformer
        self.transform: Callable[[Any, int], Iterable[Out]] = transformer.transform
        self.next_timer: Callable[[], int | None] = getattr(transformer, "next_timer", _no_timer)
        self._on_timer: Callable[[int], Iterable[Out] | None] | None
        self._on_timer = getattr(transformer, "on_timer", None)
        self._on_reset: Callable[[int, int], Iterable[Out] | None] | None
        self._on_reset = getattr(transformer, "on_reset", None)
        self._on_end: Callable[[int], Iterable[Out] | None] | None
        self._on_end = getattr(transformer, "on_end", None)

    @property
    def has_timers(self) -> bool:
        """Whether it may ever give a deadline."""
        return self.next_timer is not _no_timer

    def on_reset(self, epoch: int, now: int) -> Iterable[Out]:
        return () if self._on_reset is None else self._on_reset(epoch, now) or ()

    def on_end(self, now: int) -> Iterable[Out]:
        return () if self._on_end is None else self._on_end(now) or ()

    def due(self, deadline: int) -> Iterable[Out]:
        """The outputs of its timer, if that is due by ``deadline``. Called with the very deadline it gave."""
        own = self.next_timer()
        if own is None or own > deadline or self._on_timer is None:
            return ()
        return self._on_timer(own) or ()


def _no_timer() -> int | None:
    return None
