"""Virtual time: days of timers in seconds, the same on both backends.

In a run on one of :func:`virtual_backends`, time stands still while anything can run and jumps to the next deadline
when nothing can. ``anyio.sleep``, timeouts and ``anyio.current_time`` follow it, and :class:`VirtualClock` gives the
wall clock that goes with it.
"""

import asyncio
import selectors
from collections.abc import Callable
from typing import Any, Final, final

import anyio

from barterpy.clock import SECOND
from barterpy.errors import MissingExtraError

__all__ = ["VIRTUAL_START", "VirtualClock", "VirtualEventLoop", "virtual_backend", "virtual_backends"]

VIRTUAL_START: Final = 1_767_225_600 * SECOND
"""2026-01-01T00:00:00 UTC, where virtual wall clocks begin."""


@final
class VirtualClock:
    """A :data:`~barterpy.clock.WallClock` for tests: int nanoseconds UTC.

    Inside of an event loop it moves with the loop's own time, virtual or not; outside only by :meth:`step`.

        clock = VirtualClock()
        before = clock()
        await anyio.sleep(3600)          # takes no time on a virtual backend
        assert clock() - before == 3600 * SECOND
    """

    def __init__(self, start: int = VIRTUAL_START) -> None:
        self._now = start
        self._origin = _loop_time()

    def __call__(self) -> int:
        now = _loop_time()
        if now is None:
            return self._now
        if self._origin is None:
            self._origin = now
        return self._now + round((now - self._origin) * SECOND)

    def step(self, seconds: float) -> None:
        """Move the wall clock alone, forward or back: timers do not notice, as when a machine's clock is set."""
        self._now += round(seconds * SECOND)


def _loop_time() -> float | None:
    try:
        return anyio.current_time()
    except RuntimeError:  # no event loop here
        return None


@final
class _JumpingSelector(selectors.DefaultSelector):
    """Where a loop waits when nothing can run: looks once, and jumps instead of waiting."""

    def __init__(self, threshold: float) -> None:
        super().__init__()
        self.elapsed = 0.0
        self._threshold = threshold

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:  # no timer to jump to: only the outside can go on
            return super().select(None)
        ready = super().select(min(timeout, self._threshold))
        if not ready:
            self.elapsed += timeout
        return ready


@final
class VirtualEventLoop(asyncio.SelectorEventLoop):
    """An asyncio event loop in virtual time, from 0.

    :param threshold: real seconds in which nothing may happen before time jumps. 0 is right as long as everything is
        in this process; give a little (0.01) when threads or other processes take part
    """

    def __init__(self, threshold: float = 0.0) -> None:
        self._jumping = _JumpingSelector(threshold)
        super().__init__(self._jumping)

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._jumping.elapsed


def virtual_backend(name: str, *, threshold: float = 0.0) -> tuple[str, dict[str, Any]]:
    """Name and options of a backend in virtual time, for ``anyio.run(…, backend=name, backend_options=options)``.

    :param name: ``asyncio`` or ``trio``
    :param threshold: see :class:`VirtualEventLoop`
    :raises barterpy.errors.MissingExtraError: trio is not installed (extra ``trio``)
    """
    if name == "asyncio":
        factory: Callable[[], asyncio.AbstractEventLoop] = lambda: VirtualEventLoop(threshold)  # noqa: E731
        return name, {"loop_factory": factory}
    try:
        from trio.testing import MockClock
    except ImportError as error:
        raise MissingExtraError("trio", "trio") from error
    return name, {"clock": MockClock(autojump_threshold=threshold)}


def virtual_backends(*, threshold: float = 0.0) -> list[Any]:
    """Both backends in virtual time, as parameters for pytest::

        @pytest.fixture(params=virtual_backends())
        def anyio_backend(request): return request.param

    or ``@pytest.mark.parametrize("anyio_backend", virtual_backends())`` on a test.
    """
    import pytest

    return [pytest.param(virtual_backend(name, threshold=threshold), id=name) for name in ("asyncio", "trio")]
