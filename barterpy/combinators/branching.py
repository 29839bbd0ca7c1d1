"""The same messages to several transformers, and all their outputs in one stream."""

from collections.abc import Iterable
from typing import Any, Generic, TypeVar, overload

from barterpy.combinators.stage import Stage
from barterpy.errors import ConfigurationError
from barterpy.state import part_state, restore_part
from barterpy.transformer import Fetch, Fetched, Transformer

__all__ = ["Tee", "tee"]

In = TypeVar("In")
Out = TypeVar("Out")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")


class Tee(Generic[In, Out]):
    """Transformers side by side. Made by :func:`tee`."""

    def __init__(self, *transformers: Transformer[In, Out]) -> None:
        self._stages: list[Stage[In, Out]] = [Stage(transformer) for transformer in transformers]
        self._asked: dict[str, Stage[In, Out]] = {}

    def transform(self, message: In, received_at: int, /) -> Iterable[Out]:
        if isinstance(message, Fetched) and message.key in self._asked:
            stage = self._asked.pop(message.key)
            yield from self._noted(stage, stage.transform(message, received_at))
            return
        for stage in self._stages:
            yield from self._noted(stage, stage.transform(message, received_at))

    def on_reset(self, epoch: int, now: int, /) -> Iterable[Out]:
        self._asked.clear()
        for stage in self._stages:
            yield from self._noted(stage, stage.on_reset(epoch, now))

    def on_end(self, now: int, /) -> Iterable[Out]:
        for stage in self._stages:
            yield from self._noted(stage, stage.on_end(now))

    def next_timer(self) -> int | None:
        return min((timer for stage in self._stages if (timer := stage.next_timer()) is not None), default=None)

    def on_timer(self, deadline: int, /) -> Iterable[Out]:
        for stage in self._stages:
            yield from self._noted(stage, stage.due(deadline))

    def save_state(self) -> Any:
        return [part_state(stage.transformer) for stage in self._stages]

    def restore_state(self, state: Any, /) -> None:
        for stage, part in zip(self._stages, state, strict=True):
            restore_part(stage.transformer, part)

    def _noted(self, stage: Stage[In, Out], results: Iterable[Out]) -> Iterable[Out]:
        for result in results:
            if isinstance(result, Fetch):
                self._asked[result.key] = stage
            yield result


@overload
def tee(first: Transformer[A, B], second: Transformer[A, C], /) -> Tee[A, B | C]: ...
@overload
def tee(first: Transformer[A, B], second: Transformer[A, C], third: Transformer[A, D], /) -> Tee[A, B | C | D]: ...
@overload
def tee(
    first: Transformer[A, B], second: Transformer[A, C], third: Transformer[A, D], fourth: Transformer[A, E], /
) -> Tee[A, B | C | D | E]: ...
@overload
def tee(
    first: Transformer[A, B],
    second: Transformer[A, C],
    third: Transformer[A, D],
    fourth: Transformer[A, E],
    fifth: Transformer[A, F],
    /,
) -> Tee[A, B | C | D | E | F]: ...
@overload
def tee(first: Transformer[A, B], /, *others: Transformer[A, B]) -> Tee[A, B]: ...
def tee(first: Transformer[Any, Any], /, *others: Transformer[Any, Any]) -> Tee[Any, Any]:
    """The transformers side by side: each message goes to all of them, outputs come in the order of the arguments.

    The answer to a :class:`~barterpy.transformer.Fetch` goes to the one that asked.

        tee(RollingVolume(count=100), Vwap())

    :raises barterpy.errors.ConfigurationError: fewer than two transformers
    """
    if not others:
        raise ConfigurationError("a tee needs two transformers or more")
    return Tee(first, *others)
