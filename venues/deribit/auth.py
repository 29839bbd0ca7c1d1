"""Logging on to a WebSocket, and signing requests over HTTP.

"Authentication", docs.deribit.com, 2026-09. On a WebSocket ``public/auth`` with a signature over ``timestamp, newline,
nonce, newline, data`` keeps the secret off the wire; the connection is then the account's, and its token is renewed
with ``refresh_token``. Over HTTP each request carries ``Authorization: deri-hmac-sha256 …`` over ``timestamp, nonce,
method, path with query, body``, each followed by a newline. The secret tells the kind of key: shared text is
HMAC-SHA256 in hex; a PEM private key is Ed25519 or RSA in base64 and is for the WebSocket alone.
"""

from collections.abc import Callable
from typing import Any, Final, Literal, TypeAlias, final

import msgspec

from barterpy.clock import MILLISECOND
from barterpy.connection import Logon, SubscribeRequest
from barterpy.credentials import Credentials
from barterpy.errors import ConfigurationError, CredentialsError, ParseError
from barterpy.http import HttpRequest
from barterpy.signing import RequestSigner, base64, for_private_key, hexadecimal, hmac_sha256, is_pem, random_nonce
from barterpy.signing.nonces import NonceSource
from barterpy.timesync import ClockOffset
from barterpy.venues.deribit.answers import AuthResult
from barterpy.venues.deribit.requests import encode_call

__all__ = ["Grant", "auth_params", "http_signer", "make_logon", "read_result", "refresh_params", "signature"]

Grant: TypeAlias = Literal["client_signature", "client_credentials"]

_decode = msgspec.json.Decoder(AuthResult).decode


def signature(credentials: Credentials, payload: str) -> str:
    """The signature of any payload with these credentials, as a logon wants it.

    :raises barterpy.errors.CredentialsError: the secret cannot be used
    """
    secret = credentials.secret.reveal()
    if not is_pem(secret):
        return hexadecimal(hmac_sha256(secret)(payload.encode()))
    key = for_private_key(secret, password=credentials.passphrase.reveal() or None)
    if key.algorithm not in ("EdDSA", "RS256"):
        raise CredentialsError(f"Deribit takes Ed25519 and RSA keys; this one is for {key.algorithm}")
    return base64(key(payload.encode()))


def auth_params(
    credentials: Credentials,
    now: int,
    *,
    grant: Grant = "client_signature",
    scope: str = "",
    nonce: str = "",
    data: str = "",
) -> dict[str, object]:
    """The parameters of ``public/auth``; ``now`` is int nanoseconds UTC.

    :param scope: such as ``session:feed``, by which a token outlives its connection; the connection's own when empty
    """
    params: dict[str, object] = {"grant_type": grant, "client_id": credentials.key}
    if grant == "client_credentials":
        params["client_secret"] = credentials.secret.reveal()
    else:
        timestamp = now // MILLISECOND
        # An empty "data" keeps its newline before it.
        params |= {
            "timestamp": timestamp,
            "nonce": nonce,
            "data": data,
            "signature": signature(credentials, f"{timestamp}\n{nonce}\n{data}"),
        }
    if scope:
        params["scope"] = scope
    return params


def refresh_params(refresh_token: str) -> dict[str, object]:
    """The parameters of ``public/auth`` that renew a token."""
    return {"grant_type": "refresh_token", "refresh_token": refresh_token}


def make_logon(
    credentials: Credentials,
    next_id: Callable[[], int],
    *,
    grant: Grant = "client_signature",
    scope: str = "",
    timeout: float = 10.0,
    nonces: NonceSource = random_nonce,
    offset: ClockOffset | None = None,
) -> Logon:
    """How a connection logs on with these credentials, and renews the token before it expires.

    :param next_id: gives the ids of the requests; whoever gives them decodes the answers with :func:`read_result`
    :param offset: what is known of the venue's clock, by which it is signed
    """

    def request(now: int) -> SubscribeRequest:
        now += 0 if offset is None else offset.offset(now)
        params = auth_params(credentials, now, grant=grant, scope=scope, nonce=nonces(now))
        return _auth(next_id(), params)

    def refresh(result: Any, now: int) -> SubscribeRequest:
        if isinstance(result, AuthResult) and result.refresh_token:
            return _auth(next_id(), refresh_params(result.refresh_token))
        return request(now)

    return Logon(request=request, timeout=timeout, expires=_validity, refresh=refresh)


def _auth(id_: int, params: dict[str, object]) -> SubscribeRequest:
    return SubscribeRequest(id=id_, message=encode_call(id_, "public/auth", params), subscriptions=())


def _validity(result: Any) -> float | None:
    return float(result.expires_in) if isinstance(result, AuthResult) else None


def read_result(result: msgspec.Raw) -> AuthResult:
    """The tokens in the answer to a logon.

    :raises barterpy.errors.ParseError: it does not fit; the error shows nothing of it
    """
    try:
        return _decode(result)
    except msgspec.DecodeError as error:
        raise ParseError(str(error), kind="answer to a logon") from None


_SCHEME: Final = "deri-hmac-sha256"


@final
class _HttpScheme:
    """A :class:`barterpy.signing.SigningScheme`: everything stands in one header, signature last."""

    def __init__(self, key: str, nonces: NonceSource, offset: ClockOffset) -> None:
        self._key = key
        self._nonces = nonces
        self._offset = offset

    def prepare(self, request: HttpRequest, now: int, /) -> HttpRequest:
        now += self._offset.offset(now)
        stamp = f"{_SCHEME} id={self._key},ts={now // MILLISECOND},nonce={self._nonces(now)},sig="
        return request.with_headers(("Authorization", stamp))

    def payload(self, request: HttpRequest, /) -> bytes:
        stamp = request.header("Authorization") or ""
        fields = dict(pair.split("=", 1) for pair in stamp.removeprefix(f"{_SCHEME} ").split(","))
        head = f"{fields['ts']}\n{fields['nonce']}\n{request.method}\n{request.target}\n"
        return head.encode() + request.body + b"\n"

    def attach(self, request: HttpRequest, signature: str, /) -> HttpRequest:
        return request.with_headers(("Authorization", (request.header("Authorization") or "") + signature))


def http_signer(
    credentials: Credentials, nonces: NonceSource = random_nonce, *, offset: ClockOffset | None = None
) -> RequestSigner:
    """Signs requests over HTTP.

    :param offset: what is known of the venue's clock, by which they are signed
    :raises barterpy.errors.ConfigurationError: the key is a PEM private key
    """
    secret = credentials.secret.reveal()
    if is_pem(secret):
        raise ConfigurationError("over HTTP Deribit documents HMAC keys only; use a session with this one")
    scheme = _HttpScheme(credentials.key, nonces, ClockOffset() if offset is None else offset)
    return RequestSigner(scheme, hmac_sha256(secret), hexadecimal)
