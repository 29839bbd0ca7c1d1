"""What the tests of the adapters share: two sides that agree, over TCP, and what each hears."""

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
from anyio.abc import ByteReceiveStream

from barterpy.protocols.fix import Encoder, Message, Outgoing
from barterpy.protocols.fix.acceptor import Acceptor, Handler, accept
from barterpy.protocols.fix.fix_socket import FixSocket
from barterpy.protocols.fix.session import MemoryStore, Role, SessionEvent, SessionId, SessionSettings, Stored

__all__ = [
    "Heard",
    "Kept",
    "Plain",
    "accepting",
    "client_settings",
    "echoing",
    "identities",
    "logon",
    "order",
    "raising",
    "rest",
    "server_settings",
]


def client_settings(name: str = "CLIENT", **more: Any) -> SessionSettings:
    return SessionSettings(begin_string="FIX.4.4", sender=name, target="SERVER", **more)


def server_settings(name: str = "CLIENT", **more: Any) -> SessionSettings:
    return SessionSettings(begin_string="FIX.4.4", sender="SERVER", target=name, role=Role.ACCEPTOR, **more)


def logon(name: str = "CLIENT", *, seq: int = 1, heartbeat: int = 30, at: int | None = None) -> bytes:
    """A client's Logon as bytes, of now unless told otherwise."""
    encoder = Encoder("FIX.4.4", name, "SERVER")
    return encoder.encode(Outgoing("A", {98: 0, 108: heartbeat}), seq, time.time_ns() if at is None else at)


async def rest(stream: ByteReceiveStream) -> bytes:
    """All that comes until the end, which has to be in good order."""
    data = b""
    while True:
        try:
            data += await stream.receive()
        except anyio.EndOfStream:
            return data


class Kept:
    """Stores that outlive the acceptor: a ``store_factory``."""

    def __init__(self) -> None:
        self.stores: dict[str, MemoryStore] = {}

    def __call__(self, settings: SessionSettings) -> MemoryStore:
        return self.stores.setdefault(settings.target, MemoryStore())

    async def of(self, name: str = "CLIENT") -> Stored:
        stored = await self.stores[name].load()
        assert stored is not None
        return stored


class Plain:
    """A parser and a transformer that give each message as it is."""

    def parse(self, message: Message) -> Message:
        return message

    def transform(self, message: Message, received_at: int) -> Sequence[Message]:
        return (message,)


def order(identity: str) -> Outgoing:
    return Outgoing("D", {11: identity, 21: "1", 40: "1", 54: "1", 55: "X"})


def identities(messages: "list[Message] | tuple[Message, ...] | Any") -> list[str]:
    return [message.text(11) for message in messages]


async def echoing(socket: FixSocket) -> None:
    """Answers every message by itself."""
    while True:
        for message in (await socket.receive()).messages:
            socket.put(Outgoing.echo(message))


@dataclass
class Heard:
    """The events of a side, and a way to wait for one."""

    events: list[SessionEvent] = field(default_factory=list[SessionEvent])
    _came: anyio.Event = field(default_factory=anyio.Event)

    def __call__(self, event: SessionEvent) -> None:
        self.events.append(event)
        self._came.set()

    def of(self, identity: SessionId, event: SessionEvent) -> None:
        self(event)

    async def wait(self, kind: type[Any]) -> Any:
        while True:
            for event in self.events:
                if isinstance(event, kind):
                    return event
            self._came = anyio.Event()
            await self._came.wait()


@asynccontextmanager
async def accepting(handler: Handler = echoing, *sessions: SessionSettings, **options: Any) -> AsyncGenerator[Acceptor]:
    """An acceptor of ``CLIENT``, or of those given."""
    async with accept(handler, sessions or [server_settings()], **options) as acceptor:
        yield acceptor


def raising(error: Exception) -> Callable[..., Any]:
    """Something that raises, whatever it is called with."""

    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail
