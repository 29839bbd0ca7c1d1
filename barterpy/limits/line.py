"""Who waits for which limits, and whose turn it is: the queue of all limiters that can be asked together. No I/O.

The rule: the first that fits on everything it asks for goes. One that does not fit closes to all behind it the meters
it is short of, so a heavy one is never starved by light ones; the other meters stay open, so what waits for a key of
its own does not hold up the rest. Who asks several limiters at once could be starved by those who fill now the one, now
the other: after its longest period it closes all of its meters, each for its period at most.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, final

from barterpy.clock import SECOND
from barterpy.errors import BarterError, ConfigurationError, LimitExceeded, Throttled
from barterpy.limits.meters import Meter

__all__ = ["Demand", "Source", "Ticket", "WaitingLine"]


class Source(Protocol):
    """What a demand is made of: a limiter, as the line sees it."""

    @property
    def name(self) -> str: ...

    @property
    def scope(self) -> str: ...

    @property
    def paused_until(self) -> int: ...

    @property
    def pause_reason(self) -> str: ...


@final
class Demand:
    """``weight`` on all of ``meters``, which belong to ``source``."""

    __slots__ = ("meters", "source", "weight")

    def __init__(self, source: Source, meters: Sequence[Meter], weight: int) -> None:
        self.source: Source = source
        self.meters: Sequence[Meter] = meters
        self.weight: int = weight

    def check(self) -> None:
        """:raises barterpy.errors.ConfigurationError: the weight never fits"""
        for meter in self.meters:
            if self.weight > meter.capacity:
                raise ConfigurationError(
                    f"weight {self.weight} is more than {self.source.name} ever lets through: {meter!r}"
                )

    def wait(self, now: int) -> int:
        """Nanoseconds until it would fit if nobody else asked."""
        pause = max(0, self.source.paused_until - now)
        return pause or max((meter.wait(now, self.weight) for meter in self.meters), default=0)

    def take(self, now: int) -> None:
        """Count it."""
        for meter in self.meters:
            meter.take(now, self.weight)

    def give_back(self, taken_at: int) -> None:
        """Count it no longer."""
        for meter in self.meters:
            meter.give_back(taken_at, self.weight)

    def refusal(self, now: int) -> Throttled:
        """The error for when this takes too long: names the limit that is longest in the way."""
        source, pause = self.source, self.source.paused_until - now
        if pause > 0:
            return Throttled(f"{source.name}: {source.pause_reason}", source.scope, pause / SECOND)
        meter = max(self.meters, key=lambda meter: meter.wait(now, self.weight))
        return Throttled(f"{source.name}: {meter!r}", source.scope, meter.wait(now, self.weight) / SECOND)


@final
class Ticket:
    """One that waits for several demands at once. ``granted_at`` is set when all of them were counted together."""

    __slots__ = ("demands", "error", "granted_at", "patient_until", "wake")

    def __init__(
        self, demands: Sequence[Demand], patient_until: int | None, wake: Callable[[], None] | None = None
    ) -> None:
        self.demands: Sequence[Demand] = demands
        self.granted_at: int | None = None
        self.error: BarterError | None = None
        """Why it can never be granted; a limit may have become smaller than its weight."""
        self.patient_until: int | None = patient_until
        """When those behind it can no longer pass where it asks for something, int ns; None for never."""
        self.wake: Callable[[], None] | None = wake

    @property
    def done(self) -> bool:
        """Whether waiting is over, one way or the other."""
        return self.granted_at is not None or self.error is not None


@final
class WaitingLine:
    """A bounded queue of :class:`Ticket` in order of arrival.

    Who waits calls :meth:`pump` when it joins; the first of the line calls it again when the time it returned is over.

    :param size: how many may wait at once
    """

    def __init__(self, size: int = 1024) -> None:
        if size < 1:
            raise ConfigurationError(f"size must be at least 1, not {size}")
        self.size: int = size
        self._tickets: dict[Ticket, None] = {}
        self._due: int | None = None
        # By meter, how many of those who wait ask for it.
        self._asked: Counter[int] = Counter()

    def __len__(self) -> int:
        return len(self._tickets)

    @property
    def first(self) -> Ticket | None:
        """Who watches the time for all."""
        return next(iter(self._tickets), None)

    @property
    def due(self) -> int | None:
        """When the next one may be granted, as :meth:`pump` last saw it; None when nobody waits."""
        return self._due

    def meters(self) -> set[int]:
        """The identities of the meters that somebody waits for."""
        return set(self._asked)

    def try_now(self, demands: Sequence[Demand], now: int) -> bool:
        """Take all of it if nobody waits and everything fits; nothing otherwise."""
        if self._tickets:
            return False
        for demand in demands:
            if demand.source.paused_until > now:
                return False
            for meter in demand.meters:
                if meter.wait(now, demand.weight):
                    return False
        for demand in demands:
            demand.take(now)
        return True

    def join(self, demands: Sequence[Demand], now: int, wake: Callable[[], None] | None = None) -> Ticket:
        """Stand at the end.

        :raises barterpy.errors.LimitExceeded: ``size`` are waiting already
        """
        if len(self._tickets) >= self.size:
            raise LimitExceeded("size of the waiting line", self.size)
        patient_until: int | None = None
        if len(demands) > 1:
            # All that was used before it has come free by then; what is in its way later came behind it.
            longest = max(meter.period for demand in demands for meter in demand.meters)
            patient_until = now + round(longest * SECOND)
        ticket = Ticket(demands, patient_until, wake)
        self._tickets[ticket] = None
        self._asked.update(map(id, _meters(ticket)))
        return ticket

    def leave(self, ticket: Ticket) -> None:
        """Do not wait any longer. Who is first now has to :meth:`pump`, and is woken for it."""
        if ticket in self._tickets:
            self._remove(ticket)
        self.nudge()

    def nudge(self) -> None:
        """Wake the first one, because something came free or the first one changed."""
        first = self.first
        if first is not None and first.wake is not None:
            first.wake()

    def pump(self, now: int) -> int | None:
        """Grant what fits, in the order of the rule. When to call again (int ns), None when nobody waits."""
        closed: set[int] = set()
        due: int | None = None
        finished: list[Ticket] = []
        for ticket in self._tickets:
            wait, open_ = self._look(ticket, closed, now)
            if ticket.done:
                finished.append(ticket)
            elif open_ and (due is None or now + wait < due):
                due = now + wait
            if any(self._asked[meter] == len(self._tickets) for meter in closed):
                break  # all who wait ask for it: so nobody behind can go
        for ticket in finished:
            self._remove(ticket)
        self._due = due
        for ticket in finished:
            if ticket.wake is not None:
                ticket.wake()
        if finished:
            self.nudge()
        return due

    def _remove(self, ticket: Ticket) -> None:
        del self._tickets[ticket]
        for meter in map(id, _meters(ticket)):
            self._asked[meter] -= 1
            if not self._asked[meter]:
                del self._asked[meter]

    def _look(self, ticket: Ticket, closed: set[int], now: int) -> tuple[int, bool]:
        """Grant a ticket or close what it lacks: its own wait, and whether that is all it waits for."""
        wait, open_, short = 0, True, list[int]()
        for demand in ticket.demands:
            wait = max(wait, demand.source.paused_until - now)
            for meter in demand.meters:
                if demand.weight > meter.capacity:
                    ticket.error = demand.refusal(now)
                    return 0, False
                if id(meter) in closed:
                    open_ = False
                needed = meter.wait(now, demand.weight)
                if needed:
                    short.append(id(meter))
                    wait = max(wait, needed)
        if open_ and not wait:
            for demand in ticket.demands:
                demand.take(now)
            ticket.granted_at = now
        else:
            closed.update(short)
            if ticket.patient_until is not None and now >= ticket.patient_until:
                closed.update(id(meter) for meter in _meters(ticket) if wait <= meter.period * SECOND)
        return wait, open_


def _meters(ticket: Ticket) -> Iterable[Meter]:
    return (meter for demand in ticket.demands for meter in demand.meters)
