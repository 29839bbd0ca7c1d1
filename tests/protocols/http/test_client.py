"""RestClient over a real connection: the way from a typed request to a typed answer, and every wrong answer."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import anyio.abc
import msgspec
import pytest

from barterpy.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectError,
    CredentialsError,
    OutcomeUnknown,
    ParseError,
    RateLimited,
    RequestRejected,
    VenueUnavailable,
)
from barterpy.protocols.http import rest_client
from barterpy.rest import JsonHttpParser, RestRequest
from barterpy.signing import QueryScheme, RequestSigner, hexadecimal, hmac_sha256

if TYPE_CHECKING:
    from tests.protocols.http.conftest import Serve

pytestmark = pytest.mark.anyio

HUSH = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP"


class Balance(msgspec.Struct):
    asset: str
    free: Decimal


@dataclass(frozen=True)
class FetchBalances(RestRequest[list[Balance]]):
    response = list[Balance]
    path = "/account"
    signed = True

    def query(self) -> dict[str, object]:
        return {"symbol": "币安USDT"}


class PlaceOrder(RestRequest[dict[str, object]]):
    response = dict[str, object]
    method = "POST"
    path = "/order"
    repeatable = False
    timeout = 0.2


def signer() -> RequestSigner:
    return RequestSigner(QueryScheme(api_key="my-key", key_header="X-KEY"), hmac_sha256(HUSH), hexadecimal)


def answer(status: bytes, body: bytes, kind: bytes = b"application/json") -> bytes:
    return b"HTTP/1.1 %b\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b" % (status, kind, len(body), body)


async def test_signed_query_goes_out_as_it_was_signed(serve: "Serve") -> None:
    text = answer(b"200 OK", b'[{"asset":"BTC","free":"0.10"}]')
    async with (
        serve(text) as server,
        rest_client(server.url, signer(), JsonHttpParser(), clock=lambda: 1_499_827_319_559_000_000) as client,
    ):
        assert await client.execute(FetchBalances()) == [Balance("BTC", Decimal("0.10"))]
    query = "symbol=%E5%B8%81%E5%AE%89USDT&timestamp=1499827319559"
    signature = hmac_sha256(HUSH)(query.encode()).hex()
    assert server.target() == f"/account?{query}&signature={signature}".encode()
    assert server.header("x-key") == "my-key"


async def test_where_no_block_fits_it_is_closed_by_hand(serve: "Serve") -> None:
    async with serve(answer(b"200 OK", b'[{"asset":"BTC","free":"0.10"}]')) as server:
        client = rest_client(server.url, signer(), JsonHttpParser())
        assert await client.execute(FetchBalances()) == [Balance("BTC", Decimal("0.10"))]
        await client.aclose()
        with pytest.raises(anyio.ClosedResourceError):
            await client.execute(FetchBalances())


@pytest.mark.parametrize("options", [{"max_connections": 0}, {"proxy": "ftp://x"}])
async def test_what_cannot_be_is_told_at_once(options: Any) -> None:
    with pytest.raises(ConfigurationError):
        rest_client("https://x.test", None, JsonHttpParser(), **options)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(answer(b"200 OK", b'{"code":-1,"msg":"no"}'), ParseError, id="200-with-an-error-body"),
        pytest.param(answer(b"200 OK", b""), ParseError, id="200-empty"),
        pytest.param(answer(b"200 OK", b'[{"asset":'), ParseError, id="200-cut-json"),
        pytest.param(answer(b"400 No", b'{"code":-1,"msg":"no"}'), RequestRejected, id="400"),
        pytest.param(answer(b"404 No", b"<html><title>no</title>", b"text/html"), RequestRejected, id="404-html"),
        pytest.param(answer(b"401 No", b""), AuthenticationError, id="401-empty"),
        pytest.param(answer(b"403 No", b"<html><h1>no</h1>", b"text/html"), RateLimited, id="403-html"),
        pytest.param(answer(b"502 No", b"<html><h1>no</h1>", b"text/html"), VenueUnavailable, id="502-html"),
        pytest.param(b"HTTP/1.1 302 No\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", RequestRejected, id="redirect"),
    ],
)
async def test_wrong_answer(serve: "Serve", text: bytes, expected: type[Exception]) -> None:
    async with serve(text) as server, rest_client(server.url, signer(), JsonHttpParser()) as client:
        with pytest.raises(expected) as caught:
            await client.execute(FetchBalances())
    assert type(caught.value) is expected
    assert "signature" not in str(caught.value) + repr(caught.value)
    assert HUSH not in str(caught.value) + repr(caught.value)


async def say_nothing(stream: anyio.abc.ByteStream) -> None:
    await stream.receive()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(say_nothing, id="nothing-said"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", id="cut"),
        pytest.param(b"", id="closed"),
        pytest.param(answer(b"200 OK", b"x" * 2000), id="oversize"),
        pytest.param(answer(b"504 Gateway Timeout", b""), id="504"),
        pytest.param(b"garbage\r\n\r\n", id="not-http"),
    ],
)
async def test_order_that_may_have_been_done(serve: "Serve", text: Any) -> None:
    async with serve(text) as server, rest_client(server.url, None, JsonHttpParser(), max_response_size=1000) as client:
        with pytest.raises(OutcomeUnknown):
            await client.execute(PlaceOrder())


async def test_order_that_was_not_sent(serve: "Serve") -> None:
    async with serve(b"") as server:
        url = server.url
    async with rest_client(url, None, JsonHttpParser()) as client:
        with pytest.raises(ConnectError):
            await client.execute(PlaceOrder())


async def test_signer_without_a_secret() -> None:
    with pytest.raises(CredentialsError):
        RequestSigner(QueryScheme(api_key="my-key", key_header="X-KEY"), hmac_sha256(""), hexadecimal)
    async with rest_client("https://x.test", None, JsonHttpParser()) as client:
        with pytest.raises(ConfigurationError, match="must be signed"):
            await client.execute(FetchBalances())
