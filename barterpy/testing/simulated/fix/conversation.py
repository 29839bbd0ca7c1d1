"""One FIX session of a simulated venue, served: what the client says is handled, what waits for it is written."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

import anyio

from barterpy.errors import BarterError
from barterpy.protocols.fix.fix_socket import FixSocket
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing

__all__ = ["Client", "converse"]


class Client(Protocol):
    """What is known of a session beside its socket."""

    wake: Callable[[], None]
    """Called when there is something to send, or the session is to end."""

    @property
    def ending(self) -> str | None:
        """The text to log it out with; None as long as it may stay."""
        ...

    @property
    def due_at(self) -> float | None:
        """When the next message is to be sent, in seconds of the loop's clock; None while nothing waits."""
        ...

    def take(self) -> Sequence[Outgoing]:
        """What is to be sent now."""
        ...


async def converse(client: Client, socket: FixSocket, handle: Callable[[Message], object]) -> None:
    """Serve a session until either side ends it.

    :param handle: called with each message of the client's
    """
    woken = anyio.Event()

    def wake() -> None:
        woken.set()

    async def write() -> None:
        # Who cannot be written to is found gone by the reader.
        with suppress(BarterError, anyio.ClosedResourceError):
            await pump()

    async def pump() -> None:
        nonlocal woken
        while client.ending is None:
            woken = anyio.Event()
            out = client.take()
            if out:
                await socket.send_many(out)
                continue
            due_at = client.due_at
            with anyio.move_on_after(None if due_at is None else max(0.0, due_at - anyio.current_time())):
                await woken.wait()
        await socket.send_many(client.take())
        await socket.logout(client.ending)

    client.wake = wake
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(write)
        try:
            while True:
                for message in (await socket.receive()).messages:
                    if client.ending is None:
                        handle(message)
        except (anyio.EndOfStream, anyio.ClosedResourceError, BarterError):
            tasks.cancel_scope.cancel()
