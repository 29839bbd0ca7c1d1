"""How far the venue's clock is from ours, and how sure that is. Time is an argument here; :class:`ServerClock` asks.

One exchange bounds the difference (Cristian 1989): the server read its clock at some time between our sending and our
receiving. Of several exchanges the bounds must overlap, so the estimate is what most of them agree on (Marzullo 1984,
as in RFC 5905 section 11.2.1): a slow exchange adds nothing, and a wrong one is outvoted. Bounds widen with age,
because clocks drift apart.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final, final

import anyio
import msgspec

from barterpy.clock import MILLISECOND, SECOND, WallClock, wall_clock
from barterpy.errors import BarterError, ConfigurationError, TransportTimeout

__all__ = ["ClockOffset", "Offset", "ServerClock"]

_MILLION: Final = 1_000_000


class Offset(msgspec.Struct, frozen=True, kw_only=True):
    """The venue's clock is ahead of ours by ``offset``, give or take ``error``: both int nanoseconds."""

    offset: int
    error: int
    agreeing: int
    """How many measurements agree on it…"""
    measurements: int
    """…of how many that are kept."""
    age: int
    """Nanoseconds since the last measurement."""


@final
class ClockOffset:
    """Keeps the last measurements and answers from what most of them agree on.

    :param size: how many measurements are kept
    :param drift: how much two clocks may part, in millionths: 50 is 4.3 s a day, more than a bad quartz
    :param resolution: nanoseconds of the last digit of the server's answer, which is cut off; a millisecond as a rule
    :param max_round_trip: seconds; a slower exchange is not taken
    """

    def __init__(
        self, size: int = 8, *, drift: float = 50.0, resolution: int = MILLISECOND, max_round_trip: float = 10.0
    ) -> None:
        if size < 1 or not drift >= 0 or resolution < 0 or not max_round_trip > 0:
            raise ConfigurationError("a clock offset wants size >= 1, drift >= 0, resolution >= 0, max_round_trip > 0")
        self._drift = drift
        self._resolution = resolution
        self.max_round_trip: float = max_round_trip
        # Of each measurement: the least and the largest offset it allows, and when it was.
        self._kept: deque[tuple[int, int, int]] = deque(maxlen=size)

    def observe(self, sent: int, server: int, received: int) -> bool:
        """Take one measurement: when we asked, what the server said, when the answer was there. Int nanoseconds UTC,
        ``sent`` and ``received`` by our clock. False when it tells nothing: too slow, or our clock was set meanwhile.
        """
        if not 0 <= received - sent <= self.max_round_trip * SECOND:
            return False
        if self._kept and received < self._kept[-1][2]:
            self.reset()  # our clock was set back: what was measured before is about another clock
        self._kept.append((server - received, server + self._resolution - sent, received))
        return True

    def reset(self) -> None:
        """Forget everything, because one of the clocks was set."""
        self._kept.clear()

    def estimate(self, now: int) -> Offset | None:
        """What most measurements agree on at ``now``, by our clock; None before the first one.

        Where as many agree on one thing as on another, the later ones are right.
        """
        if not self._kept:
            return None
        bounds = [self._bounds(measurement, now) for measurement in self._kept]
        # The best point is the lower bound of somebody; the later measurement wins a tie.
        votes = [(sum(low <= point <= high for low, high in bounds), index) for index, (point, _) in enumerate(bounds)]
        most = max(count for count, _ in votes)
        points = [bounds[index][0] for count, index in votes if count == most]
        point = max(points, key=lambda point: max(i for i, (low, high) in enumerate(bounds) if low <= point <= high))
        agreeing = [(low, high) for low, high in bounds if low <= point <= high]
        low, high = max(low for low, _ in agreeing), min(high for _, high in agreeing)
        return Offset(
            offset=(low + high) // 2,
            error=-((low - high) // 2),
            agreeing=len(agreeing),
            measurements=len(bounds),
            age=max(0, now - self._kept[-1][2]),
        )

    def offset(self, now: int) -> int:
        """Nanoseconds to add to our clock; 0 before the first measurement."""
        estimate = self.estimate(now)
        return 0 if estimate is None else estimate.offset

    def _bounds(self, measurement: tuple[int, int, int], now: int) -> tuple[int, int]:
        low, high, at = measurement
        slack = int(max(0, now - at) * self._drift / _MILLION)
        return low - slack, high + slack


@final
class ServerClock:
    """The venue's time, as a :data:`~barterpy.clock.WallClock`: our clock and the offset that was measured.

        clock = ServerClock(venue.server_time)
        await clock.refresh()
        client = RestClient(url, signer, parser, transport, clock=clock)

    :param measure: asks the server for its time, int nanoseconds UTC
    :param offset: where measurements are kept, to be shared with a signer
    :param clock: our clock
    :param samples: exchanges a :meth:`refresh`
    :param interval: seconds between two refreshes of :meth:`run`
    """

    def __init__(
        self,
        measure: Callable[[], Awaitable[int]],
        *,
        offset: ClockOffset | None = None,
        clock: WallClock = wall_clock,
        samples: int = 3,
        interval: float = 600.0,
    ) -> None:
        if samples < 1 or not interval > 0:
            raise ConfigurationError("a server clock wants samples >= 1 and an interval of more than 0")
        self.offset: ClockOffset = ClockOffset() if offset is None else offset
        self.failures: int = 0
        """Measurements in a row that failed."""
        self.on_offset: Callable[[Offset], None] | None = None
        """Called with what each :meth:`refresh` came to."""
        self._measure = measure
        self._clock = clock
        self._samples = samples
        self._interval = interval
        self._lock = anyio.Lock()

    def __call__(self) -> int:
        """The venue's time now, int nanoseconds UTC; our own before the first measurement."""
        now = self._clock()
        return now + self.offset.offset(now)

    @property
    def estimate(self) -> Offset | None:
        """The offset as it is known now."""
        return self.offset.estimate(self._clock())

    async def refresh(self) -> Offset:
        """Measure, one exchange after the other. Who asks meanwhile waits for its own.

        :raises barterpy.errors.BarterError: none of the exchanges went well; the last one's error
        :raises barterpy.errors.TransportTimeout: none of them was fast enough to tell the time
        """
        taken = 0
        failure: BarterError | None = None
        async with self._lock:
            for _ in range(self._samples):
                sent = self._clock()
                try:
                    server = await self._measure()
                except BarterError as error:
                    self.failures += 1
                    failure = error
                    continue
                if self.offset.observe(sent, server, self._clock()):
                    self.failures = 0
                    taken += 1
        estimate = self.estimate
        if not taken or estimate is None:
            raise failure or TransportTimeout("measuring the server's clock", self.offset.max_round_trip)
        if self.on_offset is not None:
            self.on_offset(estimate)
        return estimate

    async def run(self) -> None:
        """Refresh for ever, for a task group of the caller's. A refresh that fails is counted, and tried again after a
        tenth of the interval; the clock goes on with what it knows."""
        while True:
            try:
                await self.refresh()
            except BarterError as error:
                if error.fatal:
                    raise
                await anyio.sleep(max(self._interval / 10, error.retry_after or 0.0))
            else:
                await anyio.sleep(self._interval)
