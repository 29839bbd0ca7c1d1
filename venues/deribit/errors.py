"""Deribit's answers of no, brought to the error tree by what helps (docs.deribit.com, "RPC error codes", 2026-09).

A refusal is ``{"error":{"code":10028,"message":"too_many_requests","data":null}}``, on the WebSocket and, mostly with
status 400, over HTTP.
"""

from collections.abc import Mapping
from typing import Any, Final, Generic, TypeVar, cast

import msgspec

from barterpy.errors import (
    AuthenticationError,
    OutcomeUnknown,
    RateLimited,
    RequestRejected,
    VenueError,
    VenueUnavailable,
    excerpt,
)
from barterpy.http import HttpResponse
from barterpy.rest import JsonHttpParser

__all__ = ["CODES", "Refusal", "RpcHttpParser", "order_error", "response_error", "rpc_error"]

R = TypeVar("R")

CODES: Final[Mapping[int, type[VenueError]]] = {
    10028: RateLimited,  # too_many_requests; a WebSocket session ends with it
    10066: RateLimited,  # too_many_concurrent_requests
    10047: RateLimited,  # matching_engine_queue_full
    10040: VenueUnavailable,  # retry
    10041: VenueUnavailable,  # settlement_in_progress
    11051: VenueUnavailable,  # system_maintenance
    13028: VenueUnavailable,  # temporarily_unavailable
    11094: VenueUnavailable,  # internal_server_error
    13888: VenueUnavailable,  # timed_out
    10000: AuthenticationError,  # authorization_required
    13004: AuthenticationError,  # invalid_credentials
    13009: AuthenticationError,  # unauthorized: a token that is no longer good
    13021: AuthenticationError,  # forbidden
}
"""What helps, by code. A code which is not here is a :class:`~barterpy.errors.RequestRejected`."""

# The request reached the matching engine and nobody knows how far it came.
_OPEN_OUTCOME: Final = frozenset({11094, 13888})
# A new connection logs on anew, which is all these need.
_LOG_ON_AGAIN: Final = frozenset({13009})


class Refusal(msgspec.Struct):
    """``{"code":-32602,"message":"Invalid params","data":{"reason":"wrong format","param":"instrument_name"}}``"""

    code: int = 0
    message: str = ""
    data: Any = None


class _Answer(msgspec.Struct):
    error: Refusal | None = None


_decode = msgspec.json.Decoder(_Answer).decode


def rpc_error(refusal: Refusal, status: int | None = None, retry_after: float | None = None) -> VenueError:
    """The error of a refusal. Whether an order it answers may have been done all the same, is ``outcome_unknown``."""
    code = refusal.code
    error = CODES.get(code, RequestRejected)(_text(refusal), code, status, retry_after)
    if code in _OPEN_OUTCOME:
        error.outcome_unknown = True
    if code in _LOG_ON_AGAIN:
        error.fatal, error.retryable, error.needs_reconnect = False, True, True
    return error


def order_error(error: VenueError) -> VenueError:
    """The same for a request that must not be repeated: what leaves it open whether it was done says so. So does "too
    fast", which is no word on the order itself."""
    open_ = error.outcome_unknown or isinstance(error, RateLimited)
    if not open_ or isinstance(error, OutcomeUnknown):
        return error
    unknown = OutcomeUnknown(error.text, error.code, error.status, error.retry_after)
    unknown.__cause__ = error
    return unknown


def response_error(response: HttpResponse) -> VenueError | None:
    """The error in the body of an HTTP answer; None leaves it to the status, or means success."""
    try:
        refusal = _decode(response.body).error
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    if refusal is None:
        return None
    error = rpc_error(refusal, response.status, response.retry_after)
    if response.status == 429 or response.status >= 500:
        error.outcome_unknown = True  # the client knows whether it matters
    return error


class _Result(msgspec.Struct, Generic[R]):
    result: R


class RpcHttpParser:
    """The parser of HTTP answers: a :class:`barterpy.rest.HttpParser` that takes the result out of its envelope."""

    def __init__(self) -> None:
        self._json = JsonHttpParser(on_error=response_error, envelope=lambda response: b'"error"' in response.body[:64])

    def parse(self, response: HttpResponse, type_: type[R], /) -> R:
        """The result.

        :raises barterpy.errors.VenueError: the venue said no, with its code and text
        :raises barterpy.errors.ParseError: the body does not fit
        """
        envelope: Any = _Result[type_]  # type: ignore[valid-type]
        return cast("R", self._json.parse(response, envelope).result)


def _text(refusal: Refusal) -> str:
    data: dict[str, object] = {}
    given: object = refusal.data
    if isinstance(given, dict):
        data = cast("dict[str, object]", given)
    details = [excerpt(data[name], 80) for name in ("param", "reason") if isinstance(data.get(name), str)]
    return f"{refusal.message}: {' '.join(details)}" if details else refusal.message
