"""The conformance client itself: the suite's protocol, against a small server that plays the suite."""

from urllib.parse import parse_qs

import anyio
import pytest
from anyio.abc import ByteStream, SocketAttribute

from barterpy.protocols.websocket import Deflate, WebSocket, serve
from barterpy.protocols.websocket.handshake import ServerHandshake
from tests.conformance import autobahn_client

pytestmark = pytest.mark.anyio

MESSAGES: list[str | bytes] = ["text", b"\x00\xff", "é" * 1000, ""]


class Suite:
    """Serves the three paths; a case is good when every message came back as it went out."""

    def __init__(self, cases: int) -> None:
        self.cases = cases
        self.good: list[tuple[int, str]] = []
        self.reported: list[str] = []

    async def handle(self, socket: WebSocket) -> None:
        query = parse_qs(socket.query)
        if socket.path == "/getCaseCount":
            await socket.send(str(self.cases))
        elif socket.path == "/updateReports":
            self.reported += query["agent"]
        elif socket.path == "/runCase":
            await self.run(socket, int(query["case"][0]), query["agent"][0])

    async def run(self, socket: WebSocket, case: int, agent: str) -> None:
        for message in MESSAGES:
            await socket.send(message)
        found: list[str | bytes] = []
        while len(found) < len(MESSAGES):
            found += (await socket.receive()).messages
        if found == MESSAGES:
            self.good.append((case, agent))
        if case == 2:  # whichever way a case ends, the next one is run
            await socket.aclose(4000, "not 1000")


@pytest.mark.parametrize("compression", [None, Deflate(threshold=0)], ids=["off", "on"])
async def test_every_case_is_run_and_the_report_asked_for(compression: Deflate | None) -> None:
    suite = Suite(3)
    async with serve(suite.handle, compression=compression) as server:
        assert await autobahn_client.run_cases(server.url, "our agent", compression) == 3
    assert suite.good == [(1, "our agent"), (2, "our agent"), (3, "our agent")]
    assert suite.reported == ["our agent"]


async def test_a_case_that_breaks_the_protocol_does_not_stop_the_run() -> None:
    reported = False

    async def peer(stream: ByteStream) -> None:
        nonlocal reported
        async with stream:
            handshake = ServerHandshake(max_header_size=8192)
            handshake.receive_data(await stream.receive())
            assert handshake.request is not None
            if handshake.request.path == "/updateReports":
                reported = True
                await stream.send(handshake.accept() + b"\x88\x02\x03\xe8")
            else:
                await stream.send(handshake.accept() + b"\x81\x01x" + b"\x83\x00")
            await stream.receive()

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, peer)
        url = f"ws://127.0.0.1:{listener.extra(SocketAttribute.local_port)}"
        assert await autobahn_client.run_cases(url, "a", None, range(1, 3)) == 2
        group.cancel_scope.cancel()
    assert reported


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_command_line(backend: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    calls: list[tuple[object, ...]] = []

    async def run_cases(url: str, agent: str, compression: Deflate | None) -> int:
        calls.append((url, agent, compression is not None, type(anyio.get_cancelled_exc_class())))
        return 7

    monkeypatch.setattr(autobahn_client, "run_cases", run_cases)
    arguments = ["ws://127.0.0.1:9001/", "--agent", "me", "--backend", backend, "--compression", "off"]
    assert autobahn_client.main(arguments) == 0
    assert calls[0][:3] == ("ws://127.0.0.1:9001", "me", False)
    assert capsys.readouterr().out == "7 cases run as me\n"
