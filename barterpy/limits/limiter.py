"""Limiter: several limits of one scope, taken together or not at all, in order of arrival.

    limiter = Limiter("request weight", RollingWindow(6000, 60), scope="api.example.com ip")
    await limiter.acquire(weight=5)

A limiter belongs to what the venue counts (an address, a key, an account, a connection), not to a client: clients that
are counted together share one object, see :class:`barterpy.limits.Scopes`. Like anything made of anyio it is used from
one thread.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Final, final

import anyio

from barterpy.clock import MICROSECOND, SECOND, WallClock
from barterpy.errors import ConfigurationError
from barterpy.limits.line import Demand, Ticket, WaitingLine
from barterpy.limits.meters import Meter
from barterpy.limits.timeline import loop_clock

__all__ = ["Grant", "Limiter", "acquire_together"]

_EVICTED_AT_ONCE: Final = 8


@final
class Grant:
    """Leave to go on, counted. What is not made use of is given back."""

    __slots__ = ("_demands", "_taken_at", "waited")

    def __init__(self, demands: Sequence[Demand], taken_at: int, waited: int) -> None:
        self._demands: Sequence[Demand] = demands
        self._taken_at = taken_at
        self.waited: int = waited
        """Nanoseconds spent in the line."""

    def give_back(self) -> None:
        """Nothing was sent: count it no longer. Doing so twice does nothing."""
        demands, self._demands = self._demands, ()
        _give_back(demands, self._taken_at)


@final
class Limiter:
    """Limits that hold together, some for all keys and some for each.

    :param name: what is limited, for errors: ``request weight``, ``subscribes``…
    :param quotas: limits for everything that passes, whatever its key
    :param scope: what is counted, for errors: ``api.example.com ip``…
    :param keys: further limits of the keys that are known
    :param default: further limits of every other key, and of what has none; each key gets a set of its own
    :param max_keys: how many keys without a quota of their own are counted apart; those beyond share one set
    :param max_wait: seconds :meth:`acquire` waits at most; None for as long as it takes
    :param line: shared by limiters that are asked together, see :func:`acquire_together`
    :param clock: int nanoseconds for :meth:`acquire`; the event loop's by default
    :raises barterpy.errors.ConfigurationError: there is something that nothing would limit
    """

    def __init__(
        self,
        name: str,
        *quotas: Meter,
        scope: str = "",
        keys: Mapping[str, Sequence[Meter]] | None = None,
        default: Sequence[Meter] = (),
        max_keys: int = 1024,
        max_wait: float | None = None,
        line: WaitingLine | None = None,
        clock: WallClock = loop_clock,
    ) -> None:
        if not quotas and not default:
            raise ConfigurationError(f"{name} needs a quota for all keys or a default one, or some are not limited")
        if max_keys < 1:
            raise ConfigurationError(f"max_keys must be at least 1, not {max_keys}")
        self.name: str = name
        self.scope: str = scope
        self.max_wait: float | None = max_wait
        self.line: WaitingLine = WaitingLine() if line is None else line
        self.clock: WallClock = clock
        self.paused_until: int = 0
        """Until when nothing passes, on the limiter's clock."""
        self.pause_reason: str = ""
        self.granted: int = 0
        """How often it was acquired."""
        self.waited: int = 0
        """Nanoseconds spent waiting for it, in total."""
        self.on_grant: Callable[[int], None] | None = None
        """Called each time it was acquired, with the nanoseconds that were waited for it."""
        self._quotas: tuple[Meter, ...] = quotas
        self._default: tuple[Meter, ...] = tuple(default)
        self._named = {key: quotas + tuple(meters) for key, meters in (keys or {}).items()}
        self._others: OrderedDict[str | None, tuple[Meter, ...]] = OrderedDict()
        self._shared = quotas + tuple(meter.fresh() for meter in default)
        self._max_keys = max_keys

    @property
    def quotas(self) -> tuple[Meter, ...]:
        """The limits for all keys."""
        return self._quotas

    @property
    def keys(self) -> int:
        """How many keys are counted apart at the moment."""
        return len(self._named) + len(self._others)

    def demand(self, weight: int = 1, key: str | None = None, *, now: int | None = None) -> Demand:
        """``weight`` of ``key``, for a :class:`~barterpy.limits.WaitingLine` or :func:`acquire_together`.

        :raises barterpy.errors.ConfigurationError: the weight is negative or never fits
        """
        if weight < 0:
            raise ConfigurationError(f"a weight is 0 or more, not {weight}")
        demand = Demand(self, self._meters(key, self.clock() if now is None else now), weight)
        demand.check()
        return demand

    def reserve(self, now: int, weight: int = 1, key: str | None = None) -> int:
        """Without I/O and without waiting: 0 and it is taken, or nothing is and this many nanoseconds it has to wait
        at least.

        :raises barterpy.errors.ConfigurationError: the weight is negative or never fits
        """
        demand = self.demand(weight, key, now=now)
        self.line.pump(now)  # those who came before
        if self.line.try_now((demand,), now):
            self.granted += 1
            if self.on_grant is not None:
                self.on_grant(0)
            return 0
        return max(1, demand.wait(now), (self.line.due or now) - now)

    async def acquire(self, weight: int = 1, key: str | None = None, *, max_wait: float | None = None) -> Grant:
        """Wait for one's turn. Cancelled while it waits, nothing is counted.

        :param max_wait: seconds, instead of the limiter's
        :raises barterpy.errors.Throttled: it would take longer than ``max_wait``; names limit, scope and seconds
        :raises barterpy.errors.ConfigurationError: the weight is negative or never fits
        :raises barterpy.errors.LimitExceeded: the waiting line is full
        """
        now = self.clock()
        demand = Demand(self, self._meters(key, now), weight)
        if weight > 0 and self.line.try_now((demand,), now):  # what does not fit at all does not fit now
            self.granted += 1
            if self.on_grant is not None:
                self.on_grant(0)
            return Grant((demand,), now, 0)
        return await acquire_together(
            [self.demand(weight, key, now=now)], max_wait=self.max_wait if max_wait is None else max_wait
        )

    def observe(
        self,
        used: int,
        limit: int | None = None,
        *,
        period: float | None = None,
        key: str | None = None,
        now: int | None = None,
    ) -> None:
        """What the venue says is used, as in ``X-MBX-USED-WEIGHT-1M: 21``: raises our count, never lowers it.

        :param limit: the venue's limit where it tells one; it counts when it is lower than the configured one
        :param period: seconds of the window that is meant; a period no meter has is ignored. None for the first meter
        :param key: the key whose own limits are meant; None for those of all keys
        """
        at = self.clock() if now is None else now
        meters = self._quotas if key is None and self._quotas else self._meters(key, at)[len(self._quotas) :]
        for meter in meters:
            if period is None or abs(meter.period - period) < 1e-6 * period:
                meter.observe(at, max(0, used), limit)
                return

    def pause_until(self, at: int, reason: str = "told to wait") -> None:
        """Let nothing pass before ``at`` (int ns of the limiter's clock): a Retry-After, a ban. Stops all who share
        this limiter. An earlier end than the present one changes nothing."""
        if at > self.paused_until:
            self.paused_until, self.pause_reason = at, reason

    def pause(self, seconds: float, reason: str = "told to wait") -> None:
        """:meth:`pause_until` so many seconds from now."""
        self.pause_until(self.clock() + round(max(0.0, seconds) * SECOND), reason)

    def _meters(self, key: str | None, now: int) -> tuple[Meter, ...]:
        if key is not None:
            meters = self._named.get(key)
            if meters is not None:
                return meters
        if not self._default:
            return self._quotas
        meters = self._others.get(key)
        if meters is not None:
            self._others.move_to_end(key)
            return meters
        if len(self._others) >= self._max_keys and not self._evict(now):
            return self._shared
        meters = self._others[key] = self._quotas + tuple(meter.fresh() for meter in self._default)
        return meters

    def _evict(self, now: int) -> bool:
        """Forget keys of which nothing is used and for which nobody waits, among those not asked for longest."""
        own = len(self._quotas)
        waited_for = self.line.meters()
        oldest = [(key, self._others[key]) for key, _ in zip(self._others, range(_EVICTED_AT_ONCE), strict=False)]
        for key, meters in oldest:
            if all(meter.idle(now) and id(meter) not in waited_for for meter in meters[own:]):
                del self._others[key]
        return len(self._others) < self._max_keys

    def __repr__(self) -> str:
        scope = f" of {self.scope}" if self.scope else ""
        return f"Limiter({self.name}{scope}: {', '.join(map(repr, self._quotas + self._default))})"


async def acquire_together(demands: Sequence[Demand], *, max_wait: float | None = None) -> Grant:
    """Take demands of several limiters at one time, all or none: the weight of an address and the orders of an account.

    :param demands: of :meth:`Limiter.demand`; their limiters share one line and one clock
    :param max_wait: seconds; None for as long as it takes
    :raises barterpy.errors.Throttled: it would take longer than ``max_wait``
    :raises barterpy.errors.ConfigurationError: the limiters do not share their line
    :raises barterpy.errors.LimitExceeded: the waiting line is full
    """
    sources = [demand.source for demand in demands]
    limiters = [source for source in sources if isinstance(source, Limiter)]
    if len(limiters) != len(sources) or not limiters or any(one.line is not limiters[0].line for one in limiters):
        raise ConfigurationError("limiters that are asked together share one WaitingLine")
    if len(set(map(id, limiters))) < len(limiters):
        raise ConfigurationError(f"a limiter is asked once at a time: {', '.join(one.name for one in limiters)}")
    line, clock = limiters[0].line, limiters[0].clock
    started = clock()
    if not line.try_now(demands, started):
        at_least = max(demands, key=lambda demand: demand.wait(started))
        if max_wait is not None and at_least.wait(started) > max_wait * SECOND:
            raise at_least.refusal(started)
        until = None if max_wait is None else started + round(max_wait * SECOND)
        granted_at = await _stand(line, demands, clock, until)
    else:
        granted_at = started
    for limiter in limiters:
        limiter.granted += 1
        limiter.waited += granted_at - started
        if limiter.on_grant is not None:
            limiter.on_grant(granted_at - started)
    return Grant(demands, granted_at, granted_at - started)


async def _stand(line: WaitingLine, demands: Sequence[Demand], clock: WallClock, until: int | None) -> int:
    """Wait in the line; the time it was granted."""
    ticket = line.join(demands, clock())
    try:
        while True:
            event = anyio.Event()
            ticket.wake = event.set
            before = line.due
            due = line.pump(now := clock())
            if ticket.done:
                break
            if until is not None and now >= until:
                raise max(demands, key=lambda demand: demand.wait(now)).refusal(now)
            first = line.first is ticket
            if not first and due is not None and (before is None or due < before):
                line.nudge()  # the one who watches the time has to get up earlier
            alarms = [at for at in (due if first else None, until) if at is not None]
            # Never less than a timer can tell apart.
            delay = max(min(alarms) - now, MICROSECOND) / SECOND if alarms else float("inf")
            with anyio.move_on_after(delay):
                await event.wait()
            if ticket.done:
                break
    except BaseException:
        if ticket.granted_at is not None:  # cancelled when its turn had just come
            _give_back(demands, ticket.granted_at)
        line.leave(ticket)
        raise
    return _granted(ticket)


def _granted(ticket: Ticket) -> int:
    if ticket.error is not None:
        raise ticket.error
    assert ticket.granted_at is not None
    return ticket.granted_at


def _give_back(demands: Sequence[Demand], taken_at: int) -> None:
    for demand in demands:
        demand.give_back(taken_at)
        source = demand.source
        if isinstance(source, Limiter):
            source.line.nudge()
