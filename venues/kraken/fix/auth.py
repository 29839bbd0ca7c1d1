"""The password of a Kraken Logon: HMAC-SHA512 over a digest of five fields and a nonce.

"Logon", docs.kraken.com, unified FIX, 2026-09: the fields 35, 34, 49, 56 and 553 as ``tag=value`` with SOH behind each,
then the nonce (5025); SHA-256 of that; HMAC-SHA512 of the digest by the base64-decoded secret; base64 into Password
(554). The nonce is milliseconds, increasing, within 5 s of the venue's clock. Market data wants no credentials.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final, final

from barterpy.clock import MILLISECOND, WallClock, wall_clock
from barterpy.credentials import Credentials
from barterpy.signing import IncreasingNonce, base64, hmac_sha512
from barterpy.signing.nonces import NonceSource

__all__ = ["TradingSigner", "message_input"]

_HEADER: Final = (35, 34, 49, 56)


def message_input(header: Mapping[int, str], api_key: str) -> bytes:
    """What is digested, without the nonce."""
    fields = [*((tag, header[tag]) for tag in _HEADER), (553, api_key)]
    return "".join(f"{tag}={value}\x01" for tag, value in fields).encode()


@final
class TradingSigner:
    """Signs the Logons of trading sessions.

    :param clock: int nanoseconds UTC, for the nonce
    :param nonces: makes the nonces; they must increase over all sessions of the key
    :raises barterpy.errors.CredentialsError: the secret is not base64
    """

    def __init__(
        self, credentials: Credentials, *, clock: WallClock = wall_clock, nonces: NonceSource | None = None
    ) -> None:
        self._key = credentials.key
        self._mac = hmac_sha512(credentials.secret, base64_secret=True)
        self._clock = clock
        self._nonces = IncreasingNonce(MILLISECOND) if nonces is None else nonces

    def __call__(self, header: Mapping[int, str], /) -> Sequence[tuple[int, str | bytes]]:
        """Username, Password and the nonce."""
        nonce = self._nonces(self._clock())
        digest = hashlib.sha256(message_input(header, self._key) + nonce.encode()).digest()
        return ((553, self._key), (554, base64(self._mac(digest))), (5025, nonce))

    def __repr__(self) -> str:
        return f"TradingSigner({self._key[:4]}…)"
