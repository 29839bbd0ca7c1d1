"""One transformer for each instrument, or for whatever else tells messages apart."""

import heapq
from collections.abc import Callable, Hashable, Iterable
from typing import Any, Generic, TypeVar

from barterpy.combinators.stage import Stage
from barterpy.errors import ConfigurationError, LimitExceeded
from barterpy.state import part_state, restore_part
from barterpy.transformer import Fetch, Fetched, Transformer

__all__ = ["Keyed", "instrument_of", "keyed"]

In = TypeVar("In")
Out = TypeVar("Out")


def instrument_of(message: Any) -> str:
    """The instrument of any event that has one."""
    instrument: str = message.instrument
    return instrument


class _Part(Stage[In, Out]):
    """A stage, its place in the order of first messages, and the deadline of it that is in the heap."""

    __slots__ = ("noted", "rank")

    def __init__(self, transformer: Transformer[In, Out], rank: int) -> None:
        super().__init__(transformer)
        self.rank = rank
        self.noted: int | None = None


class Keyed(Generic[In, Out]):
    """Transformers by key, made when a key is first seen. Made by :func:`keyed`."""

    def __init__(
        self, factory: Callable[[], Transformer[In, Out]], key: Callable[[In], Hashable], max_keys: int
    ) -> None:
        if max_keys < 1:
            raise ConfigurationError(f"max_keys is a number of transformers from 1, not {max_keys}")
        self._factory = factory
        self._key = key
        self._max_keys = max_keys
        self._stages: dict[Hashable, _Part[In, Out]] = {}
        self._asked: dict[str, _Part[In, Out]] = {}
        self._reset: tuple[int, int] | None = None
        # Deadlines known so far, soonest first, then in the order of the keys' first messages. One that its stage has
        # given up since is found out when it comes to the top, so that a message costs one question and not one a key.
        self._timers: list[tuple[int, int, _Part[In, Out]]] = []

    def __len__(self) -> int:
        return len(self._stages)

    def transform(self, message: In, received_at: int, /) -> Iterable[Out]:
        if isinstance(message, Fetched):
            asked = self._asked.pop(message.key, None)
            if asked is not None:
                yield from self._noted(asked, asked.transform(message, received_at))
            return
        key = self._key(message)
        stage = self._stages.get(key)
        if stage is None:
            stage = self._add(key)
            if self._reset is not None:
                yield from self._noted(stage, stage.on_reset(*self._reset))
        yield from self._noted(stage, stage.transform(message, received_at))

    def on_reset(self, epoch: int, now: int, /) -> Iterable[Out]:
        self._reset = (epoch, now)
        self._asked.clear()
        for stage in self._stages.values():
            yield from self._noted(stage, stage.on_reset(epoch, now))

    def on_end(self, now: int, /) -> Iterable[Out]:
        for stage in self._stages.values():
            yield from self._noted(stage, stage.on_end(now))

    def next_timer(self) -> int | None:
        timers = self._timers
        while timers:
            deadline, _, stage = timers[0]
            if stage.next_timer() == deadline:
                return deadline
            self._pop()
        return None

    def on_timer(self, deadline: int, /) -> Iterable[Out]:
        # Each deadline once: a stage that wants to be called again at or before this one is asked for next time.
        due: list[_Part[In, Out]] = []
        while (soonest := self.next_timer()) is not None and soonest <= deadline:
            due.append(self._pop())
        try:
            for stage in dict.fromkeys(due):
                yield from self._noted(stage, stage.due(deadline))
        finally:
            for stage in due:  # those behind one that failed are still to be called
                self._note_timer(stage)

    def save_state(self) -> Any:
        return [self._reset, [[key, part_state(stage.transformer)] for key, stage in self._stages.items()]]

    def restore_state(self, state: Any, /) -> None:
        self._reset, parts = state
        self._stages.clear()
        self._timers.clear()
        for key, part in parts:
            stage = self._add(key)
            restore_part(stage.transformer, part)
            self._note_timer(stage)

    def _add(self, key: Hashable) -> _Part[In, Out]:
        if len(self._stages) >= self._max_keys:
            raise LimitExceeded("max_keys", self._max_keys, len(self._stages) + 1)
        stage = self._stages[key] = _Part(self._factory(), len(self._stages))
        return stage

    def _noted(self, stage: _Part[In, Out], results: Iterable[Out]) -> Iterable[Out]:
        try:
            for result in results:
                if isinstance(result, Fetch):
                    self._asked[result.key] = stage
                yield result
        finally:
            if stage.has_timers:
                self._note_timer(stage)

    def _pop(self) -> _Part[In, Out]:
        deadline, _, stage = heapq.heappop(self._timers)
        if stage.noted == deadline:
            stage.noted = None
        return stage

    def _note_timer(self, stage: _Part[In, Out]) -> None:
        deadline = stage.next_timer()
        if deadline == stage.noted:
            return
        stage.noted = deadline
        if deadline is None:
            return
        heapq.heappush(self._timers, (deadline, stage.rank, stage))
        if len(self._timers) > 2 * len(self._stages) + 64:
            self._timers = sorted(
                (timer, part.rank, part) for part in self._stages.values() if (timer := part.next_timer()) is not None
            )


def keyed(
    factory: Callable[[], Transformer[In, Out]],
    key: Callable[[In], Hashable] = instrument_of,
    *,
    max_keys: int = 10_000,
) -> Keyed[In, Out]:
    """A transformer of ``factory`` for each key, which sees the messages of that key alone.

        keyed(lambda: Vwap(window=5 * MINUTE))

    One that is made after the connection's reset is told of that reset first. At the end of the stream and on resets
    they are called in the order of their first messages. The answer to a :class:`~barterpy.transformer.Fetch` goes to
    the one that asked.

    :param key: tells messages apart; the instrument by default
    :param max_keys: transformers at most; a message of one key more raises
        :class:`~barterpy.errors.LimitExceeded` from ``transform``
    """
    return Keyed(factory, key, max_keys)
