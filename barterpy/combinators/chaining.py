"""One transformer after another: the outputs of each are the messages of the next."""

from collections.abc import Iterable
from functools import reduce
from typing import Any, Generic, TypeVar, overload

from barterpy.combinators.stage import Stage
from barterpy.errors import ConfigurationError
from barterpy.state import part_state, restore_part
from barterpy.transformer import Directive, Fetch, Fetched, Transformer

__all__ = ["Chain", "chain"]

In = TypeVar("In")
Out = TypeVar("Out")
A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
F = TypeVar("F")


class Chain(Generic[In, Out]):
    """Two transformers in a row; longer chains are chains of chains. Made by :func:`chain`."""

    def __init__(self, first: Transformer[In, Any], second: Transformer[Any, Out]) -> None:
        self._first: Stage[In, Any] = Stage(first)
        self._second: Stage[Any, Out] = Stage(second)
        self._asked: set[str] = set()

    def transform(self, message: In, received_at: int, /) -> Iterable[Out]:
        if isinstance(message, Fetched) and message.key in self._asked:
            # An answer belongs to whoever asked, not to the head of the chain.
            self._asked.discard(message.key)
            return self._noted(self._second.transform(message, received_at))
        return self._through(self._first.transform(message, received_at), received_at)

    def on_reset(self, epoch: int, now: int, /) -> Iterable[Out]:
        # The last part first: what the parts before say on a reset must meet one that knows of it.
        self._asked.clear()
        yield from self._noted(self._second.on_reset(epoch, now))
        yield from self._through(self._first.on_reset(epoch, now), now)

    def on_end(self, now: int, /) -> Iterable[Out]:
        yield from self._through(self._first.on_end(now), now)
        yield from self._noted(self._second.on_end(now))

    def next_timer(self) -> int | None:
        first, second = self._first.next_timer(), self._second.next_timer()
        return second if first is None else first if second is None else min(first, second)

    def on_timer(self, deadline: int, /) -> Iterable[Out]:
        # The last part first: a timer comes before any message of its own time, and what the parts before make of
        # theirs are messages to it.
        yield from self._noted(self._second.due(deadline))
        yield from self._through(self._first.due(deadline), deadline)

    def save_state(self) -> Any:
        return [part_state(self._first.transformer), part_state(self._second.transformer)]

    def restore_state(self, state: Any, /) -> None:
        first, second = state
        restore_part(self._first.transformer, first)
        restore_part(self._second.transformer, second)

    def _through(self, outputs: Iterable[Any], now: int) -> Iterable[Out]:
        transform = self._second.transform
        for output in outputs:
            if isinstance(output, Directive):
                if isinstance(output, Fetch):
                    self._asked.discard(output.key)
                passed: Any = output
                yield passed
            else:
                for result in transform(output, now):
                    if isinstance(result, Fetch):
                        self._asked.add(result.key)
                    yield result

    def _noted(self, results: Iterable[Out]) -> Iterable[Out]:
        for result in results:
            if isinstance(result, Fetch):
                self._asked.add(result.key)
            yield result


@overload
def chain(first: Transformer[A, B], second: Transformer[B, C], /) -> Chain[A, C]: ...
@overload
def chain(first: Transformer[A, B], second: Transformer[B, C], third: Transformer[C, D], /) -> Chain[A, D]: ...
@overload
def chain(
    first: Transformer[A, B], second: Transformer[B, C], third: Transformer[C, D], fourth: Transformer[D, E], /
) -> Chain[A, E]: ...
@overload
def chain(
    first: Transformer[A, B],
    second: Transformer[B, C],
    third: Transformer[C, D],
    fourth: Transformer[D, E],
    fifth: Transformer[E, F],
    /,
) -> Chain[A, F]: ...
@overload
def chain(first: Transformer[A, Any], /, *others: Transformer[Any, Any]) -> Chain[A, Any]: ...
def chain(first: Transformer[Any, Any], /, *others: Transformer[Any, Any]) -> Chain[Any, Any]:
    """The transformers in a row.

    Directives bypass the parts behind, and keep their place among the outputs; the answer to a
    :class:`~barterpy.transformer.Fetch` goes to the part that asked. At the end of the stream each part is flushed
    through the rest. Outputs are made lazily: an error in one part ends what that message still had to give.

        chain(of_type(Trade), keyed(lambda: TimeBars(MINUTE)))

    :raises barterpy.errors.ConfigurationError: fewer than two transformers
    """
    if not others:
        raise ConfigurationError("a chain needs two transformers or more")
    return reduce(Chain, others[1:], Chain(first, others[0]))
