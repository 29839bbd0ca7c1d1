"""The other libraries' clients, each as its documentation recommends for speed.

None has a limit on sizes, sends pings or offers compression unless it is asked to; each decodes what it gets with the
same msgspec decoder. Where a library gives the payload without making text of it first (picows, aiohttp, websockets),
it is taken that way: it is the faster one.

Each has two functions: the throughput one adds up the quantities, the arrival one notes how old each trade is.
"""

import time
from typing import Any

import msgspec

from benchmarks.messages import AggTrade
from benchmarks.target import Outcome, Target

__all__ = [
    "aiohttp_arrivals",
    "aiohttp_sum",
    "picows_arrivals",
    "picows_sum",
    "picows_websockets_sum",
    "websockets_arrivals",
    "websockets_sum",
    "wsproto_sum",
]

_decode = msgspec.json.Decoder(AggTrade, strict=False).decode


async def picows_sum(target: Target) -> Outcome:
    """The callback API; the frame's memory is decoded in place."""
    import picows

    text = picows.WSMsgType.TEXT
    decode = _decode

    class Listener(picows.WSListener):
        def __init__(self) -> None:
            self.count = 0
            self.volume = 0.0

        def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
            if frame.msg_type == text:
                self.volume += decode(frame.get_payload_as_memoryview()).quantity
                self.count += 1
            else:
                transport.disconnect()

    transport, listener = await picows.ws_connect(Listener, target.url, ssl_context=target.ssl_context())  # pyright: ignore[reportUnknownMemberType]
    await transport.wait_disconnected()
    assert isinstance(listener, Listener)
    return Outcome(listener.count, repr(listener.volume))


async def picows_arrivals(target: Target) -> Outcome:
    import picows

    text = picows.WSMsgType.TEXT
    decode, now = _decode, time.perf_counter_ns
    delays: list[int] = []

    class Listener(picows.WSListener):
        def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
            if frame.msg_type == text:
                trade = decode(frame.get_payload_as_memoryview())
                delays.append(now() - trade.time)
            else:
                transport.disconnect()

    transport, _ = await picows.ws_connect(Listener, target.url, ssl_context=target.ssl_context())  # pyright: ignore[reportUnknownMemberType]
    await transport.wait_disconnected()
    return Outcome(len(delays), delays=delays)


async def picows_websockets_sum(target: Target) -> Outcome:
    """picows' replacement for the API of websockets, which is its way to permessage-deflate."""
    from picows.websockets.asyncio.client import connect

    return await _recv_sum(
        connect(
            target.url,
            compression="deflate" if target.compressed else None,
            max_size=None,
            max_queue=None,
            ping_interval=None,
            proxy=None,
            ssl=target.ssl_context(),
        )
    )


async def websockets_sum(target: Target) -> Outcome:
    from websockets.asyncio.client import connect

    return await _recv_sum(
        connect(
            target.url,
            compression="deflate" if target.compressed else None,
            max_size=None,
            max_queue=None,
            ping_interval=None,
            proxy=None,
            ssl=target.ssl_context(),
        )
    )


async def _recv_sum(connecting: Any) -> Outcome:
    """The loop for websockets' API. ``recv(decode=False)`` gives the bytes of a text message as they are."""
    async with connecting as websocket:
        recv, decode = websocket.recv, _decode
        closed = _closed_exceptions()
        count = 0
        volume = 0.0
        try:
            while True:
                volume += decode(await recv(decode=False)).quantity
                count += 1
        except closed:
            return Outcome(count, repr(volume))


async def websockets_arrivals(target: Target) -> Outcome:
    from websockets.asyncio.client import connect

    delays: list[int] = []
    async with connect(
        target.url, compression=None, max_size=None, ping_interval=None, proxy=None, ssl=target.ssl_context()
    ) as websocket:
        closed = _closed_exceptions()
        try:
            while True:
                trade = _decode(await websocket.recv(decode=False))
                delays.append(time.perf_counter_ns() - trade.time)
        except closed:
            return Outcome(len(delays), delays=delays)


def _closed_exceptions() -> tuple[type[Exception], ...]:
    closed: list[type[Exception]] = []
    try:
        from websockets.exceptions import ConnectionClosedOK

        closed.append(ConnectionClosedOK)
    except ImportError:
        pass
    try:
        from picows.websockets.exceptions import ConnectionClosedOK as PicowsConnectionClosedOK

        closed.append(PicowsConnectionClosedOK)
    except ImportError:
        pass
    return tuple(closed)


async def aiohttp_sum(target: Target) -> Outcome:
    import aiohttp

    text = aiohttp.WSMsgType.TEXT
    decode = _decode
    count = 0
    volume = 0.0
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(
            target.url,
            ssl=target.ssl_context() or True,
            max_msg_size=0,
            compress=15 if target.compressed else 0,
            decode_text=False,
        ) as websocket,
    ):
        async for message in websocket:
            if message.type is text:
                volume += decode(message.data).quantity
                count += 1
    return Outcome(count, repr(volume))


async def aiohttp_arrivals(target: Target) -> Outcome:
    import aiohttp

    text = aiohttp.WSMsgType.TEXT
    delays: list[int] = []
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(
            target.url, ssl=target.ssl_context() or True, max_msg_size=0, decode_text=False
        ) as websocket,
    ):
        async for message in websocket:
            if message.type is text:
                trade = _decode(message.data)
                delays.append(time.perf_counter_ns() - trade.time)
    return Outcome(len(delays), delays=delays)


async def wsproto_sum(target: Target) -> Outcome:
    """wsproto as its documentation shows it, over a stream of anyio: what one would write without a library of ours."""
    import anyio
    from anyio.streams.tls import TLSStream
    from wsproto import ConnectionType, WSConnection
    from wsproto.events import AcceptConnection, CloseConnection, Ping, Request, TextMessage
    from wsproto.extensions import PerMessageDeflate

    address, _, path = target.url.partition("://")[2].partition("/")
    host, _, port = address.partition(":")
    stream: anyio.abc.ByteStream = await anyio.connect_tcp(host, int(port))
    if (context := target.ssl_context()) is not None:
        stream = await TLSStream.wrap(stream, hostname=host, ssl_context=context, standard_compatible=False)
    decode = _decode
    connection = WSConnection(ConnectionType.CLIENT)
    extensions = [PerMessageDeflate()] if target.compressed else []
    await stream.send(connection.send(Request(host=address, target=f"/{path}", extensions=extensions)))
    count = 0
    volume = 0.0
    parts: list[str] = []
    async with stream:
        while True:
            connection.receive_data(await stream.receive(65536))
            for event in connection.events():
                if isinstance(event, TextMessage):
                    if not event.message_finished:
                        parts.append(event.data)
                        continue
                    text = event.data
                    if parts:
                        text = "".join((*parts, text))
                        parts.clear()
                    volume += decode(text).quantity
                    count += 1
                elif isinstance(event, Ping):
                    await stream.send(connection.send(event.response()))
                elif isinstance(event, CloseConnection):
                    await stream.send(connection.send(event.response()))
                    return Outcome(count, repr(volume))
                else:
                    assert isinstance(event, AcceptConnection)
