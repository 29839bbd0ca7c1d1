"""Keep-alive by ping: when to ask a silent peer, when to give up, and how long the answer took.

Times are monotonic seconds given by the caller.
"""

__all__ = ["KeepAlive"]

_GRACE = 1.0
"""Seconds. A deadline noticed later than this was missed by us (a blocked loop, a consumer that did not read), not by
the peer: its answer may lie unread, so it gets one more look."""


class KeepAlive:
    """The timers of one connection. Anything heard counts as a sign of life, not only pongs."""

    def __init__(self, interval: float | None, timeout: float, now: float) -> None:
        self.timeout = timeout
        self.latency: float | None = None
        self.heard_at = now
        """When the last bytes came. To be set at each read; what follows from it is found out when a timer asks."""
        self._interval = interval
        self._asked: dict[bytes, float] = {}
        self._count = 0
        self._silent_since: float | None = None
        self._give_up_at = 0.0
        self._looked_again = False

    @property
    def _waiting(self) -> bool:
        """Whether nothing came since a ping that was due."""
        return self._silent_since == self.heard_at

    @property
    def deadline(self) -> float | None:
        """When something is due; None while keep-alive is off."""
        if self._interval is None:
            return None
        return self._give_up_at if self._waiting else self.heard_at + self._interval

    def expired(self, now: float) -> bool:
        """Whether the peer had its time to answer."""
        if not self._waiting or now < self._give_up_at:
            return False
        if now - self._give_up_at > _GRACE and not self._looked_again:
            self._looked_again = True
            self._give_up_at = now + min(_GRACE, self.timeout)
            return False
        return True

    def ping_due(self, now: float) -> bytes | None:
        """The payload of the ping to send now, if one is due."""
        if self._interval is None or self._waiting or now < self.heard_at + self._interval:
            return None
        self._count += 1
        payload = self._count.to_bytes(4, "big")
        self._silent_since = self.heard_at
        self._give_up_at = now + self.timeout
        self._looked_again = False
        self.pinged(now, payload)
        return payload

    def pinged(self, now: float, payload: bytes) -> None:
        """A ping is sent. The oldest unanswered ones are forgotten."""
        self._asked[payload] = now
        if len(self._asked) > 8:
            del self._asked[next(iter(self._asked))]

    def answered(self, now: float, payload: bytes) -> None:
        """A pong came. One nobody asked for is allowed (RFC 6455 section 5.5.3) and tells nothing."""
        self._silent_since = None  # if it came in the same instant of the clock
        asked_at = self._asked.pop(payload, None)
        if asked_at is not None:
            self.latency = now - asked_at
