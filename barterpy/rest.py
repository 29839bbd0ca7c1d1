"""RestClient: a typed request in, a typed response out.

The way of a call: the :class:`RestRequest` is encoded to its final bytes, the signer signs those bytes, the transport
exchanges them, the parser makes the response type of it or raises what the venue said. Nothing is repeated here unless
the signer asks for it (a dialogue), or a :class:`~barterpy.retry.RetryPolicy` was given and repeating is safe. With
:class:`~barterpy.limits.RequestLimits` each exchange waits for its turn, and what the answer tells is learnt.
"""

import random as _random
from collections.abc import Callable, Generator, Mapping
from types import MappingProxyType, TracebackType
from typing import Any, ClassVar, Final, Generic, Literal, Protocol, Self, TypeAlias, TypeVar, cast
from urllib.parse import quote

import anyio
import msgspec

from barterpy.clock import SECOND, WallClock, wall_clock
from barterpy.errors import (
    BarterError,
    ConfigurationError,
    ConnectError,
    OutcomeUnknown,
    ParseError,
    VenueError,
    excerpt,
)
from barterpy.http import HttpRequest, HttpResponse, HttpTransport, encode_form, encode_json, encode_query
from barterpy.http_parser import JsonHttpParser, error_for_status
from barterpy.limits import Grant, RequestLimits
from barterpy.retry import RetryPolicy

__all__ = [
    "HttpParser",
    "JsonHttpParser",
    "PublicRequests",
    "RequestMetrics",
    "RestClient",
    "RestRequest",
    "SignFlow",
    "Signer",
    "error_for_status",
]

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

# A dialogue is a question about the clock or a nonce: one that goes on is a mistake of the signer.
_MOST_EXCHANGES: Final = 8
_PATH_SAFE: Final = "/%:@!$&'()*+,;=-._~"  # RFC 3986 section 3.3: pchar, and what is encoded already

SignFlow: TypeAlias = Generator[HttpRequest, HttpResponse, None]
"""Yields the request to send and is sent its response; may yield again (another clock, a new nonce); its last response
is the call's."""


class RestRequest(Generic[R_co]):
    """One call to a venue: what is asked, and the type of the answer. Subclass it, usually as a frozen dataclass.

    Class attributes say what never changes for an endpoint; the methods give what depends on the instance. Everything
    may be overridden with a property where it does depend on it.
    """

    response: ClassVar[Any] = Any
    """The type the answer is decoded to: anything msgspec knows. Must agree with the type parameter."""
    method: str = "GET"
    path: str = "/"
    timeout: float = 10.0
    """Seconds for the whole exchange."""
    weight: int = 1
    """What the call costs in the venue's rate limit."""
    costs: Mapping[str, int] = MappingProxyType({})
    """What it costs in further limits, by their name in :class:`~barterpy.limits.RequestLimits`: ``{"orders": 1}``."""
    limit_key: str | None = None
    """The key it is limited by where limits go by key; None takes the default quota."""
    repeatable: bool = True
    """Whether sending it twice does no harm. False for orders: a timeout then leaves the outcome unknown."""
    signed: bool = False
    body_format: Literal["json", "form"] = "json"

    def query(self) -> Mapping[str, object]:
        """Query parameters in the order they are sent; None values are left out."""
        return {}

    def body(self) -> object | None:
        """The body: bytes as they are, anything else encoded by ``body_format``; None for no body."""
        return None

    def headers(self) -> tuple[tuple[str, str], ...]:
        """Headers of this call."""
        return ()


class Signer(Protocol):
    """Makes a request acceptable to the venue. :class:`barterpy.signing.RequestSigner` is the usual one."""

    def sign(self, request: HttpRequest, now: int, /) -> SignFlow:
        """A dialogue over ``request``, whose bytes are final; ``now`` is int nanoseconds UTC.

        :raises barterpy.errors.CredentialsError: the key or secret cannot be used
        """
        ...


class PublicRequests:
    """Sends requests as they are, for endpoints that want no signature."""

    def sign(self, request: HttpRequest, now: int, /) -> SignFlow:
        yield request


class HttpParser(Protocol):
    """Makes the response type of a response, or raises what the venue said."""

    def parse(self, response: HttpResponse, type_: type[R], /) -> R:
        """Status first, then headers, then body; an empty body is legal where the type allows None.

        :raises barterpy.errors.VenueError: the venue said no, with its code and text
        :raises barterpy.errors.ParseError: the body does not fit, with the body as payload
        """
        ...


class RequestMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """How an exchange went; given to ``on_metrics`` on success and on failure. ``elapsed`` is int nanoseconds, as is
    ``waited``, which went before it for the limits. ``attempt`` counts from 1."""

    method: str
    path: str
    status: int | None
    elapsed: int
    request_bytes: int
    response_bytes: int
    error: str = ""
    response: HttpResponse | None = None
    attempt: int = 1
    waited: int = 0


class RestClient:
    """Signer and parser over a transport.

    :param base_url: scheme, host and perhaps a path prefix, such as ``https://api.example.com``
    :param signer: used for requests whose ``signed`` is true; None when there are no credentials
    :param parser: makes typed answers of responses
    :param transport: moves the bytes; ``barterpy.protocols.http`` has the usual one
    :param clock: the time the signer sees
    :param on_metrics: called once an exchange, whether it went well or not
    :param limits: what to keep to; None for no limits. A transport with a true ``on_file`` attribute, whose answers
        are those of a recording, has none: nobody counts there, and no time has passed
    :param retry: what to try again; None for nothing. An order is tried again only where it is certain that it was not
        done
    :param random: in [0, 1), for the jitter of ``retry``
    """

    def __init__(
        self,
        base_url: str,
        signer: Signer | None,
        parser: HttpParser,
        transport: HttpTransport,
        *,
        clock: WallClock = wall_clock,
        on_metrics: Callable[[RequestMetrics], None] | None = None,
        limits: RequestLimits | None = None,
        retry: RetryPolicy | None = None,
        random: Callable[[], float] = _random.random,
    ) -> None:
        if not base_url.startswith(("https://", "http://")):
            raise ConfigurationError(f"base_url must begin with https:// or http://, got {excerpt(base_url, 40)!r}")
        if "?" in base_url or "#" in base_url:
            raise ConfigurationError("base_url is scheme, host and perhaps a path, without query and fragment")
        self.base_url: str = base_url.rstrip("/")
        self._signer = signer
        self._parser = parser
        self._transport = transport
        self._clock = clock
        self._on_metrics = on_metrics
        self._retry = retry
        self._random = random
        self.limits: RequestLimits | None = None if getattr(transport, "on_file", False) else limits

    def build(self, request: RestRequest[Any]) -> HttpRequest:
        """The request as it will go out, before it is signed: percent-encoded, with its body's bytes.

        :raises barterpy.errors.ConfigurationError: the path cannot be one, or a value cannot be encoded
        """
        path = request.path
        if not path.startswith("/") or "?" in path or "#" in path:
            raise ConfigurationError(f"the path of {type(request).__name__} must begin with / and have no ? or #")
        query = encode_query(request.query())
        content = request.body()
        headers = request.headers()
        body = b""
        if content is not None:
            body, kind = _encode(content, request.body_format)
            if kind and not any(name.lower() == "content-type" for name, _ in headers):
                headers = (("Content-Type", kind), *headers)
        url = f"{self.base_url}{quote(path, safe=_PATH_SAFE)}" + (f"?{query}" if query else "")
        return HttpRequest(method=request.method, url=url, headers=headers, body=body, timeout=request.timeout)

    async def execute(self, request: RestRequest[R], *, max_wait: float | None = None) -> R:
        """Send one request and return its typed answer.

        A request that is not ``repeatable`` and may have been done although no answer says so (a timeout, a broken
        connection, a 5xx, a 429) ends in :class:`~barterpy.errors.OutcomeUnknown` and is never sent again. For one
        that is, the same is retryable, and is retried if the client has a policy for it.

        :param max_wait: seconds to wait for its turn at most, instead of those of the limits
        :raises barterpy.errors.ConfigurationError: it must be signed and there is no signer, or it cannot be built
        :raises barterpy.errors.Throttled: its turn would come too late; nothing was sent
        :raises barterpy.errors.TransportError: it did not get through (see :class:`barterpy.http.HttpTransport`)
        :raises barterpy.errors.OutcomeUnknown: it is not repeatable and may have been done all the same
        :raises barterpy.errors.VenueError: the venue said no
        :raises barterpy.errors.ParseError: the answer could not be understood; for a request that is not repeatable
            its ``outcome_unknown`` is set
        """
        final = self.build(request)
        if self._retry is None:
            return await self._attempt(request, final, 1, max_wait)
        began = anyio.current_time()
        attempt = 1
        while True:
            try:
                return await self._attempt(request, final, attempt, max_wait)
            except BarterError as error:
                elapsed = round((anyio.current_time() - began) * SECOND)
                delay = self._retry.delay(error, attempt, elapsed, self._random())
                if delay is None:
                    raise
            await anyio.sleep(delay)
            attempt += 1

    async def _attempt(self, request: RestRequest[R], final: HttpRequest, attempt: int, max_wait: float | None) -> R:
        if self.limits is None or self.limits.in_flight is None:
            return await self._converse(request, final, attempt, max_wait)
        # Before its turn in the limits: what had its turn has to go out at that time.
        async with self.limits.in_flight:
            return await self._converse(request, final, attempt, max_wait)

    async def _converse(self, request: RestRequest[R], final: HttpRequest, attempt: int, max_wait: float | None) -> R:
        signer: Signer = PublicRequests()
        if request.signed:
            if self._signer is None:
                raise ConfigurationError(
                    f"{request.method} {request.path} must be signed; pass a signer or credentials"
                )
            signer = self._signer
        # The limits may make it wait, and a signature has the time in it.
        grant = await self._turn(request, max_wait)
        flow = signer.sign(final, self._clock())
        try:
            outgoing = next(flow, None)
            for _ in range(_MOST_EXCHANGES):
                if outgoing is None:
                    raise ConfigurationError(f"{type(signer).__name__} gave no request to send")
                repeatable = request.repeatable or _is_aside(outgoing, final)
                response = await self._exchange(request, outgoing, attempt, grant, repeatable=repeatable)
                try:
                    outgoing = flow.send(response)
                except StopIteration:
                    return self._parse(request, response, repeatable=repeatable)
                grant = await self._turn(request, max_wait, aside=_is_aside(outgoing, final))
        finally:
            flow.close()
        raise ConfigurationError(f"{type(signer).__name__} asked for more than {_MOST_EXCHANGES} exchanges")

    async def _turn(self, request: RestRequest[Any], max_wait: float | None, *, aside: bool = False) -> Grant | None:
        if self.limits is None:
            return None
        if aside:
            return await self.limits.acquire(1, {}, max_wait=max_wait)
        return await self.limits.acquire(request.weight, request.costs, request.limit_key, max_wait=max_wait)

    async def _exchange(
        self,
        request: RestRequest[Any],
        outgoing: HttpRequest,
        attempt: int,
        grant: Grant | None,
        *,
        repeatable: bool,
    ) -> HttpResponse:
        started = self._clock()
        waited = 0 if grant is None else grant.waited
        try:
            response = await self._transport.send(outgoing)
        except BarterError as error:
            elapsed = self._clock() - started
            self._measure(request, outgoing, None, elapsed, type(error).__name__, attempt=attempt, waited=waited)
            # Without a connection nothing was done, nor counted.
            harmless = isinstance(error, (ConnectError, ConfigurationError))
            if harmless and grant is not None:
                grant.give_back()
            if repeatable or harmless:
                raise
            raise OutcomeUnknown(f"{request.method} {request.path}: {error}") from error
        if self.limits is not None:
            self.limits.observe(response)
        self._measure(request, outgoing, response, response.elapsed, attempt=attempt, waited=waited)
        return response

    def _parse(self, request: RestRequest[R], response: HttpResponse, *, repeatable: bool) -> R:
        try:
            return self._parser.parse(response, cast("type[R]", request.response))
        except ParseError as error:
            error.outcome_unknown = not repeatable
            raise
        except VenueError as error:
            if not error.outcome_unknown:
                raise
            if repeatable:
                error.outcome_unknown, error.retryable = False, True
                raise
            if isinstance(error, OutcomeUnknown):
                raise
            raise OutcomeUnknown(error.text, error.code, error.status, error.retry_after) from error

    def _measure(
        self,
        request: RestRequest[Any],
        outgoing: HttpRequest,
        response: HttpResponse | None,
        elapsed: int,
        error: str = "",
        *,
        attempt: int = 1,
        waited: int = 0,
    ) -> None:
        if self._on_metrics is None:
            return
        self._on_metrics(
            RequestMetrics(
                method=request.method,
                path=request.path,
                status=None if response is None else response.status,
                elapsed=elapsed,
                request_bytes=len(outgoing.body),
                response_bytes=0 if response is None else len(response.body),
                error=error,
                response=response,
                attempt=attempt,
                waited=waited,
            )
        )

    async def aclose(self) -> None:
        """Close the transport."""
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


def _is_aside(outgoing: HttpRequest, request: HttpRequest) -> bool:
    """Whether a dialogue asks for something else than the request, the venue's time for example. What is not a GET may
    be the request itself by another path, and is taken for it."""
    return outgoing.method == "GET" and (outgoing.method, outgoing.path) != (request.method, request.path)


def _encode(content: object, body_format: Literal["json", "form"]) -> tuple[bytes, str]:
    if isinstance(content, bytes):
        return content, ""
    if body_format == "form":
        return encode_form(content), "application/x-www-form-urlencoded"
    return encode_json(content), "application/json"
