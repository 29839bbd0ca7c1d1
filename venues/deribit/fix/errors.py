"""Deribit's refusals over FIX, brought to the error tree by what helps.

FIX carries no codes of its own here: Text (58) holds the name that JSON-RPC has for the error ("RPC error codes",
docs.deribit.com, 2026-09), sometimes among other words.
"""

import re
from collections.abc import Mapping
from typing import Final

from barterpy.errors import RequestRejected, VenueError
from barterpy.protocols.fix.marketdata import MarketDataRequestReject
from barterpy.protocols.fix.orders import BusinessMessageReject, OrderCancelReject, OrderMassCancelReport, Reject
from barterpy.venues.deribit.errors import Refusal as RpcRefusal
from barterpy.venues.deribit.errors import rpc_error
from barterpy.venues.deribit.fix.messages import DeribitExecutionReport

__all__ = ["NAMES", "Refusal", "refusal_error", "text_error"]

NAMES: Final[Mapping[str, int]] = {
    "too_many_requests": 10028,
    "too_many_concurrent_requests": 10066,
    "matching_engine_queue_full": 10047,
    "retry": 10040,
    "settlement_in_progress": 10041,
    "system_maintenance": 11051,
    "temporarily_unavailable": 13028,
    "internal_server_error": 11094,
    "timed_out": 13888,
    "authorization_required": 10000,
    "invalid_credentials": 13004,
    "unauthorized": 13009,
    "forbidden": 13021,
}
"""Codes by name, of the errors that are no fault of the request."""

_WORD: Final = re.compile(r"[a-z]+(?:_[a-z]+)*")

Refusal = (
    MarketDataRequestReject
    | BusinessMessageReject
    | Reject
    | OrderCancelReject
    | OrderMassCancelReport
    | DeribitExecutionReport
)
"""Messages that may say no."""


def refusal_error(refusal: Refusal) -> VenueError:
    """The error a refusal stands for; without a known name it is a :class:`~barterpy.errors.RequestRejected`."""
    text = refusal.text or ""
    return text_error(text) or RequestRejected(text or "refused without a reason", None)


def text_error(text: str) -> VenueError | None:
    """The error that a text names, if it names one."""
    for word in _WORD.findall(text.lower()[:1000]):
        code = NAMES.get(word)
        if code is not None:
            return rpc_error(RpcRefusal(code, text))
    return None
