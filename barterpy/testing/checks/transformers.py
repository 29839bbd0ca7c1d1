"""The contract of :mod:`barterpy.transformer`, and of :mod:`barterpy.state` for those that can be saved."""

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from barterpy import state
from barterpy.errors import BarterError, ConfigurationError
from barterpy.testing.checks.clause import broken, require
from barterpy.transformer import Transformer

__all__ = ["check_transformer"]

_ADDRESS: Final = re.compile(r" at 0x[0-9a-f]+")
_TIMER_CALLS: Final = 1_000


def check_transformer(
    factory: Callable[[], Transformer[Any, Any]],
    messages: Sequence[tuple[Any, int]],
    *,
    errors: tuple[type[Exception], ...] = (BarterError,),
    types: Sequence[type[Any]] = (),
) -> None:
    """Check a transformer against the contract of :class:`barterpy.transformer.Transformer` and its hooks.

    The messages are played as a stream does it: ``on_reset``, then each message after the timers that are due, then
    ``on_end``. Outputs are compared by their type and repr. Of a ``BatchTransformer``, ``transform_batch`` is held to
    what ``transform`` gives.

    :param factory: makes a fresh transformer, each configured alike
    :param messages: pairs of a message and its ``received_at`` (int nanoseconds UTC), in the order of time
    :param errors: the exceptions that its documentation names
    :param types: as for :func:`barterpy.state.save`
    :raises AssertionError: a clause is broken
    """
    pictures = [repr(message) for message, _ in messages]
    first = _play(_Run(factory(), errors), messages)
    require(
        pictures == [repr(message) for message, _ in messages], "transform must not change the messages it is given"
    )
    second = _play(_Run(factory(), errors), messages)
    require(first == second, f"the same inputs must give the same outputs{_difference(first, second)}")
    _check_apart(factory, messages, errors, first)
    _check_reset(factory, messages, errors)
    _check_state(factory, messages, errors, types, first)
    _check_batch(factory, messages, errors)


class _Run:
    """One transformer, driven through the clauses; ``outputs`` are pictures of what it gave."""

    def __init__(self, transformer: Any, errors: tuple[type[Exception], ...]) -> None:
        require(callable(getattr(transformer, "transform", None)), "a transformer must have transform")
        require(
            hasattr(transformer, "next_timer") == hasattr(transformer, "on_timer"),
            "next_timer and on_timer must come together",
        )
        self.transformer = transformer
        self.outputs: list[str] = []
        self._errors = errors
        self._fired = -1

    def hook(self, name: str, *args: int) -> None:
        """Call a hook it has; None for no outputs is fine."""
        if hasattr(self.transformer, name):
            self._take(name, lambda: getattr(self.transformer, name)(*args), may_be_none=True)

    def message(self, message: Any, now: int) -> None:
        self._timers(now)
        self._take("transform", lambda: self.transformer.transform(message, now), may_be_none=False)
        self._deadline()

    def read(self, messages: Sequence[Any], now: int) -> None:
        """Messages that were read together, one by one."""
        self._timers(now)
        for message in messages:
            self._take("transform", functools.partial(self.transformer.transform, message, now), may_be_none=False)
        self._deadline()

    def read_batch(self, messages: Sequence[Any], now: int) -> None:
        """The same as a batch, and one by one if that fails."""
        self._timers(now)
        try:
            found = self._iterator("transform_batch", self.transformer.transform_batch(messages, now))
            self.outputs += [_picture(output) for output in found]
        except self._errors:
            self.read(messages, now)
        except AssertionError:
            raise
        except Exception as error:
            raise broken("transform_batch must raise the documented exceptions and no others", error) from error
        self._deadline()

    def _take(self, name: str, call: Callable[[], Any], *, may_be_none: bool) -> None:
        try:
            outputs = call()
            if outputs is None and may_be_none:
                return
            iterator = self._iterator(name, outputs)
            for output in iterator:
                self.outputs.append(_picture(output))
        except self._errors as error:
            self.outputs.append(f"raised {_picture(error)}")
        except AssertionError:
            raise
        except Exception as error:
            raise broken(f"{name} must raise the documented exceptions and no others", error) from error

    def _iterator(self, name: str, outputs: Any) -> Iterator[Any]:
        if not hasattr(outputs, "__iter__"):
            raise broken(f"{name} must return an iterable of outputs, not {type(outputs).__name__}")
        iterator: Iterator[Any] = iter(outputs)
        return iterator

    def _timers(self, now: int) -> None:
        for _ in range(_TIMER_CALLS):
            deadline = self._deadline()
            if deadline is None or deadline > now:
                return
            self._fired = deadline
            self.hook("on_timer", deadline)
        raise broken(f"on_timer must move next_timer on: it was called {_TIMER_CALLS} times up to {now}")

    def _deadline(self) -> int | None:
        if not hasattr(self.transformer, "next_timer"):
            return None
        deadline: Any = self.transformer.next_timer()
        require(
            deadline is None or type(deadline) is int,
            f"next_timer must be int nanoseconds UTC or None, not {deadline!r}",
        )
        require(self.transformer.next_timer() == deadline, "next_timer must not change by being asked")
        require(
            deadline is None or deadline >= self._fired,
            f"next_timer must not go back behind a deadline that was called: {deadline} is before {self._fired}",
        )
        return None if deadline is None else int(deadline)


def _picture(output: Any) -> str:
    return f"{type(output).__qualname__} {_ADDRESS.sub('', repr(output))}"


def _play(run: _Run, messages: Sequence[tuple[Any, int]], *, begin: bool = True) -> list[str]:
    if begin:
        run.hook("on_reset", 1, messages[0][1] if messages else 0)
    for message, now in messages:
        run.message(message, now)
    run.hook("on_end", messages[-1][1] if messages else 0)
    return run.outputs


def _difference(expected: list[str], got: list[str]) -> str:
    for index, (one, other) in enumerate(zip(expected, got, strict=False)):
        if one != other:
            return f"; output {index} was {one[:200]} and then {other[:200]}"
    return f"; there were {len(expected)} and then {len(got)}"


def _check_apart(
    factory: Callable[[], Any],
    messages: Sequence[tuple[Any, int]],
    errors: tuple[type[Exception], ...],
    expected: list[str],
) -> None:
    """Two at a time, message by message: what one sees is no affair of the other."""
    runs = [_Run(factory(), errors), _Run(factory(), errors)]
    for run in runs:
        run.hook("on_reset", 1, messages[0][1] if messages else 0)
    for message, now in messages:
        for run in runs:
            run.message(message, now)
    for run in runs:
        run.hook("on_end", messages[-1][1] if messages else 0)
        require(run.outputs == expected, f"two transformers must share no state{_difference(expected, run.outputs)}")


def _check_reset(
    factory: Callable[[], Any], messages: Sequence[tuple[Any, int]], errors: tuple[type[Exception], ...]
) -> None:
    """A new connection in the middle, and an end before anything came."""
    run = _Run(factory(), errors)
    middle = len(messages) // 2
    for epoch, part in ((1, messages[:middle]), (2, messages[middle:])):
        run.hook("on_reset", epoch, part[0][1] if part else 0)
        for message, now in part:
            run.message(message, now)
    _play(_Run(factory(), errors), ())


def _check_state(
    factory: Callable[[], Any],
    messages: Sequence[tuple[Any, int]],
    errors: tuple[type[Exception], ...],
    types: Sequence[type[Any]],
    expected: list[str],
) -> None:
    for cut in sorted({0, len(messages) // 3, len(messages) // 2, len(messages)}):
        run = _Run(factory(), errors)
        run.hook("on_reset", 1, messages[0][1] if messages else 0)
        for message, now in messages[:cut]:
            run.message(message, now)
        if not isinstance(run.transformer, state.Stateful):
            return
        try:
            saved = state.save(run.transformer, types=types)
        except ConfigurationError:
            return  # a part of it cannot be saved, which is allowed and said
        restored = _Run(factory(), errors)
        try:
            state.restore(restored.transformer, saved, types=types)
        except Exception as error:
            raise broken("restore must take what save gave", error) from error
        rest = messages[cut:]
        for message, now in rest:
            restored.message(message, now)
        restored.hook("on_end", messages[-1][1] if messages else 0)
        got = run.outputs + restored.outputs
        require(got == expected, f"a restored state must go on as if nothing had happened{_difference(expected, got)}")


def _check_batch(
    factory: Callable[[], Any], messages: Sequence[tuple[Any, int]], errors: tuple[type[Exception], ...]
) -> None:
    if not messages or not hasattr(factory(), "transform_batch"):
        return
    first = messages[0][1]
    for size in sorted({1, 2, len(messages)}):
        one, whole = _Run(factory(), errors), _Run(factory(), errors)
        for run, read in ((one, one.read), (whole, whole.read_batch)):
            run.hook("on_reset", 1, first)
            for start in range(0, len(messages), size):
                together = messages[start : start + size]
                read([message for message, _ in together], together[-1][1])
            run.hook("on_end", messages[-1][1])
        require(
            one.outputs == whole.outputs,
            "transform_batch must give what transform gives for each message in order, and raise only while nothing "
            f"has changed{_difference(one.outputs, whole.outputs)}",
        )
