"""A server which says exactly what a test tells it to, byte for byte, over TCP or TLS on loopback."""

import re
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeAlias

import anyio
import anyio.abc
import pytest
import trustme
from anyio.streams.buffered import BufferedByteReceiveStream
from anyio.streams.tls import TLSListener

Answer: TypeAlias = bytes | Callable[..., Awaitable[None]]
"""Bytes to send before the connection is closed, or a conversation of its own with the stream (and, when the server is
raw, with the first bytes)."""


class RawServer:
    """Answers the n-th request with the n-th answer, the last one for all that follow; keeps what it was sent.

    ``raw`` answers the first bytes, whatever they are.
    """

    def __init__(self, answers: Sequence[Answer], port: int, scheme: str, raw: bool) -> None:
        self.raw = raw
        self.answers = answers
        self.requests: list[bytes] = []
        self.port = port
        self.url = f"{scheme}://127.0.0.1:{port}"
        self.connections = 0

    async def handle(self, stream: anyio.abc.ByteStream) -> None:
        self.connections += 1
        async with stream:
            reader = BufferedByteReceiveStream(stream)
            try:
                if self.raw:
                    self.requests.append(await reader.receive())
                    await self.say(stream, self.requests[-1])
                    return
                head = await reader.receive_until(b"\r\n\r\n", 65536)
                length = re.search(rb"(?i)content-length: *(\d+)", head)
                body = await reader.receive_exactly(int(length[1])) if length and int(length[1]) else b""
                self.requests.append(head + b"\r\n\r\n" + body)
                await self.say(stream)
            except (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream, anyio.IncompleteRead):
                return

    async def say(self, stream: anyio.abc.ByteStream, *first: bytes) -> None:
        answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        if isinstance(answer, bytes):
            await stream.send(answer)
        else:
            await answer(stream, *first)

    def target(self, index: int = 0) -> bytes:
        """The request target of the n-th request, as it came."""
        return self.requests[index].split(b"\r\n", 1)[0].split(b" ")[1]

    def header(self, name: str, index: int = 0) -> str | None:
        """A header of the n-th request."""
        found = re.search(rb"(?im)^" + re.escape(name).encode() + rb": *([^\r]*)\r$", self.requests[index])
        return None if found is None else found[1].decode("latin-1")


Serve: TypeAlias = Callable[..., AbstractAsyncContextManager[RawServer]]


@asynccontextmanager
async def _serve(
    *answers: Answer, tls: ssl.SSLContext | None = None, raw: bool = False
) -> AsyncGenerator[RawServer, None]:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port: int = listener.extra(anyio.abc.SocketAttribute.local_port)
    server = RawServer(answers, port, "http" if tls is None else "https", raw)
    serving: anyio.abc.Listener[anyio.abc.ByteStream]
    serving = listener if tls is None else TLSListener(listener, tls, standard_compatible=False)
    failure: Exception | None = None
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(serving.serve, server.handle)
        try:
            yield server
        except Exception as error:  # noqa: BLE001 - raised below, outside of the group, as it is
            failure = error
        tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure


@pytest.fixture
def serve() -> Serve:
    """``async with serve(answer, …) as server`` runs a :class:`RawServer`."""
    return _serve


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """A certificate authority nobody knows."""
    return trustme.CA()


@pytest.fixture(scope="session")
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    """TLS of a server whose certificate is good for 127.0.0.1 and signed by the test's authority."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)  # pyright: ignore[reportUnknownMemberType]
    return context


@pytest.fixture
def client_tls(authority: trustme.CA) -> ssl.SSLContext:
    """TLS of a client which knows the test's authority."""
    context = ssl.create_default_context()
    authority.configure_trust(context)  # pyright: ignore[reportUnknownMemberType]
    return context
