"""The Indexer's answers of no, brought to the error tree by what helps (texts of 2026; there are no codes).

REST says ``{"errors":[{"msg":"…"}]}`` or ``{"error":"…"}`` with a status, and the status tells what helps:
:func:`barterpy.rest.error_for_status` reads it. A WebSocket has texts alone, and the channel and id beside them or
inside.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from barterpy.errors import AuthenticationError, RateLimited, RequestRejected, VenueError, VenueUnavailable
from barterpy.http import HttpResponse
from barterpy.rest import JsonHttpParser

__all__ = ["TEXTS", "http_parser", "is_repeated", "response_error", "stream_error", "topic_named_in"]

TEXTS: Final[Mapping[str, type[VenueError]]] = {
    "Too many": RateLimited,
    "Rate limited": RateLimited,
    "Per-connection subscription limit reached": RateLimited,
    "Internal error": VenueUnavailable,
    "Invalid": RequestRejected,
}
"""What helps, by how a text begins. A text which is not here is a :class:`~barterpy.errors.RequestRejected`."""

# "…already subscribed (v4_orderbook-BTC-USD)", "…for channel v4_trades-BTC-USD. Please…", "…reached for v4_trades (…"
_TOPIC = re.compile(r"\b(v4_[a-z_]+)(?:[- ]([^\s()]+?))?(?=[.)]?(?:\s|$))")


class _Message(msgspec.Struct):
    msg: str = ""


class _Refusal(msgspec.Struct):
    """``{"errors":[{"msg":"ticker must be a valid ticker","param":"ticker","location":"query"}]}``; some routes say
    ``{"error":"…"}``, and what is restricted by law ``{"errors":[{"msg":"…","code":"GEOBLOCKED"}]}``"""

    errors: list[_Message] = []
    error: str = ""


_decode_refusal = msgspec.json.Decoder(_Refusal).decode


def stream_error(text: str) -> VenueError:
    """The error of a request refused on a WebSocket."""
    known = next((error for begin, error in TEXTS.items() if text.startswith(begin)), RequestRejected)
    return known(text)


def is_repeated(text: str) -> bool:
    """Whether it says that the topic was subscribed already, which is no refusal."""
    return "already subscribed" in text


def topic_named_in(text: str) -> tuple[str, str] | None:
    """The channel and id an error is about, where its text says so; the id is empty where it does not."""
    match = _TOPIC.search(text)
    if match is None:
        return None
    channel, name = match.groups(default="")
    # A channel without ids is named twice: "v4_markets-v4_markets".
    return channel, "" if name == channel else name


def response_error(response: HttpResponse) -> VenueError | None:
    """The error with the Indexer's own text; None leaves it to the status."""
    try:
        refusal = _decode_refusal(response.body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    text = "; ".join(error.msg for error in refusal.errors if error.msg) or refusal.error
    status = response.status
    if not text or status >= 500 or status == 429:
        return None
    if status == 403:
        return AuthenticationError(text, None, status)  # not from where we are, or not this address
    return RequestRejected(text, None, status)


def http_parser() -> JsonHttpParser:
    """The parser of the REST API."""
    return JsonHttpParser(on_error=response_error)
