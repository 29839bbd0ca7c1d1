"""Keeping a cache up to date: ask the venue now and then, and tell what changed."""

import random as _random
from collections.abc import Callable, Sequence
from typing import Protocol

import anyio
import msgspec

from barterpy.backoff import Attempts, Backoff
from barterpy.clock import WallClock, wall_clock
from barterpy.errors import BarterError, ConfigurationError, ParseError, TransportTimeout
from barterpy.instruments.cache import InstrumentCache
from barterpy.model.instrument import Instrument
from barterpy.model.market import InstrumentStatus

__all__ = ["InstrumentRefresher", "InstrumentSource", "RefreshPolicy"]


class InstrumentSource(Protocol):
    """Whoever lists the instruments of a venue: a venue object."""

    async def instruments(self) -> Sequence[Instrument]:
        """Everything that can be traded, with its rules; raises :class:`~barterpy.errors.BarterError`."""
        ...


class RefreshPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How often a venue is asked, in seconds.

    ``jitter`` is the fraction of ``interval`` that is left to chance, so that programs started together do not ask
    together. After a failure it asks again by ``backoff``, whose ``max_attempts`` says when to give up.
    """

    interval: float = 3600.0
    jitter: float = 0.1
    timeout: float = 30.0
    backoff: Backoff = Backoff(initial=1.0, cap=300.0)

    def __post_init__(self) -> None:
        if not (self.interval > 0 and 0 <= self.jitter <= 1 and self.timeout > 0):
            raise ConfigurationError("refreshing wants interval > 0, 0 <= jitter <= 1 and timeout > 0")


class InstrumentRefresher:
    """Asks again and again, and gives what changed as an asynchronous iteration that never ends by itself.

        cache = InstrumentCache("binance_futures")
        refresher = InstrumentRefresher(venue, cache)
        await refresher.refresh()
        async for changes in refresher:            # in a task of its own, beside the streams
            for change in changes: ...

    A venue that cannot be asked leaves the cache as it was; ``failures`` counts these in a row, ``error`` is the last.
    So does an empty list where there was one that was not: a maintenance page must not close every market.

    :param random: gives a number in [0, 1) for each wait
    :raises barterpy.errors.BarterError: from the iteration, when only a person can help or attempts are used up
    """

    def __init__(
        self,
        source: InstrumentSource,
        cache: InstrumentCache,
        policy: RefreshPolicy | None = None,
        *,
        clock: WallClock = wall_clock,
        random: Callable[[], float] = _random.random,
    ) -> None:
        self.cache: InstrumentCache = cache
        self.failures: int = 0
        self.error: BarterError | None = None
        self._source = source
        self._policy = policy or RefreshPolicy()
        self._clock = clock
        self._random = random
        self._attempts = Attempts(self._policy.backoff)
        self._wait: float | None = None

    async def refresh(self) -> list[InstrumentStatus]:
        """Ask once, now. The changes since the last time; none the first time.

        :raises barterpy.errors.TransportTimeout: no answer within the policy's timeout
        :raises barterpy.errors.ParseError: the venue lists nothing, where it did before
        :raises barterpy.errors.BarterError: what the source raises
        """
        instruments: Sequence[Instrument] | None = None
        with anyio.move_on_after(self._policy.timeout):
            instruments = await self._source.instruments()
        if instruments is None:
            raise TransportTimeout(f"listing the instruments of {self.cache.venue}", self._policy.timeout)
        if not instruments and len(self.cache):
            raise ParseError("the venue lists no instruments at all", kind="instruments")
        changes = self.cache.cache_instruments(instruments, self._clock())
        self.failures, self.error = 0, None
        self._attempts = Attempts(self._policy.backoff)
        return changes

    def __aiter__(self) -> "InstrumentRefresher":
        return self

    async def __anext__(self) -> list[InstrumentStatus]:
        """The next changes, never empty; waits for as long as nothing changes. Cancelling loses nothing."""
        while True:
            if self._wait is None:
                self._wait = self._pause() if self.cache.snapshot.taken_at else 0.0
            await anyio.sleep(self._wait)
            try:
                changes = await self.refresh()
            except BarterError as error:
                self._failed(error)
                continue
            self._wait = self._pause()
            if changes:
                return changes

    def _pause(self) -> float:
        policy = self._policy
        return policy.interval * (1 + policy.jitter * (self._random() - 0.5))

    def _failed(self, error: BarterError) -> None:
        self.failures += 1
        self.error = error
        delay = self._attempts.failed(self._clock(), self._random(), error.retry_after)
        if error.fatal or delay is None:
            raise error
        self._wait = delay
