"""Who may log on at the simulated Deribit over FIX. No clock and no I/O.

"Logon", docs.deribit.com, FIX API, 2026-09: RawData (96) is ``<milliseconds>.<base64 of a nonce>`` and Password (554)
base64 of SHA-256 over it and the secret. The timestamp has to be greater than that of the key's last logon; the page
names no distance to the venue's clock, so none is asked for. RawDataLength (95) may be left out. Who is refused gets a
Logout; its words are not on the page, and here begin with JSON-RPC's name of the error.
"""

import hmac
import re
from typing import Final, final

from barterpy.credentials import Secret
from barterpy.protocols.fix.errors import LogonRefused
from barterpy.protocols.fix.message import Message
from barterpy.testing.simulated.deribit.accounts import Accounts, SimulatedAccount
from barterpy.venues.deribit.fix.auth import password

__all__ = ["LogonRules"]

_RAW_DATA: Final = re.compile(r"([0-9]{1,18})\.[A-Za-z0-9+/]+={0,2}")
_LONGEST: Final = 512
_INVALID: Final = "invalid_credentials"


@final
class LogonRules:
    """What a Logon must be. One for all sessions: a timestamp counts whichever session it came on."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._last: dict[str, int] = {}

    def check(self, message: Message) -> SimulatedAccount:
        """The account that a Logon is of.

        :raises barterpy.protocols.fix.errors.LogonRefused: it is nobody's; the text says why
        :raises barterpy.protocols.fix.errors.FieldInvalid: a flag that is neither Y nor N
        """
        for tag in (9001, 9007):
            message.boolean(tag, False)
        if message.boolean(9002, False):
            raise LogonRefused("UseWordsafeTags (9002) is not simulated")
        if not message.value(108):
            raise LogonRefused("HeartBtInt (108) is missing")
        key, raw_data = message.text(553, ""), message.text(96, "")
        account = self._accounts.by_key.get(key)
        found = _RAW_DATA.fullmatch(raw_data) if len(raw_data) <= _LONGEST else None
        if found is None:
            raise LogonRefused(f"{_INVALID}: RawData (96) is a timestamp in milliseconds, a dot and a nonce in base64")
        if account is None or not _proves(raw_data, account.secret, message.text(554, "")):
            raise LogonRefused(_INVALID)
        if 9004 in message or 9005 in message:
            secret = self._accounts.applications.get(message.text(9004, ""))
            if secret is None or not _proves(raw_data, secret, message.text(9005, "")):
                raise LogonRefused(f"{_INVALID}: the application is not known")
        timestamp = int(found[1])
        if timestamp <= self._last.get(key, -1):
            raise LogonRefused(f"{_INVALID}: the timestamp must be greater than that of the last logon")
        self._last[key] = timestamp
        return account


def _proves(raw_data: str, secret: str, digest: str) -> bool:
    # As bytes: text that is not ASCII cannot be compared, and is nobody's digest.
    expected = password(raw_data, Secret(secret))
    return hmac.compare_digest(expected.encode(), digest.encode("utf-8", "surrogateescape"))
