"""How Binance writes some of its messages: CompIDs before the number, and a BodyLength with zeros in front.

``8=FIX.4.4|9=0000113|35=B|49=SPOT|56=OE|34=4|52=…`` (News, market data and others in the samples of its FIX API page,
2026-09). It is as good FIX as any, and clients that expect one order of the header find out here.
"""

import re
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, cast, final

from anyio.abc import ByteStream, Listener, TaskGroup
from anyio.streams.tls import TLSListener, TLSStream

from barterpy.protocols.fix.checksum import checksum_field
from barterpy.protocols.fix.framing import Framer

__all__ = ["DialectListener", "rewritten"]

_TYPES: Final = frozenset({b"B", b"W", b"X", b"Y", b"y", b"XAR"})
_MESSAGE: Final = re.compile(
    rb"8=FIX\.4\.4\x019=\d+\x01(35=([^\x01]+)\x01)(34=\d+\x01)(49=[^\x01]+\x01)(52=[^\x01]+\x01)(56=[^\x01]+\x01)"
    rb"(.*\x01)?10=\d{3}\x01",
    re.DOTALL,
)


def rewritten(message: bytes) -> bytes:
    """A message of ours as the venue would write it."""
    found = _MESSAGE.fullmatch(message)
    if found is None or found[2] not in _TYPES:
        return message
    body = b"".join((found[1], found[4], found[6], found[3], found[5], found[7] or b""))
    whole = b"8=FIX.4.4\x019=%07d\x01%b" % (len(body), body)
    return whole + checksum_field(whole)


@final
class _DialectStream(ByteStream):
    """A connection on which messages go out as the venue writes them."""

    def __init__(self, stream: ByteStream) -> None:
        self.transport_stream: ByteStream = stream
        self._framer = Framer()

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        return _attributes(self.transport_stream)

    async def receive(self, max_bytes: int = 65536) -> bytes:
        return await self.transport_stream.receive(max_bytes)

    async def send(self, item: bytes) -> None:
        self._framer.feed(item)
        await self.transport_stream.send(
            b"".join(rewritten(frame) for frame in self._framer.frames() if isinstance(frame, bytes))
        )

    async def send_eof(self) -> None:
        stream = self.transport_stream
        if isinstance(stream, TLSStream):
            # TLS has no end of one direction; that of the connection below tells the same.
            stream = cast("ByteStream", stream.transport_stream)
        await stream.send_eof()

    async def aclose(self) -> None:
        await self.transport_stream.aclose()


@final
class DialectListener(Listener[ByteStream]):
    """A listener, with TLS where there is a context, whose connections are written to as the venue does."""

    def __init__(self, listener: Listener[Any], tls: ssl.SSLContext | None, handshake_timeout: float = 10.0) -> None:
        self._listener: Listener[Any] = listener
        if tls is not None:
            self._listener = TLSListener(listener, tls, standard_compatible=False, handshake_timeout=handshake_timeout)

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        return _attributes(self._listener)

    async def serve(self, handler: Callable[[ByteStream], Awaitable[Any]], task_group: TaskGroup | None = None) -> None:
        async def wrapped(stream: ByteStream) -> None:
            await handler(_DialectStream(stream))

        await self._listener.serve(wrapped, task_group)

    async def aclose(self) -> None:
        await self._listener.aclose()


def _attributes(below: Any) -> Mapping[Any, Callable[[], Any]]:
    # anyio declares the keys of this mapping without their parameter.
    return cast("Mapping[Any, Callable[[], Any]]", below.extra_attributes)
