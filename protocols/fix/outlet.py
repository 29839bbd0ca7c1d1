"""The way out of a FIX session: what it has decided is stored first and sent then, whoever asked for it.

One at a time stores and sends, under one lock. Most of the time nothing of it has to wait (:meth:`Outlet.at_once`).
"""

from collections.abc import Callable
from typing import Final, final

import anyio
from anyio.lowlevel import checkpoint_if_cancelled

from barterpy.clock import WallClock
from barterpy.errors import BarterError, ConnectionLost
from barterpy.protocols.fix.log import MessageLog
from barterpy.protocols.fix.session import Change, Received, Session, Store
from barterpy.protocols.fix.transport import Wire

__all__ = ["Outlet"]


@final
class Outlet:
    """Of one session on one connection.

    :param log: is told of what was sent
    :param send_timeout: seconds until the other side has to take what the session says by itself
    """

    def __init__(
        self, wire: Wire, session: Session, store: Store, log: MessageLog | None, send_timeout: float, clock: WallClock
    ) -> None:
        self.broken: BarterError | None = None
        """Why nothing can be sent any more."""
        self.lock: Final = anyio.Lock(fast_acquire=True)
        """Who holds it has the store and the wire's sending side."""
        self._wire = wire
        self._session = session
        self._outbound = session.outbound
        self._store = store
        # None where nothing may go the short way: a log is told of each message, and may have to be waited for.
        self._apply_at_once = None if log is not None else _short_way(store)
        # What ends with the process is no safer for being stored before it is sent, and the other side waits.
        self._volatile: bool = getattr(store, "volatile", False)
        self._log = log
        self._send_timeout = send_timeout
        self._clock = clock
        self._forgets = False
        self._due: list[Change] = []
        """Changes from before that, which are still to be stored."""
        self._output: tuple[list[Change], bytes] = ([], b"")

    def forget(self) -> None:
        """What is received from now on is not handled by anybody, and has to come again. What was handled before stays
        so, stored already or not."""
        if not self._forgets:
            self._due = self._session.changes()
            self._forgets = True
            self._apply_at_once = None

    def at_once(self) -> bool:
        """The usual case without a suspension, and without a cancel scope, which costs more than all that is done here:
        a store that does not wait, and a stream with room. False where anything is left to be done."""
        apply, outbound = self._apply_at_once, self._outbound
        if apply is None or self.broken is not None or self.lock.locked():
            return False
        if self._volatile and outbound.chunks and not self._send_at_once():
            return False
        try:
            if outbound.changes:
                if not apply(outbound.changes):
                    return False
                outbound.changes = []
        except BarterError:
            return False  # the store says so again, to whoever has the time to act on it
        return not outbound.chunks or self._send_at_once()

    def _send_at_once(self) -> bool:
        outbound = self._outbound
        chunks = outbound.chunks
        if len(chunks) > 1:
            chunks = outbound.chunks = [b"".join(chunks)]
        if not self._wire.send_nowait(chunks[0]):
            return False
        outbound.chunks = []
        return True

    async def flush(self) -> None:
        """Stores and sends everything; what goes wrong is in :attr:`broken`, or ends the session."""
        async with self.lock:
            await checkpoint_if_cancelled()
            while self._take():
                await self._store_and_send()

    async def flush_unless_busy(self) -> None:
        """What the session has to say, in bounded time: a peer that does not read must not keep us from reading.

        Shielded, because half a message would be the end of the connection. Who holds the lock sends it instead.
        """
        try:
            self.lock.acquire_nowait()
        except anyio.WouldBlock:
            return
        try:
            while self._take():
                with anyio.move_on_after(self._send_timeout, shield=True):
                    await self._store_and_send()
        finally:
            self.lock.release()

    async def settle(self, patience: float) -> None:
        """The end: what was put and is not sent any more is stored, and goes out when the other side asks for it.

        :param patience: seconds until whoever still sends is interrupted
        """
        with anyio.CancelScope(shield=True):
            held = False
            with anyio.move_on_after(patience):
                await self.lock.acquire()
                held = True
            if not held:
                await self._wire.abort()
                await self.lock.acquire()
            try:
                while self._take():
                    await self._keep()
            finally:
                self.lock.release()

    def _take(self) -> bool:
        """Takes what is to be stored and to be sent; False if that is nothing."""
        changes, data = self._session.changes(), self._session.data_to_send()
        if self._forgets:
            changes = [*self._due, *(change for change in changes if not isinstance(change, Received))]
            self._due = []
        self._output = changes, data
        return bool(changes or data)

    async def _store_and_send(self) -> None:
        if await self._keep() and self._output[1] and self.broken is None:
            await self._send(self._output[1])

    async def _keep(self) -> bool:
        """Stores what was taken."""
        try:
            if changes := self._output[0]:
                with anyio.CancelScope(shield=True):
                    await self._store.apply(changes)
        except BarterError as error:
            await self._fail(error)
            return False
        return True

    async def _fail(self, error: BarterError) -> None:
        """What is not stored is not sent, and nothing that follows from it may be."""
        session = self._session
        session.abort(error, self._wire.now(), self._clock())
        session.changes()
        session.data_to_send()
        self.broken = error
        await self._wire.abort()

    async def _send(self, data: bytes) -> None:
        log = self._log
        sent = False
        try:
            if log is not None:
                log.sent(data, self._clock())
            await self._wire.send(data)
            sent = True
        except (ConnectionLost, anyio.ClosedResourceError) as error:
            # What the other side sent before it went can still be read; the read will meet the end.
            self.broken = error if isinstance(error, ConnectionLost) else ConnectionLost("the stream was closed")
        finally:
            if not sent and self.broken is None:
                self.broken = ConnectionLost("a message could not be sent whole")
                await self._wire.abort()
            if log is not None:
                await log.relieve()


def _short_way(store: Store) -> Callable[[list[Change]], bool] | None:
    """The store's ``apply_at_once``; None where a class derived from its own has another ``apply`` to be passed by."""
    for kind in type(store).__mro__:
        if "apply" in vars(kind):
            return getattr(store, "apply_at_once", None) if "apply_at_once" in vars(kind) else None
    return None
