"""Binance's answers of no, brought to the error tree by what helps (error code pages of spot and derivatives, 2026-09).

Where the status alone tells (429, 418, a firewall's 403, 5xx), :func:`barterpy.rest.error_for_status` reads it; what is
Binance's own is the code of the body ``{"code": -1121, "msg": "Invalid symbol."}`` and which 5xx did nothing.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from barterpy.errors import (
    AuthenticationError,
    Banned,
    ClockSkew,
    OutcomeUnknown,
    RateLimited,
    RequestRejected,
    VenueError,
    VenueUnavailable,
)
from barterpy.http import HttpResponse
from barterpy.rest import JsonHttpParser

__all__ = ["CODES", "http_parser", "response_error", "stream_error"]

CODES: Final[Mapping[int, type[VenueError]]] = {
    -1000: VenueUnavailable,  # unknown error while processing
    -1001: VenueUnavailable,  # internal error, disconnected
    -1008: VenueUnavailable,  # overloaded, throttled by system protection
    -1016: VenueUnavailable,  # service shutting down
    -1034: VenueUnavailable,  # too many connections
    -1003: RateLimited,  # too many requests
    -1015: RateLimited,  # too many orders
    -1006: OutcomeUnknown,  # unexpected response from the message bus; with a 5xx every other code as well
    -1007: OutcomeUnknown,  # timeout waiting for the backend
    -1021: ClockSkew,  # timestamp outside of recvWindow
    -1002: AuthenticationError,  # unauthorised
    -1022: AuthenticationError,  # signature not valid
    -1099: AuthenticationError,  # not found, authenticated or authorised
    -2014: AuthenticationError,  # API key format
    -2015: AuthenticationError,  # key, IP or permissions
}
"""What helps, by code. A code which is not here is a :class:`~barterpy.errors.RequestRejected`."""

# Of the answers with 5xx only these say that nothing was done; "Unknown error, please check…" leaves it open.
_HARMLESS_CODES: Final = frozenset({-1008, -1016, -1034})
_HARMLESS_TEXTS: Final = ("service unavailable", "throttled by system-level protection")


_LONGEST_REFUSAL: Final = 4096


class _Refusal(msgspec.Struct):
    """``{"code":-1121,"msg":"Invalid symbol."}``"""

    code: int
    msg: str = ""


_decode_refusal = msgspec.json.Decoder(_Refusal).decode


def stream_error(code: int | None, text: str) -> VenueError:
    """The error of a request refused on a WebSocket (0 property, 1 type of value, 2 request, 3 JSON not valid)."""
    return CODES.get(code or 0, RequestRejected)(text, code)


def response_error(response: HttpResponse) -> VenueError | None:
    """The error Binance's own code or words tell of; None leaves it to the status, or means success."""
    try:
        refusal = _decode_refusal(response.body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        refusal = _Refusal(0, response.body[:1000].decode("utf-8", "replace"))
    status, code, text = response.status, refusal.code, refusal.msg
    # Success may carry a positive code ("The operation of cancel all open order is done."); a refusal never does.
    if (200 <= status < 300 and code >= 0) or status in (418, 429):
        return None
    known = CODES.get(code)
    if known is RateLimited and "banned until" in text.lower():
        known = Banned
    if status == 408 or status >= 500:
        if code in _HARMLESS_CODES or any(words in text.lower() for words in _HARMLESS_TEXTS):
            return VenueUnavailable(text, code or None, status, response.retry_after)
        if known is VenueUnavailable:
            known = OutcomeUnknown
    if known is OutcomeUnknown:
        # The client knows whether it matters: for a request that only reads it does not.
        error = VenueUnavailable(text, code, status, response.retry_after)
        error.outcome_unknown = True
        return error
    if known is None:
        return RequestRejected(text, code, status) if code < 0 and status < 500 else None
    return known(text, code, status, response.retry_after)


def http_parser() -> JsonHttpParser:
    """The parser of the REST API: also an answer with 200 may be a refusal."""
    return JsonHttpParser(on_error=response_error, envelope=_may_refuse)


def _may_refuse(response: HttpResponse) -> bool:
    # Answers that refuse are short, and looking for the word in megabytes of instruments would be work for nothing.
    return len(response.body) <= _LONGEST_REFUSAL and b'"code"' in response.body
