"""A recording through its venue's own transformers: the events of that day again, in their order.

What the transformers fetched over REST is answered where the answer stands in the recording; an answer that stands
before it was asked for, as in recordings of other programs, is kept for whoever asks later.
"""

from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import anyio
import anyio.lowlevel

from barterpy.cli.offline import JSON, NoAnswer, Pipeline, similar
from barterpy.cli.venues import VenueEntry, VenueOptions, named_subscription
from barterpy.clock import SECOND
from barterpy.connection import Connection, SubscribeRequest
from barterpy.errors import BarterError, ConfigurationError
from barterpy.events import Connected, Disconnected
from barterpy.http import HttpRequest, HttpResponse
from barterpy.iteration import Iteration
from barterpy.market import Venue
from barterpy.recording import Closed, HttpExchange, Opened, Received, Record
from barterpy.transformer import Fetched

__all__ = ["Replayer"]

_KEPT: Final = 1000
"""Answers kept at most for whoever asks later."""


class _Recorded:
    """A transport that has one recorded answer at a time, and says so when it is asked for something else."""

    on_file: Final = True

    def __init__(self) -> None:
        self.exchange: HttpExchange | None = None

    async def send(self, request: HttpRequest, /) -> HttpResponse:
        await anyio.lowlevel.checkpoint()
        exchange = self.exchange
        if exchange is None or not _answers(exchange, request):
            raise NoAnswer(request.url)
        headers = (*JSON, *exchange.headers)
        return HttpResponse(status=exchange.status, headers=headers, body=exchange.body, url=request.url)

    async def aclose(self) -> None:
        pass


def _answers(exchange: HttpExchange, request: HttpRequest) -> bool:
    parts = urlsplit(exchange.url)
    return (
        exchange.method == request.method
        and parts.path == request.path
        and similar(dict(parse_qsl(parts.query)), dict(parse_qsl(request.query)))
    )


class Replayer:
    """Iterates over the events of records, in non-empty lists.

    :param subscriptions: names from the recording's header: events then carry the symbols the user wrote. Without, or
        where they are none of this venue's, everything in the recording is taken, under the venue's symbols
    :param speed: times the pace of the recording; None for as fast as it goes
    """

    def __init__(
        self,
        records: Iterable[Record],
        entry: VenueEntry,
        subscriptions: Sequence[str] = (),
        speed: float | None = None,
    ) -> None:
        self.messages: int = 0
        self.problems: int = 0
        self._records = iter(records)
        self.paced: bool = speed is not None
        """Whether events come at a pace, and not as fast as they go."""
        self._speed = speed
        self._transport = _Recorded()
        self._venue: Venue[Any] = entry.make(VenueOptions(transport=self._transport))
        self._plans = _plans(self._venue, subscriptions)
        self._pipelines: dict[str, Pipeline] = {}
        self._transformers: dict[str, Any] = {}
        self._ended_at: dict[str, int] = {}
        self._kept: deque[HttpExchange] = deque(maxlen=_KEPT)
        self._began: tuple[float, int] | None = None
        self._done = False

    @property
    def unanswered(self) -> int:
        """Fetches whose answer is not in the recording: books that never became whole."""
        return sum(len(pipeline.fetches) for pipeline in self._pipelines.values())

    def __aiter__(self) -> AsyncIterator[list[Any]]:
        return Iteration(self._next)

    async def aclose(self) -> None:
        await self._venue.aclose()

    async def _next(self) -> list[Any]:
        for record in self._records:
            await self._pace(record.at)
            events = await self._take(record)
            if events:
                return events
        if not self._done:
            self._done = True
            ends = [event for pipeline in self._pipelines.values() for event in await self._end(pipeline)]
            if ends:
                return ends
        raise StopAsyncIteration

    async def _pace(self, at: int) -> None:
        if self._speed is None:
            await anyio.lowlevel.checkpoint()
            return
        now = anyio.current_time()
        if self._began is None:
            self._began = (now, at)
        began, first_at = self._began
        await anyio.sleep(max(0.0, began + (at - first_at) / SECOND / self._speed - now))

    async def _take(self, record: Record) -> list[Any]:
        match record:
            case Received():
                self.messages += 1
                pipeline = self._pipelines.get(record.connection) or self._open(record.connection)
                events = await pipeline.push(record.payload, record.at)
                return events + await self._ask_kept(pipeline, record.at)
            case HttpExchange():
                for pipeline in self._pipelines.values():
                    answer = await self._offer(pipeline, record)
                    if answer is not None:
                        return answer + await self._ask_kept(pipeline, record.at)
                self._kept.append(record)
            case Opened():
                return await self._opened(record)
            case Closed():
                return await self._closed(record)
            case _:
                pass  # what was sent then is not sent again
        return []

    def _open(self, name: str) -> Pipeline:
        """The next life of a connection, with the transformer it had before."""
        plan = self._plans.get(name)
        if name not in self._transformers:
            self._transformers[name] = self._venue.transformer() if plan is None else plan.transformer
        before = self._pipelines.get(name)
        self._pipelines[name] = pipeline = Pipeline(
            self._venue.name,
            name,
            self._venue.parser(),
            self._transformers[name],
            requests=() if plan is None else _requests(plan),
            epoch=1 if before is None else before.epoch + 1,
        )
        return pipeline

    async def _opened(self, record: Opened) -> list[Any]:
        pipeline = self._open(record.connection)
        ended_at = self._ended_at.get(record.connection)
        connected = Connected(
            venue=self._venue.name,
            connection=record.connection,
            epoch=pipeline.epoch,
            received_at=record.at,
            downtime=None if ended_at is None else record.at - ended_at,
        )
        return [connected, *await pipeline.start(record.at)]

    async def _closed(self, record: Closed) -> list[Any]:
        pipeline = self._pipelines.get(record.connection)
        if pipeline is None:
            return []
        self._ended_at[record.connection] = record.at
        pipeline.fetches.clear()
        return [
            Disconnected(
                venue=self._venue.name,
                connection=record.connection,
                epoch=pipeline.epoch,
                received_at=record.at,
                reason=record.reason or "closed",
                code=record.code,
            )
        ]

    async def _end(self, pipeline: Pipeline) -> list[Any]:
        events = await pipeline.end()
        self.problems += pipeline.problems
        return events

    async def _offer(self, pipeline: Pipeline, exchange: HttpExchange) -> list[Any] | None:
        """The events of the fetch this answers, or None when none of the pipeline's is."""
        self._transport.exchange = exchange
        for directive in list(pipeline.fetches):
            try:
                fetched = Fetched(directive.key, await self._venue.fetch(directive.request))
            except NoAnswer:
                continue
            except BarterError as error:
                fetched = Fetched(directive.key, error=error)
            pipeline.fetches.remove(directive)
            return await pipeline.answer(fetched, exchange.at)
        return None

    async def _ask_kept(self, pipeline: Pipeline, at: int) -> list[Any]:
        events: list[Any] = []
        for exchange in list(self._kept):
            if not pipeline.fetches:
                break
            answer = await self._offer(pipeline, exchange)
            if answer is not None:
                self._kept.remove(exchange)
                events += answer
        return events


def _plans(venue: Venue[Any], names: Sequence[str]) -> dict[str, Connection[Any]]:
    """The connections these subscriptions make, by name; none when a name means nothing here."""
    try:
        subscriptions = [named_subscription(name) for name in names]
        return {plan.name: plan for plan in venue.connections(subscriptions)} if subscriptions else {}
    except ConfigurationError:
        return {}


def _requests(plan: Connection[Any]) -> tuple[SubscribeRequest, ...]:
    """What was asked for at the beginning of each connection; its transformer knows of it from here on."""
    return (*plan.requests, *(() if plan.subscribe is None else plan.subscribe(plan.topics)))
