"""HTTP messages as values, and how parameters become bytes."""

import enum
from collections.abc import Callable
from decimal import Decimal
from urllib.parse import parse_qsl

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.clock import SECOND
from barterpy.errors import ConfigurationError
from barterpy.http import HttpRequest, HttpResponse, encode_form, encode_json, encode_query


class Side(enum.Enum):
    BUY = "BUY"


class Order(msgspec.Struct, rename="camel"):
    order_side: Side
    price: Decimal
    size: float = 1e-8
    note: str | None = None


@pytest.mark.parametrize(
    ("url", "host", "path", "query", "target"),
    [
        ("https://x.test", "x.test", "/", "", "/"),
        ("https://x.test/", "x.test", "/", "", "/"),
        ("https://x.test?a=1", "x.test", "/", "a=1", "/?a=1"),
        ("https://u:p@x.test:8443/a/b?c=%20&d", "x.test:8443", "/a/b", "c=%20&d", "/a/b?c=%20&d"),
        ("https://x.test/a?", "x.test", "/a", "", "/a?"),
        ("https://x.test/a?b?c", "x.test", "/a", "b?c", "/a?b?c"),
        ("http://[::1]:80/%e5", "[::1]:80", "/%e5", "", "/%e5"),
    ],
)
def test_parts_of_a_url(url: str, host: str, path: str, query: str, target: str) -> None:
    request = HttpRequest(method="GET", url=url)
    assert (request.host, request.path, request.query, request.target) == (host, path, query, target)


def test_request_is_changed_by_copies() -> None:
    request = HttpRequest(method="GET", url="https://x.test/a?b=1", headers=(("A", "1"), ("B", "2"), ("a", "3")))
    assert request.with_query("c=2").url == "https://x.test/a?c=2"
    assert request.with_query("").url == "https://x.test/a"
    assert request.with_body(b"x").body == b"x"
    assert request.with_headers(("a", "4")).headers == (("B", "2"), ("a", "4"))
    assert request.header("A") == "3"
    assert request.header("C") is None
    assert request.url == "https://x.test/a?b=1"


def test_reprs_hold_no_query_header_or_body() -> None:
    request = HttpRequest(method="POST", url="https://x.test/a?signature=hush", headers=(("K", "hush"),), body=b"hush")
    response = HttpResponse(status=200, url=request.url, headers=(("K", "hush"),), body=b"hush")
    assert repr(request) == "HttpRequest(POST https://x.test/a)"
    assert repr(response) == "HttpResponse(200, 4 bytes, https://x.test/a)"


@pytest.mark.parametrize(
    ("headers", "received_at", "expected"),
    [
        ((), 0, None),
        ((("Retry-After", "120"),), 0, 120.0),
        ((("retry-after", " 0.5 "),), 0, 0.5),
        ((("Retry-After", "-1"),), 0, None),
        ((("Retry-After", "nan"),), 0, None),
        ((("Retry-After", "inf"),), 0, None),
        ((("Retry-After", "1e9"),), 0, None),
        ((("Retry-After", "soon"),), 0, None),
        ((("Retry-After", "9" * 400),), 0, None),
        ((("Retry-After", "Thu, 01 Jan 1970 00:01:00 GMT"),), 0, None),
        ((("Retry-After", "Thu, 01 Jan 1970 00:01:00 -0000"),), 20 * SECOND, 40.0),
        ((("Retry-After", "01 Jan 9999 24:61:61 99999999999999 +99999"),), 20 * SECOND, None),
        ((("Retry-After", "Thu, Jan 99999999999999 Feb 00.01.00 +99999"),), 20 * SECOND, None),
        ((("Retry-After", "Thu, 01 Jan 1970 00:01:00 GMT"),), 20 * SECOND, 40.0),
        ((("Retry-After", "Thu, 01 Jan 1970 00:01:00 GMT"),), 90 * SECOND, 0.0),
        (
            (("Retry-After", "Thu, 01 Jan 1970 00:01:00 GMT"), ("Date", "Thu, 01 Jan 1970 00:00:50 GMT")),
            90 * SECOND,
            10.0,
        ),
    ],
)
def test_retry_after(headers: tuple[tuple[str, str], ...], received_at: int, expected: float | None) -> None:
    assert HttpResponse(status=429, headers=headers, received_at=received_at).retry_after == expected


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, ""),
        ({"b": 1, "a": None, "c": "x y"}, "b=1&c=x%20y"),
        ({"t": True, "f": False}, "t=true&f=false"),
        ({"s": ["A", "B", None], "n": (1, 2)}, "s=A&s=B&n=1&n=2"),
        ({"symbols": '["BTCUSDT"]'}, "symbols=%5B%22BTCUSDT%22%5D"),
        ({"a/b": "&=+?#%"}, "a%2Fb=%26%3D%2B%3F%23%25"),
        ({"symbol": "币安"}, "symbol=%E5%B8%81%E5%AE%89"),
        ({"side": Side.BUY}, "side=BUY"),
        ({"price": Decimal("1E-8"), "size": Decimal("1E+3")}, "price=0.00000001&size=1000"),
        (
            {"price": Decimal("1.10"), "size": 1e-8, "big": 1e22, "one": 1.0},
            "price=1.10&size=0.00000001&big=1" + "0" * 22 + "&one=1.0",
        ),
    ],
)
def test_encode_query(parameters: dict[str, object], expected: str) -> None:
    assert encode_query(parameters) == expected


@given(st.lists(st.tuples(st.text(min_size=1), st.text(min_size=1)), unique_by=lambda pair: pair[0]))
def test_query_is_read_back_as_it_was(pairs: list[tuple[str, str]]) -> None:
    try:
        encoded = encode_query(dict(pairs))
    except UnicodeEncodeError:  # half of a surrogate pair is not text
        return
    assert encoded.isascii()
    assert parse_qsl(encoded, keep_blank_values=True, strict_parsing=bool(pairs)) == pairs


@pytest.mark.parametrize("number", [Decimal("NaN"), Decimal("-Infinity"), Decimal("sNaN"), float("nan"), float("inf")])
@pytest.mark.parametrize("encode", [encode_query, encode_form, encode_json])
def test_number_that_is_not_finite(encode: Callable[[dict[str, object]], object], number: object) -> None:
    with pytest.raises(ConfigurationError, match="not a finite number"):
        encode({"price": number})


def test_encode_form() -> None:
    assert encode_form(Order(Side.BUY, Decimal("1E-8"))) == b"orderSide=BUY&price=0.00000001&size=0.00000001"
    assert encode_form({"a": "b c"}) == b"a=b%20c"
    with pytest.raises(ConfigurationError, match="not list"):
        encode_form([1])


def test_encode_json() -> None:
    order = Order(Side.BUY, Decimal("1E-8"), note="n")
    assert encode_json({"orders": [order], "n": 1, "ok": True, "none": None}) == (
        b'{"orders":[{"orderSide":"BUY","price":"0.00000001","size":0.00000001,"note":"n"}],"n":1,"ok":true,"none":null}'
    )
    assert encode_json([1.5]) == b"[1.5]"
