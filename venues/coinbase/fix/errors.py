"""Coinbase's refusals over FIX, brought to the error tree by what helps.

There are no codes beyond the standard's: OrdRejReason (103), CxlRejReason (102), BusinessRejectReason (380) and
SessionRejectReason (373), with a text ("FIX messages", Exchange and Prime, 2026-09).
"""

from typing import Final

from barterpy.errors import AuthenticationError, RateLimited, RequestRejected, VenueError, VenueUnavailable
from barterpy.protocols.fix.marketdata import MarketDataRequestReject
from barterpy.protocols.fix.orders import BusinessMessageReject, ExecutionReport, OrderCancelReject, Reject
from barterpy.venues.coinbase.fix.messages import NewOrderBatchReject, OrderCancelBatchReject

__all__ = ["Refusal", "refusal_error", "text_error"]

Refusal = (
    Reject
    | BusinessMessageReject
    | ExecutionReport
    | OrderCancelReject
    | MarketDataRequestReject
    | NewOrderBatchReject
    | OrderCancelBatchReject
)
"""Messages that may say no."""

_SIGNATURE: Final = 8
_NOT_AVAILABLE: Final = 4
_NOT_AUTHORISED: Final = 6
_AUTHENTICATION: Final = (
    "invalid signature",
    "invalid api key",
    "invalid passphrase",
    "unauthorized",
    "not authorized",
)
_TOO_FAST: Final = ("rate limit", "too many")


def refusal_error(refusal: Refusal) -> VenueError:
    """The error a refusal stands for; without a known reason it is a :class:`~barterpy.errors.RequestRejected`."""
    text = refusal.text or "refused without a reason"
    if isinstance(refusal, Reject) and refusal.session_reject_reason == _SIGNATURE:
        return AuthenticationError(text, _SIGNATURE)
    if isinstance(refusal, BusinessMessageReject):
        code = refusal.business_reject_reason
        if code == _NOT_AVAILABLE:
            return VenueUnavailable(text, code)
        if code == _NOT_AUTHORISED:
            return AuthenticationError(text, code)
    return text_error(text) or RequestRejected(text, None)


def text_error(text: str) -> VenueError | None:
    """The error that a text tells of, if it is one of those that are no fault of the request."""
    lower = text.lower()
    if any(words in lower for words in _AUTHENTICATION):
        return AuthenticationError(text, None)
    if any(words in lower for words in _TOO_FAST):
        return RateLimited(text, None)
    return None
