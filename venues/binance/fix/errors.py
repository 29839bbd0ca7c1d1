"""Binance's refusals over FIX, brought to the error tree by what helps: ErrorCode (25016) is the code REST has.

"Error handling", FIX API page, and error code pages, 2026-09.
"""

from barterpy.errors import OutcomeUnknown, RequestRejected, VenueError, VenueUnavailable
from barterpy.venues.binance.errors import CODES
from barterpy.venues.binance.fix.messages import (
    BinanceCancelReject,
    BinanceExecutionReport,
    BinanceMassCancelReport,
    BinanceReject,
    BinanceRequestReject,
    OrderAmendReject,
)

__all__ = ["Refusal", "refusal_error"]

Refusal = (
    BinanceReject
    | BinanceCancelReject
    | BinanceRequestReject
    | BinanceMassCancelReport
    | BinanceExecutionReport
    | OrderAmendReject
)
"""Messages that may carry an ErrorCode."""


def refusal_error(refusal: Refusal) -> VenueError:
    """The error a refusal stands for. A code that is not known is a :class:`~barterpy.errors.RequestRejected`."""
    code, text = refusal.error_code, refusal.text or ""
    if code is None:
        return RequestRejected(text, None)
    known = CODES.get(code, RequestRejected)
    if known is OutcomeUnknown:
        return OutcomeUnknown(text, code)
    error = known(text, code)
    if known is VenueUnavailable and isinstance(refusal, BinanceReject) and code in (-1000, -1001):
        # "Unknown error" and "internal error" do not say that nothing was done.
        error.outcome_unknown = True
    return error
