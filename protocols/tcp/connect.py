"""A TCP connection to a host, by whichever of its addresses answers first (RFC 8305)."""

import asyncio
from typing import Any

import anyio
from anyio.abc import ByteStream

from barterpy.protocols.tcp.asyncio_stream import AsyncioStream

__all__ = ["connect_tcp"]

_NEXT_ADDRESS_AFTER = 0.25
"""Seconds; RFC 8305 section 5."""


async def connect_tcp(host: str, port: int) -> ByteStream:
    """Connects; cancelling it leaves nothing open.

    :raises OSError: no address of the host accepted; one that failed tells why
    """
    loop = _asyncio_loop()
    if loop is None:
        return await anyio.connect_tcp(host, port)
    # Other event loops (uvloop) try one address after the other.
    options: dict[str, Any] = {}
    if isinstance(loop, asyncio.BaseEventLoop):
        options["happy_eyeballs_delay"] = _NEXT_ADDRESS_AFTER
    _, stream = await loop.create_connection(lambda: AsyncioStream(loop), host, port, **options)
    return stream


def _asyncio_loop() -> asyncio.AbstractEventLoop | None:
    """The loop of the asyncio task that asks; None for a task of trio, which may run inside of an asyncio loop."""
    try:
        return None if asyncio.current_task() is None else asyncio.get_running_loop()
    except RuntimeError:
        return None
