"""The accepting side: anyio's listeners, whose connections are the faster streams on asyncio."""

import asyncio
import socket

import anyio
from anyio.abc import SocketAttribute, SocketListener, SocketStream
from anyio.lowlevel import checkpoint
from anyio.streams.stapled import MultiListener

from barterpy.protocols.tcp.asyncio_stream import AsyncioStream
from barterpy.protocols.tcp.connect import running_asyncio_loop

__all__ = ["AsyncioListener", "listen_tcp"]


async def listen_tcp(host: str | None, port: int) -> MultiListener[SocketStream]:
    """Binds; ``host`` None is every interface, ``port`` 0 a free one. One listener for each address.

    :raises OSError: the address cannot be bound
    """
    bound = await anyio.create_tcp_listener(local_host=host, local_port=port)
    loop = running_asyncio_loop()
    if loop is None:
        return bound
    sockets = [one.extra(SocketAttribute.raw_socket) for one in bound.listeners]  # noqa: S610 - anyio's
    return MultiListener([AsyncioListener(listening, loop) for listening in sockets])


class AsyncioListener(SocketListener):
    """A listening socket; what it accepts are :class:`~barterpy.protocols.tcp.asyncio_stream.AsyncioStream`."""

    def __init__(self, listening: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
        self._listening = listening
        self._loop = loop
        self._closed = False

    @property
    def _raw_socket(self) -> socket.socket:
        return self._listening

    async def accept(self) -> AsyncioStream:
        """The next connection; cancelling it loses none.

        :raises anyio.ClosedResourceError: it is closed
        :raises anyio.BusyResourceError: another task is accepting
        """
        loop = self._loop
        await checkpoint()
        while not self._closed:
            try:
                raw, _ = self._listening.accept()
            except BlockingIOError:
                await anyio.wait_readable(self._listening)
                continue
            raw.setblocking(False)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _, stream = await loop.connect_accepted_socket(lambda: AsyncioStream(loop), raw)
            return stream
        raise anyio.ClosedResourceError

    async def aclose(self) -> None:
        """Closes it at once; connections it accepted go on."""
        if not self._closed:
            self._closed = True
            anyio.notify_closing(self._listening)
            self._listening.close()
        await checkpoint()
