"""Asking again and again: when, how long, what of failures, and that nothing is lost or invented by them."""

from collections.abc import Callable, Sequence
from typing import Any

import anyio
import pytest

from barterpy.backoff import Backoff
from barterpy.clock import SECOND
from barterpy.errors import (
    AuthenticationError,
    BarterError,
    ConfigurationError,
    ParseError,
    RateLimited,
    TransportTimeout,
    VenueUnavailable,
)
from barterpy.instruments import InstrumentCache, InstrumentRefresher, RefreshPolicy
from barterpy.model import Instrument
from barterpy.testing import VIRTUAL_START, VirtualClock, virtual_backends

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", virtual_backends())]

Make = Callable[..., Instrument]
STEADY = Backoff(initial=10.0, factor=2.0, cap=40.0, jitter=0.0)


class Source:
    """Gives these answers one after the other, the last one for ever; remembers when it was asked."""

    def __init__(self, *answers: Sequence[Instrument] | Exception | None) -> None:
        self.answers = list(answers)
        self.asked: list[float] = []
        self.clock = VirtualClock()

    async def instruments(self) -> Sequence[Instrument]:
        self.asked.append((self.clock() - VIRTUAL_START) / SECOND)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            await anyio.sleep_forever()
        if isinstance(answer, Exception):
            raise answer
        assert answer is not None
        return answer


def refresher(source: Source, random: float = 0.5, **policy: Any) -> InstrumentRefresher:
    policy = {"interval": 100.0, "backoff": STEADY, **policy}
    return InstrumentRefresher(
        source, InstrumentCache("venue"), RefreshPolicy(**policy), clock=source.clock, random=lambda: random
    )


async def test_it_asks_at_once_and_then_by_the_interval(make: Make) -> None:
    source = Source([make()], [make()], [make("BTCUSDT", "HALT")])
    changes = await anext(refresher(source))
    assert [(change.instrument, change.status) for change in changes] == [("BTCUSDT", "halted")]
    assert source.asked == [0.0, 100.0, 200.0]
    assert changes[0].received_at == VIRTUAL_START + 200 * SECOND


async def test_a_cache_that_is_filled_is_not_asked_for_at_once(make: Make) -> None:
    source = Source([make()], [make("BTCUSDT", "HALT")])
    mine = refresher(source)
    assert await mine.refresh() == []
    await anext(mine)
    assert source.asked == [0.0, 100.0]


@pytest.mark.parametrize(("random", "second"), [(0.0, 80.0), (0.5, 100.0), (0.999999, 119.99996)])
async def test_jitter_is_around_the_interval(make: Make, random: float, second: float) -> None:
    source = Source([make()], [make("BTCUSDT", "HALT")])
    await anext(refresher(source, random, jitter=0.4))
    assert source.asked == [0.0, pytest.approx(second)]


async def test_after_a_failure_it_asks_again_by_the_backoff_and_the_cache_stays(make: Make) -> None:
    mine = refresher(
        source := Source(
            [make()], VenueUnavailable("down"), VenueUnavailable("down"), RateLimited("slow", retry_after=70.0),
            [make("BTCUSDT", "HALT")],
        )
    )  # fmt: skip
    assert len(await anext(mine)) == 1
    assert source.asked == [0.0, 100.0, 110.0, 130.0, 200.0]
    assert (mine.failures, mine.error) == (0, None)


async def test_failures_can_be_seen_while_they_last(make: Make) -> None:
    mine = refresher(Source([make()], VenueUnavailable("down")))
    await mine.refresh()
    with anyio.move_on_after(115):
        await anext(mine)
    assert (mine.failures, str(mine.error)) == (2, "down")
    assert "BTCUSDT" in mine.cache


async def test_an_answer_that_does_not_come_is_a_failure(make: Make) -> None:
    mine = refresher(source := Source([make()], None, [make("BTCUSDT", "HALT")]), timeout=7.0)
    await anext(mine)
    assert source.asked == [0.0, 100.0, 117.0]
    mine = refresher(Source(None), timeout=7.0)
    with pytest.raises(TransportTimeout, match="listing the instruments of venue did not finish within 7 s"):
        await mine.refresh()


async def test_an_empty_list_does_not_close_every_market(make: Make) -> None:
    mine = refresher(source := Source([make()], [], [make("BTCUSDT", "HALT")]))
    changes = await anext(mine)
    assert [change.status for change in changes] == ["halted"]
    assert source.asked == [0.0, 100.0, 110.0]
    mine = refresher(Source([make()], []))
    await mine.refresh()
    with pytest.raises(ParseError, match="lists no instruments"):
        await mine.refresh()


@pytest.mark.parametrize("error", [AuthenticationError("no"), ConfigurationError("no")])
async def test_what_only_a_person_can_help_is_raised(error: BarterError) -> None:
    with pytest.raises(type(error)):
        await anext(refresher(Source(error)))


async def test_attempts_may_be_bounded() -> None:
    source = Source(VenueUnavailable("down"))
    with pytest.raises(VenueUnavailable):
        await anext(refresher(source, backoff=Backoff(initial=1.0, jitter=0.0, max_attempts=3)))
    assert len(source.asked) == 4


async def test_cancelling_a_wait_moves_nothing_and_loses_nothing(make: Make) -> None:
    mine = refresher(Source([make()], [make("BTCUSDT", "HALT")]))
    await mine.refresh()
    with anyio.move_on_after(99):
        await anext(mine)
    assert [change.status for change in await anext(mine)] == ["halted"]


@pytest.mark.parametrize("wrong", [{"interval": 0}, {"jitter": -0.1}, {"jitter": 1.1}, {"timeout": 0}])
async def test_a_policy_that_cannot_work_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="refreshing wants"):
        RefreshPolicy(**wrong)
