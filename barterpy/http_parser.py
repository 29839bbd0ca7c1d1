"""JsonHttpParser: what most venues need of a :class:`barterpy.rest.HttpParser`, with a hook for what is their own."""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final, TypeVar, cast, final
from urllib.parse import urlsplit

import msgspec

from barterpy.errors import (
    AuthenticationError,
    Banned,
    ParseError,
    RateLimited,
    RequestRejected,
    VenueError,
    VenueUnavailable,
)
from barterpy.http import HttpResponse

__all__ = ["ErrorHook", "JsonHttpParser", "error_for_status"]

R = TypeVar("R")

ErrorHook = Callable[[HttpResponse], VenueError | None]
"""Reads a venue's error out of a response; None when there is none in it."""

_EXCERPT: Final = 200
_READ: Final = 8192
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_HIDDEN = re.compile(r"<(script|style)\b.*?(</\1>|\Z)|<!--.*?(-->|\Z)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*(>|\Z)")
_TEXT_FIELDS: Final = ("msg", "message", "error_message", "errmsg", "retMsg", "error", "detail")
_CODE_FIELDS: Final = ("code", "error_code", "errorCode", "retCode")


@final
class JsonHttpParser:
    """JSON bodies to typed answers, everything that is not a success to the error tree.

    :param on_error: asked about every response with a status of 400 or more, and about those which ``envelope`` picks;
        what it returns is raised. None leaves it to :func:`error_for_status`, or means success.
    :param envelope: True when a success may carry an error body, as venues do which always answer 200; or a function
        that tells which responses do
    :param strict: false takes numbers in strings where the type is a number, as venues send prices
    """

    def __init__(
        self,
        *,
        on_error: ErrorHook | None = None,
        envelope: bool | Callable[[HttpResponse], bool] = False,
        strict: bool = False,
    ) -> None:
        self._on_error = on_error
        self._envelope = envelope
        self._strict = strict
        self._decoders: dict[Any, msgspec.json.Decoder[Any]] = {}

    def parse(self, response: HttpResponse, type_: type[R], /) -> R:
        """Status first, then the body; an empty body is None where the type allows it.

        :raises barterpy.errors.VenueError: not a success; a body which cannot be read never hides the status
        :raises barterpy.errors.ParseError: a success whose body does not fit, with the body as payload
        """
        success = 200 <= response.status < 300
        if self._on_error is not None and (response.status >= 400 or (success and self._may_refuse(response))):
            error = self._on_error(response)
            if error is not None:
                raise error
        if not success:
            raise error_for_status(response)
        body = response.body or b"null"
        try:
            return cast("R", self._decoder(type_).decode(body))
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            reason = str(error) if response.body else "the body is empty"
            raise ParseError(reason, response.body, kind=f"answer (HTTP {response.status})") from error

    def _may_refuse(self, response: HttpResponse) -> bool:
        return self._envelope(response) if callable(self._envelope) else self._envelope

    def _decoder(self, type_: Any) -> msgspec.json.Decoder[Any]:
        decoder = self._decoders.get(type_)
        if decoder is None:
            decoder = self._decoders[type_] = msgspec.json.Decoder(type_, strict=self._strict)
        return decoder


def error_for_status(response: HttpResponse) -> VenueError:
    """The error of a response that is not a success, by its status alone, with the text and code of its body.

    ========  ============================================================================================
    3xx       RequestRejected: redirects are not followed; the text names the host it pointed to
    401       AuthenticationError
    403       AuthenticationError; RateLimited when HTML, for then it is a firewall which wants us to slow down
    408 425   VenueUnavailable; 408 leaves open whether it was done
    418       Banned
    429       RateLimited; leaves open whether it was done
    451       AuthenticationError: not from where we are
    4xx       RequestRejected
    5xx       VenueUnavailable, and leaves open whether it was done
    ========  ============================================================================================

    "Leaves open" is ``outcome_unknown`` on the error, of which :class:`barterpy.rest.RestClient` makes an
    :class:`~barterpy.errors.OutcomeUnknown` when the request must not be repeated.
    """
    status = response.status
    if 300 <= status < 400:
        host = _host(response.header("location"))
        return RequestRejected(f"redirected{host}; redirects are not followed", None, status)
    code, text = _json_error(response)
    if text is None:
        text = _excerpt(response)
    wait = response.retry_after
    if status == 418:
        return Banned(text, code, status, wait)
    if status == 429 or (status == 403 and _is_html(response)):
        limited = RateLimited(text, code, status, wait)
        # A firewall and a ban stop a request at the door. A counter need not: what was counted too many may be done.
        limited.outcome_unknown = status == 429
        return limited
    if status in (401, 403, 451):
        return AuthenticationError(text, code, status)
    if status in (408, 425) or status >= 500:
        error = VenueUnavailable(text, code, status, wait)
        error.outcome_unknown = status != 425  # RFC 8470 section 5.2: too early, and not processed
        return error
    return RequestRejected(text, code, status, wait)


def _host(location: str | None) -> str:
    # The rest of the URL may hold the signed query.
    try:
        host = urlsplit(location or "").hostname
    except ValueError:
        host = None
    return f" to {host}" if host else ""


def _json_error(response: HttpResponse) -> tuple[int | str | None, str | None]:
    """Code and text of the usual error bodies, where they are of the usual types."""
    try:
        body = msgspec.json.decode(response.body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None, None
    if not isinstance(body, dict):
        return None, None
    fields = cast("dict[str, object]", body)
    if isinstance(fields.get("error"), dict):
        fields = cast("dict[str, object]", fields["error"])
    text = next((value for name in _TEXT_FIELDS if isinstance(value := fields.get(name), str) and value), None)
    for name in _CODE_FIELDS:
        code = fields.get(name)
        if isinstance(code, (int, str)) and not isinstance(code, bool):
            return code, text
    return None, text


def _is_html(response: HttpResponse) -> bool:
    kind = (response.header("content-type") or "").lower()
    return "html" in kind or response.body[:256].lstrip()[:1] == b"<"


def _excerpt(response: HttpResponse) -> str:
    """The beginning of a body as one line of text: of HTML its title, or what is left without the tags."""
    text = response.body[:_READ].decode("utf-8", "replace")
    if _is_html(response):
        title = _TITLE.search(text)
        text = (title[1] if title else "") or _TAG.sub(" ", _HIDDEN.sub(" ", text))
    text = " ".join(text.split())[:_EXCERPT]
    if text:
        return text
    try:
        return HTTPStatus(response.status).phrase
    except ValueError:
        return "no text"
