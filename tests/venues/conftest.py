"""A venue that speaks FIX on loopback by a script, for the gateways."""

from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeAlias

import anyio
import anyio.abc
import pytest

from barterpy.clock import wall_clock
from barterpy.protocols.fix import Encoder, Framer, Message, Outgoing
from barterpy.protocols.fix.errors import Garbled

Answers: TypeAlias = Callable[[Message, int], Iterable[Outgoing | None]]
"""What the venue says to a message on connection number n, from 1; None ends the connection."""


class ScriptedVenue:
    """Logs everybody on by echoing 98 and 108, answers by the script, and remembers what it was told."""

    def __init__(self, answers: Answers) -> None:
        self.heard: list[Message] = []
        self.connections = 0
        self.url = ""
        self._answers = answers

    async def serve(self, stream: anyio.abc.ByteStream) -> None:
        self.connections += 1
        number, seq_num, framer = self.connections, 0, Framer()
        try:
            while True:
                framer.feed(await stream.receive())
                for frame in framer.frames():
                    assert not isinstance(frame, Garbled)
                    message = Message(frame)
                    self.heard.append(message)
                    encoder = Encoder(message.begin_string, message.text(56), message.text(49), "us")
                    for outgoing in self._reactions(message, number):
                        if outgoing is None:
                            return
                        seq_num += 1
                        await stream.send(encoder.encode(outgoing, seq_num, wall_clock()))
                    if message.msg_type == "5":
                        return
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            pass
        finally:
            with anyio.CancelScope(shield=True):
                await stream.aclose()

    def _reactions(self, message: Message, number: int) -> Iterable[Outgoing | None]:
        said = list(self._answers(message, number))
        if message.msg_type == "5":
            return [Outgoing("5", [(58, "Logout acknowledgment.")])]
        if message.msg_type == "A" and not said:
            fields = [(tag, value) for tag, value in message.body_fields() if tag in (98, 108, 1137)]
            return [Outgoing("A", fields)]
        return said

    def types(self) -> list[str]:
        return [message.msg_type for message in self.heard]


@asynccontextmanager
async def scripted(answers: Answers = lambda message, number: ()) -> AsyncGenerator[ScriptedVenue, None]:
    served = ScriptedVenue(answers)
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as tasks:
        served.url = f"tcp://127.0.0.1:{listener.extra(anyio.abc.SocketAttribute.local_port)}"
        tasks.start_soon(listener.serve, served.serve)
        yield served
        tasks.cancel_scope.cancel()


@pytest.fixture
def venue() -> Callable[..., AbstractAsyncContextManager[ScriptedVenue]]:
    """Makes one, of a script."""
    return scripted
