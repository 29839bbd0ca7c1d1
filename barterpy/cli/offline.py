"""Messages from a file through a venue's own parser and transformer, with REST answers from a file as well.

Nothing here depends on a clock or on how fast the input comes: the same input gives the same output, byte for byte.
A fetch of the transformer is answered before the next message is read.
"""

from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import anyio
import anyio.lowlevel

from barterpy.connection import Acknowledgements, SubscribeRequest
from barterpy.errors import BarterError, ParseError, TransportError, excerpt
from barterpy.events import MessageError, Subscribed
from barterpy.http import HttpRequest, HttpResponse
from barterpy.parser import StreamParser
from barterpy.socket import Batch
from barterpy.stream import ExchangeStream
from barterpy.transformer import Directive, Fetch, Fetched, Reply, Transformer

__all__ = ["NoAnswer", "OfflineTransport", "Pipeline", "answered", "similar"]


class NoAnswer(TransportError):
    """The file of REST answers has none for this request."""

    retryable = False

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url

    def __str__(self) -> str:
        return f"no REST answer for {self.url}"


JSON: Final = (("content-type", "application/json"),)


class OfflineTransport:
    """REST answers from a file, as an HTTP transport.

    An answer fits a request when path and query are the same, whatever the host; failing that, when no parameter that
    both name differs except ``limit``. Several answers that fit are given in their order, the last one for ever.
    """

    on_file: Final = True  # no limits, see RestClient: the venue's would hold up what depends on no clock

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
        return HttpResponse(status=200, headers=JSON, body=body, url=request.url)

    async def aclose(self) -> None:
        pass

    def _find(self, request: HttpRequest) -> deque[bytes] | None:
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        known = self._answers.get(request.path, [])
        fitting = [bodies for other, bodies in known if other == query]
        fitting += [bodies for other, bodies in known if similar(other, query)]
        return fitting[0] if fitting else None


def similar(query: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether no parameter that both name differs, except for ``limit``."""
    return all(query[name] == other[name] for name in query.keys() & other.keys() if name != "limit")


class _Idle(Exception):
    pass


class _Feed:
    """A socket that gives what was pushed, and then says that there is nothing more for now."""

    def __init__(self) -> None:
        self.batches: deque[Batch[Any]] = deque()
        self.ended = False

    async def receive(self) -> Batch[Any]:
        if self.batches:
            return self.batches.popleft()
        if self.ended:
            raise anyio.EndOfStream
        raise _Idle

    async def send(self, message: object) -> None:
        """What the transformer would send has nowhere to go."""

    async def aclose(self) -> None:
        pass


class Pipeline:
    """The parser and transformer of one connection, fed by hand: a message in, its events out.

    A message that cannot be understood becomes a :class:`~barterpy.events.MessageError` in its place. ``fetches`` are
    those the transformer has asked for and that nobody has answered yet, ``problems`` counts what went wrong.

    :param where: the name of the connection in events, or where the message stands
    """

    def __init__(
        self,
        venue: str,
        where: str,
        parser: StreamParser[Any, Any],
        transformer: Transformer[Any, Any],
        *,
        requests: tuple[SubscribeRequest, ...] = (),
        epoch: int = 1,
    ) -> None:
        self.where = where
        self.epoch = epoch
        self.fetches: deque[Fetch] = deque()
        self.problems: int = 0
        self._venue = venue
        self._received_at = 0
        self._feed = _Feed()
        self._acknowledgements = Acknowledgements(requests)
        stream: ExchangeStream[Any] = ExchangeStream(
            self._feed,
            parser,
            transformer,
            on_error="yield",
            epoch=epoch,
            clock=lambda: self._received_at,
            on_directive=self._obey,
        )
        self._batches = stream.batches()

    async def start(self, now: int) -> list[Any]:
        """What the transformer has to say about the connection that began at ``now``, int nanoseconds UTC."""
        self._received_at = now
        return await self._run(None)

    async def push(self, message: str | bytes, received_at: int) -> list[Any]:
        """The events of one message, received at ``received_at`` (int nanoseconds UTC)."""
        return await self._run(Batch([message], received_at))

    async def answer(self, fetched: Fetched, received_at: int) -> list[Any]:
        """The events of the answer to a fetch."""
        return await self._run(Batch([fetched], received_at, parsed=True))

    async def end(self) -> list[Any]:
        """What the transformer has left to say."""
        self._feed.ended = True
        return await self._run(None)

    async def _run(self, batch: Batch[Any] | None) -> list[Any]:
        if batch is not None:
            self._received_at = batch.received_at
            self._feed.batches.append(batch)
        events: list[Any] = []
        while True:
            try:
                events += [self._visible(output) for output in await anext(self._batches)]
            except (_Idle, StopAsyncIteration):
                return events
            except BarterError as error:
                # A book that cannot be joined, for example. What comes after it may be good.
                events.append(self._problem(str(error), ""))

    def _obey(self, directive: Directive) -> Sequence[Any] | None:
        if isinstance(directive, Fetch):
            # As in a live connection: a newer fetch takes the place of one that still waits.
            self.fetches = deque(fetch for fetch in self.fetches if fetch.key != directive.key)
            self.fetches.append(directive)
        elif isinstance(directive, Reply):
            return self._reply(directive)
        return None

    def _reply(self, reply: Reply) -> Sequence[Any] | None:
        if reply.error is not None:
            return [self._problem(f"the venue refused request {reply.id}: {reply.error}", "")]
        names = self._acknowledgements.on_reply(reply)
        if not names:
            return None
        return [
            Subscribed(
                venue=self._venue,
                connection=self.where,
                epoch=self.epoch,
                received_at=self._received_at,
                subscriptions=names,
            )
        ]

    def _visible(self, output: Any) -> Any:
        return self._problem(output.reason, output.payload) if isinstance(output, ParseError) else output

    def _problem(self, reason: str, payload: object) -> MessageError:
        self.problems += 1
        return MessageError(
            venue=self._venue,
            connection=self.where,
            epoch=self.epoch,
            received_at=self._received_at,
            reason=excerpt(reason, 200),
            payload=excerpt(payload, 200),
        )


async def answered(pipeline: Pipeline, fetch: Callable[[Any], Awaitable[Any]], received_at: int) -> list[Any]:
    """The events of every fetch that can be answered now, and of those that follow from them; others are dropped.

    :param fetch: raises :class:`NoAnswer` for a request that cannot be answered
    """
    events: list[Any] = []
    while pipeline.fetches:
        directive = pipeline.fetches.popleft()
        try:
            fetched = Fetched(directive.key, await fetch(directive.request))
        except NoAnswer:
            continue  # asking again would give the same
        except BarterError as error:
            fetched = Fetched(directive.key, error=error)
        events += await pipeline.answer(fetched, received_at)
    return events
