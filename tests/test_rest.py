"""RestClient and JsonHttpParser over a transport that says what it is told to."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

import msgspec
import pytest

from barterpy.errors import (
    AuthenticationError,
    Banned,
    BarterError,
    ClockSkew,
    ConfigurationError,
    ConnectError,
    ConnectionLost,
    LimitExceeded,
    OutcomeUnknown,
    ParseError,
    RateLimited,
    RequestRejected,
    Throttled,
    TransportTimeout,
    VenueError,
    VenueUnavailable,
)
from barterpy.http import HttpRequest, HttpResponse
from barterpy.limits import Limiter, RequestLimits, RollingWindow
from barterpy.rest import (
    JsonHttpParser,
    PublicRequests,
    RequestMetrics,
    RestClient,
    RestRequest,
    Signer,
    SignFlow,
    error_for_status,
)

pytestmark = pytest.mark.anyio


class Balance(msgspec.Struct):
    asset: str
    free: Decimal


@dataclass(frozen=True)
class FetchBalances(RestRequest[list[Balance]]):
    response = list[Balance]
    path = "/account/balances"
    signed = True
    asset: str | None = None

    def query(self) -> dict[str, object]:
        return {"asset": self.asset}


@dataclass(frozen=True)
class PlaceOrder(RestRequest[dict[str, object]]):
    response = dict[str, object]
    method = "POST"
    path = "/order"
    repeatable = False
    timeout = 3.0
    content: Any = None

    def body(self) -> object | None:
        return cast("object", self.content)


@dataclass(frozen=True)
class PlaceForm(PlaceOrder):
    body_format = "form"


class FakeTransport:
    def __init__(self, *answers: HttpResponse | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[HttpRequest] = []
        self.closed = False

    async def send(self, request: HttpRequest, /) -> HttpResponse:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def aclose(self) -> None:
        self.closed = True


class Stamp:
    """A signer whose dialogue goes on until the answer is not a 400."""

    closed = False

    def sign(self, request: HttpRequest, now: int, /) -> SignFlow:
        try:
            response = yield request.with_headers(("T", str(now)))
            while response.status == 400:
                now += 1
                response = yield request.with_headers(("T", str(now)))
        finally:
            self.closed = True


def client(
    *answers: HttpResponse | Exception, signer: Signer | None = None, parser: JsonHttpParser | None = None, **more: Any
) -> tuple[RestClient, FakeTransport]:
    transport = FakeTransport(*answers)
    made = RestClient("https://x.test/api/", signer, parser or JsonHttpParser(), transport, clock=lambda: 1000, **more)
    return made, transport


def ok(body: bytes = b"{}") -> HttpResponse:
    return HttpResponse(status=200, body=body, elapsed=5)


async def test_typed_answer() -> None:
    rest, transport = client(ok(b'[{"asset":"BTC","free":"0.10"}]'), signer=Stamp())
    balances = await rest.execute(FetchBalances("BTC"))
    assert balances == [Balance("BTC", Decimal("0.10"))]
    assert transport.requests[0].url == "https://x.test/api/account/balances?asset=BTC"
    assert transport.requests[0].header("T") == "1000"


@pytest.mark.parametrize(("on_file", "limited"), [(False, True), (True, False)])
async def test_answers_on_file_are_counted_by_nobody(on_file: bool, limited: bool) -> None:
    class Transport(FakeTransport):
        def __init__(self) -> None:
            super().__init__(ok(b"[]"), ok(b"[]"))
            self.on_file = on_file

    limits = RequestLimits(Limiter("weight", RollingWindow(1, 60)), max_wait=0)
    rest = RestClient("https://x.test", Stamp(), JsonHttpParser(), Transport(), limits=limits)
    assert await rest.execute(FetchBalances("BTC")) == []
    if limited:
        with pytest.raises(Throttled):
            await rest.execute(FetchBalances("BTC"))
    else:
        assert await rest.execute(FetchBalances("BTC")) == []


async def test_client_closes_its_transport() -> None:
    rest, transport = client()
    async with rest:
        assert not transport.closed
    assert transport.closed


async def test_signed_request_without_a_signer() -> None:
    rest, transport = client()
    with pytest.raises(ConfigurationError, match="GET /account/balances must be signed"):
        await rest.execute(FetchBalances())
    assert not transport.requests


async def test_dialogue_sends_again_and_answers_with_the_last_response() -> None:
    signer = Stamp()
    rest, transport = client(HttpResponse(status=400, body=b"clock"), ok(b"[]"), signer=signer)
    assert await rest.execute(FetchBalances()) == []
    assert [request.header("T") for request in transport.requests] == ["1000", "1001"]
    assert signer.closed


async def test_dialogue_is_bounded() -> None:
    signer = Stamp()
    rest, transport = client(*(HttpResponse(status=400) for _ in range(100)), signer=signer)
    with pytest.raises(ConfigurationError, match="more than 8 exchanges"):
        await rest.execute(FetchBalances())
    assert len(transport.requests) == 8
    assert signer.closed


async def test_dialogue_is_closed_when_the_transport_fails() -> None:
    signer = Stamp()
    rest, _ = client(ConnectionLost("cut"), signer=signer)
    with pytest.raises(ConnectionLost):
        await rest.execute(FetchBalances())
    assert signer.closed


async def test_signer_that_gives_no_request() -> None:
    class Silent:
        def sign(self, request: HttpRequest, now: int, /) -> SignFlow:
            yield from ()

    rest, _ = client(signer=Silent())
    with pytest.raises(ConfigurationError, match="Silent gave no request"):
        await rest.execute(FetchBalances())


def test_public_requests_go_out_as_they_are() -> None:
    request = HttpRequest(method="GET", url="https://x.test/")
    flow = PublicRequests().sign(request, 0)
    assert next(flow) is request
    with pytest.raises(StopIteration):
        flow.send(ok())


@pytest.mark.parametrize(
    ("request_", "body", "kind"),
    [
        (PlaceOrder(), b"", None),
        (PlaceOrder(b"raw"), b"raw", None),
        (PlaceOrder(b""), b"", None),
        (PlaceOrder({"price": Decimal("1E-8")}), b'{"price":"0.00000001"}', "application/json"),
        (PlaceForm({"a": "b c", "n": None}), b"a=b%20c", "application/x-www-form-urlencoded"),
    ],
)
def test_body(request_: PlaceOrder, body: bytes, kind: str | None) -> None:
    rest, _ = client()
    built = rest.build(request_)
    assert (built.method, built.body, built.header("content-type"), built.timeout) == ("POST", body, kind, 3.0)


def test_own_content_type_is_kept() -> None:
    @dataclass(frozen=True)
    class Special(PlaceOrder):
        def headers(self) -> tuple[tuple[str, str], ...]:
            return (("content-type", "application/special"),)

    rest, _ = client()
    assert rest.build(Special({"a": 1})).headers == (("content-type", "application/special"),)


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/a/b", "/a/b"), ("/币", "/%E5%B8%81"), ("/a b", "/a%20b"), ("/%E5%B8%81/x:y;z=1@,", "/%E5%B8%81/x:y;z=1@,")],
)
def test_path_is_final(path: str, expected: str) -> None:
    class Anything(RestRequest[object]):
        pass

    request = Anything()
    request.path = path
    rest, _ = client()
    assert rest.build(request).url == f"https://x.test/api{expected}"


@pytest.mark.parametrize("path", ["", "a", "/a?b=1", "/a#b"])
def test_path_that_cannot_be_one(path: str) -> None:
    class Anything(RestRequest[object]):
        pass

    request = Anything()
    request.path = path
    rest, _ = client()
    with pytest.raises(ConfigurationError, match="path of Anything"):
        rest.build(request)


@pytest.mark.parametrize("base_url", ["x.test", "ws://x.test", "https://x.test?a=1", "https://x.test/#a", ""])
def test_base_url_that_cannot_work(base_url: str) -> None:
    with pytest.raises(ConfigurationError, match="base_url"):
        RestClient(base_url, None, JsonHttpParser(), FakeTransport())


@pytest.mark.parametrize(
    "error",
    [TransportTimeout("answer", 3), ConnectionLost("cut"), LimitExceeded("max_response_size", 10)],
    ids=lambda error: type(error).__name__,
)
async def test_lost_answer_of_an_order_leaves_the_outcome_unknown(error: BarterError) -> None:
    rest, _ = client(error)
    with pytest.raises(OutcomeUnknown, match="POST /order") as caught:
        await rest.execute(PlaceOrder())
    assert caught.value.__cause__ is error
    assert caught.value.outcome_unknown
    assert not caught.value.retryable


@pytest.mark.parametrize("error", [ConnectError("x.test:443", "refused"), ConfigurationError("no")], ids=type)
async def test_order_that_was_never_sent_has_a_known_outcome(error: BarterError) -> None:
    rest, _ = client(error)
    with pytest.raises(type(error)):
        await rest.execute(PlaceOrder())


async def test_repeatable_request_keeps_the_transports_error() -> None:
    rest, _ = client(TransportTimeout("answer", 3), signer=Stamp())
    with pytest.raises(TransportTimeout):
        await rest.execute(FetchBalances())


async def test_question_within_a_dialogue_is_not_the_order() -> None:
    class AsksFirst:
        def sign(self, request: HttpRequest, now: int, /) -> SignFlow:
            yield HttpRequest(method="GET", url="https://x.test/time")
            yield request

    @dataclass(frozen=True)
    class SignedOrder(PlaceOrder):
        signed = True

    rest, _ = client(TransportTimeout("answer", 3), signer=AsksFirst())
    with pytest.raises(TransportTimeout):
        await rest.execute(SignedOrder())
    rest, _ = client(ok(), TransportTimeout("answer", 3), signer=AsksFirst())
    with pytest.raises(OutcomeUnknown):
        await rest.execute(SignedOrder())


async def test_an_order_that_its_signer_sends_elsewhere_is_an_order_still() -> None:
    class Elsewhere:
        def sign(self, request: HttpRequest, now: int, /) -> SignFlow:
            yield msgspec.structs.replace(request, url="https://x.test/accounts/7/order")

    @dataclass(frozen=True)
    class SignedOrder(PlaceOrder):
        signed = True

    rest, _ = client(TransportTimeout("answer", 3), signer=Elsewhere())
    with pytest.raises(OutcomeUnknown):
        await rest.execute(SignedOrder())


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_question_within_a_dialogue_costs_one_and_the_request_its_weight_each_time(method: str) -> None:
    class Asks:
        def sign(self, request: HttpRequest, now: int, /) -> SignFlow:
            yield request
            yield HttpRequest(method="GET", url="https://x.test/time")
            yield request

    class Heavy(RestRequest[object]):
        response = object
        path = "/heavy"
        weight = 20
        signed = True

    Heavy.method = method
    meter = RollingWindow(100, 60)
    limits = RequestLimits(Limiter("weight", meter))
    rest, transport = client(ok(), ok(), ok(), signer=Asks(), limits=limits)
    await rest.execute(Heavy())
    assert len(transport.requests) == 3
    assert meter.used(limits.requests.clock()) == 20 + 1 + 20


@pytest.mark.parametrize(
    ("status", "order", "query"),
    [
        (400, RequestRejected, RequestRejected),
        (404, RequestRejected, RequestRejected),
        (401, AuthenticationError, AuthenticationError),
        (403, AuthenticationError, AuthenticationError),
        (451, AuthenticationError, AuthenticationError),
        (408, OutcomeUnknown, VenueUnavailable),
        (418, Banned, Banned),
        (425, VenueUnavailable, VenueUnavailable),
        (429, OutcomeUnknown, RateLimited),
        (500, OutcomeUnknown, VenueUnavailable),
        (502, OutcomeUnknown, VenueUnavailable),
        (503, OutcomeUnknown, VenueUnavailable),
        (504, OutcomeUnknown, VenueUnavailable),
        (599, OutcomeUnknown, VenueUnavailable),
        (302, RequestRejected, RequestRejected),
        (304, RequestRejected, RequestRejected),
    ],
)
async def test_status(status: int, order: type[VenueError], query: type[VenueError]) -> None:
    class Query(RestRequest[object]):
        pass

    for request, expected in ((PlaceOrder(), order), (Query(), query)):
        answer = HttpResponse(status=status, body=b'{"code":-1,"msg":"no"}', headers=(("Retry-After", "7"),))
        rest, _ = client(answer)
        with pytest.raises(VenueError) as caught:
            await rest.execute(request)
        assert type(caught.value) is expected
        assert caught.value.status == status
        assert caught.value.outcome_unknown is (expected is OutcomeUnknown)
        if status >= 400:
            assert (caught.value.code, caught.value.text) == (-1, "no")
        if status in (418, 429, 503):
            assert caught.value.retry_after == 7.0


async def test_hook_that_knows_that_nothing_was_done() -> None:
    rest, _ = client(
        HttpResponse(status=503, body=b"Service Unavailable."),
        parser=JsonHttpParser(on_error=lambda response: VenueUnavailable("down", None, response.status)),
    )
    with pytest.raises(VenueUnavailable, match="down"):
        await rest.execute(PlaceOrder())


async def test_hook_that_leaves_the_outcome_open() -> None:
    def hook(response: HttpResponse) -> VenueError:
        if response.status == 429:
            error = RateLimited("busy", -9, 429, 2.0)
            error.outcome_unknown = True
            return error
        return OutcomeUnknown("who knows", -1007, response.status)

    parser = JsonHttpParser(on_error=hook)
    for status, code in ((429, -9), (503, -1007)):
        rest, _ = client(HttpResponse(status=status), parser=parser)
        with pytest.raises(OutcomeUnknown) as caught:
            await rest.execute(PlaceOrder())
        assert (caught.value.code, caught.value.status) == (code, status)
    # Asking twice does no harm, so it may simply be asked again.
    rest, _ = client(HttpResponse(status=503), parser=parser, signer=Stamp())
    with pytest.raises(OutcomeUnknown) as caught:
        await rest.execute(FetchBalances())
    assert caught.value.retryable
    assert not caught.value.outcome_unknown


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"", "the body is empty", id="empty"),
        pytest.param(b'[{"asset":"BTC"', "truncated", id="truncated"),
        pytest.param(b'[{"asset":"BTC"}]', "missing required field `free`", id="missing-field"),
        pytest.param(b'{"code":-1121,"msg":"Invalid symbol."}', "Expected `array`", id="200-with-an-error-body"),
        pytest.param(b"<html>hello</html>", "malformed", id="html"),
        pytest.param(b'[{"asset":"\xff","free":"1"}]', "utf-8", id="not-utf-8"),
        pytest.param(b'[{"x":' + b"[" * 1_000_000, "recursion|stack overflow", id="too-deep"),
    ],
)
async def test_success_that_does_not_fit(body: bytes, reason: str) -> None:
    rest, _ = client(ok(body), signer=Stamp())
    with pytest.raises(ParseError, match=f"(?i){reason}") as caught:
        await rest.execute(FetchBalances())
    assert caught.value.payload == body
    assert not caught.value.outcome_unknown
    assert len(str(caught.value)) < 400


async def test_order_whose_answer_does_not_fit_has_an_unknown_outcome() -> None:
    rest, _ = client(ok(b"["))
    with pytest.raises(ParseError) as caught:
        await rest.execute(PlaceOrder())
    assert caught.value.outcome_unknown


@pytest.mark.parametrize("status", [200, 204])
def test_empty_body_is_legal_where_the_type_allows_none(status: int) -> None:
    parser = JsonHttpParser()
    response = HttpResponse(status=status)
    assert parser.parse(response, cast("type[None]", None)) is None
    assert parser.parse(response, cast("type[Balance | None]", Balance | None)) is None
    assert parser.parse(response, cast("type[object]", Any)) is None


def test_numbers_in_strings() -> None:
    assert JsonHttpParser().parse(ok(b'"12"'), int) == 12
    with pytest.raises(ParseError):
        JsonHttpParser(strict=True).parse(ok(b'"12"'), int)


def wrapped(response: HttpResponse) -> VenueError | None:
    """A venue which always answers 200."""
    body = msgspec.json.decode(response.body)
    return None if body["code"] == 0 else ClockSkew(body["msg"], body["code"], response.status)


def test_200_with_an_error_body() -> None:
    parser = JsonHttpParser(on_error=wrapped, envelope=True)
    with pytest.raises(ClockSkew) as caught:
        parser.parse(ok(b'{"code":10002,"msg":"your time"}'), dict)
    assert (caught.value.code, caught.value.text, caught.value.status) == (10002, "your time", 200)
    assert parser.parse(ok(b'{"code":0,"data":[]}'), dict) == {"code": 0, "data": []}


def test_envelope_picks_the_responses_to_ask_about() -> None:
    asked: list[bytes] = []

    def hook(response: HttpResponse) -> None:
        asked.append(response.body)

    parser = JsonHttpParser(on_error=hook, envelope=lambda response: response.body.startswith(b'{"code"'))
    parser.parse(ok(b'{"code":0}'), dict)
    parser.parse(ok(b'{"data":0}'), dict)
    assert asked == [b'{"code":0}']
    assert JsonHttpParser(on_error=hook).parse(ok(b'{"code":1}'), dict) == {"code": 1}
    assert asked == [b'{"code":0}']
    with pytest.raises(RequestRejected):
        JsonHttpParser(on_error=hook).parse(HttpResponse(status=404, body=b"x"), dict)
    assert asked == [b'{"code":0}', b"x"]


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        (b"", "", "Bad Gateway"),
        (b"  \n ", "text/plain", "Bad Gateway"),
        (b"upstream\n  gone", "text/plain", "upstream gone"),
        (b"<html><head><title>502 Bad\n Gateway</title></head><body>x</body></html>", "text/html", "502 Bad Gateway"),
        (
            b"<!-- a --><html><style>b{}</style><script>c()</script><p>We are  <b>down</b></p></html>",
            "text/html; charset=utf-8",
            "We are down",
        ),
        (b"\n<!DOCTYPE html><p>down", "", "down"),
        (b"<html><script>never closed", "text/html", "Bad Gateway"),
        (b"\xff\xfe", "text/plain", "\ufffd\ufffd"),
        (b'{"error":{"message":"inner","code":"E1"}}', "application/json", "inner"),
        (b'{"code":true,"msg":7}', "application/json", '{"code":true,"msg":7}'),
        (b'["list"]', "application/json", '["list"]'),
        (b"x" * 1000, "text/plain", "x" * 200),
        (b"[" * 100_000, "application/json", "[" * 200),
    ],
)
def test_text_of_an_error_body(body: bytes, kind: str, text: str) -> None:
    error = error_for_status(HttpResponse(status=502, body=body, headers=(("Content-Type", kind),)))
    assert error.text == text
    assert error.status == 502
    assert not isinstance(error, ParseError)


def test_403_of_a_firewall_is_a_limit_and_not_a_key() -> None:
    html = HttpResponse(status=403, body=b"<html><title>Forbidden</title></html>")
    assert type(error_for_status(html)) is RateLimited
    assert type(error_for_status(HttpResponse(status=403, body=b'{"msg":"no permission"}'))) is AuthenticationError


@pytest.mark.parametrize(
    ("location", "text"),
    [
        ("https://other.test/login?signature=hush", "redirected to other.test; redirects are not followed"),
        ("https://u:hush@other.test:8443/", "redirected to other.test; redirects are not followed"),
        ("/login?hush", "redirected; redirects are not followed"),
        ("https://[hush", "redirected; redirects are not followed"),
        (None, "redirected; redirects are not followed"),
    ],
)
def test_redirect_names_the_host_alone(location: str | None, text: str) -> None:
    headers = () if location is None else (("Location", location),)
    with pytest.raises(RequestRejected) as caught:
        JsonHttpParser().parse(HttpResponse(status=301, headers=headers), dict)
    assert caught.value.text == text
    assert caught.value.status == 301


def test_status_without_a_name() -> None:
    assert error_for_status(HttpResponse(status=599)).text == "no text"


async def test_metrics_on_success_and_on_failure() -> None:
    seen: list[RequestMetrics] = []
    answers: Sequence[HttpResponse | Exception] = (ok(b'{"a":1}'), ConnectionLost("cut"), HttpResponse(status=500))
    rest, _ = client(*answers, on_metrics=seen.append)
    assert await rest.execute(PlaceOrder(b"12345")) == {"a": 1}
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            await rest.execute(PlaceOrder())
    assert [(m.method, m.path, m.status, m.request_bytes, m.response_bytes, m.error) for m in seen] == [
        ("POST", "/order", 200, 5, 7, ""),
        ("POST", "/order", None, 0, 0, "ConnectionLost"),
        ("POST", "/order", 500, 0, 0, ""),
    ]
    assert seen[0].elapsed == 5
