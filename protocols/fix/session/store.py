"""What a session remembers beyond a connection: its numbers, and what it has sent.

The session itself does no I/O. It says what is to be stored
(:meth:`~barterpy.protocols.fix.session.session.Session.changes`), and the adapter stores it *before* the bytes that
depend on it go out. So after a kill at any moment, no number that the other side may have seen is used twice, and
nothing that was sent is forgotten.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import ClassVar, Final, Protocol, TypeAlias

import msgspec

__all__ = ["FIRST", "Change", "MemoryStore", "Received", "Reset", "Sent", "Store", "Stored"]

FIRST: Final = 1
"""The number of the first message, and the one expected first."""


class Stored(msgspec.Struct, frozen=True, gc=False):
    """What a store knows of a session's numbers. ``created_at`` is int nanoseconds UTC: when they last began at 1."""

    next_out: int
    """The number our next message gets."""
    next_in: int
    """The number expected of the other side's next message."""
    created_at: int


class Sent(msgspec.Struct, frozen=True, gc=False):
    """Message ``seq`` goes out, and the next one will be ``next_out``.

    ``raw`` is the whole message for resending, empty where it never is resent (administrative messages, or sessions
    without persistence): then only the number counts.
    """

    seq: int
    raw: bytes
    next_out: int


class Received(msgspec.Struct, frozen=True, gc=False):
    """Everything below ``next_in`` was processed. It grows, but after a wrap or :class:`Reset`."""

    next_in: int


class Reset(msgspec.Struct, frozen=True, gc=False):
    """Both numbers are 1 again, and every stored message is forgotten. ``created_at`` as in :class:`Stored`."""

    created_at: int


Change: TypeAlias = Sent | Received | Reset
"""One step of what a store remembers."""


class Store(Protocol):
    """Where the memory of one session is kept. One task at a time uses it.

    An implementation never blocks the event loop. One that often need not wait at all may have a method
    ``apply_at_once(changes) -> bool`` beside :meth:`apply`, which is not awaited: it does the same and returns True, or
    does nothing and returns False. What cannot be stored or read is an error of
    :mod:`barterpy.errors`, and ends the session's connection.

    One that ends with the process may say so by an attribute ``volatile``, True: what is to be stored is stored behind
    what is sent then, as nothing would be safer otherwise.
    """

    async def load(self) -> Stored | None:
        """What is known; None for a session that never was."""
        ...

    async def apply(self, changes: Sequence[Change]) -> None:
        """Remember them all, in order. After a kill either all of one call are there, or a first part of them."""
        ...

    async def messages(self, begin: int, end: int) -> list[tuple[int, bytes]]:
        """What was sent under the numbers ``begin`` to ``end``, both inclusive, in that order, with gaps where nothing
        was kept. ``begin`` may be greater than ``end`` where numbers wrap: then those up from ``begin`` come first, and
        after them those from 0 to ``end``."""
        ...

    async def aclose(self) -> None:
        """Let go of it; twice is fine."""
        ...


class MemoryStore:
    """A store that lives as long as the object: for sessions that start anew with each logon, and for tests.

    :param max_messages: how many sent messages are kept; the oldest are forgotten first, and are gap-filled when they
        are asked for
    """

    volatile: ClassVar[bool] = True

    def __init__(self, *, max_messages: int = 100_000) -> None:
        self._known = False
        self._next_out = self._next_in = FIRST
        self._created_at = 0
        # In the order of storing. The first entries of a dict are found by passing over all that were deleted there: a
        # store that is full took three times as long for everything as one that is not.
        self._messages: OrderedDict[int, bytes] = OrderedDict()
        self._max_messages = max_messages

    async def load(self) -> Stored | None:
        return Stored(self._next_out, self._next_in, self._created_at) if self._known else None

    async def apply(self, changes: Sequence[Change]) -> None:
        self.apply_at_once(changes)

    def apply_at_once(self, changes: Sequence[Change]) -> bool:
        """What :meth:`apply` does, without being awaited."""
        self._known = True
        messages = self._messages
        for change in changes:
            if type(change) is Sent:
                self._next_out = change.next_out
                if raw := change.raw:
                    seq = change.seq
                    if seq in messages:  # a wrapped number is a new message, and goes to the end
                        del messages[seq]
                    messages[seq] = raw
            elif type(change) is Received:
                self._next_in = change.next_in
            elif type(change) is Reset:
                self._next_out = self._next_in = FIRST
                self._created_at = change.created_at
                messages.clear()
        while len(messages) > self._max_messages:
            messages.popitem(last=False)
        return True

    async def messages(self, begin: int, end: int) -> list[tuple[int, bytes]]:
        messages = self._messages
        if begin > end:
            late = sorted(seq for seq in messages if seq >= begin)
            early = sorted(seq for seq in messages if seq <= end)
            return [(seq, messages[seq]) for seq in (*late, *early)]
        if end - begin < len(messages):
            return [(seq, messages[seq]) for seq in range(begin, end + 1) if seq in messages]
        return [(seq, messages[seq]) for seq in sorted(messages) if begin <= seq <= end]

    async def aclose(self) -> None:
        """Nothing is held but memory; it can still be read afterwards."""
