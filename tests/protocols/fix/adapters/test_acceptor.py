"""The side that listens: who gets in, who does not, and that nobody's end is anybody else's."""

import logging
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
import trustme
from anyio.abc import SocketAttribute, SocketStream
from anyio.streams.tls import TLSAttribute

from barterpy.errors import ConfigurationError, ConnectError, TlsError, TransportError
from barterpy.protocols.fix import Encoder, LogonRefused, Message, Outgoing
from barterpy.protocols.fix.acceptor import accept, each_message
from barterpy.protocols.fix.fix_socket import FixSocket
from barterpy.protocols.fix.initiator import initiate
from barterpy.protocols.fix.session import (
    ApplicationFailed,
    LoggedOn,
    LoggedOut,
    MemoryStore,
    RejectMessage,
    RejectReceived,
    SessionSettings,
    UnsupportedMessageType,
)
from barterpy.protocols.fix.stores import FileStore
from tests.protocols.fix.adapters.counterparty import (
    Heard,
    accepting,
    client_settings,
    echoing,
    identities,
    logon,
    order,
    rest,
    server_settings,
)

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def connection(port: int) -> AsyncGenerator[SocketStream]:
    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        yield stream


STRANGERS = {
    "garbage": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + b"8=" + b"x" * 70_000,
    "a length of 2 GB": b"8=FIX.4.4\x019=2147483648\x0135=A\x01",
    "no session": logon("NOBODY"),
    "no logon": Encoder("FIX.4.4", "CLIENT", "SERVER").encode(Outgoing("0"), 1, 0),
    "a wrong checksum": logon()[:-4] + b"999\x01",
    "an old logon": logon(at=0),
    "no fields": b"8=FIX.4.4\x019=5\x0135=A\x0110=178\x01",
    "nothing but line feeds": b"\n" * 70_000,
}


@pytest.mark.parametrize("name", STRANGERS)
async def test_strangers_are_turned_away_without_a_word(name: str) -> None:
    async with accepting() as acceptor:
        async with connection(acceptor.port) as stream:
            await stream.send(STRANGERS[name])
            assert await rest(stream) == b""
        async with initiate(client_settings(), "127.0.0.1", acceptor.port) as socket:  # and the port is still served
            await socket.send(order("A"))
            assert identities((await socket.receive()).messages) == ["A"]


async def test_a_silent_connection_is_closed_in_time() -> None:
    async with accepting(logon_timeout=0.05) as acceptor, connection(acceptor.port) as stream:
        assert await rest(stream) == b""


async def test_a_logon_that_never_ends_is_closed_in_time() -> None:
    async with accepting(logon_timeout=0.2) as acceptor, connection(acceptor.port) as stream:
        for byte in logon()[:20]:
            await stream.send(bytes([byte]))
        assert await rest(stream) == b""


async def test_a_port_scan_leaves_nothing() -> None:
    async with accepting() as acceptor:
        for _ in range(20):
            stream = await anyio.connect_tcp("127.0.0.1", acceptor.port)
            await stream.aclose()
        async with initiate(client_settings(), "127.0.0.1", acceptor.port) as socket:
            assert socket.is_logged_on


async def test_the_second_of_the_same_name_is_turned_away_and_the_first_lives() -> None:
    store = MemoryStore()
    async with accepting() as acceptor:
        async with initiate(client_settings(), "127.0.0.1", acceptor.port, store=store) as socket:
            async with connection(acceptor.port) as second:
                await second.send(logon())
                assert await rest(second) == b""
            await socket.send(order("A"))
            assert identities((await socket.receive()).messages) == ["A"]
        async with initiate(client_settings(), "127.0.0.1", acceptor.port, store=store) as socket:  # free again
            assert socket.is_logged_on


@pytest.mark.parametrize("limit", ["max_connections", "max_pending", "max_pending_per_host"])
async def test_connections_beyond_a_limit_are_closed(limit: str) -> None:
    limits: dict[str, Any] = {limit: 2}
    async with accepting(**limits) as acceptor, connection(acceptor.port) as one, connection(acceptor.port) as two:
        async with connection(acceptor.port) as three:
            assert await rest(three) == b""
        await one.send(logon())
        assert b"35=A" in await one.receive()
        if limit != "max_connections":  # who is logged on is not pending
            async with connection(acceptor.port) as three:
                await three.send(logon("NOBODY"))
                assert await rest(three) == b""
        await two.aclose()


async def test_several_sessions_on_one_port() -> None:
    names = [f"C{number}" for number in range(12)]
    async with accepting(echoing, *map(server_settings, names)) as acceptor:

        async def one(name: str) -> None:
            async with initiate(client_settings(name), "127.0.0.1", acceptor.port) as socket:
                for number in range(20):
                    await socket.send(order(f"{name}-{number}"))
                    assert identities((await socket.receive()).messages) == [f"{name}-{number}"]

        async with anyio.create_task_group() as tasks:
            for name in names:
                tasks.start_soon(one, name)


async def test_sessions_that_are_made_when_they_come() -> None:
    def find(message: Message) -> SessionSettings | None:
        name = message.text(49)
        return server_settings(name) if name.startswith("C") else None

    async with accept(echoing, find=find) as acceptor:
        for name in ("C1", "C2", "C1"):
            async with initiate(client_settings(name, reset_on_logon=True), "127.0.0.1", acceptor.port) as socket:
                await socket.send(order("A"))
                await socket.receive()
                assert [identity.target for identity in acceptor.sockets] == [name]
        async with connection(acceptor.port) as stream:
            await stream.send(logon("OTHER"))
            assert await rest(stream) == b""


async def test_numbers_outlive_connections_and_the_acceptor(tmp_path: Path) -> None:
    store = MemoryStore()

    def files(settings: SessionSettings) -> FileStore:
        return FileStore(tmp_path / settings.target)

    for run in range(2):
        async with accepting(store_factory=files) as acceptor:
            for again in range(2):
                async with initiate(client_settings(), "127.0.0.1", acceptor.port, store=store) as socket:
                    await socket.send(order("A"))
                    await socket.receive()
                    assert socket.next_in == 3 + 3 * (2 * run + again)


async def test_a_handler_that_raises_ends_its_own_session(caplog: pytest.LogCaptureFixture) -> None:
    async def fails(socket: FixSocket) -> None:
        batch = await socket.receive()
        if batch.messages[0].text(11) == "FAIL":
            raise ValueError("a bug")
        await echoing_from(socket, batch.messages)

    async def echoing_from(socket: FixSocket, messages: Any) -> None:
        for message in messages:
            socket.put(Outgoing.echo(message))
        await echoing(socket)

    async with (
        accepting(fails, server_settings("BAD"), server_settings("GOOD")) as acceptor,
        initiate(client_settings("BAD"), "127.0.0.1", acceptor.port) as bad,
        initiate(client_settings("GOOD"), "127.0.0.1", acceptor.port) as good,
    ):
        await bad.send(order("FAIL"))
        with pytest.raises(anyio.EndOfStream):
            await bad.receive()
        await good.send(order("A"))
        assert identities((await good.receive()).messages) == ["A"]
    assert "a bug" in caplog.text


async def test_a_message_whose_handler_raises_is_answered_and_the_session_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def handle(socket: FixSocket, message: Message) -> None:
        match message.text(11):
            case "bug":
                raise ValueError("a bug")
            case "reject":
                raise RejectMessage(5, 55, "no such symbol")
            case "unsupported":
                raise UnsupportedMessageType
            case _:
                socket.put(Outgoing.echo(message))

    heard = Heard()
    with caplog.at_level(logging.ERROR):
        async with (
            accepting(each_message(handle), on_event=heard.of) as acceptor,
            initiate(client_settings(), "127.0.0.1", acceptor.port) as socket,
        ):
            await socket.send_many(map(order, ("A", "bug", "reject", "unsupported", "B")))
            came: list[Message] = []
            while len(came) < 4:
                came += (await socket.receive()).messages
    assert [message.msg_type for message in came] == ["D", "j", "j", "D"]
    failed = await heard.wait(ApplicationFailed)
    assert str(failed.error) == "a bug"
    assert "a bug" in caplog.text


async def test_handlers_of_messages_may_be_asynchronous() -> None:
    async def handle(socket: FixSocket, message: Message) -> None:
        await socket.send(Outgoing.echo(message))

    async with (
        accepting(each_message(handle)) as acceptor,
        initiate(client_settings(), "127.0.0.1", acceptor.port) as socket,
    ):
        await socket.send(order("A"))
        assert identities((await socket.receive()).messages) == ["A"]


async def test_rejects_and_failures_of_ones_own() -> None:
    async def handle(socket: FixSocket) -> None:
        received: list[Message] = []
        while len(received) < 2:
            received += (await socket.receive()).messages
        first, second = received
        await socket.reject(first, text="first")
        await socket.business_reject(second, reason=4, text="second")
        socket.put_failure(RuntimeError("third"), second)
        await echoing(socket)

    heard = Heard()
    async with (
        accepting(handle) as acceptor,
        initiate(client_settings(), "127.0.0.1", acceptor.port, on_event=heard) as socket,
    ):
        await socket.send_many([order("A"), order("B")])
        rejected: list[Message] = []
        while len(rejected) < 2:
            rejected += (await socket.receive()).messages
    assert [one.msg_type for one in rejected] == ["j", "j"]
    assert rejected[0].text(58) == "second"
    assert await heard.wait(RejectReceived)


async def test_a_handler_that_returns_logs_out() -> None:
    async def returns(socket: FixSocket) -> None:
        await socket.receive()

    heard = Heard()
    async with (
        accepting(returns) as acceptor,
        initiate(client_settings(), "127.0.0.1", acceptor.port, on_event=heard) as socket,
    ):
        await socket.send(order("A"))
        with pytest.raises(anyio.EndOfStream):
            await socket.receive()
    assert (await heard.wait(LoggedOut)).by_peer


async def test_the_end_of_the_acceptor_logs_everybody_out() -> None:
    heard = Heard()
    async with anyio.create_task_group() as tasks:
        ended = anyio.Event()

        async def client(port: int) -> None:
            async with initiate(client_settings(), "127.0.0.1", port, on_event=heard) as socket:
                with pytest.raises(anyio.EndOfStream):
                    await socket.receive()
            ended.set()

        async with accepting() as acceptor:
            tasks.start_soon(client, acceptor.port)
            await heard.wait(LoggedOn)
        await ended.wait()
    assert (await heard.wait(LoggedOut)).by_peer


async def test_what_the_block_raises_comes_out_as_it_is() -> None:
    with pytest.raises(KeyError, match="mine"):
        async with accepting():
            raise KeyError("mine")


async def test_a_port_that_is_taken() -> None:
    async with accepting() as acceptor:
        with pytest.raises(ConnectError):
            async with accepting(port=acceptor.port):
                pass


async def test_settings_that_cannot_work() -> None:
    for sessions, text in (
        ([client_settings()], "acceptor"),
        ([server_settings(), server_settings(qualifier="2")], "twice"),
    ):
        with pytest.raises(ConfigurationError, match=text):
            async with accept(echoing, sessions):
                pass


async def test_a_store_that_fails_turns_its_own_session_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "BAD").mkdir()

    def files(settings: SessionSettings) -> FileStore:
        return FileStore(tmp_path / settings.target)

    async with accepting(echoing, server_settings("BAD"), server_settings("GOOD"), store_factory=files) as acceptor:
        async with connection(acceptor.port) as stream:
            await stream.send(logon("BAD"))
            assert await rest(stream) == b""
        async with initiate(client_settings("GOOD"), "127.0.0.1", acceptor.port) as socket:
            assert socket.is_logged_on
    assert "FIX store" in caplog.text


class Authority:
    """Certificates for both sides."""

    def __init__(self) -> None:
        self.ca = trustme.CA()
        self.server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.ca.issue_cert("localhost").configure_cert(self.server)  # pyright: ignore[reportUnknownMemberType]
        self.ca.configure_trust(self.server)  # pyright: ignore[reportUnknownMemberType]
        self.client = ssl.create_default_context()
        self.ca.configure_trust(self.client)  # pyright: ignore[reportUnknownMemberType]


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


async def test_tls_with_the_name_that_was_asked_for(authority: Authority) -> None:
    asked: list[str | None] = []

    def note(_: Any, name: str | None, __: Any) -> None:
        asked.append(name)

    authority.server.sni_callback = note
    try:
        async with (
            accepting(tls=authority.server) as acceptor,
            initiate(
                client_settings(), "127.0.0.1", acceptor.port, tls=authority.client, server_hostname="localhost"
            ) as socket,
        ):
            await socket.send_many(order(str(number)) for number in range(500))
            came: list[str] = []
            while len(came) < 500:
                came += identities((await socket.receive()).messages)
    finally:
        authority.server.sni_callback = None
    assert came == [str(number) for number in range(500)]
    assert asked == ["localhost"]


async def test_a_certificate_nobody_knows_is_not_accepted(authority: Authority) -> None:
    async with accepting(tls=authority.server) as acceptor:
        with pytest.raises(TlsError):
            async with initiate(client_settings(), "127.0.0.1", acceptor.port, tls=True, server_hostname="localhost"):
                pass


async def test_client_certificates(authority: Authority) -> None:
    strict = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.ca.issue_cert("localhost").configure_cert(strict)  # pyright: ignore[reportUnknownMemberType]
    authority.ca.configure_trust(strict)  # pyright: ignore[reportUnknownMemberType]
    strict.verify_mode = ssl.CERT_REQUIRED
    known = ssl.create_default_context()
    authority.ca.configure_trust(known)  # pyright: ignore[reportUnknownMemberType]
    authority.ca.issue_cert("client@example.org").configure_cert(known)  # pyright: ignore[reportUnknownMemberType]
    seen: list[Any] = []

    async def looks(socket: FixSocket) -> None:
        seen.append(socket.extra(TLSAttribute.peer_certificate))
        await echoing(socket)

    async with accepting(looks, tls=strict) as acceptor:
        async with initiate(
            client_settings(), "127.0.0.1", acceptor.port, tls=known, server_hostname="localhost"
        ) as socket:
            assert socket.is_logged_on
        with pytest.raises((TransportError, LogonRefused)):  # TLS 1.3 tells it when the client thinks it is connected
            async with initiate(
                client_settings(), "127.0.0.1", acceptor.port, tls=authority.client, server_hostname="localhost"
            ):
                pass
    assert ("email", "client@example.org") in seen[0]["subjectAltName"]


async def test_a_listener_of_ones_own() -> None:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with accepting(listener=listener) as acceptor:
        assert acceptor.port == listener.extra(SocketAttribute.local_port)
        async with initiate(client_settings(), "127.0.0.1", acceptor.port) as socket:
            assert socket.is_logged_on
