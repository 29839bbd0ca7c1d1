"""The side that connects: one connection, one logon, one logout. Connecting again is supervision's affair."""

import ssl
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar

import anyio

from barterpy.clock import SECOND, WallClock, wall_clock
from barterpy.connection import Connection
from barterpy.errors import ConfigurationError
from barterpy.limits import Limiter
from barterpy.parser import StreamParser
from barterpy.protocols.fix.errors import SessionClosed
from barterpy.protocols.fix.fix_socket import FixSocket, OnEvent
from barterpy.protocols.fix.log import MessageLog
from barterpy.protocols.fix.session import Hooks, MemoryStore, Role, Session, SessionSettings, Store
from barterpy.protocols.fix.transport import open_wire
from barterpy.socket import Socket
from barterpy.transformer import Transformer

__all__ = ["fix_connection", "initiate"]

Out = TypeVar("Out")


@asynccontextmanager
async def initiate(
    settings: SessionSettings,
    host: str,
    port: int,
    *,
    store: Store | None = None,
    hooks: Hooks | None = None,
    tls: bool | ssl.SSLContext = False,
    server_hostname: str | None = None,
    log: MessageLog | None = None,
    on_event: OnEvent | None = None,
    connect_timeout: float = 15.0,
    close_timeout: float = 5.0,
    send_timeout: float = 30.0,
    clock: WallClock = wall_clock,
) -> AsyncGenerator[FixSocket, None]:
    """Connects, logs on, and gives the session; the end of the block logs out and closes.

        async with initiate(settings, "fix.example.com", 9000, tls=True, store=FileStore("session.fix")) as socket:
            await socket.send(Outgoing("D", {11: "1", 55: "BTCUSDT", …}))
            batch = await socket.receive()

    :param settings: whose ``role`` is the initiator
    :param store: what the session remembers; it is loaded here, and closed at the end. By default nothing is kept
    :param hooks: where the application or a venue's dialect takes part
    :param tls: True for TLS that verifies as every connection of ours; a context of your own, for example with a
        client certificate; False for none
    :param server_hostname: instead of ``host``, for SNI and the certificate
    :param log: hears every message; it stays open
    :param on_event: hears what happens beside messages
    :param connect_timeout: seconds until connected; the logon has ``settings.logon_timeout``
    :param close_timeout: seconds for logging out
    :param send_timeout: seconds after which a peer that reads nothing is given up
    :param clock: int nanoseconds UTC, for stamps and the schedule
    :raises ConnectError: no connection; :class:`~barterpy.errors.TlsError` if TLS is the reason
    :raises TransportTimeout: connecting or the logon took too long
    :raises barterpy.protocols.fix.errors.LogonRefused: the other side logged us out, or closed, instead of answering
    :raises barterpy.protocols.fix.errors.SessionClosed: the schedule has no session now; ``retry_after`` says how many
        seconds it is until the next
    :raises barterpy.protocols.fix.stores.StoreError: the store cannot be used
    :raises ConfigurationError: the settings are an acceptor's

    A block that ends by an exception leaves the last batch it received unhandled: it comes again after the next logon.
    """
    if settings.role is not Role.INITIATOR:
        raise ConfigurationError("initiate() needs settings whose role is the initiator")
    _require_open(settings, clock())
    store = MemoryStore() if store is None else store
    failure: Exception | None = None
    try:
        stored = await store.load()
        wire = await open_wire(host, port, tls=tls, server_hostname=server_hostname, timeout=connect_timeout)
        socket = FixSocket(
            wire,
            Session(settings, stored, hooks=hooks),
            store,
            log=log,
            on_event=on_event,
            close_timeout=close_timeout,
            send_timeout=send_timeout,
            clock=clock,
        )
        async with anyio.create_task_group() as tasks:
            try:
                async with socket:
                    await socket.log_on()
                    tasks.start_soon(socket.watch)
                    yield socket
            except Exception as error:  # noqa: BLE001 - the block's own; passed on below as it is, not in a group
                failure = error
            tasks.cancel_scope.cancel()
    finally:
        with anyio.CancelScope(shield=True):
            await store.aclose()
    if failure is not None:
        raise failure


def _require_open(settings: SessionSettings, at: int) -> None:
    schedule = settings.schedule
    if schedule is None or schedule.takes_logon(at):
        return
    closed = SessionClosed("outside of the session's logon hours")
    closed.retry_after = (schedule.next_logon(at) - at) / SECOND
    raise closed


def fix_connection(
    settings: SessionSettings,
    host: str,
    port: int,
    *,
    parser: StreamParser[Any, Any],
    transformer: Transformer[Any, Out],
    venue: str = "fix",
    name: str = "",
    store: Store | None = None,
    connect_limiter: Limiter | None = None,
    **options: Any,
) -> Connection[Out]:
    """The plan of a session that is to live for months: :func:`barterpy.reconnect.supervise` connects it, and again.

    What was not handled, and what was sent and not received, comes after the next logon, so the store has to be the
    same on every connection; by default it is in memory.

    :param venue: name in the events
    :param name: the connection's name in the events; by default the session's
    :param connect_limiter: acquired before each connect
    :param options: those of :func:`initiate`
    """
    kept = MemoryStore() if store is None else store

    def connect() -> AbstractAsyncContextManager[Socket[Any, Any]]:
        return initiate(settings, host, port, store=kept, **options)

    return Connection(
        venue=venue,
        name=name or str(settings.id),
        connect=connect,
        parser=parser,
        transformer=transformer,
        connect_limiter=connect_limiter,
    )
