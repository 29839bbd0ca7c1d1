"""A connection as bytes, so that faults may happen within a frame, with the venue's end of its WebSocket."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import anyio
import anyio.abc
import anyio.lowlevel

from barterpy.protocols.websocket.connection import WebSocketConnection

__all__ = ["ENDS", "Wire", "most_within"]

CLOSES: Final = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4001, 4999)
ENDS: Final = (
    *(f"closed {code}" for code in CLOSES),
    "finished",
    "reset",
    "broke the protocol",
    "too large",
    "cut",
    "torn",
)
"""The last two are within a frame, after any of its bytes: in order, and not."""


class Wire(anyio.abc.ByteStream):
    """What the venue feeds goes out in frames; what this side sends is answered by ``respond``."""

    def __init__(self, respond: Callable[[str], None]) -> None:
        self.server = WebSocketConnection(client=False)
        self.chunk = 65_536
        self.ended = False
        self.closed = False
        self._respond = respond
        self._bytes = bytearray()
        self._torn = False
        self._more = anyio.Event()

    # The venue's side.

    def feed(self, *messages: str) -> bool:
        """Whether they were sent."""
        if self.ended or self.closed:
            return False
        for message in messages:
            self.server.send_text(message)
        self._flush()
        return True

    def put(self, data: bytes) -> None:
        self._bytes += data
        self._more.set()

    def close(self, code: int) -> None:
        self.server.close(code)
        self._flush()
        self.ended = True

    def cut(self, message: str, at: int, *, torn: bool) -> None:
        """End it within the frame of a message."""
        self.server.send_text(message)
        frame = self.server.data_to_send()
        self.put(frame[: at % len(frame)])
        self.end(torn=torn)

    def end(self, *, torn: bool) -> None:
        self.ended, self._torn = True, torn
        if torn:
            self._bytes.clear()
        self._more.set()

    def end_as(self, kind: str, message: str, at: int = 0) -> None:
        """End it as one of :data:`ENDS` says; where that is within a frame, within that of ``message``."""
        if self.closed:
            return
        match kind.split():
            case ["closed", code]:
                self.close(int(code))
            case ["finished"]:
                self.end(torn=False)
            case ["reset"]:
                self.end(torn=True)
            case ["broke", *_]:
                self.put(b"\x83\x00")  # an opcode that nobody knows
                self.ended = True
            case ["too", _]:
                self.put(b"\x81\x7f" + (1 << 40).to_bytes(8, "big"))
                self.ended = True
            case _:
                self.cut(message, at, torn=kind == "torn")

    def _flush(self) -> None:
        data = self.server.data_to_send()
        if not self._torn:
            self.put(data)

    # Ours.

    async def receive(self, max_bytes: int = 65_536) -> bytes:
        await anyio.lowlevel.checkpoint()
        while not self._bytes:
            if self.closed or self._torn:
                raise anyio.BrokenResourceError
            if self.ended:
                raise anyio.EndOfStream
            self._more = anyio.Event()
            await self._more.wait()
        size = min(max_bytes, self.chunk)
        data = bytes(self._bytes[:size])
        del self._bytes[:size]
        return data

    async def send(self, item: bytes) -> None:
        await anyio.lowlevel.checkpoint()
        if self.closed or self._torn:
            raise anyio.BrokenResourceError
        if self.ended:
            return
        self.server.receive_data(item, anyio.current_time())
        for message in self.server.messages():
            assert isinstance(message, str)
            self._respond(message)
        self._flush()

    async def send_eof(self) -> None:
        pass

    async def aclose(self) -> None:
        self.closed = True
        self._bytes.clear()
        self._more.set()


def most_within(times: Sequence[float], seconds: float) -> int:
    """The most of them that lie within any such window."""
    window: deque[float] = deque()
    most = 0
    for time in sorted(times):
        window.append(time)
        while window[0] <= time - seconds + 1e-6:
            window.popleft()
        most = max(most, len(window))
    return most
