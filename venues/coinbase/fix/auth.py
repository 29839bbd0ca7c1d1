"""The signatures of Coinbase's Logons: HMAC-SHA256, in two spellings.

Exchange ("FIX connectivity", 2026-09): SendingTime, MsgType, MsgSeqNum, SenderCompID, TargetCompID and passphrase with
SOH between them, by the base64-decoded secret. SendingTime has three digits behind the second, or it fails. Prime
("FIX messages", 2026-09): SendingTime, MsgType, MsgSeqNum, API key, TargetCompID and passphrase with nothing between
them, by the secret's own text. Both are base64 in RawData (96).
"""

from collections.abc import Mapping, Sequence
from typing import final

from barterpy.credentials import Credentials, Secret
from barterpy.errors import CredentialsError
from barterpy.signing import base64, hmac_sha256

__all__ = ["ExchangeSigner", "PrimeSigner", "exchange_prehash", "prime_prehash"]


def exchange_prehash(header: Mapping[int, str], passphrase: str) -> bytes:
    """What Coinbase Exchange has signed."""
    return "\x01".join([*(header[tag] for tag in (52, 35, 34, 49, 56)), passphrase]).encode()


def prime_prehash(header: Mapping[int, str], api_key: str, passphrase: str) -> bytes:
    """What Coinbase Prime has signed."""
    return f"{header[52]}{header[35]}{header[34]}{api_key}{header[56]}{passphrase}".encode()


@final
class ExchangeSigner:
    """Signs Logons to Coinbase Exchange. The API key is also the SenderCompID.

    :raises barterpy.errors.CredentialsError: the secret is not base64, or there is no passphrase
    """

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._mac = hmac_sha256(credentials.secret, base64_secret=True)
        self._passphrase = _passphrase(credentials)

    def __call__(self, header: Mapping[int, str], /) -> Sequence[tuple[int, str | bytes]]:
        """RawData, Username and Password."""
        signature = base64(self._mac(exchange_prehash(header, self._passphrase.reveal()))).encode()
        return ((96, signature), (553, self._credentials.key), (554, self._passphrase.reveal()))

    def __repr__(self) -> str:
        return f"ExchangeSigner({self._credentials.key[:4]}…)"


@final
class PrimeSigner:
    """Signs Logons to Coinbase Prime, whose SenderCompID is the service account's id and not the key.

    :raises barterpy.errors.CredentialsError: there is no passphrase
    """

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._mac = hmac_sha256(credentials.secret)
        self._passphrase = _passphrase(credentials)

    def __call__(self, header: Mapping[int, str], /) -> Sequence[tuple[int, str | bytes]]:
        """RawData, Password and the access key."""
        phrase = self._passphrase.reveal()
        signature = base64(self._mac(prime_prehash(header, self._credentials.key, phrase))).encode()
        return ((96, signature), (554, phrase), (9407, self._credentials.key))

    def __repr__(self) -> str:
        return f"PrimeSigner({self._credentials.key[:4]}…)"


def _passphrase(credentials: Credentials) -> Secret:
    if not credentials.passphrase:
        raise CredentialsError("Coinbase's FIX sessions want the passphrase of the API key")
    return credentials.passphrase
