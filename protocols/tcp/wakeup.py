"""Waking a task from a callback of the event loop without another round of the loop."""

import asyncio
from collections.abc import Callable, Generator
from contextvars import Context
from typing import Any

__all__ = ["Wakeup"]


class Wakeup:
    """What one task awaits until :meth:`wake`, which runs it at once, inside the caller.

    An :class:`asyncio.Future` schedules the task instead, and the event loop asks the selector again before it runs it:
    a quarter of the time from the wire to the consumer (measured). A future-like object as asyncio defines them
    (:func:`asyncio.isfuture`).
    """

    # One is made for each read: what it begins with is the class's.
    _asyncio_future_blocking = True
    """What a task wants to find when this is yielded to it; it sets it to false."""
    callback: Callable[[Any], object] | None = None
    """What runs the task that waits; None when none does."""
    _context: Context | None = None
    _done = False
    result: Callable[[], object] = staticmethod(bool)
    """Nothing, by a function of C's, as each wait ends with it; raises what it was cancelled with, once it was."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def wake(self) -> None:
        """Runs the waiting task until it waits again; nothing if it is not waiting."""
        if asyncio.current_task(self._loop) is None:
            self.wake_from_callback()
        elif not self._done:  # only one task can run at a time
            self._done = True
            if self.callback is not None:
                self._loop.call_soon(self.callback, self, context=self._context)
                self.callback = None

    def wake_from_callback(self) -> None:
        """The same for those who know that no task is running, as what the event loop calls when bytes came does."""
        if self._done:
            return
        self._done = True
        callback, context = self.callback, self._context
        if callback is not None and context is not None:
            self.callback = None
            context.run(callback, self)

    # What asyncio's tasks ask of a future. Without a get_loop they take _loop; asyncio.get_running_loop, which could be
    # one and is written in C, makes a system call each time on CPython 3.11.

    def __await__(self) -> Generator[Any, None, None]:
        if not self._done:
            yield self
            return  # asked by the task already, which throws what was raised
        self.result()

    __iter__ = __await__

    def add_done_callback(self, callback: Callable[[Any], object], *, context: Context) -> None:
        self.callback, self._context = callback, context

    def done(self) -> bool:
        return self._done

    def cancel(self, msg: str | None = None) -> bool:
        """Whoever cancels runs within a task of its own, so this goes by way of the loop."""
        if self._done:
            return False
        self._done = True
        self.result = _cancelled(*() if msg is None else (msg,))
        if self.callback is not None:
            self._loop.call_soon(self.callback, self, context=self._context)
            self.callback = None
        return True


def _cancelled(*args: str) -> Callable[[], object]:
    def result() -> None:
        # A new one each time: kept, its traceback would hold the task that holds this.
        raise asyncio.CancelledError(*args)

    return result
