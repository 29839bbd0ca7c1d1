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
        self._interval = interval
        self._asked: dict[bytes, float] = {}
        self._count = 0
        # An attribute because it is asked for before each read and changes with each.
        self.deadline: float | None = None
        """When something is due; None while keep-alive is off."""
        self.heard(now)

    def heard(self, now: float) -> None:
        """Bytes came."""
        self.deadline = None if self._interval is None else now + self._interval
        self._give_up_at: float | None = None
        self._looked_again = False

    def expired(self, now: float) -> bool:
        """Whether the peer had its time to answer."""
        if self._give_up_at is None or now < self._give_up_at:
            return False
        if now - self._give_up_at > _GRACE and not self._looked_again:
            self._looked_again = True
            self.deadline = self._give_up_at = now + min(_GRACE, self.timeout)
            return False
        return True

    def ping_due(self, now: float) -> bytes | None:
        """The payload of the ping to send now, if one is due."""
        if self.deadline is None or self._give_up_at is not None or now < self.deadline:
            return None
        self._count += 1
        payload = self._count.to_bytes(4, "big")
        self.deadline = self._give_up_at = now + self.timeout
        self.pinged(now, payload)
        return payload

    def pinged(self, now: float, payload: bytes) -> None:
        """A ping is sent. The oldest unanswered ones are forgotten."""
        self._asked[payload] = now
        if len(self._asked) > 8:
            del self._asked[next(iter(self._asked))]

    def answered(self, now: float, payload: bytes) -> None:
        """A pong came. One nobody asked for is allowed (RFC 6455 section 5.5.3) and tells nothing."""
        asked_at = self._asked.pop(payload, None)
        if asked_at is not None:
            self.latency = now - asked_at
