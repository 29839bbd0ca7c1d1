"""Floods of requests against the simulated venue, which counts for itself: nobody is refused for being too fast."""

from typing import Any

import anyio
import pytest

from barterpy.clock import SECOND
from barterpy.errors import Banned, RateLimited
from barterpy.http import HttpRequest, HttpResponse
from barterpy.limits import Scopes
from barterpy.retry import RetryPolicy
from barterpy.testing import VirtualClock, virtual_backends
from barterpy.testing.simulated import SYMBOLS, SimulatedExchange
from barterpy.testing.simulated.keys import KeyRing
from barterpy.testing.simulated.rest import RestApi
from barterpy.venues import binance

pytestmark = pytest.mark.anyio

LIMIT = 300


@pytest.fixture(params=virtual_backends())
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return request.param


class Internet:
    """The simulated REST API as a transport, each way taking its time; counts the answers by their status."""

    def __init__(self, clock: VirtualClock, latency: float) -> None:
        exchange = SimulatedExchange("spot", SYMBOLS[:1], seed=1, rate=20, now=clock(), history=5)
        self.api = RestApi(exchange, KeyRing(), clock=clock, weight_limit=LIMIT)
        self.latency = latency
        self.statuses: dict[int, int] = {}

    async def send(self, request: HttpRequest, /) -> HttpResponse:
        await anyio.sleep(self.latency)
        answer = self.api.handle(request.method, request.path, request.query, dict(request.headers), request.body)
        self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
        await anyio.sleep(self.latency)
        return HttpResponse(status=answer.status, headers=answer.headers, body=answer.body, received_at=0)

    def elsewhere(self) -> None:
        """Another program at the same address asks for something."""
        assert self.api.handle("GET", "/api/v3/trades", "symbol=BTCUSDT&limit=1", {}, b"").status == 200

    async def aclose(self) -> None:
        pass


def venues(internet: Internet, clock: VirtualClock, count: int = 2, **more: Any) -> list[binance.Spot[Any]]:
    scopes = Scopes()
    return [binance.Spot(transport=internet, clock=clock, scopes=scopes, **more) for _ in range(count)]


async def flood(members: list[binance.Spot[Any]], requests: int) -> None:
    """All at once, by turns from each of the venue objects; each weighs 5."""
    async with anyio.create_task_group() as tasks:
        for number in range(requests):
            venue = members[number % len(members)]
            tasks.start_soon(venue.fetch, venue.requests.depth("BTCUSDT", 5))


@pytest.mark.parametrize("latency", [0.0, 0.05])
async def test_two_clients_of_one_address_are_never_refused_and_use_the_whole_limit(latency: float) -> None:
    clock = VirtualClock()
    internet = Internet(clock, latency)
    members = venues(internet, clock)
    await members[0].instruments()  # which tells the limit, and weighs 20
    began = clock()
    await flood(members, 230)
    assert internet.statuses == {200: 231}
    # 56 have room beside the instruments, and 60 in each minute after that.
    assert (clock() - began) / SECOND == pytest.approx(180, abs=2)


async def test_what_another_program_uses_is_learnt_from_the_answers() -> None:
    clock = VirtualClock()
    internet = Internet(clock, 0.0)
    members = venues(internet, clock)
    await members[0].instruments()
    for _ in range(4):
        internet.elsewhere()
    await members[1].server_time()
    began = clock()
    await flood(members, 100)
    assert internet.statuses == {200: 102}
    # 300 - 20 - 100 - 1 leave room for 35 of them at once.
    assert (clock() - began) / SECOND == pytest.approx(120, abs=2)


async def test_a_ban_is_met_once_and_waited_for_by_all() -> None:
    clock = VirtualClock()
    internet = Internet(clock, 0.0)
    members = venues(internet, clock, 3)
    internet.api.banned_until = clock() + 90 * SECOND
    with pytest.raises(Banned):
        await members[0].server_time()
    began = clock()
    await flood(members, 30)
    assert (clock() - began) / SECOND >= 90
    assert internet.statuses == {418: 1, 200: 30}


async def test_a_refusal_that_could_not_be_foreseen_is_tried_again_when_the_venue_says() -> None:
    clock = VirtualClock()
    internet = Internet(clock, 0.0)
    for _ in range(12):
        internet.elsewhere()  # all there is, of which nothing has been told to us
    (hasty,) = venues(internet, clock, 1)
    with pytest.raises(RateLimited) as caught:
        await hasty.server_time()
    assert caught.value.retry_after is not None
    (patient,) = venues(internet, clock, 1, retry=RetryPolicy(budget=120))
    began = clock()
    await patient.server_time()
    assert (clock() - began) / SECOND == pytest.approx(caught.value.retry_after, abs=1)
    assert internet.statuses == {429: 2, 200: 1}
