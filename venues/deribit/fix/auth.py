"""The password of a Deribit Logon: a digest of a timestamp, a nonce and the secret.

"Logon", docs.deribit.com, FIX API, 2026-09: RawData (96) is ``<milliseconds>.<base64 of a nonce>``, the milliseconds
strictly increasing; Password (554) is base64 of SHA-256 over RawData and the client secret, of the digest's bytes and
not of its hexadecimal digits. RawDataLength (95) may be left out and the venue leaves it out. A registered application
adds its id and the same digest with its own secret.
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Final, final
from weakref import WeakValueDictionary

from barterpy.clock import MILLISECOND, WallClock, wall_clock
from barterpy.credentials import Credentials, Secret
from barterpy.errors import ConfigurationError
from barterpy.signing import IncreasingNonce, base64

__all__ = ["LogonSigner", "password", "random_bytes"]

_NONCE_SIZE: Final = 32
_LONGEST: Final = 512
# By key and clock: a gateway for orders and one for data log on with the same key, perhaps in the same millisecond.
_timestamps: Final[WeakValueDictionary[tuple[str, WallClock], IncreasingNonce]] = WeakValueDictionary()


def password(raw_data: str, secret: Secret) -> str:
    """Password (554), or DeribitAppSig (9005) with the application's secret."""
    return base64(hashlib.sha256((raw_data + secret.reveal()).encode()).digest())


def random_bytes() -> bytes:
    """A nonce as the venue advises: 32 random bytes."""
    return secrets.token_bytes(_NONCE_SIZE)


@final
class LogonSigner:
    """Makes the credentials of each Logon anew. All signers of a key and a clock that a process has share their
    timestamps: none comes twice, on whichever session.

    :param application: id and secret of a registered application
    :param clock: int nanoseconds UTC; a timestamp is greater than the one before, whatever it says
    :param nonce: up to 512 bytes, never the same twice
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        application: Credentials | None = None,
        clock: WallClock = wall_clock,
        nonce: Callable[[], bytes] = random_bytes,
    ) -> None:
        self._credentials = credentials
        self._application = application
        self._clock = clock
        self._nonce = nonce
        self._timestamp = _timestamps.setdefault((credentials.key, clock), IncreasingNonce(MILLISECOND))

    def __call__(self, header: Mapping[int, str], /) -> Sequence[tuple[int, str | bytes]]:
        """RawData, Username and Password, which do not depend on the header."""
        nonce = self._nonce()
        raw_data = f"{self._timestamp(self._clock())}.{base64(nonce)}"
        if not nonce or len(raw_data) > _LONGEST:
            raise ConfigurationError(f"a nonce is 1 byte and more, and RawData at most {_LONGEST} characters")
        # As text, so that no length goes before it: the venue has none there either.
        fields: list[tuple[int, str | bytes]] = [
            (96, raw_data),
            (553, self._credentials.key),
            (554, password(raw_data, self._credentials.secret)),
        ]
        if self._application is not None:
            fields += [(9004, self._application.key), (9005, password(raw_data, self._application.secret))]
        return fields

    def __repr__(self) -> str:
        return f"LogonSigner({self._credentials.key[:4]}…)"
