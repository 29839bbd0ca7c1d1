"""Pulse: when a heartbeat is due, and whether it was answered. No I/O; time is an argument."""

from enum import StrEnum
from typing import final

from barterpy.clock import SECOND
from barterpy.connection import Heartbeat, SubscribeRequest
from barterpy.transformer import Reply

__all__ = ["Beat", "Pulse"]


class Beat(StrEnum):
    """What a pulse wants on its deadline."""

    NOTHING = "nothing"
    SEND = "send"
    OVERDUE = "overdue"
    """The other side did not answer in time."""


@final
class Pulse:
    """The heartbeat of one connection, from its beginning. Times are int nanoseconds of one monotonic clock."""

    def __init__(self, heartbeat: Heartbeat, now: int) -> None:
        self.heartbeat: Heartbeat = heartbeat
        self._interval = round(heartbeat.interval * SECOND)
        self._timeout = round(heartbeat.timeout * SECOND)
        self._quiet_since = now
        self._sent_at: int | None = None
        """When the heartbeat was sent that is not answered yet."""
        self._id: int | str | None = None

    def sent(self, message: object, now: int) -> None:
        """``message`` is on its way."""
        self._sent_at = self._quiet_since = now
        self._id = message.id if isinstance(message, SubscribeRequest) else None

    def on_reply(self, reply: Reply) -> bool:
        """Whether this was the answer. A refusal is one as well: the other side lives."""
        if self._sent_at is None or self._id is None or reply.id != self._id:
            return False
        self._sent_at = self._id = None
        return True

    def next_deadline(self) -> int:
        """When :meth:`handle_deadline` wants to be called."""
        return self._quiet_since + self._interval if self._sent_at is None else self._sent_at + self._timeout

    def handle_deadline(self, now: int, last_message_at: int) -> Beat:
        """What is to be done ``now``, given when the last message came (same clock)."""
        if self._sent_at is not None and self._id is None and last_message_at >= self._sent_at:
            self._sent_at = None
        if self._sent_at is not None and now >= self._sent_at + self._timeout:
            return Beat.OVERDUE
        if not self.heartbeat.always:
            self._quiet_since = max(self._quiet_since, last_message_at)
        if self._sent_at is None and now >= self._quiet_since + self._interval:
            return Beat.SEND
        return Beat.NOTHING
