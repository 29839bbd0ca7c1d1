"""Messages from a file through a venue's own parser and transformer, with REST answers from a file as well.

Nothing here depends on a clock or on how fast the input comes: the same input gives the same output, byte for byte.
A fetch of the transformer is answered before the next message is read.
"""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import anyio
import anyio.lowlevel

from barterpy.errors import BarterError, ParseError, TransportError, excerpt
from barterpy.events import MessageError
from barterpy.http import HttpRequest, HttpResponse
from barterpy.parser import StreamParser
from barterpy.socket import Batch
from barterpy.stream import ExchangeStream
from barterpy.transformer import Directive, Fetch, Fetched, Reply, Transformer

__all__ = ["NoAnswer", "OfflineEvents", "OfflineMessage", "OfflineTransport"]


class NoAnswer(TransportError):
    """The file of REST answers has none for this request."""

    retryable = False

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url

    def __str__(self) -> str:
        return f"no REST answer for {self.url}"


class OfflineTransport:
    """REST answers from a file, as an HTTP transport.

    An answer fits a request when path and query are the same, whatever the host; failing that, when no parameter that
    both name differs except ``limit``. Several answers that fit are given in their order, the last one for ever.
    """

    def __init__(self, answers: Iterable[tuple[str, bytes]]) -> None:
        self._answers: dict[str, list[tuple[dict[str, str], deque[bytes]]]] = {}
        for url, body in answers:
            parts = urlsplit(url)
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            known = self._answers.setdefault(parts.path, [])
            for other, bodies in known:
                if other == query:
                    bodies.append(body)
                    break
            else:
                known.append((query, deque([body])))
        self.missing: list[str] = []
        """URLs that were asked for and are not in the file, each once."""

    async def send(self, request: HttpRequest, /) -> HttpResponse:
        await anyio.lowlevel.checkpoint()
        bodies = self._find(request)
        if bodies is None:
            if request.url not in self.missing:
                self.missing.append(request.url)
            raise NoAnswer(request.url)
        body = bodies.popleft() if len(bodies) > 1 else bodies[0]
        return HttpResponse(status=200, headers=(("content-type", "application/json"),), body=body, url=request.url)

    async def aclose(self) -> None:
        pass

    def _find(self, request: HttpRequest) -> deque[bytes] | None:
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        known = self._answers.get(request.path, [])
        for other, bodies in known:
            if other == query:
                return bodies
        for other, bodies in known:
            if all(other[name] == query[name] for name in other.keys() & query.keys() if name != "limit"):
                return bodies
        return None


@dataclass(frozen=True, slots=True)
class OfflineMessage:
    """A message, where it stands (``trades.jsonl:17``) and when it was received, int nanoseconds UTC."""

    message: str | bytes
    where: str
    received_at: int


class _Feed:
    """A socket that gives the messages one at a time, and the answer to a fetch ahead of the next message."""

    event_time = True

    def __init__(self, messages: AsyncIterator[OfflineMessage], fetch: Callable[[Any], Awaitable[Any]]) -> None:
        self.where = ""
        self.received_at = 0
        self.fetches: deque[Fetch] = deque()
        self._messages = messages
        self._fetch = fetch

    async def receive(self) -> Batch[Any]:
        while self.fetches:
            directive = self.fetches.popleft()
            try:
                answer = Fetched(directive.key, await self._fetch(directive.request))
            except NoAnswer:
                continue  # told at the end: asking again would give the same
            except BarterError as error:
                answer = Fetched(directive.key, error=error)
            return Batch([answer], self.received_at, parsed=True)
        async for item in self._messages:
            self.where = item.where
            self.received_at = item.received_at
            return Batch([item.message], item.received_at)
        raise anyio.EndOfStream

    async def send(self, message: object) -> None:
        """What the transformer would send has nowhere to go."""

    async def aclose(self) -> None:
        pass


class OfflineEvents:
    """The events of ``messages``, as non-empty lists, one for each message that gives any.

    A message that cannot be understood becomes a :class:`~barterpy.events.MessageError` in its place, whose
    ``connection`` says where it stands. ``problems`` counts them.
    """

    def __init__(
        self,
        venue: str,
        messages: AsyncIterator[OfflineMessage],
        parser: StreamParser[Any, Any],
        transformer: Transformer[Any, Any],
        fetch: Callable[[Any], Awaitable[Any]],
        *,
        epoch: int = 1,
    ) -> None:
        self.problems = 0
        self._venue = venue
        self._epoch = epoch
        self._feed = _Feed(messages, fetch)
        stream: ExchangeStream[Any] = ExchangeStream(
            self._feed, parser, transformer, on_error="yield", epoch=epoch, on_directive=self._obey
        )
        self._batches = stream.batches()

    def __aiter__(self) -> "OfflineEvents":
        return self

    async def __anext__(self) -> Sequence[Any]:
        try:
            outputs = await anext(self._batches)
        except BarterError as error:
            # A book that cannot be joined, for example. What comes after it may be good.
            return [self._problem(str(error), "")]
        if any(isinstance(output, ParseError) for output in outputs):
            return [self._visible(output) for output in outputs]
        return outputs

    def _obey(self, directive: Directive) -> Iterator[MessageError] | None:
        if isinstance(directive, Fetch):
            self._feed.fetches.append(directive)
        elif isinstance(directive, Reply) and directive.error is not None:
            return iter([self._problem(f"the venue refused request {directive.id}: {directive.error}", "")])
        return None

    def _visible(self, output: Any) -> Any:
        return self._problem(output.reason, output.payload) if isinstance(output, ParseError) else output

    def _problem(self, reason: str, payload: object) -> MessageError:
        self.problems += 1
        return MessageError(
            venue=self._venue,
            connection=self._feed.where,
            epoch=self._epoch,
            received_at=self._feed.received_at,
            reason=excerpt(reason, 200),
            payload=excerpt(payload, 200),
        )
