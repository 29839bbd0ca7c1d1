"""Signer, schemes, nonces and tokens over the final bytes of requests."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from barterpy.clock import SECOND
from barterpy.errors import ConfigurationError, CredentialsError
from barterpy.http import HttpRequest, HttpResponse
from barterpy.rest import Signer, SignFlow
from barterpy.signing import (
    HeaderScheme,
    IncreasingNonce,
    JwtSigner,
    QueryScheme,
    RequestSigner,
    base64,
    base64url,
    base64url_unpadded,
    eddsa,
    es256,
    hexadecimal,
    hexadecimal_upper,
    hmac_sha256,
    iso8601,
    jwt,
    milliseconds,
    random_nonce,
    seconds,
)

BINANCE_KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
BINANCE_SECRET = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
NOW = 1499827319559 * 1_000_000


def one(flow: SignFlow) -> HttpRequest:
    """The one request of a flow that is no dialogue."""
    request = next(flow)
    with pytest.raises(StopIteration):
        flow.send(HttpResponse(status=200))
    return request


def binance(**more: object) -> RequestSigner:
    scheme = QueryScheme(api_key=BINANCE_KEY, key_header="X-MBX-APIKEY", extra=tuple(more.items()))
    return RequestSigner(scheme, hmac_sha256(BINANCE_SECRET), hexadecimal)


def test_query_scheme_gives_the_documented_binance_request() -> None:
    order = "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1"
    signer: Signer = binance(recvWindow=5000)
    signed = one(signer.sign(HttpRequest(method="POST", url=f"https://x.test/api/v3/order?{order}"), NOW))
    assert signed.url == (
        f"https://x.test/api/v3/order?{order}&recvWindow=5000&timestamp=1499827319559"
        "&signature=c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"
    )
    assert signed.header("x-mbx-apikey") == BINANCE_KEY


def test_query_scheme_signs_query_then_body() -> None:
    request = HttpRequest(method="POST", url="https://x.test/o?a=1", body=b"b=2")
    scheme = QueryScheme(api_key="k", key_header="K")
    assert scheme.payload(request) == b"a=1b=2"


def test_query_scheme_without_a_query_of_its_own() -> None:
    signed = one(binance().sign(HttpRequest(method="GET", url="https://x.test/account"), NOW))
    assert signed.query.startswith("timestamp=1499827319559&signature=")


def test_base64_signature_is_percent_encoded_in_a_query() -> None:
    # The signature of the venue's RSA example, whose private key is not published.
    signature = (
        "HZ8HOjiJ1s/igS9JA+n7+7Ti/ihtkRF5BIWcPIEluJP6tlbFM/Bf44LfZka/iemtahZAZzcO9TnI5uaXh3++lrqtNonCwp6/245UFWkiW1elp"
        "gtVAmJPbogcAv6rSlokztAfWk296ZJXzRDYAtzGH0gq7CgSJKfH+XxaCmR0WcvlKjNQnp12/eKXJYO4tDap8UCBLuyxDnR7oJKLHQHJLP0r0E"
        "AVOOSIbrFang/1WOq+Jaq4Efc4XpnTgnwlBbWTmhWDR1pvS9iVEzcSYLHT/fNnMRxFc7u+j3qI//5yuGuu14KR0MuQKKCSpViieD+fIti46sx"
        "PTsjSemoUKp0oXA=="
    )
    scheme = QueryScheme(api_key="k", key_header="K")
    url = scheme.attach(HttpRequest(method="GET", url="https://x.test/o?a=1"), signature).url
    assert "&signature=HZ8HOjiJ1s%2FigS9JA%2Bn7%2B7Ti%2FihtkRF5BIWcPIEluJP6tlbFM%2FBf44LfZka" in url
    assert url.endswith("oXA%3D%3D")


@pytest.mark.parametrize(
    ("scheme", "request_", "now", "secret", "encoder", "expected"),
    [
        pytest.param(
            HeaderScheme(
                api_key="k",
                template="{timestamp}{method}{target}{body}",
                key_header="OK-ACCESS-KEY",
                timestamp_header="OK-ACCESS-TIMESTAMP",
                signature_header="SIGN",
                timestamp_format=iso8601,
            ),
            HttpRequest(method="GET", url="https://x.test/api/v5/account/balance"),
            1607418537715 * 1_000_000,
            "chNOOS4KvNXR_Xq4k4c9qsfoKWvnDecLATCRlcBwyKDYnWgO",
            base64,
            "PJ61e1nb2F2Qd7D8SPiaIcx2gjdELc+o0ygzre9z33k=",
            id="okx_rest_get",
        ),
        pytest.param(
            HeaderScheme(
                api_key="test_api_key",
                template="{timestamp}{key}5000{query}{body}",
                key_header="X-BAPI-API-KEY",
                timestamp_header="X-BAPI-TIMESTAMP",
                signature_header="SIGN",
            ),
            HttpRequest(method="GET", url="https://x.test/v5/position/list?category=linear&symbol=BTCUSDT"),
            1700000000 * SECOND,
            "test_secret",
            hexadecimal,
            "fd4f31228a46109dc6673062328693696df9a96c7ff04e6491a45e7f63a0fdd7",
            id="bybit_rest_get",
        ),
        pytest.param(
            HeaderScheme(
                api_key="k",
                template="{method}{target}{timestamp}{body}",
                key_header="api-key",
                timestamp_header="api-expires",
                signature_header="SIGN",
                timestamp_format=seconds,
            ),
            HttpRequest(
                method="POST",
                url="https://x.test/api/v1/order",
                body=b'{"symbol":"XBTM15","price":219.0,"clOrdID":"mm_bitmex_1a/oemUeQ4CAJZgP3fjHsA","orderQty":98}',
            ),
            1518064238 * SECOND,
            "chNOOS4KvNXR_Xq4k4c9qsfoKWvnDecLATCRlcBwyKDYnWgO",
            hexadecimal,
            "1749cd2ccae4aa49048ae09f0b95110cee706e0944e6a14ad0b3a8cb45bd336b",
            id="bitmex_3",
        ),
        pytest.param(
            HeaderScheme(
                api_key="AMANDA",
                template="{timestamp}\n{nonce}\n{method}\n{target}\n{body}\n",
                key_header="K",
                timestamp_header="T",
                signature_header="SIGN",
                nonce_header="N",
                nonce=lambda now: "1iqt2wls",
            ),
            HttpRequest(method="GET", url="https://x.test/api/v2/private/get_account_summary?currency=BTC"),
            1576074319 * SECOND,
            "AMANDASECRECT",
            hexadecimal,
            "9bfbc51a2bc372d72cc396cf1a213dc78d42eb74cb7dc272351833ad0de276ab",
            id="deribit_rest_deri_hmac",
        ),
    ],
)
def test_header_scheme_vector(
    scheme: HeaderScheme,
    request_: HttpRequest,
    now: int,
    secret: str,
    encoder: Callable[[bytes], str],
    expected: str,
) -> None:
    signed = one(RequestSigner(scheme, hmac_sha256(secret), encoder).sign(request_, now))
    assert signed.header("sign") == expected
    assert signed.header(scheme.key_header) == scheme.api_key
    assert (signed.method, signed.url, signed.body) == (request_.method, request_.url, request_.body)


def test_header_scheme_takes_any_body_bit_for_bit() -> None:
    scheme = HeaderScheme(
        api_key="k", template="{host}|{path}|{body}", key_header="K", timestamp_header="T", signature_header="S"
    )
    body = bytes(range(256)) + b"{timestamp}"
    request = HttpRequest(method="POST", url="https://x.test:444/p?q=1", body=body)
    assert scheme.payload(request) == b"x.test:444|/p|" + body


@pytest.mark.parametrize("template", ["", "constant", "{secret}", "{0}", "{nonce}"])
def test_header_scheme_refuses_a_template_that_cannot_work(template: str) -> None:
    with pytest.raises(ConfigurationError, match="template"):
        HeaderScheme(api_key="k", template=template, key_header="K", timestamp_header="T", signature_header="S")


def test_header_scheme_wants_the_nonce_and_its_header_together() -> None:
    with pytest.raises(ConfigurationError, match="belong together"):
        HeaderScheme(
            api_key="k",
            template="{nonce}",
            key_header="K",
            timestamp_header="T",
            signature_header="S",
            nonce=random_nonce,
        )


def test_schemes_without_a_key() -> None:
    with pytest.raises(CredentialsError, match="API key is empty"):
        QueryScheme(api_key="", key_header="K")
    with pytest.raises(CredentialsError, match="API key is empty"):
        HeaderScheme(api_key="", template="{body}", key_header="K", timestamp_header="T", signature_header="S")


@dataclass
class VenueClock:
    """Signs with a timestamp; once told the venue's own time, signs again with that."""

    answers: int = 0

    def prepare(self, request: HttpRequest, now: int, /) -> HttpRequest:
        return request.with_headers(("T", str(now)))

    def payload(self, request: HttpRequest, /) -> bytes:
        return (request.header("T") or "").encode()

    def attach(self, request: HttpRequest, signature: str, /) -> HttpRequest:
        return request.with_headers(("S", signature))

    def again(self, request: HttpRequest, response: HttpResponse, now: int, /) -> HttpRequest | None:
        assert request.header("T") is None, "the request must be the caller's own"
        if response.status != 400:
            return None
        self.answers += 1
        return self.prepare(request, now + int(response.body))


def test_dialogue_signs_again_with_the_venues_clock() -> None:
    signer = RequestSigner(VenueClock(), bytes, bytes.decode)
    flow = signer.sign(HttpRequest(method="GET", url="https://x.test/"), 1000)
    first = next(flow)
    assert (first.header("T"), first.header("S")) == ("1000", "1000")
    second = flow.send(HttpResponse(status=400, body=b"500", elapsed=7))
    assert (second.header("T"), second.header("S")) == ("1507", "1507")
    with pytest.raises(StopIteration):
        flow.send(HttpResponse(status=200))


def test_dialogue_that_lets_the_first_answer_stand() -> None:
    signer = RequestSigner(VenueClock(), bytes, bytes.decode)
    assert one(signer.sign(HttpRequest(method="GET", url="https://x.test/"), 1000)).header("S") == "1000"


@pytest.mark.parametrize("repeats", [0, 1, 3])
def test_dialogue_is_bounded(repeats: int) -> None:
    scheme = VenueClock()
    flow = RequestSigner(scheme, bytes, bytes.decode, repeats=repeats).sign(
        HttpRequest(method="GET", url="https://x.test/"), 0
    )
    next(flow)
    for _ in range(repeats):
        flow.send(HttpResponse(status=400, body=b"1"))
    with pytest.raises(StopIteration):
        flow.send(HttpResponse(status=400, body=b"1"))
    assert scheme.answers == repeats


def test_negative_repeats() -> None:
    with pytest.raises(ConfigurationError, match="repeats"):
        RequestSigner(VenueClock(), bytes, bytes.decode, repeats=-1)


def test_signer_shows_no_secret() -> None:
    text = repr(binance()) + str(binance()) + repr(QueryScheme(api_key=BINANCE_KEY, key_header="K"))
    assert BINANCE_SECRET not in text
    assert BINANCE_KEY not in text
    signed = one(binance().sign(HttpRequest(method="GET", url="https://x.test/account"), NOW))
    assert "signature" not in repr(signed) + str(signed)
    assert BINANCE_KEY not in repr(signed)


def test_signature_of_a_logon_payload() -> None:
    assert binance().signature(b"timestamp=1578963600000") == (
        "d84e6641b1e328e7b418fff030caed655c266299c9355e36ce801ed14631eed4"
    )


def test_encoders() -> None:
    data = b"\xfb\xff\x01\x02"
    assert hexadecimal(data) == "fbff0102"
    assert hexadecimal_upper(data) == "FBFF0102"
    assert base64(data) == "+/8BAg=="
    assert base64url(data) == "-_8BAg=="
    assert base64url_unpadded(data) == "-_8BAg"


def test_timestamps() -> None:
    now = 1607418537715_999_999
    assert milliseconds(now) == "1607418537715"
    assert seconds(now) == "1607418537"
    assert iso8601(now) == "2020-12-08T09:08:57.715Z"
    assert iso8601(1 * SECOND) == "1970-01-01T00:00:01.000Z"


def test_increasing_nonce_never_goes_back() -> None:
    nonce = IncreasingNonce(unit=SECOND, last=5)
    assert [nonce(now * SECOND) for now in (3, 10, 10, 4, 20)] == ["6", "10", "11", "12", "20"]


def test_random_nonces_differ() -> None:
    assert len({random_nonce(0) for _ in range(100)}) == 100


def decoded(part: str) -> dict[str, object]:
    return dict(json.loads(urlsafe_b64decode(part + "==")))


def test_jwt_signer_sends_a_fresh_token_with_each_request() -> None:
    signer = JwtSigner(
        lambda request, now: {"exp": now // SECOND + 120, "uri": f"{request.method} {request.host}{request.path}"},
        es256(7),
        header=lambda request, now: {"kid": "me", "nonce": str(now)},
    )
    tokens = [one(signer.sign(HttpRequest(method="GET", url="https://x.test/a?b=1"), now)) for now in (1, SECOND)]
    first, second = (str(request.header("authorization")) for request in tokens)
    assert first.startswith("Bearer ")
    assert first != second
    header, claims, _ = first.removeprefix("Bearer ").split(".")
    assert decoded(header) == {"alg": "ES256", "kid": "me", "nonce": "1", "typ": "JWT"}
    assert decoded(claims) == {"exp": 120, "uri": "GET x.test/a"}
    assert "***" in repr(signer)


def test_jwt_signer_with_constant_header_and_bare_token() -> None:
    signer = JwtSigner(
        lambda _, __: {}, eddsa("9d" * 32), algorithm="EdDSA", header={"kid": "k"}, header_name="X-JWT", scheme=""
    )
    token = str(one(signer.sign(HttpRequest(method="GET", url="https://x.test/"), 0)).header("X-JWT"))
    assert decoded(token.split(".")[0]) == {"alg": "EdDSA", "kid": "k", "typ": "JWT"}


def test_jwt_refuses_a_key_of_another_kind() -> None:
    with pytest.raises(CredentialsError, match="ES256 needs another kind of key than EdDSA"):
        jwt({}, {}, eddsa("9d" * 32), "ES256")
    with pytest.raises(CredentialsError, match="EdDSA needs another kind of key than HS256"):
        JwtSigner(lambda _, __: {}, hmac_sha256("hush"), algorithm="EdDSA")
    with pytest.raises(ConfigurationError, match="header's alg is 'none'"):
        jwt({"alg": "none"}, {}, es256(7))


class Careless:
    """Each step as a person gets it wrong who has no type checker."""

    def __init__(self, wrong: str) -> None:
        self.wrong = wrong

    def prepare(self, request: HttpRequest, now: int) -> Any:
        return None if self.wrong == "prepare" else request

    def payload(self, request: HttpRequest) -> Any:
        return request.query if self.wrong == "payload" else request.query.encode()

    def attach(self, request: HttpRequest, signature: str) -> Any:
        return None if self.wrong == "attach" else request


@pytest.mark.parametrize(
    ("wrong", "mac", "text"),
    [
        ("prepare", hmac_sha256("x"), "Careless.prepare gives NoneType; it must give HttpRequest"),
        ("payload", hmac_sha256("x"), "Careless.payload gives str; it must give bytes"),
        ("attach", hmac_sha256("x"), "Careless.attach gives NoneType; it must give HttpRequest"),
        ("", bytes.hex, "the mac gives str; it must give bytes"),
    ],
)
def test_a_careless_scheme_is_told_which_step_gives_what(wrong: str, mac: Any, text: str) -> None:
    signer = RequestSigner(Careless(wrong), mac, hexadecimal)
    with pytest.raises(ConfigurationError) as caught:
        next(signer.sign(HttpRequest(method="GET", url="https://x.test/?a=1"), NOW))
    assert str(caught.value) == text
