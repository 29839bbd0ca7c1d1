"""The side that connects: logged on, used, logged out, and what is said when that cannot be."""

import contextlib
import datetime as dt
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.abc import ByteStream, SocketAttribute

from barterpy.clock import SECOND
from barterpy.errors import ConfigurationError, ConnectError, ConnectionLost, TransportTimeout
from barterpy.protocols.fix import FixSocket, LogonRefused, Message, Outgoing, SessionClosed
from barterpy.protocols.fix.initiator import initiate
from barterpy.protocols.fix.log import FileLog
from barterpy.protocols.fix.session import (
    Hooks,
    LoggedOn,
    LoggedOut,
    MemoryStore,
    Received,
    Role,
    Schedule,
    SessionSettings,
    Stored,
)
from barterpy.protocols.fix.stores import FileStore, StoreError
from barterpy.stream import ExchangeStream
from barterpy.transformer import Send
from tests.protocols.fix.adapters.counterparty import (
    Heard,
    accepting,
    client_settings,
    echoing,
    identities,
    order,
    server_settings,
)

pytestmark = pytest.mark.anyio


async def test_a_session_from_logon_to_logout() -> None:
    ours, theirs = Heard(), Heard()
    async with (
        accepting(on_event=theirs.of) as acceptor,
        initiate(client_settings(), "127.0.0.1", acceptor.port, on_event=ours) as socket,
    ):
        assert socket.is_logged_on
        assert socket.logon is not None
        assert socket.logon.msg_type == "A"
        assert (socket.next_out, socket.next_in) == (2, 2)
        await socket.send(order("A"))
        batch = await socket.receive()
        assert identities(batch.messages) == ["A"]
        assert batch.received_at > 0
        assert socket.extra(SocketAttribute.remote_port) == acceptor.port
        assert repr(socket) == "<FixSocket FIX.4.4:CLIENT->SERVER logged on>"
    assert not socket.is_logged_on
    assert [type(event) for event in ours.events if isinstance(event, LoggedOn | LoggedOut)] == [LoggedOn, LoggedOut]
    logged_out = await theirs.wait(LoggedOut)
    assert logged_out.by_peer


async def test_many_messages_go_in_one_write_and_come_in_few_batches() -> None:
    async with (
        accepting() as acceptor,
        initiate(client_settings(), "127.0.0.1", acceptor.port) as socket,
    ):
        sent = [str(number) for number in range(2000)]
        await socket.send_many(map(order, sent))
        came: list[str] = []
        while len(came) < len(sent):
            came += identities((await socket.receive()).messages)
        assert came == sent


async def test_the_socket_composes_with_parser_and_transformer() -> None:
    class Parser:
        def parse(self, message: Any) -> str:
            return str(message.text(11))

    class Ladder:
        def transform(self, message: str, received_at: int) -> Any:
            yield message
            if len(message) < 5:
                yield Send(order(message + "+"))

    async with (
        accepting() as acceptor,
        initiate(client_settings(), "127.0.0.1", acceptor.port) as socket,
    ):
        await socket.send(order("A"))
        outputs: list[str] = []
        async for output in ExchangeStream(socket, Parser(), Ladder()):
            outputs.append(output)
            if len(outputs) == 5:
                break
    assert outputs == ["A", "A+", "A++", "A+++", "A++++"]


async def test_what_is_handled_and_put_is_stored_together() -> None:
    applied: list[list[Any]] = []

    class Watched(MemoryStore):
        async def apply(self, changes: Any) -> None:
            applied.append(list(changes))
            await super().apply(changes)

    async with (
        accepting() as acceptor,
        initiate(client_settings(), "127.0.0.1", acceptor.port, store=Watched()) as socket,
    ):
        await socket.send(order("A"))
        await socket.receive()
        applied.clear()
        socket.put(order("B"))
        await socket.receive()
    assert [type(change).__name__ for change in applied[0]] == ["Sent", "Received"]
    assert applied[0][1] == Received(3)


async def test_what_was_put_is_stored_though_the_socket_is_closed_under_a_sender(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It has its number: were it forgotten, that number would be another message's, and nobody would miss it."""
    store = MemoryStore()
    aborted = anyio.Event()
    ended: list[type[BaseException]] = []

    async def send(socket: FixSocket) -> None:
        try:
            await socket.send(order("A"))
        except (ConnectionLost, anyio.ClosedResourceError) as error:
            ended.append(type(error))

    async with (
        accepting() as acceptor,
        anyio.create_task_group() as tasks,
        initiate(client_settings(), "127.0.0.1", acceptor.port, store=store, close_timeout=0.1) as socket,
    ):
        abort = socket._wire.abort  # pyright: ignore[reportPrivateUsage]

        async def stuck(data: bytes) -> None:
            await aborted.wait()
            raise ConnectionLost("aborted")

        async def stop() -> None:
            aborted.set()
            await abort()

        monkeypatch.setattr(socket._wire, "send", stuck)  # pyright: ignore[reportPrivateUsage]
        monkeypatch.setattr(socket._wire, "abort", stop)  # pyright: ignore[reportPrivateUsage]
        tasks.start_soon(send, socket)
        await anyio.wait_all_tasks_blocked()
        assert socket.put(order("B")) == 3
    sent = [Message(raw).text(11) for _, raw in await store.messages(2, 3)]
    assert sent == ["A", "B"]
    assert ended
    with pytest.raises(anyio.ClosedResourceError):
        socket.put(order("C"))
    with pytest.raises(anyio.ClosedResourceError):
        socket.put_many([order("C")])


async def test_a_block_that_fails_leaves_its_batch_unhandled() -> None:
    store = MemoryStore()

    async def attempt(port: int, fails: bool) -> list[str]:
        async with initiate(client_settings(), "127.0.0.1", port, store=store) as socket:
            if fails:
                await socket.send(order("A"))
            batch = await socket.receive()
            if fails:
                raise RuntimeError("in the middle of it")
            return identities(batch.messages)

    async with accepting() as acceptor:
        with pytest.raises(RuntimeError, match="in the middle of it"):
            await attempt(acceptor.port, True)
        assert await store.load() == Stored(4, 2, (await _stored(store)).created_at)
        assert await attempt(acceptor.port, False) == ["A"]


async def test_what_was_handled_stays_so_though_another_task_was_sending_and_it_could_not_be_stored_yet() -> None:
    store = MemoryStore()
    released = anyio.Event()

    async def use(port: int) -> None:
        async with initiate(client_settings(), "127.0.0.1", port, store=store) as socket:

            async def sends() -> None:
                async with socket._outlet.lock:  # pyright: ignore[reportPrivateUsage]
                    await released.wait()

            await socket.send(order("A"))
            await socket.receive()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(sends)
                await anyio.wait_all_tasks_blocked()
                with anyio.move_on_after(0.01):
                    await socket.receive()
                released.set()
            raise RuntimeError("the end")

    async with accepting() as acceptor:
        with pytest.raises(RuntimeError, match="the end"):
            await use(acceptor.port)
    assert (await _stored(store)).next_in == 3


async def _stored(store: MemoryStore) -> Stored:
    stored = await store.load()
    assert stored is not None
    return stored


async def test_numbers_go_on_where_they_ended(tmp_path: Path) -> None:
    async with accepting() as acceptor:
        for run in range(3):
            store = FileStore(tmp_path / "client.fix")
            async with initiate(client_settings(), "127.0.0.1", acceptor.port, store=store) as socket:
                assert socket.next_out == 2 + 3 * run
                await socket.send(order("A"))
                await socket.receive()


async def test_nothing_listens() -> None:
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(SocketAttribute.local_port)
    await listener.aclose()
    with pytest.raises(ConnectError):
        async with initiate(client_settings(), "127.0.0.1", port):
            pass


async def test_settings_of_the_other_role() -> None:
    with pytest.raises(ConfigurationError, match="initiator"):
        async with initiate(server_settings(), "127.0.0.1", 1):
            pass


async def _served(serve: Callable[[ByteStream], Awaitable[None]], **more: Any) -> None:
    """A logon with a peer that does ``serve``."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(SocketAttribute.local_port)
    failure: Exception | None = None
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, serve)
        try:
            async with initiate(client_settings(**more), "127.0.0.1", port, close_timeout=0.1):
                pass
        except Exception as error:  # noqa: BLE001 - raised below, outside of the group
            failure = error
        tasks.cancel_scope.cancel()
    assert failure is not None
    raise failure


async def test_a_peer_that_closes_instead_of_answering() -> None:
    async def closes(stream: ByteStream) -> None:
        await stream.receive()
        await stream.aclose()

    with pytest.raises(LogonRefused):
        await _served(closes)


async def test_a_peer_that_says_nothing() -> None:
    async def waits(stream: ByteStream) -> None:
        async with stream:
            with contextlib.suppress(anyio.EndOfStream, anyio.BrokenResourceError):
                while True:
                    await stream.receive()

    with pytest.raises(TransportTimeout, match="logging on"):
        await _served(waits, logon_timeout=0.05)


async def test_a_peer_that_logs_out_instead() -> None:
    async with accepting(hooks=_refusing) as acceptor:
        with pytest.raises(LogonRefused, match="not you"):
            async with initiate(client_settings(), "127.0.0.1", acceptor.port):
                pass


def _refusing(_: SessionSettings) -> Hooks:
    return _Refusing()


class _Refusing(Hooks):
    def check_logon(self, message: Any) -> None:
        raise LogonRefused("not you")


async def test_a_peer_that_vanishes() -> None:
    async def vanishes(socket: Any) -> None:
        await socket.receive()
        await socket._wire.abort()

    async with (
        accepting(vanishes) as acceptor,
        initiate(client_settings(), "127.0.0.1", acceptor.port) as socket,
    ):
        await socket.send(order("A"))
        with pytest.raises(ConnectionLost):
            await socket.receive()
        with pytest.raises(ConnectionLost):  # and nothing can be sent
            await socket.send(order("B"))


async def test_the_other_side_logs_out() -> None:
    async def leaves(socket: Any) -> None:
        await socket.receive()
        await socket.logout("bye")
        await socket.receive()

    heard = Heard()
    async with (
        accepting(leaves) as acceptor,
        initiate(client_settings(), "127.0.0.1", acceptor.port, on_event=heard) as socket,
    ):
        await socket.send(order("A"))
        with pytest.raises(anyio.EndOfStream):
            await socket.receive()
        with pytest.raises(anyio.EndOfStream):  # said as often as it is asked
            await socket.receive()
        with pytest.raises(SessionClosed):
            await socket.send(order("B"))
    assert (await heard.wait(LoggedOut)).text == "bye"


async def test_a_closed_socket_says_so() -> None:
    async with (
        accepting() as acceptor,
        initiate(client_settings(), "127.0.0.1", acceptor.port) as socket,
    ):
        await socket.aclose()
        await socket.aclose()
        with pytest.raises(anyio.ClosedResourceError):
            await socket.receive()
        with pytest.raises(anyio.ClosedResourceError):
            await socket.send(order("A"))


async def test_one_task_receives() -> None:
    async with (
        accepting() as acceptor,
        initiate(client_settings(), "127.0.0.1", acceptor.port) as socket,
        anyio.create_task_group() as tasks,
    ):

        async def waits() -> None:
            with pytest.raises(anyio.ClosedResourceError):
                await socket.receive()

        tasks.start_soon(waits)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(anyio.BusyResourceError):
            await socket.receive()
        await socket.aclose()


async def test_a_cancelled_receive_loses_nothing() -> None:
    async with (
        accepting() as acceptor,
        initiate(client_settings(), "127.0.0.1", acceptor.port) as socket,
    ):
        came: list[str] = []
        for number in range(50):
            await socket.send(order(str(number)))
            with anyio.move_on_after(0):
                came += identities((await socket.receive()).messages)
        while len(came) < 50:
            came += identities((await socket.receive()).messages)
        assert came == [str(number) for number in range(50)]


async def test_a_block_that_is_cancelled_ends_at_once() -> None:
    async with accepting() as acceptor:
        with anyio.CancelScope() as scope:
            async with initiate(client_settings(), "127.0.0.1", acceptor.port):
                scope.cancel()
                await anyio.sleep_forever()
        assert scope.cancelled_caught


async def test_several_tasks_send() -> None:
    async with (
        accepting() as acceptor,
        initiate(client_settings(), "127.0.0.1", acceptor.port) as socket,
    ):

        async def sends(name: str) -> None:
            for number in range(100):
                await socket.send(order(f"{name}{number}"))

        came: list[str] = []
        async with anyio.create_task_group() as tasks:
            for name in "ABC":
                tasks.start_soon(sends, name)
            while len(came) < 300:
                came += identities((await socket.receive()).messages)
        assert all([one for one in came if one[0] == name] == [f"{name}{n}" for n in range(100)] for name in "ABC")


async def test_a_value_that_cannot_be_sent_uses_no_number() -> None:
    async with (
        accepting() as acceptor,
        initiate(client_settings(), "127.0.0.1", acceptor.port) as socket,
    ):
        with pytest.raises(Exception, match="11"):
            await socket.send(Outgoing("D", {11: "a\x01b"}))
        assert socket.next_out == 2
        await socket.send(order("A"))
        assert identities((await socket.receive()).messages) == ["A"]


class _Full(MemoryStore):
    """Takes ``room`` batches of changes."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    async def apply(self, changes: Any) -> None:
        if not self.room:
            raise StoreError("memory", "no room")
        self.room -= 1
        await super().apply(changes)


async def test_what_cannot_be_stored_is_not_sent() -> None:
    received: list[str] = []

    async def listens(socket: Any) -> None:
        while True:
            received.extend(identities((await socket.receive()).messages))

    heard = Heard()
    async with accepting(listens, on_event=heard.of) as acceptor:
        async with initiate(client_settings(), "127.0.0.1", acceptor.port, store=_Full(3)) as socket:
            await socket.send(order("0"))
            await heard.wait(LoggedOn)
            with pytest.raises(StoreError, match="no room"):
                await socket.send(order("1"))
            with pytest.raises(StoreError, match="no room"):
                await socket.receive()
        async with initiate(client_settings(reset_on_logon=True), "127.0.0.1", acceptor.port) as socket:
            await socket.send(order("B"))
    assert received == ["0", "B"]


async def test_a_store_that_cannot_be_opened(tmp_path: Path) -> None:
    async with accepting() as acceptor:
        with pytest.raises(StoreError):
            async with initiate(client_settings(), "127.0.0.1", acceptor.port, store=FileStore(tmp_path)):
                pass


async def test_hours() -> None:
    schedule = Schedule(start=dt.time(8), end=dt.time(17))
    at = 1_767_225_600 * SECOND + 20 * 3600 * SECOND
    with pytest.raises(SessionClosed, match="hours") as caught:
        async with initiate(client_settings(schedule=schedule), "127.0.0.1", 1, clock=lambda: at):
            pass
    assert caught.value.retry_after == 12 * 3600


async def test_the_log_has_both_directions(tmp_path: Path) -> None:
    log = FileLog(tmp_path / "fix.log")
    async with accepting() as acceptor:
        settings = client_settings(password="secret-word")
        async with initiate(settings, "127.0.0.1", acceptor.port, log=log) as socket:
            await socket.send(order("A"))
            await socket.receive()
    await log.aclose()
    text = (tmp_path / "fix.log").read_bytes()
    assert b"secret-word" not in text
    signs = [line.split(b" ")[1] for line in text.splitlines()]
    assert signs[:3] == [b">", b"<", b"*"]
    assert text.count(b"35=D") == 2
    assert b"logged out by this side" in text


async def test_an_event_handler_that_fails_disturbs_nobody(caplog: pytest.LogCaptureFixture) -> None:
    def fails(event: object) -> None:
        raise RuntimeError("not today")

    async with (
        accepting(echoing) as acceptor,
        initiate(client_settings(), "127.0.0.1", acceptor.port, on_event=fails) as socket,
    ):
        await socket.send(order("A"))
        assert identities((await socket.receive()).messages) == ["A"]
    assert "not today" in caplog.text


def test_roles_are_the_two() -> None:
    assert client_settings().role is Role.INITIATOR
    assert server_settings().role is Role.ACCEPTOR
