"""Sessions that open and close by the clock, over TCP: days of it in virtual time, on both backends."""

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import anyio
import pytest

from barterpy.clock import SECOND
from barterpy.errors import ConnectionLost
from barterpy.events import Connected, Disconnected, Reconnecting
from barterpy.protocols.fix import FixSocket, LogonRefused, Message, Outgoing, SessionClosed
from barterpy.protocols.fix.initiator import fix_connection, initiate
from barterpy.protocols.fix.session import (
    Closed,
    LoggedOn,
    LoggedOut,
    MemoryStore,
    NumbersReset,
    Schedule,
    SessionEvent,
    SessionId,
    SessionSettings,
)
from barterpy.reconnect import ReconnectPolicy, supervise
from barterpy.testing import VIRTUAL_START, VirtualClock, virtual_backends
from tests.protocols.fix.adapters.counterparty import (
    Heard,
    Kept,
    Plain,
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

HOUR = 3600 * SECOND
DAY = 24 * HOUR
OFFICE = Schedule(start=dt.time(8), end=dt.time(17))
NIGHT = Schedule(start=dt.time(20), end=dt.time(4))


@pytest.fixture(params=virtual_backends(threshold=0.02))
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    """Time jumps when nothing has moved for a while: what is sent over loopback is there at once."""
    return request.param


@pytest.fixture
def clock() -> VirtualClock:
    """Midnight."""
    return VirtualClock()


async def until(clock: VirtualClock, hour: float, day: int = 0) -> None:
    """Wait for that time of the clock."""
    await anyio.sleep(max(0.0, (VIRTUAL_START + day * DAY + hour * HOUR - clock()) / SECOND))


def hour_of(clock: VirtualClock) -> float:
    return (clock() - VIRTUAL_START) / HOUR


def quiet_client(name: str = "CLIENT", **more: Any) -> SessionSettings:
    """Without heartbeats: a day is long."""
    return client_settings(name, heartbeat=0, **more)


@pytest.mark.parametrize("side", ["acceptor", "initiator"])
async def test_when_the_hours_end_a_session_is_logged_out_in_order(clock: VirtualClock, side: str) -> None:
    ours, theirs = Heard(), Heard()
    acceptor_hours, initiator_hours = (OFFICE, None) if side == "acceptor" else (None, OFFICE)
    await until(clock, 16)
    async with accepting(
        echoing, server_settings(schedule=acceptor_hours), on_event=theirs.of, clock=clock
    ) as acceptor:
        async with initiate(
            quiet_client(schedule=initiator_hours), "127.0.0.1", acceptor.port, on_event=ours, clock=clock
        ) as socket:
            await socket.send(order("A"))
            assert identities((await socket.receive()).messages) == ["A"]
            with pytest.raises(anyio.EndOfStream):
                await socket.receive()
            assert hour_of(clock) == pytest.approx(17, abs=0.001)  # of virtual time
        await theirs.wait(Closed)
        assert acceptor.sockets == {}
    assert (await ours.wait(LoggedOut)).by_peer == (side == "acceptor")
    assert (await theirs.wait(LoggedOut)).by_peer == (side == "initiator")
    assert [heard.events[-1].error for heard in (ours, theirs)] == [None, None]  # type: ignore[union-attr]


async def test_when_the_hours_end_a_handler_that_is_busy_does_not_keep_its_session(clock: VirtualClock) -> None:
    async def busy(socket: FixSocket) -> None:
        await anyio.sleep_forever()

    await until(clock, 16)
    async with (
        accepting(busy, server_settings(schedule=OFFICE), clock=clock) as acceptor,
        initiate(quiet_client(), "127.0.0.1", acceptor.port, clock=clock) as socket,
    ):
        with pytest.raises(anyio.EndOfStream):
            await socket.receive()
        assert hour_of(clock) == pytest.approx(17, abs=0.001)


async def test_a_client_that_does_not_answer_the_logout_is_left(clock: VirtualClock) -> None:
    theirs = Heard()
    await until(clock, 16)
    async with accepting(echoing, server_settings(schedule=OFFICE), on_event=theirs.of, clock=clock) as acceptor:
        async with await anyio.connect_tcp("127.0.0.1", acceptor.port) as stream:
            await stream.send(logon(heartbeat=0, at=clock()))
            said = await rest(stream)
            assert hour_of(clock) == pytest.approx(17, abs=0.01)
        assert [Message(one + b"\x01").msg_type for one in _split(said)] == ["A", "5"]
        closed = await theirs.wait(Closed)
        assert closed.reason == "the Logout was not answered"


def _split(data: bytes) -> list[bytes]:
    """Messages without their last separator."""
    return [b"8=FIX.4.4\x01" + one[:-1] for one in data.split(b"8=FIX.4.4\x01") if one]


async def test_what_comes_until_the_end_is_handled_and_answered(clock: VirtualClock) -> None:
    """A client that goes on and on: all it has sent by the time of the Logout is answered or comes the next day."""
    kept = Kept()
    handled: list[str] = []
    sent: list[str] = []
    store = MemoryStore()

    async def handles(socket: FixSocket) -> None:
        while True:
            batch = await socket.receive()
            handled.extend(identities(batch.messages))
            for message in batch.messages:
                socket.put(Outgoing.echo(message))

    async def sends(socket: FixSocket) -> None:
        try:
            while True:
                await socket.send(order(str(len(sent))))
                sent.append(str(len(sent)))
                await anyio.sleep(7)
        except (SessionClosed, ConnectionLost, anyio.ClosedResourceError):
            pass

    answered: list[str] = []
    await until(clock, 16.9)
    async with (
        accepting(handles, server_settings(schedule=OFFICE), store_factory=kept, clock=clock) as acceptor,
        initiate(quiet_client(), "127.0.0.1", acceptor.port, store=store, clock=clock) as socket,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(sends, socket)
        with suppress(anyio.EndOfStream):
            while True:
                answered += identities((await socket.receive()).messages)
        tasks.cancel_scope.cancel()
    assert len(sent) > 50
    assert handled == sent == answered
    assert (await kept.of()).next_in == len(sent) + 3  # the Logon, and the Logout's answer


@pytest.mark.parametrize(
    ("hour", "schedule"),
    [
        (7.99, OFFICE),
        (17, OFFICE),
        (23, OFFICE),
        (16.5, Schedule(start=dt.time(8), end=dt.time(17), logon=dt.time(9), logout=dt.time(16))),
        (8.5, Schedule(start=dt.time(8), end=dt.time(17), logon=dt.time(9), logout=dt.time(16))),
        (12, Schedule(start=dt.time(8), end=dt.time(17), days=frozenset({"monday"}))),  # a Thursday
    ],
)
async def test_outside_of_the_hours_a_logon_is_refused_without_a_word(
    clock: VirtualClock, hour: float, schedule: Schedule
) -> None:
    await until(clock, hour)
    sessions = server_settings(schedule=schedule), server_settings("ALWAYS")
    async with accepting(echoing, *sessions, clock=clock) as acceptor:
        async with await anyio.connect_tcp("127.0.0.1", acceptor.port) as stream:
            await stream.send(logon(heartbeat=0, at=clock()))
            assert await rest(stream) == b""
        with pytest.raises(LogonRefused):
            async with initiate(quiet_client(), "127.0.0.1", acceptor.port, clock=clock):
                pass
        async with initiate(quiet_client("ALWAYS"), "127.0.0.1", acceptor.port, clock=clock) as socket:
            assert socket.is_logged_on


async def test_numbers_last_as_long_as_the_hours_and_begin_again_with_the_next(clock: VirtualClock) -> None:
    kept, store, theirs = Kept(), MemoryStore(), Heard()
    settings = server_settings(schedule=OFFICE)
    numbers: list[tuple[int, int]] = []

    async def visit(port: int) -> None:
        async with initiate(quiet_client(schedule=OFFICE), "127.0.0.1", port, store=store, clock=clock) as socket:
            await socket.send(order("A"))
            await socket.receive()
            numbers.append((socket.next_out, socket.next_in))

    for hours in ((9, 12), (9, 12)):  # two days; the acceptor is begun anew on each
        async with accepting(echoing, settings, store_factory=kept, on_event=theirs.of, clock=clock) as acceptor:
            for hour in hours:
                await until(clock, hour, len(numbers) // 2)
                await visit(acceptor.port)
    assert numbers == [(3, 3), (6, 6), (3, 3), (6, 6)]
    assert [event.cause for event in theirs.events if isinstance(event, NumbersReset)] == ["schedule"]
    stored = await kept.of()
    assert (stored.next_out, stored.next_in) == (7, 7)
    assert [seq for seq, _ in await kept.stores["CLIENT"].messages(1, 100)] == [2, 5]  # nothing is left of yesterday


async def test_an_attempt_at_night_costs_the_day_nothing(clock: VirtualClock) -> None:
    """Who knocks before the doors open resets the numbers once; what is counted from then on stays."""
    kept, store = Kept(), MemoryStore()
    async with accepting(echoing, server_settings(schedule=OFFICE), store_factory=kept, clock=clock) as acceptor:
        for hour in (7.9999, 8.5, 12):
            await until(clock, hour)
            if hour < 8:
                with pytest.raises(LogonRefused):
                    async with initiate(quiet_client(), "127.0.0.1", acceptor.port, clock=clock):
                        pass
                continue
            async with initiate(quiet_client(), "127.0.0.1", acceptor.port, store=store, clock=clock) as socket:
                await socket.send(order("A"))
                await socket.receive()
    assert ((await kept.of()).next_out, (await kept.of()).next_in) == (7, 7)


async def test_sessions_of_one_port_have_hours_of_their_own(clock: VirtualClock) -> None:
    schedules: dict[str, Schedule | None] = {"DAY": OFFICE, "NIGHT": NIGHT, "ALWAYS": None}
    ended: dict[str, list[float]] = {name: [] for name in schedules}
    begun: dict[str, list[float]] = {name: [] for name in schedules}

    def note(identity: SessionId, event: SessionEvent) -> None:
        if isinstance(event, LoggedOn | LoggedOut):
            (begun if isinstance(event, LoggedOn) else ended)[identity.target].append(round(hour_of(clock), 2))

    async def visits(port: int, name: str) -> None:
        """Tries each quarter of an hour to be there, as a client without a schedule would."""
        while True:
            try:
                async with initiate(quiet_client(name, reset_on_logon=True), "127.0.0.1", port, clock=clock) as socket:
                    await socket.receive()
            except (anyio.EndOfStream, LogonRefused):
                await anyio.sleep(900)

    sessions = [server_settings(name, schedule=schedule) for name, schedule in schedules.items()]
    await until(clock, 6)
    there: dict[float, set[str]] = {}
    async with (
        accepting(echoing, *sessions, on_event=note, clock=clock) as acceptor,
        anyio.create_task_group() as tasks,
    ):
        for name in schedules:
            tasks.start_soon(visits, acceptor.port, name)
        for hour in (7, 12, 18, 21, 27, 30, 33):
            await until(clock, hour)
            there[hour] = {identity.target for identity in acceptor.sockets}
        tasks.cancel_scope.cancel()
    always, day, night = {"ALWAYS"}, {"ALWAYS", "DAY"}, {"ALWAYS", "NIGHT"}
    assert there == {7: always, 12: day, 18: always, 21: night, 27: night, 30: always, 33: day}
    assert (ended["DAY"][0], ended["NIGHT"][0]) == (17, 28)
    assert len(begun["ALWAYS"]) == 1
    assert len(ended["ALWAYS"]) <= 1


async def test_without_a_break_the_numbers_begin_again_at_each_start(clock: VirtualClock) -> None:
    """Equal start and end: always open, and a new session at midnight."""
    daily = Schedule()
    theirs = Heard()
    store = MemoryStore()
    numbers: list[int] = []
    async with accepting(echoing, server_settings(schedule=daily), on_event=theirs.of, clock=clock) as acceptor:
        for day in range(3):
            await until(clock, 1, day)
            async with initiate(
                quiet_client(schedule=daily), "127.0.0.1", acceptor.port, store=store, clock=clock
            ) as socket:
                await socket.send(order("A"))
                await socket.receive()
                numbers.append(socket.next_in)
                with pytest.raises(anyio.EndOfStream):
                    await socket.receive()
                assert hour_of(clock) == pytest.approx(24 * (day + 1), abs=0.001)
    assert numbers == [3, 3, 3]


async def test_a_supervised_initiator_comes_back_when_the_hours_begin(clock: VirtualClock) -> None:
    async def greets(socket: FixSocket) -> None:
        socket.put(order("good morning"))
        await echoing(socket)

    settings = client_settings(heartbeat=0, schedule=OFFICE)
    seen: list[tuple[str, float]] = []
    await until(clock, 16)
    async with accepting(greets, server_settings(schedule=OFFICE), clock=clock) as acceptor:
        plan = fix_connection(settings, "127.0.0.1", acceptor.port, parser=Plain(), transformer=Plain(), clock=clock)
        with anyio.CancelScope() as scope:

            async def emit(outputs: Sequence[Any]) -> None:
                seen.extend(
                    (output.text(11) if isinstance(output, Message) else type(output).__name__, hour_of(clock))
                    for output in outputs
                    if not isinstance(output, Reconnecting)
                )
                if len(seen) == 6:
                    scope.cancel()

            await supervise(plan, emit, ReconnectPolicy())
    kinds = [Connected.__name__, "good morning", Disconnected.__name__]
    assert [kind for kind, _ in seen] == [*kinds[:2], *kinds[2:], *kinds[:2], *kinds[2:]]
    hours = [hour for _, hour in seen]
    assert hours[2] == pytest.approx(17, abs=0.01)
    assert 32 <= hours[3] < 32.1  # the next morning at eight, not before and not long after
    assert hours[5] == pytest.approx(41, abs=0.01)
