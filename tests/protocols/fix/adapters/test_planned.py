"""A counterparty announces the end of a connection: the supervised session logs out in order, and on again at once."""

from typing import Any

import anyio
import pytest

from barterpy.backoff import Backoff
from barterpy.events import Connected, Disconnected, Reconnecting
from barterpy.market import event_stream
from barterpy.protocols.fix import FixSocket, Message, Outgoing, PlannedEnd
from barterpy.protocols.fix.dialect import VenueHooks
from barterpy.protocols.fix.initiator import fix_connection, initiate
from barterpy.protocols.fix.session import GapOpened, LoggedOn, MemoryStore, NumbersReset, SessionSettings
from barterpy.supervision import ReconnectPolicy
from tests.protocols.fix.adapters.counterparty import Heard, Plain, accepting, client_settings, order, server_settings

pytestmark = pytest.mark.anyio

HOOKS = VenueHooks(announcements={"B"})
FOR_EVER = ReconnectPolicy(backoff=Backoff(initial=3600.0, cap=3600.0))
"""Who waits for this back-off is never seen again."""


class Exchange:
    """Sends a report with each logon, and announces the end on the first connection, a report behind it."""

    def __init__(self) -> None:
        self.logons: list[int] = []
        self.reports = 0

    async def serve(self, socket: FixSocket) -> None:
        assert socket.logon is not None
        self.logons.append(socket.logon.seq_num)
        await self.report(socket)
        if len(self.logons) == 1:
            await socket.send(Outgoing("B", [(148, "maintenance")]))
            await self.report(socket)
        while True:
            await socket.receive()

    async def report(self, socket: FixSocket) -> None:
        self.reports += 1
        await socket.send(Outgoing("8", {11: str(self.reports)}))


async def test_numbers_go_on_and_nothing_is_asked_for_again() -> None:
    exchange, theirs, ours = Exchange(), Heard(), Heard()
    settings = client_settings(on_planned_end="logout")
    told: list[Any] = []
    with anyio.fail_after(60):
        async with accepting(exchange.serve, on_event=theirs.of) as acceptor:
            plan = fix_connection(
                settings,
                "127.0.0.1",
                acceptor.port,
                parser=Plain(),
                transformer=Plain(),
                hooks=HOOKS,
                on_event=ours,
            )
            async with event_stream(plan, policy=FOR_EVER) as events:
                async for event in events:
                    told.append(event)
                    if isinstance(event, Message) and event.get(11) == "3":
                        break
    said: list[Any] = [one.text(11, "news") if isinstance(one, Message) else type(one) for one in told]
    assert said == [Connected, "1", "news", "2", Disconnected, Reconnecting, Connected, "3"]
    (end,) = [one for one in told if isinstance(one, Disconnected)]
    assert (end.reason, end.error) == ("FIX session closed: planned, maintenance", "PlannedEnd")
    assert [one.delay for one in told if isinstance(one, Reconnecting)] == [0.0]
    assert exchange.logons == [1, 3]  # Logon and Logout of the first connection are 1 and 2
    for heard in (ours, theirs):
        kinds: list[Any] = [type(event) for event in heard.events]
        assert kinds.count(LoggedOn) == 2
        assert not {GapOpened, NumbersReset} & set(kinds)


@pytest.mark.parametrize("resets", [False, True])
async def test_orders_in_flight_are_answered_before_the_end(resets: bool) -> None:
    """The acceptor says the News between the orders, and answers the ones that were on their way."""
    logons: list[int] = []

    async def serve(socket: FixSocket) -> None:
        assert socket.logon is not None
        logons.append(socket.logon.seq_num)
        while True:
            for message in (await socket.receive()).messages:
                if message.text(11) == "2":
                    socket.put(Outgoing("B", [(148, "maintenance")]))
                socket.put(Outgoing.echo(message))

    settings: SessionSettings = client_settings(on_planned_end="logout", reset_on_logon=resets)
    store, answered = MemoryStore(), list[str]()
    with anyio.fail_after(60):
        async with accepting(serve, server_settings(reset_on_logon=resets)) as acceptor:

            async def once(first: int, count: int) -> None:
                async with initiate(settings, "127.0.0.1", acceptor.port, hooks=HOOKS, store=store) as socket:
                    await socket.send_many([order(str(number)) for number in range(first, first + count)])
                    while len(answered) < first + count or first == 0:
                        answered.extend(one.text(11) for one in (await socket.receive()).messages if one.get(11))

            with pytest.raises(PlannedEnd):
                await once(0, 50)
            await once(50, 5)
    assert answered == [str(number) for number in range(55)]
    assert logons == [1, 1 if resets else 53]
