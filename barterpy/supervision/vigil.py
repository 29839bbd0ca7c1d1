"""Vigil: the heartbeat and the watchdogs of one connection, and what each of them finds."""

from collections.abc import Callable, Sequence
from typing import Any, final

from barterpy.clock import SECOND
from barterpy.connection import SubscribeRequest
from barterpy.errors import TransportTimeout
from barterpy.events import Stalled
from barterpy.supervision.heartbeat import Beat, Pulse
from barterpy.supervision.ledger import EntryState
from barterpy.supervision.outbox import Outbox
from barterpy.supervision.restoration import Restoration
from barterpy.supervision.shared import Shared, loop_time
from barterpy.supervision.transitions import Action
from barterpy.supervision.watchdog import Activity, QuietDogs, Watchdog
from barterpy.transformer import Reply

__all__ = ["Vigil"]


@final
class Vigil:
    """Armed when the connection is up. In a replay time is the recording's, and nothing of that can stall.

    :param obey: carries out what the supervisor says about a connection that is silent
    """

    def __init__(
        self,
        shared: Shared,
        outbox: Outbox,
        restoration: Restoration,
        obey: Callable[[Action | None], None],
        *,
        event_time: bool,
    ) -> None:
        self._shared = shared
        self._outbox = outbox
        self._restoration = restoration
        self._obey = obey
        now, connection = loop_time(), shared.connection
        self._activity = Activity(now)
        self._pulse: Pulse | None = None
        self._dog: Watchdog | None = None
        if event_time:
            return
        if connection.heartbeat is not None:
            self._pulse = Pulse(connection.heartbeat, now)
        idle = shared.policy.idle_timeout
        idle = connection.idle_timeout if idle is None else idle or None
        if idle is not None:
            self._dog = Watchdog(idle, now)
        last_seen: Callable[[str], int | None] | None = getattr(connection.transformer, "last_seen", None)
        if connection.quiet_after is not None and last_seen is not None:
            restoration.quiet = QuietDogs(last_seen)

    def on_reply(self, reply: Reply) -> bool:
        """Whether this was the answer to the heartbeat."""
        return self._pulse is not None and self._pulse.on_reply(reply)

    def next_deadline(self) -> int | None:
        """When :meth:`look` wants to be called."""
        parts = (self._pulse, self._dog, self._restoration.quiet)
        return min(
            (at for part in parts if part is not None and (at := part.next_deadline()) is not None), default=None
        )

    async def look(self, seen: int, now: int, *, reading: bool) -> None:
        """The time is ``now``: what has to be sent, or is silent for too long?

        :param seen: time of the last batch, int nanoseconds UTC
        :param reading: whether anybody could read; otherwise silence is not the venue's
        """
        utc = self._shared.clock()
        quiet = self._restoration.quiet
        if not reading:
            for dog in (self._dog, quiet):
                if dog is not None:
                    dog.touch(now)
        if self._pulse is not None and now >= self._pulse.next_deadline():
            self._listen(self._pulse, now, self._activity.look(seen, now, utc) if reading else now)
        if self._dog is not None and now >= self._dog.next_deadline():
            idle = self._dog.handle_deadline(seen, now, utc)
            if idle is not None:
                await self._stall(idle, None, self._dog.timeout)
        if quiet is not None:
            await self._listen_to_each(quiet.handle_deadline(now, utc))

    def _listen(self, pulse: Pulse, now: int, last: int) -> None:
        beat = pulse.handle_deadline(now, last)
        if beat is Beat.OVERDUE:
            error = TransportTimeout("the heartbeat", pulse.heartbeat.timeout)
            self._obey(self._shared.supervisor.stalled(error, now))
        elif beat is Beat.SEND and self._beat not in self._outbox:
            self._outbox.put(self._beat)

    def _beat(self) -> Any:
        assert self._pulse is not None
        message = self._pulse.heartbeat.message(self._shared.clock())
        self._pulse.sent(message, loop_time())
        return message.message if isinstance(message, SubscribeRequest) else message

    async def _listen_to_each(self, silent: Sequence[tuple[str, int, int]]) -> None:
        for name, idle, times in silent:
            entry = self._shared.ledger.entry(name)
            if entry is None or entry.subscription is None or entry.state is not EntryState.CONFIRMED:
                continue  # it is asked for already
            if times > 1:
                await self._stall(idle, name, idle / SECOND)
                return
            await self._shared.emit([self._stalled(idle, name)])
            self._restoration.ask_again(entry.subscription)

    async def _stall(self, idle: int, name: str | None, seconds: float) -> None:
        await self._shared.emit([self._stalled(idle, name)])
        error = TransportTimeout(f"data of {name}" if name else "the next message", seconds)
        self._obey(self._shared.supervisor.stalled(error, loop_time()))

    def _stalled(self, idle: int, name: str | None) -> Stalled:
        return Stalled(**self._shared.where(self._shared.clock()), idle=idle, subscription=name)
