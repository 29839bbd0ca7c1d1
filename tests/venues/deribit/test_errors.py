"""Codes to remedies, over the WebSocket and over HTTP, and the credits that keep clear of the first of them."""

from typing import Any

import pytest

from barterpy.credentials import Credentials
from barterpy.errors import (
    AuthenticationError,
    OutcomeUnknown,
    ParseError,
    RateLimited,
    RequestRejected,
    VenueError,
    VenueUnavailable,
)
from barterpy.http import HttpResponse
from barterpy.venues.deribit import Deribit
from barterpy.venues.deribit.errors import CODES, Refusal, RpcHttpParser, order_error, rpc_error
from barterpy.venues.deribit.limits import Credits

REMEDIES: dict[int, tuple[type[Exception], bool, bool, bool, bool]] = {
    # code: class, retryable, needs a new connection, fatal, outcome unknown
    10028: (RateLimited, True, False, False, False),
    10066: (RateLimited, True, False, False, False),
    10047: (RateLimited, True, False, False, False),
    10040: (VenueUnavailable, True, False, False, False),
    10041: (VenueUnavailable, True, False, False, False),
    11051: (VenueUnavailable, True, False, False, False),
    13028: (VenueUnavailable, True, False, False, False),
    11094: (VenueUnavailable, True, False, False, True),
    13888: (VenueUnavailable, True, False, False, True),
    10000: (AuthenticationError, False, False, True, False),
    13004: (AuthenticationError, False, False, True, False),
    13009: (AuthenticationError, True, True, False, False),
    13021: (AuthenticationError, False, False, True, False),
    10004: (RequestRejected, False, False, False, False),
    10009: (RequestRejected, False, False, False, False),
    11054: (RequestRejected, False, False, False, False),
    -32602: (RequestRejected, False, False, False, False),
}


@pytest.mark.parametrize(("code", "remedy"), REMEDIES.items())
def test_what_helps_by_code(code: int, remedy: tuple[Any, ...]) -> None:
    error = rpc_error(Refusal(code, "words"))
    flags = (error.retryable, error.needs_reconnect, error.fatal, error.outcome_unknown)
    assert (type(error), *flags) == remedy
    assert (error.code, error.text) == (code, "words")
    # "Too fast" in answer to an order leaves open what became of it, as HTTP's 429 does.
    assert isinstance(order_error(error), OutcomeUnknown) is (remedy[-1] or remedy[0] is RateLimited)
    assert order_error(error).code == code


def test_every_code_in_the_table_is_tried() -> None:
    assert set(CODES) <= set(REMEDIES)


def test_the_text_says_which_parameter() -> None:
    data = {"reason": "wrong format", "param": "instrument_name", "other": 1}
    assert rpc_error(Refusal(-32602, "Invalid params", data)).text == "Invalid params: instrument_name wrong format"


def test_a_refusal_over_http_is_read_from_its_body() -> None:
    body = b'{"jsonrpc":"2.0","error":{"code":13004,"message":"invalid_credentials"},"testnet":true}'
    for status in (200, 400, 401):
        with pytest.raises(AuthenticationError, match="invalid_credentials") as caught:
            RpcHttpParser().parse(HttpResponse(status=status, body=body), int)
        assert (caught.value.code, caught.value.status) == (13004, status)


@pytest.mark.parametrize(("status", "code"), [(429, 10028), (500, 10028), (502, -32600), (400, 13888)])
def test_a_status_that_leaves_an_order_open_does_so_whatever_its_body_says(status: int, code: int) -> None:
    body = b'{"jsonrpc":"2.0","error":{"code":%d,"message":"words"}}' % code
    with pytest.raises(VenueError, match="words") as caught:
        RpcHttpParser().parse(HttpResponse(status=status, body=body), int)
    assert (caught.value.outcome_unknown, caught.value.code, caught.value.status) == (True, code, status)


def test_without_a_body_the_status_says_it() -> None:
    with pytest.raises(RateLimited):
        RpcHttpParser().parse(HttpResponse(status=429, body=b"<html>"), int)
    with pytest.raises(VenueUnavailable):
        RpcHttpParser().parse(HttpResponse(status=502, body=b""), int)


def test_a_result_is_taken_out_of_its_envelope() -> None:
    answer = HttpResponse(status=200, body=b'{"jsonrpc":"2.0","result":[1,2],"usIn":1,"testnet":false}')
    assert RpcHttpParser().parse(answer, list[int]) == [1, 2]
    with pytest.raises(ParseError):
        RpcHttpParser().parse(answer, list[str])
    with pytest.raises(ParseError):
        RpcHttpParser().parse(HttpResponse(status=200, body=b"not JSON"), int)


def test_credits_by_method() -> None:
    credits_ = Credits()
    assert credits_.cost("private/buy") == (credits_.matching, 1)
    assert credits_.cost("private/cancel_all_by_currency") == (credits_.matching, 1)
    assert credits_.cost("public/get_instruments") == (credits_.instruments, 1)
    assert credits_.cost("public/subscribe") == (credits_.subscribes, 1)
    assert credits_.cost("public/ticker") == (credits_.others, 500)
    waits = [credits_.others.reserve(0, 500) for _ in range(101)]
    assert waits[:100] == [0] * 100
    assert waits[100] == 50_000_000
    assert [credits_.matching.reserve(0) for _ in range(21)][-2:] == [0, 200_000_000]


def test_credits_are_shared_by_who_is_counted_together() -> None:
    first, same, other = (Deribit(credentials=Credentials(key, "secret")) for key in ("one", "one", "two"))
    nobody, nobody_else = Deribit(), Deribit()
    assert first.credits.matching is same.credits.matching
    assert first.credits.subscribes is same.credits.subscribes
    assert first.credits.matching is not other.credits.matching
    assert first.credits.instruments is other.credits.instruments, "this one is counted by address"
    assert nobody.credits.others is nobody_else.credits.others
    assert nobody.credits.others is not Deribit(environment="testnet").credits.others
    assert nobody.credits.others is not first.credits.others
    own = Credits(matching_rate=100)
    assert Deribit(credentials=Credentials("one", "secret"), credits=own).credits is own
    assert own.matching is not Credits().matching
    assert "one" not in repr(first.credits.matching), "whose key it is shows nowhere"


def test_credits_of_an_account() -> None:
    limits = {
        "non_matching_engine": {"burst": 10, "rate": 2},
        "matching_engine": {"trading": {"total": {"burst": 3, "rate": 1}}},
    }
    credits_ = Credits.from_account(limits)
    assert [credits_.others.reserve(0, 500) for _ in range(11)][-2:] == [0, 500_000_000]
    assert [credits_.matching.reserve(0) for _ in range(4)][-2:] == [0, 10**9]
    usual = Credits.from_account({"matching_engine": "?"})
    assert [usual.matching.reserve(0) for _ in range(21)][-2:] == [0, 200_000_000]
