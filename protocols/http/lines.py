"""Lines out of bytes that are cut anywhere, within a bound."""

import re
from collections.abc import Iterator
from typing import Final, final

from barterpy.errors import LimitExceeded

__all__ = ["LineBuffer"]

_ANY_END: Final = re.compile(rb"\r\n|\r|\n")


@final
class LineBuffer:
    """Sans-IO: :meth:`feed` it bytes, and it yields the lines which are complete, without their ends.

    :param limit: bytes a line may have
    :param setting: the name of that setting, for the error
    :param bare_cr: whether CR alone ends a line, as in an event stream; otherwise LF and CRLF do
    """

    def __init__(self, limit: int, setting: str, *, bare_cr: bool = False) -> None:
        self._limit = limit
        self._setting = setting
        self._bare_cr = bare_cr
        self._after_cr = False
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The lines that ``data`` completes. Run it to its end before the next call.

        :raises barterpy.errors.LimitExceeded: a line is too long; those before it were yielded
        """
        if not data:
            return
        if self._after_cr and data.startswith(b"\n"):
            data = data[1:]
        self._after_cr = self._bare_cr and data.endswith(b"\r")
        *ended, rest = _ANY_END.split(data) if self._bare_cr else data.split(b"\n")
        for piece in ended:
            self._keep(piece)
            yield self._take()
        self._keep(rest)

    def finish(self) -> bytes:
        """What came after the last end of a line."""
        return self._take()

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._limit:
            raise LimitExceeded(self._setting, self._limit)
        if piece:
            self._parts.append(piece)

    def _take(self) -> bytes:
        line = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts = []
        self._size = 0
        return line if self._bare_cr else line.removesuffix(b"\r")
