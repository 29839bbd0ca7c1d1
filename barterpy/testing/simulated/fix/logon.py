"""Who may log on at the simulated Binance, and what the others are told. No clock and no I/O.

"How to sign Logon<A> request" and the error codes of Binance's FIX API, documentation of 2026-09.
"""

import re
from collections.abc import Callable
from typing import Final, final

from barterpy.clock import MILLISECOND
from barterpy.protocols.fix.errors import FieldInvalid, FieldMissing, LogonRefused
from barterpy.protocols.fix.message import Message
from barterpy.testing.simulated.keys import KeyRing

__all__ = ["LogonRules"]

_SENDER: Final = re.compile(r"[A-Za-z0-9_-]{1,8}")
_SIGNED: Final = (35, 49, 56, 34, 52)
_DEFAULT_WINDOW: Final = 5000
_MAX_WINDOW: Final = 60_000
_AHEAD: Final = 1000 * MILLISECOND


@final
class LogonRules:
    """What a Logon must be for one of the three gateways.

    :param drop_copy: whether this gateway takes drop copy sessions alone
    :param clock: the venue's, int nanoseconds UTC
    """

    def __init__(self, keys: KeyRing, clock: Callable[[], int], *, drop_copy: bool) -> None:
        self._keys = keys
        self._clock = clock
        self._drop_copy = drop_copy

    def check(self, message: Message) -> None:
        """Whether it may log on.

        :raises barterpy.protocols.fix.errors.LogonRefused: it may not; the text says why
        """
        try:
            refusal = self._refusal(message)
        except FieldMissing as error:
            raise LogonRefused(f"Required tag '{error.tag}' missing.", -1102) from error
        except FieldInvalid as error:
            raise LogonRefused(f"Data sent for parameter '{error.tag}' is not valid.", -1130) from error
        if refusal is not None:
            code, text = refusal
            raise LogonRefused(text, code)

    def _refusal(self, message: Message) -> tuple[int, str] | None:
        if not _SENDER.fullmatch(message.text(49)):
            return -1178, "`SenderCompId(49)` contains an incorrect value."
        if message.integer(98) != 0:
            return -1130, "Data sent for parameter '98' is not valid."
        if not message.boolean(141):
            text = "Continuation of sequence numbers to new session is currently unsupported. "
            return -1175, text + "Sequence numbers must be reset for each new session."
        if message.text(25035) not in ("1", "2"):
            return -1130, "Data sent for parameter '25035' is not valid."
        if message.text(25036, "1") not in ("1", "2"):
            return -1130, "Data sent for parameter '25036' is not valid."
        wants_copy = message.boolean(9406, False)
        if wants_copy and not self._drop_copy:
            return -1184, "DropCopy sessions are not supported on this server. Please reconnect to a drop copy server."
        if self._drop_copy and not wants_copy:
            text = "Only DropCopy sessions are supported on this server. "
            return -1185, text + "Either reconnect to order entry server or send `DropCopyFlag (9406)` field."
        return self._credentials(message)

    def _credentials(self, message: Message) -> tuple[int, str] | None:
        key = message.text(553)
        if self._keys.kind(key) != "ed25519":
            return -2015, "Invalid API-key, IP, or permissions for action."
        window = message.decimal(25000, _DEFAULT_WINDOW)
        if window > _MAX_WINDOW:
            return -1131, "recvWindow must be less than 60000."
        sent_at, now = message.timestamp(52), self._clock()
        if sent_at >= now + _AHEAD:
            return -1021, "Timestamp for this request was 1000ms ahead of the server's time."
        if now - sent_at > window * MILLISECOND:
            return -1021, "Timestamp for this request is outside of the recvWindow."
        payload = b"\x01".join(message.value(tag) or b"" for tag in _SIGNED)
        if not self._keys.verify(key, payload, message.text(96)):
            return -1022, "Signature for this request is not valid."
        return None
