"""Signed requests: timestamp, key in a header, and a signature over query and body as they will go out.

"Request security" of the spot documentation, 2026: ``X-MBX-APIKEY``; ``timestamp`` in milliseconds and ``recvWindow``
in the query; the payload is the query and the form body without anything between them, percent-encoded before it is
signed (-1022 otherwise). The secret tells the kind of key: shared text is HMAC-SHA256 in hex, a PEM private key is
Ed25519 or RSA in base64.
"""

from typing import final

import msgspec

from barterpy.clock import MILLISECOND
from barterpy.credentials import Credentials
from barterpy.errors import ConfigurationError, CredentialsError
from barterpy.http import HttpRequest, HttpResponse
from barterpy.rest import SignFlow
from barterpy.signing import (
    ClockedSigner,
    QueryScheme,
    RequestSigner,
    base64,
    for_private_key,
    hexadecimal,
    hmac_sha256,
    is_pem,
)
from barterpy.timesync import ClockOffset
from barterpy.venues.binance.endpoints import Market

__all__ = ["BinanceSigner"]

_CLOCK_SKEW = -1021
_MAX_RECEIVE_WINDOW = 60_000


class _Time(msgspec.Struct):
    """``{"serverTime":1565246363776}``"""

    serverTime: int  # noqa: N815 - the wire's name


class _Code(msgspec.Struct):
    code: int


@final
class BinanceSigner:
    """Signs for one API key: a :class:`barterpy.rest.Signer`.

    A request refused for its timestamp (-1021) was not executed: the server's clock is measured, and the request signed
    once more with it. What was found is kept in ``offset`` for the next ones.

    :param offset: what is known of the venue's clock, where it is measured elsewhere as well
    :param receive_window: milliseconds for which a request stays valid, up to 60000
    :raises barterpy.errors.CredentialsError: the secret cannot be used
    """

    def __init__(
        self,
        credentials: Credentials,
        market: Market,
        *,
        receive_window: int = 5000,
        offset: ClockOffset | None = None,
    ) -> None:
        if not 0 < receive_window <= _MAX_RECEIVE_WINDOW:
            raise ConfigurationError(
                f"receive_window is milliseconds up to {_MAX_RECEIVE_WINDOW}, not {receive_window}"
            )
        self.offset: ClockOffset = ClockOffset() if offset is None else offset
        self._time_path = "/api/v3/time" if market is Market.SPOT else "/fapi/v1/time"
        scheme = QueryScheme(
            api_key=credentials.key, key_header="X-MBX-APIKEY", extra=(("recvWindow", receive_window),)
        )
        secret = credentials.secret.reveal()
        if is_pem(secret):
            key = for_private_key(secret, password=credentials.passphrase.reveal() or None)
            if key.algorithm not in ("EdDSA", "RS256"):
                raise CredentialsError(f"Binance takes Ed25519 and RSA keys; this one is for {key.algorithm}")
            self._signer = RequestSigner(scheme, key, base64)
        else:
            self._signer = RequestSigner(scheme, hmac_sha256(secret), hexadecimal)
        self._clocked = ClockedSigner(
            self._signer,
            self.offset,
            refused=_refused_for_its_time,
            time_request=self._time_request,
            server_time=_server_time,
        )

    def sign(self, request: HttpRequest, now: int, /) -> SignFlow:
        """Signed; and again, after asking for the server's time, when the timestamp was refused."""
        return self._clocked.sign(request, now)

    def signature(self, payload: bytes) -> str:
        """The encoded signature of any payload, for logons outside of HTTP."""
        return self._signer.signature(payload)

    def _time_request(self, request: HttpRequest) -> HttpRequest:
        origin = request.url.removesuffix(request.target)
        return HttpRequest(method="GET", url=f"{origin}{self._time_path}", timeout=request.timeout)

    def __repr__(self) -> str:
        return f"BinanceSigner({self._signer!r})"


def _refused_for_its_time(response: HttpResponse) -> bool:
    if response.status < 400:
        return False
    try:
        return msgspec.json.decode(response.body, type=_Code).code == _CLOCK_SKEW
    except (msgspec.DecodeError, ValueError, RecursionError):
        return False


def _server_time(response: HttpResponse) -> int | None:
    try:
        return msgspec.json.decode(response.body, type=_Time).serverTime * MILLISECOND
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
