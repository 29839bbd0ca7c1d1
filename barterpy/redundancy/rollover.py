"""When to replace a connection that the venue is going to cut, so that nothing is missed: a plan without I/O.

Binance closes every connection after 24 hours (its documentation of WebSocket streams, 2026-09), and others announce a
close. Before that, the next connection is opened; both run side by side until each topic was seen on the new
one, or a bound has passed; then the old one is closed. What comes on both is merged by a
:class:`~barterpy.redundancy.deduplicator.Deduplicator`.

The plan is asked for its deadline and told what happens; it answers with what to do. Times are int nanoseconds of one
monotonic clock: what a connection lives does not change when somebody sets the wall clock.
"""

from collections.abc import Hashable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import Final, Self

import msgspec

from barterpy.clock import SECOND
from barterpy.errors import ConfigurationError

__all__ = [
    "ROLLOVER_TRANSITIONS",
    "Rollover",
    "RolloverAction",
    "RolloverInput",
    "RolloverPolicy",
    "RolloverState",
]


class RolloverPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How a connection is replaced in time. All in seconds.

    ``max_age``: what the venue lets a connection live; None for no such bound. ``margin``: how long before that the
    next one is opened, and ``spread``: up to how much earlier still, at random, so that connections opened together
    are not replaced together. ``overlap``: how long the two run side by side at most, and ``drain`` at least: what the
    old one is behind the new one comes in this time. ``retry``: how long after a failure the next one is opened again.
    """

    max_age: float | None = 86_400.0
    margin: float = 600.0
    spread: float = 300.0
    overlap: float = 30.0
    drain: float = 5.0
    retry: float = 30.0

    @classmethod
    def before(cls, lifetime: float | None) -> Self:
        """For a connection that the venue cuts after ``lifetime`` seconds, or only with a notice.

        The overlap may last long: it ends when all was seen, and snapshots of many books take their time.
        """
        if lifetime is None:
            return cls(max_age=None, overlap=300.0)
        margin = min(600.0, lifetime / 10)
        return cls(
            max_age=lifetime,
            margin=margin,
            spread=margin / 2,
            overlap=margin / 2,
            drain=min(5.0, margin / 10),
            retry=min(30.0, margin / 10),
        )

    def __post_init__(self) -> None:
        if min(self.margin, self.spread, self.overlap, self.drain) < 0 or self.retry <= 0:
            raise ConfigurationError("margin, spread, overlap and drain are not negative, and retry is above 0")
        early = self.margin + self.spread
        if self.max_age is not None and self.max_age <= early:
            raise ConfigurationError(f"max_age {self.max_age:g} s leaves no life beside margin and spread, {early:g} s")


class RolloverState(StrEnum):
    """Which connections there are."""

    DOWN = "down"
    """None; bringing it back is the supervisor's affair."""
    STEADY = "steady"
    """One."""
    OPENING = "opening"
    """One, and the next is being opened."""
    OVERLAP = "overlap"
    """Two: the old and the new."""


class RolloverInput(StrEnum):
    """What can happen."""

    OPENED = "opened"
    """A connection came up: the first, or the next one that was asked for."""
    DUE = "due"
    """The time to open the next one has come."""
    FAILED = "failed"
    """The next one could not be opened, or ended before it took over."""
    LOST = "lost"
    """The one that carried the stream ended."""
    SEEN = "seen"
    """Every topic was seen on the new one."""
    BOUND = "bound"
    """The overlap has lasted as long as it may."""


class RolloverAction(StrEnum):
    """What to do about it."""

    NOTHING = "nothing"
    OPEN_NEXT = "open_next"
    """Open the next connection beside the one there is."""
    CLOSE_OLD = "close_old"
    """Close the old one: the new one carries the stream."""


_S, _I, _A = RolloverState, RolloverInput, RolloverAction

ROLLOVER_TRANSITIONS: Final[Mapping[RolloverState, Mapping[RolloverInput, tuple[RolloverState, RolloverAction]]]] = {
    _S.DOWN: {_I.OPENED: (_S.STEADY, _A.NOTHING)},
    _S.STEADY: {_I.DUE: (_S.OPENING, _A.OPEN_NEXT), _I.LOST: (_S.DOWN, _A.NOTHING)},
    _S.OPENING: {
        _I.OPENED: (_S.OVERLAP, _A.NOTHING),
        _I.FAILED: (_S.STEADY, _A.NOTHING),
        # The one being opened becomes the only one as soon as it is up.
        _I.LOST: (_S.DOWN, _A.NOTHING),
    },
    _S.OVERLAP: {
        _I.SEEN: (_S.STEADY, _A.CLOSE_OLD),
        _I.BOUND: (_S.STEADY, _A.CLOSE_OLD),
        _I.FAILED: (_S.STEADY, _A.NOTHING),
        _I.LOST: (_S.STEADY, _A.NOTHING),
    },
}
"""All that may happen, and what comes of it. What is not here changes nothing."""


class Rollover:
    """The plan for one connection and those that replace it."""

    def __init__(self, policy: RolloverPolicy) -> None:
        self.policy: RolloverPolicy = policy
        self.state: RolloverState = RolloverState.DOWN
        self._missing: set[Hashable] = set()
        self._seen: set[Hashable] = set()
        self._drained: int | None = None
        """When both have been open for long enough; None once they have, or where nothing says what to wait for."""
        self._due: int | None = None
        self._bound: int | None = None
        self._next_due: int | None = None

    @property
    def missing(self) -> AbstractSet[Hashable]:
        """What was not seen on the new one yet."""
        return self._missing

    def next_deadline(self) -> int | None:
        """When :meth:`handle_deadline` wants to be called; None for not before something else happens."""
        if self.state is RolloverState.STEADY:
            return self._due
        if self.state is not RolloverState.OVERLAP:
            return None
        return min((at for at in (self._bound, self._drained) if at is not None), default=None)

    def handle_deadline(self, now: int) -> RolloverAction:
        """The time is ``now``: what is due? Calling it early does nothing."""
        deadline = self.next_deadline()
        if deadline is None or now < deadline:
            return RolloverAction.NOTHING
        if self.state is RolloverState.STEADY:
            return self._step(RolloverInput.DUE, now)
        if self._bound is not None and now >= self._bound:
            return self._step(RolloverInput.BOUND, now)
        self._drained = None
        return RolloverAction.NOTHING if self._missing else self._step(RolloverInput.SEEN, now)

    def on_opened(self, now: int, random: float, topics: Iterable[Hashable] = ()) -> RolloverAction:
        """A connection is up: the first, or the next.

        :param random: from 0 to 1
        :param topics: what must have been seen on the next one before the old one is closed; without any, the overlap
            lasts until its bound
        """
        due = self._cut_at(now, random)
        if self.state is RolloverState.OPENING:
            self._next_due = due
            self._bound = now + round(self.policy.overlap * SECOND)
            self._missing, self._seen = set(topics), set()
            drains = 0 < self.policy.drain < self.policy.overlap and bool(self._missing)
            self._drained = now + round(self.policy.drain * SECOND) if drains else None
        elif self.state is RolloverState.DOWN:
            self._due = due
        return self._step(RolloverInput.OPENED, now)

    def on_lost(self, now: int) -> RolloverAction:
        """The connection that carried the stream ended; while two overlap, the old one."""
        return self._step(RolloverInput.LOST, now)

    def on_failed(self, now: int) -> RolloverAction:
        """The next connection could not be opened, or ended before it took over."""
        return self._step(RolloverInput.FAILED, now)

    def on_notice(self, now: int, seconds: float, *, following: bool = False) -> None:
        """The venue said that it closes the connection in ``seconds``: the next one is due in time, or at once.

        :param following: it closes the one that is to take over; the next but one is due
        """
        due = max(now, now + round((seconds - self.policy.margin) * SECOND))
        if following and self.state is RolloverState.OVERLAP:
            self._next_due = due if self._next_due is None else min(self._next_due, due)
        elif not following and self.state is RolloverState.STEADY:
            self._due = due if self._due is None else min(self._due, due)

    def on_topic(self, topic: Hashable, now: int) -> RolloverAction:
        """Data of a topic came on the new connection."""
        if self.state is not RolloverState.OVERLAP:
            return RolloverAction.NOTHING
        self._seen.add(topic)
        if topic not in self._missing:
            return RolloverAction.NOTHING
        self._missing.discard(topic)
        drains = self._drained is not None and now < self._drained
        return RolloverAction.NOTHING if self._missing or drains else self._step(RolloverInput.SEEN, now)

    def on_wanted(self, topic: Hashable) -> None:
        """One more topic has to be seen on the new connection before the old one is closed."""
        if self.state is RolloverState.OVERLAP and topic not in self._seen:
            self._missing.add(topic)

    def on_unseen(self, topic: Hashable) -> None:
        """What was seen of a topic means nothing any more."""
        if self.state is RolloverState.OVERLAP:
            self._seen.discard(topic)
            self._missing.add(topic)

    def _cut_at(self, now: int, random: float) -> int | None:
        policy = self.policy
        if policy.max_age is None:
            return None
        return now + round((policy.max_age - policy.margin - policy.spread * random) * SECOND)

    def _step(self, happened: RolloverInput, now: int) -> RolloverAction:
        before = self.state
        self.state, action = ROLLOVER_TRANSITIONS[before].get(happened, (before, RolloverAction.NOTHING))
        if self.state is RolloverState.STEADY and before is not RolloverState.STEADY:
            if happened is RolloverInput.FAILED:
                self._due = now + round(self.policy.retry * SECOND)
            elif before is RolloverState.OVERLAP:
                self._due = self._next_due
        return action
