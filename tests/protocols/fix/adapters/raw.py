"""A client, or a server, that says what it likes over TCP: messages written by hand, answers read as text."""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
from anyio.abc import ByteStream

from barterpy.protocols.fix.framing import Framer
from barterpy.protocols.fix.timestamps import format_timestamp
from tests.protocols.fix.session.counterparty import frame

__all__ = ["Raw", "connection"]

_LEFT_OUT = ("8=", "9=", "10=", "49=", "52=", "56=")
"""Of what is told: what is the same everywhere. OrigSendingTime is told without its value."""


class Raw:
    """One side of a connection, whose other side is the one under test."""

    def __init__(self, stream: ByteStream, name: str = "CLIENT", other: str = "SERVER") -> None:
        self.stream = stream
        self._name = name
        self._other = other
        self._framer = Framer()
        self._heard: list[str] = []

    def write(self, text: str) -> bytes:
        """A message from the fields behind BodyLength; 49, 52 and 56 are right unless they are given."""
        fields = text.split("|")
        given = {field.partition("=")[0] for field in fields}
        now = format_timestamp(time.time_ns()).decode()
        right = {"49": self._name, "52": now, "56": self._other}
        header = [f"{tag}={value}" for tag, value in right.items() if tag not in given]
        return frame("|".join([*fields[:2], *header, *fields[2:]]))

    async def say(self, *texts: str) -> None:
        """These messages in one write."""
        await self.stream.send(b"".join(map(self.write, texts)))

    async def hear(self, count: int) -> list[str]:
        """The next messages."""
        while len(self._heard) < count:
            self._take(await self.stream.receive())
        heard, self._heard = self._heard[:count], self._heard[count:]
        return heard

    async def rest(self) -> list[str]:
        """All that comes until the end, which has to be in good order."""
        while True:
            try:
                self._take(await self.stream.receive())
            except anyio.EndOfStream:
                assert not self._framer.pending, "the last message is not whole"
                heard, self._heard = self._heard, []
                return heard

    def _take(self, data: bytes) -> None:
        self._framer.feed(data)
        for raw in self._framer.frames():
            assert isinstance(raw, bytes)
            fields = raw.decode().rstrip("\x01").split("\x01")
            told = (field if not field.startswith("122=") else "122" for field in fields)
            self._heard.append("|".join(field for field in told if not field.startswith(_LEFT_OUT)))


@asynccontextmanager
async def connection(port: int, name: str = "CLIENT") -> AsyncGenerator[Raw]:
    """As a client, connected and no more than that."""
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        yield Raw(stream, name)
