"""Kraken's refusals over FIX, brought to the error tree by what helps.

Text (58) holds the words that REST and WebSocket have: ``1688738737 : EOrder:Insufficient funds`` (docs.kraken.com,
unified FIX and "API error messages", 2026-09).
"""

from collections.abc import Mapping
from typing import Final

from barterpy.errors import AuthenticationError, ClockSkew, RateLimited, RequestRejected, VenueError, VenueUnavailable
from barterpy.protocols.fix.marketdata import MarketDataRequestReject
from barterpy.protocols.fix.orders import BusinessMessageReject, ExecutionReport, OrderCancelReject, Reject

__all__ = ["WORDS", "Refusal", "refusal_error", "text_error"]

Refusal = Reject | BusinessMessageReject | ExecutionReport | OrderCancelReject | MarketDataRequestReject
"""Messages that may say no."""

WORDS: Final[Mapping[str, type[VenueError]]] = {
    "EAPI:Invalid key": AuthenticationError,
    "EAPI:Invalid signature": AuthenticationError,
    "EAPI:Invalid nonce": ClockSkew,
    "EAPI:Bad request": AuthenticationError,
    "EGeneral:Permission denied": AuthenticationError,
    "EAPI:Rate limit exceeded": RateLimited,
    "EOrder:Rate limit exceeded": RateLimited,
    "EGeneral:Too many requests": RateLimited,
    "EService:Unavailable": VenueUnavailable,
    "EService:Busy": VenueUnavailable,
    "EService:Market in cancel_only mode": VenueUnavailable,
    "EService:Market in post_only mode": VenueUnavailable,
}
"""What helps, by the words a text holds. Anything else is a :class:`~barterpy.errors.RequestRejected`."""


def refusal_error(refusal: Refusal) -> VenueError:
    """The error a refusal stands for."""
    text = refusal.text or "refused without a reason"
    return text_error(text) or RequestRejected(text, None)


def text_error(text: str) -> VenueError | None:
    """The error that a text tells of, if it is one of those that are no fault of the request."""
    lower = text.lower()
    for words, error in WORDS.items():
        if words.lower() in lower:
            return error(text, words)
    return None
