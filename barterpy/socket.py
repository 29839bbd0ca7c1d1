"""Sockets: whatever messages come from and go to, in batches.

A socket is anything with the verbs below: a WebSocket, a FIX session, an HTTP poller, a recording, a broker
subscription, a list in a test. It is batch-first, because Python's cost in this field is the suspension a message and
not the bytes: one read may hold hundreds of messages, and they are handed over together.
"""

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

import msgspec

__all__ = ["Batch", "ReceiveSocket", "Socket"]

T_co = TypeVar("T_co", covariant=True)
T_contra = TypeVar("T_contra", contravariant=True)


class Batch(msgspec.Struct, Generic[T_co], eq=False):
    """What one read brought: at least one message, and when they were read.

    ``received_at`` is int nanoseconds UTC, stamped once a read. ``parsed`` is true for messages which did not come from
    the wire and which a parser must not see (the answer to a fetch, for example).
    """

    messages: Sequence[T_co]
    received_at: int
    parsed: bool = False

    def __repr__(self) -> str:
        return f"Batch({len(self.messages)} messages, received_at={self.received_at})"


class ReceiveSocket(Protocol[T_co]):
    """The receiving half of a socket."""

    async def receive(self) -> Batch[T_co]:
        """Every message that is already there, at least one; waits for the first if there is none.

        Cancelling it loses nothing: what was read and not handed over comes with the next call.

        :raises anyio.EndOfStream: the other side finished in good order
        :raises barterpy.errors.TransportError: the connection broke, with the reason
        :raises barterpy.errors.ProtocolError: the peer broke the protocol
        :raises anyio.ClosedResourceError: this side closed it
        :raises anyio.BusyResourceError: another task is receiving
        """
        ...

    async def aclose(self) -> None:
        """Close it, in bounded time; closing twice is fine. Under cancellation it is closed without grace."""
        ...


class Socket(ReceiveSocket[T_co], Protocol[T_co, T_contra]):
    """Both halves."""

    async def send(self, message: T_contra) -> None:
        """Send one message. Several tasks may send; messages are not interleaved.

        :raises barterpy.errors.TransportError: the connection broke, with the reason
        :raises anyio.ClosedResourceError: this side closed it
        """
        ...
