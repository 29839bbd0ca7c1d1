"""A TCP connection to a host, by whichever of its addresses answers first (RFC 8305)."""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from itertools import chain, zip_longest

import anyio
from anyio.abc import ByteStream

from barterpy.protocols.tcp.asyncio_stream import AsyncioStream

__all__ = ["connect_tcp", "running_asyncio_loop"]

_NEXT_ADDRESS_AFTER = 0.25
"""Seconds; RFC 8305 section 5."""

_Address = tuple[socket.AddressFamily, tuple[str, int]]


async def connect_tcp(host: str, port: int) -> ByteStream:
    """Connects; cancelling it leaves nothing open.

    :raises OSError: no address of the host accepted; the cause tells why, a group of them where there were several
    """
    loop = running_asyncio_loop()
    if loop is None:
        return await anyio.connect_tcp(host, port)
    return await _Race(loop).run(await _addresses(host, port))


def running_asyncio_loop() -> asyncio.AbstractEventLoop | None:
    """The loop of the asyncio task that asks; None for a task of trio, which may run inside of an asyncio loop."""
    try:
        return None if asyncio.current_task() is None else asyncio.get_running_loop()
    except RuntimeError:
        return None


async def _addresses(host: str, port: int) -> Sequence[_Address]:
    """Alternating between families, the preferred one first (section 4)."""
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    else:
        return [(socket.AF_INET6 if version == 6 else socket.AF_INET, (host, port))]
    families: dict[socket.AddressFamily, list[_Address]] = {}
    for family, *_, address in found:
        one = (family, address)
        if one not in families.setdefault(family, []):
            families[family].append(one)
    return [one for one in chain.from_iterable(zip_longest(*families.values())) if one is not None]


class _Race:
    """One attempt after the other, without waiting long for any (asyncio's own way to do this knows only its own event
    loop, and not eager tasks on every Python)."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._winner: AsyncioStream | None = None
        self._failures: list[OSError] = []

    async def run(self, addresses: Sequence[_Address]) -> AsyncioStream:
        try:
            async with anyio.create_task_group() as group:
                for family, address in addresses:
                    ended = anyio.Event()
                    group.start_soon(self._attempt, family, address, ended, group.cancel_scope)
                    with anyio.move_on_after(_NEXT_ADDRESS_AFTER):
                        await ended.wait()
        except BaseException:
            if self._winner is not None:
                await anyio.aclose_forcefully(self._winner)
            raise
        if self._winner is not None:
            return self._winner
        cause = self._failures[0] if len(self._failures) == 1 else ExceptionGroup("each address", self._failures)
        raise OSError("all connection attempts failed") from cause

    async def _attempt(
        self, family: socket.AddressFamily, address: tuple[str, int], ended: anyio.Event, scope: anyio.CancelScope
    ) -> None:
        try:
            stream = await self._connect(family, address)
            if self._winner is None:
                self._winner = stream
                scope.cancel()
            else:
                await anyio.aclose_forcefully(stream)
        except OSError as error:
            self._failures.append(error)
        finally:
            ended.set()

    async def _connect(self, family: socket.AddressFamily, address: tuple[str, int]) -> AsyncioStream:
        loop = self._loop
        raw = socket.socket(family, socket.SOCK_STREAM)
        try:
            raw.setblocking(False)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await loop.sock_connect(raw, address)
        except BaseException:
            raw.close()
            raise
        _, stream = await loop.create_connection(lambda: AsyncioStream(loop), sock=raw)
        return stream
