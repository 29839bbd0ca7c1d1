"""The waiting line against an oracle: a venue which counts every request in its own rolling window.

Time is a number here. Requests come at random moments, weights and keys; what the line lets through goes to the venue,
and the venue is the judge.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.clock import MILLISECOND, SECOND
from barterpy.limits import Gcra, Limiter, Meter, RollingWindow, Ticket, WaitingLine

START = 5_000_000 * SECOND


@dataclass
class VenueWindow:
    """Counts like a venue that looks back one period from each request. Shares nothing with the code under test."""

    limit: int
    period: int
    seen: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])

    def request(self, at: int, weight: int) -> bool:
        """Whether the venue still takes this one; it counts it either way, as venues do."""
        self.seen.append((at, weight))
        return sum(one for when, one in self.seen if at - self.period < when <= at) <= self.limit


@dataclass
class Request:
    at: int
    weight: int = 1
    key: str | None = None
    patience: int | None = None
    """Nanoseconds after which it is cancelled."""
    ticket: Ticket | None = None
    granted_at: int | None = None
    cancelled: bool = False


class Simulation:
    """Requests, the line they stand in, and nothing else: time jumps from one thing that happens to the next."""

    def __init__(self, limiter: Limiter, requests: list[Request]) -> None:
        self.limiter = limiter
        self.line = limiter.line
        self.requests = requests
        self.order: list[Request] = []

    def run(self) -> None:
        arrivals = sorted(self.requests, key=lambda request: request.at)
        waiting: list[Request] = []
        now = START
        for _ in range(100_000):
            assert self.line.first is (waiting[0].ticket if waiting else None)
            moments = [arrivals[0].at] if arrivals else []
            if waiting:
                assert self.line.due is not None
                moments.append(self.line.due)
                moments += [request.at + request.patience for request in waiting if request.patience is not None]
            if not moments:
                assert len(self.line) == 0
                return
            now = max(now, min(moments))
            while arrivals and arrivals[0].at <= now:
                request = arrivals.pop(0)
                demand = self.limiter.demand(request.weight, request.key, now=now)
                request.ticket = self.line.join((demand,), now)
                waiting.append(request)
            self.line.pump(now)
            for request in list(waiting):
                assert request.ticket is not None
                if request.ticket.granted_at is not None:
                    request.granted_at = request.ticket.granted_at
                    self.order.append(request)
                    waiting.remove(request)
                elif request.patience is not None and request.at + request.patience <= now:
                    request.cancelled = True
                    self.line.leave(request.ticket)
                    waiting.remove(request)
            self.line.pump(now)  # somebody left
            for request in list(waiting):
                if request.ticket is not None and request.ticket.granted_at is not None:
                    request.granted_at = request.ticket.granted_at
                    self.order.append(request)
                    waiting.remove(request)
        raise AssertionError("the line never came to rest")


def judge(order: list[Request], limit: int, period: int = SECOND) -> bool:
    venue = VenueWindow(limit, period)
    return all(venue.request(request.granted_at or 0, request.weight) for request in order)


requests_strategy = st.lists(
    st.builds(
        Request,
        at=st.integers(0, 4000).map(lambda ms: START + ms * MILLISECOND),
        weight=st.integers(1, 10),
        key=st.sampled_from([None, "a", "b", "c"]),
        patience=st.none() | st.integers(0, 2000).map(lambda ms: ms * MILLISECOND),
    ),
    max_size=60,
)


@given(requests=requests_strategy, limit=st.integers(10, 40))
def test_the_venue_never_objects_and_nobody_is_forgotten(requests: list[Request], limit: int) -> None:
    limiter = Limiter("test", RollingWindow(limit, 1), RollingWindow(3 * limit, 5), keys={"a": [RollingWindow(10, 2)]})
    simulation = Simulation(limiter, requests)
    simulation.run()
    assert all(request.cancelled or request.granted_at is not None for request in requests)
    assert judge(simulation.order, limit)
    assert judge(simulation.order, 3 * limit, 5 * SECOND)
    assert judge([request for request in simulation.order if request.key == "a"], 10, 2 * SECOND)


@given(requests=requests_strategy, limit=st.integers(10, 40))
def test_without_keys_it_is_first_come_first_served(requests: list[Request], limit: int) -> None:
    for request in requests:
        request.key = None
    simulation = Simulation(Limiter("test", RollingWindow(limit, 1)), requests)
    simulation.run()
    served = [id(request) for request in simulation.order]
    came = [id(one) for one in sorted(requests, key=lambda request: request.at) if one.granted_at is not None]
    assert served == came


@given(limit=st.integers(1, 50), weight=st.integers(1, 5), periods=st.integers(1, 6))
def test_the_whole_limit_is_used(limit: int, weight: int, periods: int) -> None:
    at_once = max(1, limit // weight)
    requests = [Request(START, min(weight, limit)) for _ in range(at_once * periods)]
    simulation = Simulation(Limiter("test", RollingWindow(limit, 1)), requests)
    simulation.run()
    assert simulation.order[-1].granted_at == START + (periods - 1) * SECOND


def test_a_heavy_one_is_not_starved_by_light_ones() -> None:
    light = [Request(START + step * 10 * MILLISECOND) for step in range(500)]
    heavy = Request(START + 95 * MILLISECOND, 10)
    Simulation(Limiter("test", RollingWindow(10, 1)), [*light, heavy]).run()
    assert heavy.granted_at is not None
    assert heavy.granted_at <= heavy.at + 2 * SECOND


def test_who_waits_for_its_own_key_does_not_hold_up_the_others() -> None:
    limiter = Limiter("test", RollingWindow(100, 1), keys={"slow": [RollingWindow(1, 60)]})
    slow = [Request(START, key="slow"), Request(START + 1, key="slow")]
    others = [Request(START + 2 + step) for step in range(50)]
    Simulation(limiter, [*slow, *others]).run()
    assert slow[1].granted_at == START + 60 * SECOND
    assert all(other.granted_at == other.at for other in others)


def test_who_asks_two_limiters_is_not_starved_by_those_who_fill_now_the_one_now_the_other() -> None:
    line = WaitingLine()
    left = Limiter("left", RollingWindow(2, 1), line=line)
    right = Limiter("right", RollingWindow(2, 1), line=line)
    half = SECOND // 2
    line.join((left.demand(2, now=START),), START)
    line.join((right.demand(2, now=START),), START)
    line.pump(START)
    # From here on the two are never free together, unless somebody is held back.
    line.join((right.demand(2, now=START),), START)
    both = line.join((left.demand(1, now=START), right.demand(1, now=START)), START)
    now = START
    while both.granted_at is None and now < START + 60 * SECOND:
        line.pump(now)
        if (now - START) % SECOND == 0:
            line.join((left.demand(2, now=now),), now)
        elif (now - START) % half == 0:
            line.join((right.demand(2, now=now),), now)
        now += SECOND // 100
    assert both.granted_at is not None
    assert both.granted_at <= START + 4 * SECOND


@pytest.mark.parametrize(
    ("meter", "fits"), [(RollingWindow(100, 60), True), (Gcra(100, 100, per=60), False)], ids=["window", "bucket"]
)
def test_a_bucket_overruns_a_rolling_window_after_a_pause_and_ours_does_not(meter: Meter, fits: bool) -> None:
    """A hundred at once after a quiet minute, and then one whenever the limiter lets it."""
    burst = [Request(START + 120 * SECOND) for _ in range(100)]
    steady = [Request(START + 120 * SECOND + 1 + step) for step in range(50)]
    line = WaitingLine()
    simulation = Simulation(Limiter("test", meter, line=line), [*burst, *steady])
    simulation.run()
    assert judge(simulation.order, 100, 60 * SECOND) is fits


@given(
    bans=st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 2000)), max_size=5),
    requests=requests_strategy,
)
def test_nothing_passes_during_a_ban(bans: list[tuple[int, int]], requests: list[Request]) -> None:
    limiter = Limiter("test", RollingWindow(20, 1))
    ends = [(START + begin * MILLISECOND, START + (begin + length) * MILLISECOND) for begin, length in bans]
    pending = sorted(ends)
    pump: Any = limiter.line.pump

    def banning(now: int) -> int | None:
        while pending and pending[0][0] <= now:
            limiter.pause_until(pending.pop(0)[1], "banned")
        return pump(now)  # type: ignore[no-any-return]

    for request in requests:
        request.patience = None

    class Banned(Simulation):
        def run(self) -> None:
            self.line.pump = banning  # type: ignore[method-assign]
            super().run()

    simulation = Banned(limiter, requests)
    simulation.run()
    for request in simulation.order:
        assert request.granted_at is not None
        assert not any(begin <= request.granted_at < end for begin, end in ends)
    assert judge(simulation.order, 20)
