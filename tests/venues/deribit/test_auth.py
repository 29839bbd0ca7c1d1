"""Logons and signatures, against the venue's published vector and ones computed from its recipe."""

from typing import Any

import msgspec
import pytest

from barterpy.connection import SubscribeRequest
from barterpy.credentials import Credentials
from barterpy.errors import ConfigurationError, CredentialsError, ParseError
from barterpy.http import HttpRequest
from barterpy.timesync import ClockOffset
from barterpy.venues.deribit.answers import AuthResult
from barterpy.venues.deribit.auth import (
    auth_params,
    http_signer,
    make_logon,
    read_result,
    refresh_params,
    signature,
)

AMANDA = Credentials("AMANDA", "AMANDASECRECT")
AT = 1576074319000 * 10**6
NONCE = "1iqt2wls"


def test_the_published_logon() -> None:
    assert auth_params(AMANDA, AT, nonce=NONCE) == {
        "grant_type": "client_signature",
        "client_id": "AMANDA",
        "timestamp": 1576074319000,
        "nonce": NONCE,
        "data": "",
        "signature": "56590594f97921b09b18f166befe0d1319b198bbcdad7ca73382de2f88fe9aa1",
    }


def test_the_secret_itself_is_sent_only_when_asked_to() -> None:
    params = auth_params(AMANDA, AT, grant="client_credentials", scope="session:feed")
    assert params == {
        "grant_type": "client_credentials",
        "client_id": "AMANDA",
        "client_secret": "AMANDASECRECT",
        "scope": "session:feed",
    }
    assert "AMANDASECRECT" not in str(auth_params(AMANDA, AT, nonce=NONCE))


def test_a_request_over_http_is_signed_in_one_header() -> None:
    url = "https://www.deribit.com/api/v2/private/get_account_summary?currency=BTC"
    flow = http_signer(AMANDA, lambda now: NONCE).sign(HttpRequest(method="GET", url=url), AT)
    signed = next(flow)
    sig = "9bfbc51a2bc372d72cc396cf1a213dc78d42eb74cb7dc272351833ad0de276ab"
    assert signed.url == url
    assert signed.header("Authorization") == f"deri-hmac-sha256 id=AMANDA,ts=1576074319000,nonce={NONCE},sig={sig}"


def test_signatures_are_by_the_venues_clock_as_it_is_known_when_they_are_made() -> None:
    offset = ClockOffset(resolution=0)
    logon = make_logon(AMANDA, lambda: 1, nonces=lambda now: NONCE, offset=offset)
    signer = http_signer(AMANDA, lambda now: NONCE, offset=offset)
    request = HttpRequest(method="GET", url="https://www.deribit.com/api/v2/private/get_account_summary?currency=BTC")
    assert sent(logon.request(AT))["timestamp"] == AT // 10**6
    offset.observe(AT, AT + 5 * 10**9, AT)
    assert sent(logon.request(AT))["timestamp"] == AT // 10**6 + 5000
    header = next(signer.sign(request, AT)).header("Authorization")
    assert header is not None
    assert f"ts={AT // 10**6 + 5000}," in header


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_private_keys_sign_logons_and_not_http(kind: str) -> None:
    from base64 import b64decode

    from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key: Any = ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    credentials = Credentials("key", pem)
    raw = b64decode(signature(credentials, "1\nn\n"))
    extra = () if kind == "ed25519" else (padding.PKCS1v15(), SHA256())
    key.public_key().verify(raw, b"1\nn\n", *extra)
    with pytest.raises(ConfigurationError, match="HMAC keys only"):
        http_signer(credentials)


def test_an_elliptic_curve_key_is_refused() -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(CredentialsError, match="Ed25519 and RSA"):
        signature(Credentials("key", pem), "x")


def test_a_logon_is_fresh_each_time_and_renewed_by_its_token() -> None:
    ids = iter(range(1, 10))
    logon = make_logon(AMANDA, lambda: next(ids), nonces=lambda now: str(now))
    first, second = logon.request(AT), logon.request(AT + 10**9)
    assert (first.id, second.id) == (1, 2)
    assert first.message != second.message
    assert logon.expires is not None
    assert logon.refresh is not None
    answer = AuthResult(access_token="a", expires_in=900, refresh_token="r")
    assert logon.expires(answer) == 900.0
    assert logon.expires("something else") is None
    assert sent(logon.refresh(answer, AT)) == refresh_params("r")
    again = sent(logon.refresh(AuthResult(access_token="a", expires_in=900), AT))
    assert again["grant_type"] == "client_signature"


def sent(request: SubscribeRequest) -> dict[str, Any]:
    message = msgspec.json.decode(request.message)
    assert (message["jsonrpc"], message["method"], message["id"]) == ("2.0", "public/auth", request.id)
    params: dict[str, Any] = message["params"]
    return params


def test_tokens_show_nowhere() -> None:
    answer = read_result(msgspec.Raw(b'{"access_token":"tok","expires_in":1,"refresh_token":"ref","scope":"s"}'))
    assert "tok" not in repr(answer)
    assert "ref" not in repr(answer)
    with pytest.raises(ParseError) as caught:
        read_result(msgspec.Raw(b'{"refresh_token":"ref"}'))
    assert "ref" not in repr(caught.value).replace("refresh_token", "")
    assert caught.value.__cause__ is None
