"""One scale of time for limiters, whichever event loop they are used in."""

import time

import anyio
import anyio.lowlevel

from barterpy.clock import MILLISECOND, SECOND

__all__ = ["loop_clock"]

_offset: anyio.lowlevel.RunVar[int] = anyio.lowlevel.RunVar("barterpy.limits.offset")
# Of the loop that asked last: how far it is ahead of the machine's clock, and its offset. The two clocks run alike
# unless the loop's is virtual, so the same difference means the same loop, and finding the offset costs ten times more.
_last: tuple[int, int] = (0, 0)


def loop_clock() -> int:
    """The event loop's time on a scale that all loops of the process share: int nanoseconds, monotonic.

    Timers follow it, in virtual time as well, and a limiter may be used by one event loop after another, although the
    loops count from different beginnings.
    """
    global _last
    now = round(anyio.current_time() * SECOND)
    machine = time.monotonic_ns()
    ahead, offset = _last
    if abs(now - machine - ahead) < MILLISECOND:
        return now + offset
    try:
        offset = _offset.get()
    except LookupError:
        offset = machine - now
        _offset.set(offset)
    _last = (now - machine, offset)
    return now + offset
