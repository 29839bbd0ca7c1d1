"""A deadline that belongs to a stream, because one that belongs to each read costs more than the read."""

from typing import Any, Protocol, cast, runtime_checkable

__all__ = ["DeadlinePassed", "TimedStream", "timed"]


class DeadlinePassed(Exception):
    """A :class:`TimedStream` received nothing until its deadline: an occurrence, not a failure. Nothing was lost;
    receiving may go on.

    Not an ``OSError``, as a ``TimeoutError`` would be: a TLS layer in between takes those for the end of the stream.
    """


@runtime_checkable
class TimedStream(Protocol):
    """A stream with a deadline of its own."""

    deadline: float | None
    """Monotonic seconds (:func:`anyio.current_time`) when a ``receive`` that waits raises :class:`DeadlinePassed`; read
    when it begins to wait. None for never."""

    def now(self) -> float:
        """Monotonic seconds, without asking which event loop is running."""
        ...


def timed(stream: object) -> TimedStream | None:
    """The stream that bytes come from, below any layers of TLS, if it has a deadline."""
    while stream is not None:
        if isinstance(stream, TimedStream):
            return stream
        stream = cast("Any", getattr(stream, "transport_stream", None))
    return None
