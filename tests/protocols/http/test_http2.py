"""HTTP/2: the same promises over another framing."""

import ssl
from typing import TYPE_CHECKING

import anyio.abc
import h2.config
import h2.connection
import h2.events
import pytest

from barterpy.errors import BarterError, ConnectionLost, LimitExceeded, TransportTimeout
from barterpy.http import HttpRequest
from barterpy.protocols.http import HttpxTransport

if TYPE_CHECKING:
    import trustme

    from tests.protocols.http.conftest import Serve

pytestmark = pytest.mark.anyio


class Http2Server:
    """Answers each stream with ``body``, or resets it, or says nothing."""

    def __init__(self, behaviour: str, body: bytes = b"{}") -> None:
        self.behaviour = behaviour
        self.body = body
        self.heads: list[dict[bytes, bytes]] = []

    async def __call__(self, stream: anyio.abc.ByteStream, first: bytes) -> None:
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        connection.initiate_connection()
        data = first
        while True:
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    assert event.headers is not None
                    self.heads.append({bytes(name): bytes(value) for name, value in event.headers})
                if isinstance(event, h2.events.StreamEnded):
                    assert event.stream_id is not None
                    self.answer(connection, event.stream_id)
            await stream.send(connection.data_to_send())
            data = await stream.receive()

    def answer(self, connection: h2.connection.H2Connection, stream_id: int) -> None:
        if self.behaviour == "answer":
            connection.send_headers(stream_id, [(":status", "200"), ("x-a", "b")])
            connection.send_data(stream_id, self.body, end_stream=True)
        elif self.behaviour == "reset":
            connection.reset_stream(stream_id)


@pytest.fixture
def http2_tls(authority: "trustme.CA") -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.set_alpn_protocols(["h2"])
    authority.issue_cert("127.0.0.1").configure_cert(context)  # pyright: ignore[reportUnknownMemberType]
    return context


async def test_exchange(serve: "Serve", http2_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    behaviour = Http2Server("answer")
    async with (
        serve(behaviour, tls=http2_tls, raw=True) as server,
        HttpxTransport(http2=True, ssl_context=client_tls) as http,
    ):
        for _ in range(2):
            request = HttpRequest(method="GET", url=f"{server.url}/a?q='%e5", headers=(("X-Key", "k"),))
            response = await http.send(request)
            assert (response.status, response.body, response.header("x-a")) == (200, b"{}", "b")
    assert [head[b":path"] for head in behaviour.heads] == [b"/a?q='%e5"] * 2
    assert behaviour.heads[0][b"x-key"] == b"k"
    assert server.connections == 1


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (Http2Server("reset"), ConnectionLost),
        (Http2Server("silence"), TransportTimeout),
        (Http2Server("answer", b"x" * 1001), LimitExceeded),
    ],
    ids=["reset", "silence", "oversize"],
)
async def test_failure(
    serve: "Serve",
    http2_tls: ssl.SSLContext,
    client_tls: ssl.SSLContext,
    behaviour: Http2Server,
    expected: type[BarterError],
) -> None:
    async with (
        serve(behaviour, tls=http2_tls, raw=True) as server,
        HttpxTransport(http2=True, ssl_context=client_tls, max_response_size=1000) as http,
    ):
        with pytest.raises(expected):
            await http.send(HttpRequest(method="GET", url=server.url, timeout=0.5))
