"""What a limiter costs a call that does not have to wait: by a number for the time, and as a task asks for it."""

from collections.abc import Callable, Sequence

import anyio

from barterpy.limits import Limiter, RollingWindow
from benchmarks.target import Outcome

__all__ = ["prepare_limiter", "prepare_reserve"]

_MANY = 1_000_000_000


def _limiter() -> Limiter:
    """The windows of Binance's orders: two at once, taken together. Large enough that nobody waits."""
    return Limiter("benchmark", RollingWindow(_MANY, 10), RollingWindow(_MANY, 60))


def prepare_limiter(messages: Sequence[bytes]) -> Callable[[], Outcome]:
    """``await acquire()`` once for each message, on two windows."""

    async def acquire() -> None:
        limiter = _limiter()
        for _ in messages:
            await limiter.acquire()
        assert limiter.granted == len(messages)

    def run() -> Outcome:
        anyio.run(acquire)
        return Outcome(len(messages))

    return run


def prepare_reserve(messages: Sequence[bytes]) -> Callable[[], Outcome]:
    """``reserve(now)`` once for each message, on two windows, without an event loop."""

    def run() -> Outcome:
        limiter = _limiter()
        reserve = limiter.reserve
        granted = sum(not reserve(now * 1000) for now in range(1, len(messages) + 1))
        return Outcome(granted)

    return run
