"""What a session does when nothing happens: heartbeats, test requests, and the ends of patience.

FIX 4.4 volume 2, "Heartbeat" and "Test Request". Times are seconds of one monotonic clock.
"""

from enum import Enum

from barterpy.protocols.fix.session.settings import SessionSettings

__all__ = ["Due", "Timers"]


class Due(Enum):
    """What the time has come for."""

    HEARTBEAT = "heartbeat"
    TEST_REQUEST = "test request"
    SILENCE = "silence"
    """Nothing has come for so long that the connection counts as dead."""
    STATE = "state"
    """The time of a state is over: a Logon has not come, or a Logout was not answered."""


class Timers:
    """Deadlines of one connection."""

    __slots__ = (
        "_disconnect_after",
        "_silent_for",
        "_test_after",
        "_untested_for",
        "interval",
        "last_received",
        "last_sent",
        "state_deadline",
        "tests",
    )

    def __init__(self, settings: SessionSettings) -> None:
        self.interval: float = 0.0
        """HeartBtInt (108) in seconds; 0 while it is not agreed on, or for no heartbeats."""
        self.last_sent: float = 0.0
        self.last_received: float = 0.0
        self.tests: int = 0
        """TestRequests of ours since something came."""
        self.state_deadline: float | None = None
        self._test_after = settings.test_request_after
        self._disconnect_after = settings.disconnect_after
        self._untested_for = 0.0
        self._silent_for = 0.0

    def begin(self, interval: float, now: float) -> None:
        """The session is logged on."""
        self.interval = interval
        self._untested_for = self._test_after * interval
        self._silent_for = self._disconnect_after * interval
        self.state_deadline = None
        self.received(now)

    def received(self, now: float) -> None:
        """A good message came."""
        self.last_received = now
        self.tests = 0

    def next_deadline(self) -> float | None:
        """When :meth:`due` has something to say."""
        # Asked before each read: comparisons, and no list of what there is to compare.
        deadline = self.state_deadline
        if not self.interval:
            return deadline
        earliest = self.last_received + self._silent_for
        test = self.last_received + self._untested_for * (self.tests + 1)
        if test < earliest:
            earliest = test
        if not self.tests and (heartbeat := self.last_sent + self.interval) < earliest:
            earliest = heartbeat
        return earliest if deadline is None or earliest < deadline else deadline

    def due(self, now: float) -> Due | None:
        """The most urgent of what the time has come for."""
        if self.state_deadline is not None and now >= self.state_deadline:
            return Due.STATE
        if not self.interval:
            return None
        if now >= self.last_received + self._silent_for:
            return Due.SILENCE
        if now >= self.last_received + self._untested_for * (self.tests + 1):
            return Due.TEST_REQUEST
        if not self.tests and now >= self.last_sent + self.interval:
            return Due.HEARTBEAT
        return None
