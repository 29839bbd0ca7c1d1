"""What a client tries again, and what it never does: every failure for every kind of request, back-off, budget."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import anyio
import pytest

from barterpy.backoff import Backoff
from barterpy.clock import SECOND
from barterpy.errors import (
    Banned,
    BarterError,
    ConfigurationError,
    ConnectError,
    ConnectionLost,
    LimitExceeded,
    OutcomeUnknown,
    ParseError,
    RateLimited,
    RequestRejected,
    Throttled,
    TlsError,
    TransportTimeout,
    VenueUnavailable,
)
from barterpy.http import HttpRequest, HttpResponse
from barterpy.limits import Concurrency, Gcra, Limiter, RequestLimits, RollingWindow, WaitingLine
from barterpy.rest import JsonHttpParser, RequestMetrics, RestClient, RestRequest, SignFlow
from barterpy.retry import RetryPolicy
from barterpy.testing import virtual_backends

pytestmark = pytest.mark.anyio


@pytest.fixture(params=virtual_backends())
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return request.param


class Query(RestRequest[object]):
    path = "/query"
    weight = 2


class Order(RestRequest[object]):
    method = "POST"
    path = "/order"
    repeatable = False


@dataclass
class Wire:
    """Answers from a list, the last of which stays; remembers what was sent, and when."""

    answers: list[HttpResponse | Exception]
    takes: float = 0.0

    def __post_init__(self) -> None:
        self.sent: list[HttpRequest] = []
        self.times: list[float] = []
        self.open = 0
        self.most = 0

    async def send(self, request: HttpRequest, /) -> HttpResponse:
        self.sent.append(request)
        self.times.append(anyio.current_time())
        self.open += 1
        self.most = max(self.most, self.open)
        await anyio.sleep(self.takes)
        self.open -= 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def aclose(self) -> None:
        pass


OK = HttpResponse(status=200, body=b"{}")
QUICK = RetryPolicy(backoff=Backoff(initial=1, factor=2, cap=60, jitter=0))


def client(
    *answers: HttpResponse | Exception, retry: RetryPolicy | None = QUICK, **more: Any
) -> tuple[RestClient, Wire]:
    wire = Wire(list(answers))
    return RestClient("https://x.test", None, JsonHttpParser(), wire, retry=retry, **more), wire


def status(code: int, *headers: tuple[str, str]) -> HttpResponse:
    return HttpResponse(status=code, body=b"{}", headers=headers)


def lost() -> Exception:
    return ConnectionLost("cut")


# What comes back, and what becomes of it: the error raised when it stays, and whether it was sent more than once.
REPEATED = True
ONCE = False
KINDS: Mapping[str, tuple[HttpResponse | Exception, tuple[type[BarterError], bool], tuple[type[BarterError], bool]]] = {
    "no connection": (ConnectError("x.test", "refused"), (ConnectError, REPEATED), (ConnectError, REPEATED)),
    "certificate": (TlsError("x.test", "expired"), (TlsError, ONCE), (TlsError, ONCE)),
    "timeout": (TransportTimeout("answer", 10), (TransportTimeout, REPEATED), (OutcomeUnknown, ONCE)),
    "connection lost": (ConnectionLost("cut"), (ConnectionLost, REPEATED), (OutcomeUnknown, ONCE)),
    "answer too large": (LimitExceeded("size", 1), (LimitExceeded, REPEATED), (OutcomeUnknown, ONCE)),
    "400": (status(400), (RequestRejected, ONCE), (RequestRejected, ONCE)),
    "408": (status(408), (VenueUnavailable, REPEATED), (OutcomeUnknown, ONCE)),
    "418": (status(418), (Banned, REPEATED), (Banned, REPEATED)),
    "425": (status(425), (VenueUnavailable, REPEATED), (VenueUnavailable, REPEATED)),
    "429": (status(429), (RateLimited, REPEATED), (OutcomeUnknown, ONCE)),
    "500": (status(500), (VenueUnavailable, REPEATED), (OutcomeUnknown, ONCE)),
    "503": (status(503), (VenueUnavailable, REPEATED), (OutcomeUnknown, ONCE)),
    "unreadable": (HttpResponse(status=200, body=b"nonsense"), (ParseError, ONCE), (ParseError, ONCE)),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_repeated_and_what_is_raised(kind: str) -> None:
    failure, query, order = KINDS[kind]
    for request, (expected, repeated) in ((Query(), query), (Order(), order)):
        rest, wire = client(failure)
        with pytest.raises(BarterError) as caught:
            await rest.execute(request)
        assert type(caught.value) is expected
        assert len(wire.sent) == (QUICK.attempts if repeated else 1)
        if isinstance(request, Order) and not repeated:
            unknown = expected is OutcomeUnknown or isinstance(caught.value, ParseError)
            assert caught.value.outcome_unknown is unknown


@pytest.mark.parametrize("kind", [kind for kind, (_, query, _) in KINDS.items() if query[1]])
async def test_the_answer_of_the_second_attempt_is_the_calls(kind: str) -> None:
    rest, wire = client(KINDS[kind][0], OK)
    assert await rest.execute(Query()) == {}
    assert len(wire.sent) == 2


async def test_without_a_policy_nothing_is_repeated() -> None:
    rest, wire = client(lost(), OK, retry=None)
    with pytest.raises(ConnectionLost):
        await rest.execute(Query())
    assert len(wire.sent) == 1


async def test_the_waits_grow_and_attempts_are_counted() -> None:
    metrics: list[RequestMetrics] = []
    rest, wire = client(
        lost(), retry=RetryPolicy(attempts=4, budget=60, backoff=QUICK.backoff), on_metrics=metrics.append
    )
    with pytest.raises(ConnectionLost):
        await rest.execute(Query())
    assert [round(later - before, 6) for before, later in zip(wire.times, wire.times[1:], strict=False)] == [1, 2, 4]
    assert [one.attempt for one in metrics] == [1, 2, 3, 4]


async def test_retry_after_is_waited_for() -> None:
    rest, wire = client(status(429, ("Retry-After", "7")), OK)
    assert await rest.execute(Query()) == {}
    assert wire.times[1] - wire.times[0] == pytest.approx(7)


async def test_what_would_pass_the_budget_is_raised_at_once() -> None:
    rest, wire = client(status(429, ("Retry-After", "31")), OK)
    began = anyio.current_time()
    with pytest.raises(RateLimited) as caught:
        await rest.execute(Query())
    assert caught.value.retry_after == 31
    assert (len(wire.sent), anyio.current_time()) == (1, began)


async def test_each_attempt_is_signed_anew() -> None:
    class Count:
        nonce = 0

        def sign(self, request: HttpRequest, now: int, /) -> SignFlow:
            self.nonce += 1
            yield request.with_headers(("Nonce", str(self.nonce)))

    class Signed(Query):
        signed = True

    wire = Wire([lost(), lost(), OK])
    rest = RestClient("https://x.test", Count(), JsonHttpParser(), wire, retry=QUICK)
    await rest.execute(Signed())
    assert [sent.header("Nonce") for sent in wire.sent] == ["1", "2", "3"]


@pytest.mark.parametrize("arguments", [{"attempts": 0}, {"budget": -1}, {"budget": float("nan")}])
def test_a_policy_that_cannot_work(arguments: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="retry policy"):
        RetryPolicy(**arguments)


def test_the_jitter_is_an_argument() -> None:
    policy = RetryPolicy(backoff=Backoff(initial=1, jitter=0.5))
    assert policy.delay(ConnectionLost(""), 1, 0, 0.0) == 1
    assert policy.delay(ConnectionLost(""), 1, 0, 0.5) == 1.25
    assert policy.delay(ConnectionLost(""), 1, 29 * SECOND, 0.0) == 1
    assert policy.delay(ConnectionLost(""), 1, 29 * SECOND + 1, 0.0) is None


# Limits of a client.


def limits(limit: int = 10, period: float = 10, **more: Any) -> RequestLimits:
    return RequestLimits(Limiter("weight", RollingWindow(limit, period), scope="x.test ip"), **more)


async def test_a_request_waits_for_its_weight() -> None:
    metrics: list[RequestMetrics] = []
    rest, wire = client(OK, limits=limits(4), on_metrics=metrics.append)
    began = anyio.current_time()
    for _ in range(3):
        await rest.execute(Query())
    assert [round(at - began, 6) for at in wire.times] == [0, 0, 10]
    assert [round(one.waited / SECOND, 6) for one in metrics] == [0, 0, 10]


async def test_two_clients_of_one_scope_share_their_limit() -> None:
    shared = limits(4)
    (one, wire), (two, other) = client(OK, limits=shared), client(OK, limits=shared)
    began = anyio.current_time()
    async with anyio.create_task_group() as tasks:
        for rest in (one, two, one, two):
            tasks.start_soon(rest.execute, Query())
    assert sorted(round(at - began, 6) for at in wire.times + other.times) == [0, 0, 10, 10]


async def test_a_wait_that_is_too_long_is_refused_before_anything_is_sent() -> None:
    rest, wire = client(OK, limits=limits(1, 60), retry=None)
    request = Query()
    request.weight = 1
    await rest.execute(request)
    with pytest.raises(Throttled) as caught:
        await rest.execute(request)
    assert (caught.value.limit, caught.value.scope, round(caught.value.seconds)) == (
        "weight: 1 in 60 s",
        "x.test ip",
        60,
    )
    assert len(wire.sent) == 1


async def test_a_ban_stops_every_client_of_the_scope() -> None:
    shared = limits(100)
    (one, _), (two, wire) = (
        client(status(418, ("Retry-After", "20")), limits=shared, retry=None),
        client(OK, limits=shared),
    )
    began = anyio.current_time()
    with pytest.raises(Banned):
        await one.execute(Query())
    await two.execute(Query())
    assert wire.times == [pytest.approx(began + 20)]
    assert shared.requests.pause_reason == "banned (HTTP 418)"


async def test_headers_of_an_answer_raise_the_count() -> None:
    used = HttpResponse(
        status=200, body=b"{}", headers=(("RateLimit-Policy", '"a";q=10;w=10'), ("RateLimit", '"a";r=3;t=9'))
    )
    rest, wire = client(used, limits=limits(10))
    await rest.execute(Query())
    await rest.execute(Query())  # 3 were left
    await rest.execute(Query())
    assert wire.times[2] - wire.times[1] == pytest.approx(10)


async def test_costs_are_taken_together_with_the_weight() -> None:
    class Placing(Order):
        weight = 1
        costs = MappingProxyType({"orders": 1})

    line = WaitingLine()
    orders = Limiter("orders", RollingWindow(2, 10), line=line)
    rest, wire = client(
        OK, limits=RequestLimits(Limiter("weight", RollingWindow(100, 10), line=line), {"orders": orders})
    )
    began = anyio.current_time()
    for _ in range(3):
        await rest.execute(Placing())
    await rest.execute(Query())
    assert [round(at - began, 6) for at in wire.times] == [0, 0, 10, 10]


async def test_a_cost_that_nothing_limits_is_refused() -> None:
    class Placing(Order):
        costs = MappingProxyType({"orders": 1})

    rest, wire = client(OK, limits=limits())
    with pytest.raises(ConfigurationError, match="'orders', for which there is no limiter"):
        await rest.execute(Placing())
    assert not wire.sent


def test_limiters_that_do_not_share_a_line() -> None:
    with pytest.raises(ConfigurationError, match="share a WaitingLine"):
        limits(further={"orders": Limiter("orders", RollingWindow(1, 1))})


async def test_what_was_never_sent_is_given_back() -> None:
    rest, wire = client(ConnectError("x.test", "refused"), OK, limits=limits(2, 20), retry=None)
    began = anyio.current_time()
    with pytest.raises(ConnectError):
        await rest.execute(Query())
    await rest.execute(Query())
    assert wire.times == [began, began]


async def test_a_dialogue_pays_for_each_exchange() -> None:
    class AsksBetween:
        def sign(self, request: HttpRequest, now: int, /) -> SignFlow:
            yield request
            yield HttpRequest(method="GET", url="https://x.test/time")
            yield request

    class Placing(Order):
        weight = 5
        signed = True

    wire = Wire([OK])
    shared = limits(100)
    rest = RestClient("https://x.test", AsksBetween(), JsonHttpParser(), wire, limits=shared)
    await rest.execute(Placing())
    meter = shared.requests.quotas[0]
    assert isinstance(meter, RollingWindow)
    assert meter.used(shared.requests.clock()) == 5 + 1 + 5


async def test_so_many_in_flight_and_no_more() -> None:
    rest, wire = client(OK, limits=limits(100, in_flight=Concurrency(2)))
    wire.takes = 1.0
    async with anyio.create_task_group() as tasks:
        for _ in range(6):
            tasks.start_soon(rest.execute, Query())
    assert (len(wire.sent), wire.most) == (6, 2)


async def test_what_had_its_turn_goes_out_at_that_time() -> None:
    """A slot is had first: who waits for one is not counted earlier than it is sent."""
    rest, wire = client(OK, limits=limits(4, 10, in_flight=Concurrency(1)))
    wire.takes = 9.9
    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(rest.execute, Query())
        await anyio.sleep(1)
        wire.takes = 0.05
    began = wire.times[0]
    assert [round(at - began, 2) for at in wire.times] == [0, 9.9, 10, 19.9, 20]


async def test_a_slot_that_does_not_come_free_is_an_error_before_anything_is_sent() -> None:
    gate = Concurrency(1, name="requests under way", max_wait=2)
    rest, wire = client(OK, limits=limits(100, in_flight=gate), retry=None)
    wire.takes = 10.0
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(rest.execute, Query())
        await anyio.sleep(1)
        with pytest.raises(Throttled, match="requests under way: 1 at once"):
            await rest.execute(Order())
    assert len(wire.sent) == 1


async def test_a_key_has_its_own_limit() -> None:
    class Keyed(Query):
        weight = 1

    limiter = Limiter("weight", RollingWindow(100, 1), default=[Gcra(1, 1)])
    rest, wire = client(OK, limits=RequestLimits(limiter))
    began = anyio.current_time()
    for key in ("a", "a", "b", None, None):
        request = Keyed()
        request.limit_key = key
        await rest.execute(request)
    assert [round(at - began, 6) for at in wire.times] == [0, 1, 1, 1, 2]
