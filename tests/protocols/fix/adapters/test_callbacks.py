"""Whatever of the program's own raises, and wherever: its session has the documented end or answer, the others live on.

And it is no end for ever: once the program is right again, the same client gets in, and nothing that was acknowledged
is lost.
"""

from collections.abc import Sequence
from typing import Any

import pytest

from barterpy.protocols.fix import FixSocket, Message, Outgoing
from barterpy.protocols.fix.acceptor import accept
from barterpy.protocols.fix.initiator import initiate
from barterpy.protocols.fix.log import MessageLog
from barterpy.protocols.fix.session import Change, Hooks, MemoryStore, SessionEvent, SessionId, SessionSettings
from tests.protocols.fix.adapters.counterparty import client_settings, identities, order, server_settings
from tests.protocols.fix.adapters.raw import Raw, connection

pytestmark = pytest.mark.anyio

LOGON = "35=A|34={n}|98=0|108=30"


class Program:
    """An acceptor's callbacks, of which the one that is :attr:`broken` raises for BAD's session."""

    def __init__(self) -> None:
        self.broken = ""
        self.handled: list[str] = []
        self.stores: dict[str, MemoryStore] = {}

    def at(self, place: str, name: str) -> None:
        if self.broken == place and name == "BAD":
            raise RuntimeError(f"a bug in {place}")

    async def serve(self, socket: FixSocket) -> None:
        name = socket.settings.target
        self.at("handler", name)
        while True:
            for message in (await socket.receive()).messages:
                self.at("handler of a message", name)
                if name == "BAD":
                    self.handled.append(message.text(11))
                socket.put(Outgoing.echo(message))

    def find(self, message: Message) -> SessionSettings | None:
        self.at("find", message.text(49))
        return server_settings(message.text(49), logout_timeout=0.2)

    def store(self, settings: SessionSettings) -> MemoryStore:
        self.at("store_factory", settings.target)
        return self.stores.setdefault(settings.target, BrokenStore(self, settings.target))

    def hooks(self, settings: SessionSettings) -> Hooks:
        self.at("hooks", settings.target)
        return BrokenHooks(self, settings.target)

    def log(self, settings: SessionSettings) -> MessageLog:
        self.at("log", settings.target)
        return BrokenLog(self, settings.target)

    def on_event(self, identity: SessionId, event: SessionEvent) -> None:
        self.at("on_event", identity.target)


class BrokenStore(MemoryStore):
    """Its errors are not even the library's."""

    def __init__(self, program: Program, name: str) -> None:
        super().__init__()
        self._program = program
        self._name = name

    async def load(self) -> Any:
        self._program.at("load", self._name)
        return await super().load()

    async def apply(self, changes: Sequence[Change]) -> None:
        self._program.at("apply", self._name)
        await super().apply(changes)

    async def messages(self, begin: int, end: int) -> list[tuple[int, bytes]]:
        self._program.at("messages", self._name)
        return await super().messages(begin, end)


class BrokenHooks(Hooks):
    def __init__(self, program: Program, name: str) -> None:
        self._program = program
        self._name = name

    def on_inbound(self, message: Message) -> None:
        self._program.at("on_inbound", self._name)

    def on_outbound(self, outgoing: Outgoing, resend: bool) -> bool:
        self._program.at("on_outbound", self._name)
        return True

    def on_resend_request(self, begin: int, end: int) -> bool:
        self._program.at("on_resend_request", self._name)
        return True

    def sign_logon(self, outgoing: Outgoing, header: Sequence[tuple[int, bytes]]) -> Outgoing:
        self._program.at("sign_logon", self._name)
        return outgoing

    def check_logon(self, message: Message) -> None:
        self._program.at("check_logon", self._name)

    def planned_end(self, message: Message) -> str | None:
        self._program.at("planned_end", self._name)
        return None


class BrokenLog:
    def __init__(self, program: Program, name: str) -> None:
        self._program = program
        self._name = name

    def received(self, data: bytes, at: int) -> None:
        self._program.at("log.received", self._name)

    def sent(self, data: bytes, at: int) -> None:
        self._program.at("log.sent", self._name)

    def note(self, text: str, at: int) -> None:
        self._program.at("log.note", self._name)

    async def relieve(self) -> None:
        self._program.at("log.relieve", self._name)

    async def aclose(self) -> None:
        return


CLOSES, GOES_ON = "closes", "goes on"
BEFORE = {
    "find": CLOSES,
    "store_factory": CLOSES,
    "load": CLOSES,
    "hooks": CLOSES,
    "log": CLOSES,
    "check_logon": CLOSES,
    "sign_logon": CLOSES,
    "apply": CLOSES,
    "log.received": CLOSES,
    "log.sent": CLOSES,
    "log.note": CLOSES,
    "log.relieve": CLOSES,
    "handler": CLOSES,
    "on_event": GOES_ON,
}
AFTER = {
    "handler of a message": CLOSES,
    "apply": CLOSES,
    "log.received": CLOSES,
    "log.sent": CLOSES,
    "log.relieve": CLOSES,
    "messages": CLOSES,
    "on_inbound": GOES_ON,
    "on_outbound": CLOSES,
    "on_resend_request": GOES_ON,
    "planned_end": GOES_ON,
    "on_event": GOES_ON,
}
SAID = ("35=D|34=3|11=b", "35=2|34=4|7=2|16=2", "35=1|34=5|112=there?")


async def lives_on(good: FixSocket) -> None:
    await good.send(order("x"))
    assert identities((await good.receive()).messages) == ["x"]


async def first(raw: Raw) -> None:
    """Logs on with number 1, and has an order echoed."""
    await raw.say(LOGON.format(n=1), "35=D|34=2|11=a")
    assert [text[:4] for text in await raw.hear(2)] == ["35=A", "35=D"]


async def comes_back(port: int, program: Program) -> None:
    """BAD logs on with the number after the last that was acknowledged, and is there; no number of ours comes twice."""
    program.broken = ""
    heard: list[str] = []
    number = ours = 0
    for _ in range(1000):  # turned away for as long as the acceptor has not noticed the end
        stored = await program.stores["BAD"].load() if "BAD" in program.stores else None
        number, ours = (1, 1) if stored is None else (stored.next_in, stored.next_out)
        async with connection(port, "BAD") as raw:
            await raw.say(LOGON.format(n=number), f"35=D|34={number + 1}|11=back", f"35=5|34={number + 2}")
            heard = await raw.rest()
        if heard and heard[0].startswith("35=A"):
            break
    assert [text[:4] for text in heard] == ["35=A", "35=D", "35=5"]
    numbers = [int(text.split("|34=")[1].split("|")[0]) for text in heard]
    assert numbers[0] >= ours
    assert numbers == [numbers[0] + place for place in range(3)]
    assert program.handled[-1] == "back"


@pytest.mark.parametrize("place", BEFORE)
async def test_what_raises_while_one_logs_on(place: str) -> None:
    program = Program()
    async with (
        accept(
            program.serve,
            find=program.find,
            store_factory=program.store,
            hooks=program.hooks,
            log=program.log,
            on_event=program.on_event,
        ) as acceptor,
        initiate(client_settings("GOOD"), "127.0.0.1", acceptor.port) as good,
    ):
        program.broken = place
        async with connection(acceptor.port, "BAD") as raw:
            await raw.say(LOGON.format(n=1), "35=1|34=2|112=there?")
            if BEFORE[place] == CLOSES:
                await raw.rest()
            else:
                assert [text[:4] for text in await raw.hear(2)] == ["35=A", "35=0"]
            await lives_on(good)
        await comes_back(acceptor.port, program)
        await lives_on(good)


@pytest.mark.parametrize("place", AFTER)
async def test_what_raises_in_the_middle(place: str) -> None:
    program = Program()
    async with (
        accept(
            program.serve,
            find=program.find,
            store_factory=program.store,
            hooks=program.hooks,
            log=program.log,
            on_event=program.on_event,
        ) as acceptor,
        initiate(client_settings("GOOD"), "127.0.0.1", acceptor.port) as good,
    ):
        async with connection(acceptor.port, "BAD") as raw:
            await first(raw)
            program.broken = place
            await raw.say(*SAID)
            if AFTER[place] == CLOSES:
                await raw.rest()  # ends, and in good order: by a Logout where there is still a way to say it
            else:
                heard: list[str] = []
                while not heard or not heard[-1].startswith("35=0"):
                    heard += await raw.hear(1)
            await lives_on(good)
        await comes_back(acceptor.port, program)
        await lives_on(good)
    assert program.handled.count("a") == 1
