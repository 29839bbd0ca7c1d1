"""Signed requests as they stand on the wire, for each kind of key, through the whole client."""

import base64
from collections.abc import Callable
from urllib.parse import parse_qsl, unquote

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from barterpy.clock import MILLISECOND, SECOND
from barterpy.credentials import Credentials
from barterpy.errors import ClockSkew, ConfigurationError, CredentialsError, ParseError, RateLimited, RequestRejected
from barterpy.http import HttpRequest, HttpResponse
from barterpy.limits import Scopes
from barterpy.rest import RestClient, RestRequest
from barterpy.venues import binance
from barterpy.venues.binance.auth import BinanceSigner
from barterpy.venues.binance.endpoints import Market
from barterpy.venues.binance.errors import http_parser

pytestmark = pytest.mark.anyio

# Key, secret, timestamp and signatures: "Request security" of the spot documentation.
KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
SECRET = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
TIMESTAMP = 1499827319559
ORDER = {"symbol": "LTCBTC", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1", "price": "0.1"}


class Wire:
    """An HTTP transport which remembers what was sent and answers from a list."""

    def __init__(self, *answers: HttpResponse) -> None:
        self.sent: list[HttpRequest] = []
        self.answers = list(answers)

    async def send(self, request: HttpRequest, /) -> HttpResponse:
        self.sent.append(request)
        return self.answers.pop(0)

    async def aclose(self) -> None:
        pass


class PlaceOrder(RestRequest[dict[str, object]]):
    response = dict[str, object]
    method = "POST"
    path = "/api/v3/order"
    signed = True
    repeatable = False
    body_format = "form"

    def __init__(self, query: dict[str, object], body: dict[str, object] | None = None) -> None:
        self._query = query
        self._body = body

    def query(self) -> dict[str, object]:
        return self._query

    def body(self) -> dict[str, object] | None:
        return self._body


def answer(body: bytes = b"{}", status: int = 200, *, elapsed: int = 0) -> HttpResponse:
    return HttpResponse(status=status, body=body, elapsed=elapsed)


def client(wire: Wire, secret: str = SECRET, now: int = TIMESTAMP * MILLISECOND) -> RestClient:
    signer = BinanceSigner(Credentials(KEY, secret), Market.SPOT)
    return RestClient("https://api.binance.com", signer, http_parser(), wire, clock=lambda: now)


async def test_hmac_as_in_the_documentation() -> None:
    wire = Wire(answer())
    await client(wire).execute(PlaceOrder(dict(ORDER)))
    (sent,) = wire.sent
    assert sent.url == (
        "https://api.binance.com/api/v3/order?symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1"
        "&recvWindow=5000&timestamp=1499827319559"
        "&signature=c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
    )
    assert (sent.method, sent.header("X-MBX-APIKEY"), sent.body) == ("POST", KEY, b"")


async def test_other_letters_are_percent_encoded_before_they_are_signed() -> None:
    wire = Wire(answer())
    await client(wire).execute(PlaceOrder({**ORDER, "symbol": "\uff11\uff12\uff13\uff14\uff15\uff16"}))
    assert wire.sent[0].query.startswith("symbol=%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96&side=BUY")
    assert wire.sent[0].query.endswith("e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3")


async def test_query_and_body_are_signed_without_anything_between_them() -> None:
    # The documentation has timestamp and window in the body; this is the same rule with them in the query.
    wire = Wire(answer())
    await client(wire).execute(PlaceOrder({"symbol": "LTCBTC"}, {"quantity": 1, "price": "0.1"}))
    (sent,) = wire.sent
    query, _, signature = sent.query.partition("&signature=")
    assert sent.body == b"quantity=1&price=0.1"
    signer = BinanceSigner(Credentials(KEY, SECRET), Market.SPOT)
    assert query == "symbol=LTCBTC&recvWindow=5000&timestamp=1499827319559"
    assert signature == signer.signature(query.encode() + sent.body)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ("timestamp=1578963600000", "d84e6641b1e328e7b418fff030caed655c266299c9355e36ce801ed14631eed4"),
        (
            "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTCquantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559",
            "0fd168b8ddb4876a0358a8d14d0c9f3da0e9b20c5d52b2a00fcf7d1c602f9a77",
        ),
    ],
)
def test_signatures_of_any_payload(payload: str, expected: str) -> None:
    assert BinanceSigner(Credentials(KEY, SECRET), Market.SPOT).signature(payload.encode()) == expected


def test_the_futures_example_of_the_documentation() -> None:
    secret = "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9"
    payload = (
        b"symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC"
        b"&recvWindow=5000&timestamp=1591702613943"
    )
    expected = "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9"
    assert BinanceSigner(Credentials(KEY, secret), Market.FUTURES).signature(payload) == expected


def pem(key: ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def ed25519_pair() -> tuple[str, Callable[[bytes, bytes], None]]:
    key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    return pem(key), key.public_key().verify


def rsa_pair() -> tuple[str, Callable[[bytes, bytes], None]]:
    key = rsa.generate_private_key(65537, 2048)
    public = key.public_key()
    return pem(key), lambda signature, data: public.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize("pair", [ed25519_pair, rsa_pair])
async def test_private_keys_sign_in_percent_encoded_base64(
    pair: Callable[[], tuple[str, Callable[[bytes, bytes], None]]],
) -> None:
    secret, verify = pair()
    wire = Wire(answer())
    await client(wire, secret).execute(PlaceOrder(dict(ORDER)))
    query, _, signature = wire.sent[0].query.partition("&signature=")
    assert query.endswith("&recvWindow=5000&timestamp=1499827319559")
    assert not set(signature) & set("+/=")
    verify(base64.b64decode(unquote(signature), validate=True), query.encode())


def test_a_key_of_a_kind_binance_does_not_take() -> None:
    with pytest.raises(CredentialsError, match="Ed25519 and RSA"):
        BinanceSigner(Credentials(KEY, pem(ec.generate_private_key(ec.SECP256R1()))), Market.SPOT)


def test_a_key_that_cannot_be_read_does_not_show_itself() -> None:
    with pytest.raises(CredentialsError) as caught:
        BinanceSigner(
            Credentials(KEY, "-----BEGIN PRIVATE KEY-----\nverysecret\n-----END PRIVATE KEY-----"), Market.SPOT
        )
    assert "verysecret" not in str(caught.value)


@pytest.mark.parametrize("window", [0, -1, 60_001])
def test_a_window_binance_does_not_take(window: int) -> None:
    with pytest.raises(ConfigurationError, match="receive_window"):
        binance.Spot(credentials=Credentials(KEY, SECRET), receive_window=window)


def test_the_secret_shows_itself_nowhere() -> None:
    assert SECRET not in repr(BinanceSigner(Credentials(KEY, SECRET), Market.SPOT))
    assert SECRET not in repr(binance.Spot(credentials=Credentials(KEY, SECRET)))


# The clock.

SKEWED = b'{"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}'


async def test_a_refused_timestamp_is_mended_by_the_servers_clock_once() -> None:
    server = TIMESTAMP + 60_000
    wire = Wire(
        answer(SKEWED, 400, elapsed=100 * MILLISECOND),
        answer(b'{"serverTime":%d}' % server, elapsed=40 * MILLISECOND),
        answer(b'{"orderId":28}'),
        answer(b'{"orderId":29}'),
    )
    rest = client(wire)
    assert await rest.execute(PlaceOrder(dict(ORDER))) == {"orderId": 28}
    first, time, again = wire.sent
    assert (time.method, time.url, time.header("X-MBX-APIKEY")) == ("GET", "https://api.binance.com/api/v3/time", None)
    # The server read its clock half way of the 40 ms; 20 ms later the order is signed anew.
    assert dict(parse_qsl(again.query))["timestamp"] == str(server + 20)
    assert again.query.partition("&recvWindow")[0] == first.query.partition("&recvWindow")[0]
    assert await rest.execute(PlaceOrder(dict(ORDER))) == {"orderId": 29}
    offset = server - (TIMESTAMP + 100 + 20)
    assert dict(parse_qsl(wire.sent[3].query))["timestamp"] == str(TIMESTAMP + offset), "the next one is right at once"


async def test_the_venues_clock_once_measured_is_what_signatures_go_by() -> None:
    now, ahead = TIMESTAMP * MILLISECOND, 90_000
    wire = Wire(*[answer(b'{"serverTime":%d}' % (TIMESTAMP + ahead))] * 3, answer(b'{"balances":[]}'))
    venue = binance.Spot(
        transport=wire,
        credentials=Credentials(KEY, SECRET),
        clock=lambda: now,
        scopes=Scopes(),
        rest_url="http://x.test",
    )
    estimate = await venue.server_clock.refresh()
    assert (estimate.agreeing, estimate.offset // MILLISECOND) == (3, ahead)
    await venue.account()
    assert dict(parse_qsl(wire.sent[3].query))["timestamp"] == str(TIMESTAMP + ahead)


async def test_a_timestamp_refused_twice_is_an_error() -> None:
    wire = Wire(answer(SKEWED, 400), answer(b'{"serverTime":1}'), answer(SKEWED, 400))
    with pytest.raises(ClockSkew):
        await client(wire).execute(PlaceOrder(dict(ORDER)))
    assert len(wire.sent) == 3


@pytest.mark.parametrize(
    "body",
    [
        b'{"code":' + b"[" * 100_000,
        b'{"x":' + b"[" * 100_000,
        b'{"code":"\xff"}',
        b'{"code":1e400}',
        b"\xff\xfe",
        b"{}",
    ],
)
async def test_a_refusal_that_cannot_be_read_is_told_by_its_status(body: bytes) -> None:
    with pytest.raises(RequestRejected):
        await client(Wire(answer(body, 400))).execute(PlaceOrder(dict(ORDER)))
    wire = Wire(answer(SKEWED, 400), answer(body))
    with pytest.raises(ParseError, match="server's time") as caught:
        await client(wire).execute(PlaceOrder(dict(ORDER)))
    assert not caught.value.outcome_unknown, "it was refused"


async def test_a_clock_that_cannot_be_measured_says_why() -> None:
    wire = Wire(answer(SKEWED, 400), answer(b'{"code":-1003,"msg":"Too many requests."}', 429))
    with pytest.raises(RateLimited):
        await client(wire).execute(PlaceOrder(dict(ORDER)))


@pytest.mark.parametrize(("make", "path"), [(binance.Spot, "/api/v3/time"), (binance.Futures, "/fapi/v1/time")])
async def test_server_time(make: Callable[..., binance.Spot[object]], path: str) -> None:  # type: ignore[type-var]
    wire = Wire(answer(b'{"serverTime":1700000000123}'))
    venue = make(transport=wire, rest_url="http://127.0.0.1:1")
    assert await venue.server_time() == 1_700_000_000 * SECOND + 123 * MILLISECOND
    assert wire.sent[0].url == f"http://127.0.0.1:1{path}"


async def test_a_signed_request_without_credentials_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="credentials"):
        await binance.Spot(transport=Wire()).account()


async def test_a_signed_request_refused_in_html_is_not_taken_for_a_clock() -> None:
    wire = Wire(answer(b"<html>Forbidden</html>", 403))
    with pytest.raises(RateLimited):
        await client(wire).execute(PlaceOrder(dict(ORDER)))
    assert len(wire.sent) == 1
