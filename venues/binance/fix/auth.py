"""The signature of a Binance Logon: Ed25519 over five fields as they go out.

"How to sign Logon request", FIX API page, 2026: the values of MsgType, SenderCompID, TargetCompID, MsgSeqNum and
SendingTime, in this order, with SOH between them and none behind; base64 into RawData (96). The API key is the
Username (553). No other kind of key is taken.
"""

from collections.abc import Mapping, Sequence
from typing import Final, final

from barterpy.credentials import Credentials
from barterpy.signing import base64, ed25519

__all__ = ["LogonSigner", "logon_payload"]

_PAYLOAD: Final = (35, 49, 56, 34, 52)


def logon_payload(header: Mapping[int, str]) -> bytes:
    """What is signed, of the fields of the header by their tags."""
    return "\x01".join(header[tag] for tag in _PAYLOAD).encode()


@final
class LogonSigner:
    """Signs the Logons of one API key.

    :raises barterpy.errors.CredentialsError: the secret is not an Ed25519 private key
    """

    def __init__(self, credentials: Credentials) -> None:
        self._username = credentials.key
        self._key = ed25519(credentials.secret, password=credentials.passphrase.reveal() or None)

    def __call__(self, header: Mapping[int, str], /) -> Sequence[tuple[int, str | bytes]]:
        """RawData, whose length goes before it as bytes' do, and Username, for a Logon with this header."""
        return ((96, base64(self._key(logon_payload(header))).encode()), (553, self._username))

    def __repr__(self) -> str:
        return f"LogonSigner({self._key!r})"
