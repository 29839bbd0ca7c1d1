"""What Binance answers when it says no, to the error which tells what helps."""

import json
from typing import Any

import pytest

from barterpy.errors import (
    AuthenticationError,
    Banned,
    ClockSkew,
    OutcomeUnknown,
    ParseError,
    RateLimited,
    RequestRejected,
    VenueError,
    VenueUnavailable,
)
from barterpy.http import HttpResponse
from barterpy.venues.binance.answers import Depth, ServerTime
from barterpy.venues.binance.errors import CODES, http_parser, response_error, stream_error


def response(status: int, body: object, headers: tuple[tuple[str, str], ...] = ()) -> HttpResponse:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpResponse(status=status, headers=headers, body=content)


def refusal(code: int, text: str = "some text") -> dict[str, Any]:
    return {"code": code, "msg": text}


def raised(answer: HttpResponse) -> VenueError:
    with pytest.raises(VenueError) as caught:
        http_parser().parse(answer, ServerTime)
    return caught.value


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (-1000, VenueUnavailable),
        (-1001, VenueUnavailable),
        (-1008, VenueUnavailable),
        (-1016, VenueUnavailable),
        (-1034, VenueUnavailable),
        (-1003, RateLimited),
        (-1015, RateLimited),
        (-1021, ClockSkew),
        (-1002, AuthenticationError),
        (-1022, AuthenticationError),
        (-1099, AuthenticationError),
        (-2014, AuthenticationError),
        (-2015, AuthenticationError),
        (-1013, RequestRejected),
        (-1100, RequestRejected),
        (-1121, RequestRejected),
        (-1220, RequestRejected),
        (-2010, RequestRejected),
        (-2011, RequestRejected),
        (-2013, RequestRejected),
        (-4164, RequestRejected),
    ],
)
def test_codes(code: int, kind: type[VenueError]) -> None:
    error = raised(response(400, refusal(code)))
    assert (type(error), error.code, error.text, error.status) == (kind, code, "some text", 400)


@pytest.mark.parametrize("code", [-1006, -1007])
def test_codes_which_leave_open_what_was_done(code: int) -> None:
    assert CODES[code] is OutcomeUnknown
    error = raised(response(400, refusal(code)))
    assert (type(error), error.outcome_unknown, error.code) == (VenueUnavailable, True, code)


@pytest.mark.parametrize(
    ("status", "body", "kind", "unknown"),
    [
        (429, refusal(-1003), RateLimited, True),
        (418, refusal(-1003), Banned, False),
        (400, refusal(-1003, "Way too much request weight used; IP banned until 1659146400000."), Banned, False),
        (403, b"<html><title>403 Forbidden</title></html>", RateLimited, False),
        (401, refusal(-2015), AuthenticationError, False),
        (451, refusal(0, "Service unavailable from a restricted location"), AuthenticationError, False),
        (404, b"<html>nothing here</html>", RequestRejected, False),
        (400, b"", RequestRejected, False),
        (302, b"", RequestRejected, False),
        (408, b"", VenueUnavailable, True),
        (500, b"<html>oops</html>", VenueUnavailable, True),
        (502, b"", VenueUnavailable, True),
        (503, refusal(-1000, "Unknown error, please check your request or try again later."), VenueUnavailable, True),
        (503, refusal(-1121), VenueUnavailable, True),
        (503, b"Service Unavailable.", VenueUnavailable, False),
        (503, refusal(-1008, "Request throttled by system-level protection."), VenueUnavailable, False),
        (503, refusal(-1016), VenueUnavailable, False),
    ],
)
def test_statuses(status: int, body: object, kind: type[VenueError], unknown: bool) -> None:
    error = raised(response(status, body))
    assert (type(error), error.outcome_unknown, error.status) == (kind, unknown, status)


@pytest.mark.parametrize("status", [418, 429, 503])
def test_how_long_to_wait_is_kept(status: int) -> None:
    assert raised(response(status, refusal(-1008), (("Retry-After", "17"),))).retry_after == 17.0


@pytest.mark.parametrize(
    "body",
    [
        refusal(-1121, "Invalid symbol."),
        b'{ "code" : -1121, "msg": "Invalid symbol." }',
        {"msg": "Invalid symbol.", "code": -1121},
        refusal(-1121, "long " * 500),
    ],
)
def test_success_with_a_refusal_in_its_body_is_a_refusal(body: object) -> None:
    assert type(raised(response(200, body))) is RequestRejected


def test_a_code_that_is_none_of_binances_is_no_refusal() -> None:
    answer = response(200, {"code": "USDT", "name": "a currency"})
    assert http_parser().parse(answer, dict[str, str])["code"] == "USDT"


def test_success_may_carry_a_positive_code() -> None:
    answer = response(200, refusal(200, "The operation of cancel all open order is done."))
    assert response_error(answer) is None
    assert http_parser().parse(answer, dict[str, object])["code"] == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"<html></html>", b"{}", b'{"lastUpdateId":1,"bids":[["1"', b'{"lastUpdateId":1,"bids":[],"asks":[[1,2]]}'],
)
def test_success_that_does_not_fit_is_a_parse_error_with_its_payload(body: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        http_parser().parse(response(200, body), Depth)
    assert caught.value.payload == body


@pytest.mark.parametrize("code", [0, 1, 2, 3, None])
def test_a_refused_request_on_a_stream(code: int | None) -> None:
    error = stream_error(code, "Invalid request")
    assert (type(error), error.code, error.text) == (RequestRejected, code, "Invalid request")
    assert type(stream_error(-1003, "slow down")) is RateLimited
