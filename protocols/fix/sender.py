"""The sending side of a FIX session: messages are put, which gives them their number, and flushed.

What is put goes out one way, whoever flushes it (:mod:`barterpy.protocols.fix.outlet`).
"""

from collections.abc import Iterable, Sequence

import anyio

from barterpy.clock import WallClock
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Field, Outgoing
from barterpy.protocols.fix.outlet import Outlet
from barterpy.protocols.fix.session import (
    BusinessReject,
    BusinessRejectReason,
    RejectMessage,
    Session,
    SessionRejectReason,
)
from barterpy.protocols.fix.transport import Wire

__all__ = ["Sender"]


class Sender:
    """What a :class:`~barterpy.protocols.fix.FixSocket` can be told to send."""

    def __init__(self, wire: Wire, session: Session, outlet: Outlet, clock: WallClock) -> None:
        self._wire = wire
        self._session = session
        self._outlet = outlet
        self._clock = clock
        self._closing = False
        self._moved = anyio.Event()
        """Set when deadlines may have moved."""

    def put(self, outgoing: Outgoing) -> int | None:
        """Numbers and stamps a message, which goes out with the next :meth:`flush`, :meth:`send` or :meth:`receive`.

        What is put in answer to a batch, and that the batch was handled, is stored at once and as one: after a kill
        either both are so or neither. That is the fastest way to answer many messages.

        :returns: its MsgSeqNum; None if ``Hooks.on_outbound`` held it back
        :raises barterpy.protocols.fix.errors.SessionClosed: not logged on, or not any more
        :raises barterpy.protocols.fix.errors.FieldInvalid: a value that cannot be sent; no number was used
        :raises anyio.ClosedResourceError: this side closed it
        """
        if self._closing:
            raise anyio.ClosedResourceError
        return self._session.send(outgoing, self._wire.now(), self._clock())

    def put_many(self, outgoings: Iterable[Outgoing]) -> list[int | None]:
        """:meth:`put` for several messages, which are stamped with the same time."""
        if self._closing:
            raise anyio.ClosedResourceError
        return self._session.send_many(outgoings, self._wire.now(), self._clock())

    def put_reject(
        self,
        message: Message,
        *,
        reason: int = SessionRejectReason.OTHER,
        tag: int | None = None,
        text: str | None = None,
        fields: Sequence[Field] = (),
    ) -> None:
        """Answers a message with a Reject (35=3), with ``fields`` of the dialect's own behind the standard's; goes out
        as what is :meth:`put`."""
        self._session.reject(message, self._wire.now(), self._clock(), reason=reason, tag=tag, text=text, fields=fields)

    def put_business_reject(
        self,
        message: Message,
        *,
        reason: int = BusinessRejectReason.UNSUPPORTED_MESSAGE_TYPE,
        text: str | None = None,
        tag: int | None = None,
    ) -> None:
        """Answers a message with a BusinessMessageReject (35=j), before 4.2 a Reject; goes out like what is put."""
        self._session.business_reject(message, self._wire.now(), self._clock(), reason=reason, text=text, tag=tag)

    def put_failure(self, error: Exception, message: Message) -> None:
        """The application failed over ``message``: :class:`~barterpy.protocols.fix.session.RejectMessage` and
        :class:`~barterpy.protocols.fix.session.BusinessReject` are the rejects they stand for, anything else is
        reported and answered by ``SessionSettings.on_application_error``."""
        if isinstance(error, RejectMessage):
            self.put_reject(message, reason=error.reason, tag=error.tag, text=error.text, fields=error.fields)
        elif isinstance(error, BusinessReject):
            self.put_business_reject(message, reason=error.reason, text=error.text, tag=error.tag)
        else:
            self._session.application_failed(error, message, self._wire.now(), self._clock())
            self._moved.set()

    async def send(self, message: Outgoing) -> None:
        """Sends one message; it is stored when this returns. Several tasks may send.

        :raises barterpy.protocols.fix.errors.SessionClosed: not logged on, or not any more
        :raises barterpy.protocols.fix.errors.FieldInvalid: a value that cannot be sent; no number was used
        :raises barterpy.errors.ConnectionLost: the connection broke; the message is stored, and is sent when the other
            side asks for it after the next logon
        :raises barterpy.protocols.fix.stores.StoreError: it could not be stored, and was not sent
        :raises anyio.ClosedResourceError: this side closed it
        """
        self._require_open()
        self.put(message)
        await self.flush()

    async def send_many(self, messages: Iterable[Outgoing]) -> None:
        """Sends several messages by one write to the store and one to the wire; otherwise as :meth:`send`."""
        self._require_open()
        self.put_many(messages)
        await self.flush()

    async def reject(
        self,
        message: Message,
        *,
        reason: int = SessionRejectReason.OTHER,
        tag: int | None = None,
        text: str | None = None,
    ) -> None:
        """Answers a message with a Reject; see :meth:`put_reject` and :meth:`send`."""
        self.put_reject(message, reason=reason, tag=tag, text=text)
        await self.flush()

    async def business_reject(
        self,
        message: Message,
        *,
        reason: int = BusinessRejectReason.UNSUPPORTED_MESSAGE_TYPE,
        text: str | None = None,
        tag: int | None = None,
    ) -> None:
        """Answers a message with a BusinessMessageReject; see :meth:`put_business_reject` and :meth:`send`."""
        self.put_business_reject(message, reason=reason, text=text, tag=tag)
        await self.flush()

    async def logout(self, text: str = "") -> None:
        """Says Logout. :meth:`receive` goes on with what still comes, and ends when the other side has answered."""
        self._session.logout(self._wire.now(), self._clock(), text)
        self._moved.set()
        await self.flush()

    async def flush(self) -> None:
        """Stores what was :meth:`put`, then sends it; raises as :meth:`send` does."""
        await self._outlet.flush()
        self._require_open()

    def _require_open(self) -> None:
        if self._closing:
            raise anyio.ClosedResourceError
        if self._outlet.broken is not None:
            raise self._outlet.broken.with_traceback(None)
