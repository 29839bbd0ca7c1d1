"""A recording in the place of the network: its messages as a socket, its REST answers as a transport."""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeAlias, final
from urllib.parse import parse_qsl, urlsplit

import anyio
import anyio.lowlevel
import anyio.to_thread

from barterpy.clock import SECOND
from barterpy.errors import ConfigurationError
from barterpy.http import HttpRequest, HttpResponse
from barterpy.recording import HttpExchange, Payload, Received, Record, RecordingReader
from barterpy.socket import Batch

__all__ = ["RecordStream", "RecordingSource", "ReplaySocket", "ReplayTransport"]

RecordingSource: TypeAlias = str | Path | Iterable[Record]
"""A recording: its file, or its records."""

_CHUNK: Final = 2000
_MOST: Final = 10_000
"""Messages of one batch at most."""
_VOLATILE: Final = frozenset({"timestamp", "recvWindow", "signature", "limit"})


@final
class RecordStream:
    """Records one after the other. A file is read in a thread, a chunk at a time, however large it is."""

    def __init__(self, source: RecordingSource) -> None:
        self._source = source
        self._records: Iterator[Record] | None = None
        self._reader: RecordingReader | None = None
        self._chunk: Iterator[Record] = iter(())

    async def next(self) -> Record | None:
        """The next record, or None at the end.

        :raises barterpy.errors.RecordingError: the file cannot be read, or is damaged
        """
        for record in self._chunk:
            return record
        if isinstance(self._source, (str, Path)):
            chunk = await anyio.to_thread.run_sync(self._read)
        else:
            chunk = self._read()
        self._chunk = iter(chunk)
        return next(self._chunk, None)

    @property
    def truncated(self) -> bool:
        """Whether a file ended before its footer; known at the end."""
        return self._reader is not None and self._reader.truncated

    async def aclose(self) -> None:
        """Close the file."""
        self._chunk = iter(())
        if self._reader is not None:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(self._reader.close)

    def _read(self) -> list[Record]:
        if self._records is None:
            if isinstance(self._source, (str, Path)):
                self._reader = RecordingReader(self._source)
                self._records = iter(self._reader)
            else:
                self._records = iter(self._source)
        return list(islice(self._records, _CHUNK))


@final
class ReplaySocket:
    """What was received in a recording, as a :class:`barterpy.socket.Socket` whose time is that of the recording.

    Messages of one read come as one batch, with the time they were received then: transformers give the outputs of that
    day. Everything sent is kept in ``sent`` and changes nothing.

    :param source: the recording
    :param connection: only what came on this connection; None for all, in order
    :param speed: times the recording's pace; None for as fast as it goes
    :param batch_size: this many messages a batch, with the time of the last; None for reads as they were
    """

    event_time = True

    def __init__(
        self,
        source: RecordingSource,
        *,
        connection: str | None = None,
        speed: float | None = None,
        batch_size: int | None = None,
    ) -> None:
        if (speed is not None and speed <= 0) or (batch_size is not None and batch_size < 1):
            raise ConfigurationError("speed and batch_size must be positive")
        self.sent: list[Any] = []
        self._stream = RecordStream(source)
        self._connection = connection
        self._speed = speed
        self._batch_size = batch_size
        self._waiting: list[Received] = []
        self._ended = False
        self._closed = False
        self._receiving = False
        self._origin: tuple[float, int] | None = None

    @property
    def truncated(self) -> bool:
        """Whether the recording ended before its footer; known at the end."""
        return self._stream.truncated

    async def receive(self) -> Batch[Payload]:
        """The next read; see :meth:`barterpy.socket.ReceiveSocket.receive`.

        :raises barterpy.errors.RecordingError: the file cannot be read, or is damaged
        """
        if self._receiving:
            raise anyio.BusyResourceError("receiving from")
        self._receiving = True
        try:
            await anyio.lowlevel.checkpoint()
            await self._gather()
            if self._closed:
                raise anyio.ClosedResourceError
            if not self._waiting:
                raise anyio.EndOfStream
            count = self._ready()
            batch = self._waiting[:count]
            await self._keep_pace(batch[-1].at)
            if self._closed:
                raise anyio.ClosedResourceError
            del self._waiting[:count]
            return Batch([record.payload for record in batch], batch[-1].at)
        finally:
            self._receiving = False

    async def send(self, message: Any) -> None:
        """Keep the message."""
        await anyio.lowlevel.checkpoint()
        if self._closed:
            raise anyio.ClosedResourceError
        self.sent.append(message)

    async def aclose(self) -> None:
        """Close the recording."""
        self._closed = True
        await self._stream.aclose()

    async def _gather(self) -> None:
        """Read on until a batch is whole: one message more shows that."""
        waiting = self._waiting
        while not (self._ended or self._closed):
            if len(waiting) >= (self._batch_size or _MOST) or (self._batch_size is None and self._turned()):
                return
            record = await self._stream.next()
            if record is None:
                self._ended = True
            elif isinstance(record, Received) and self._connection in (None, record.connection):
                waiting.append(record)

    def _turned(self) -> bool:
        """Whether the last message that waits is of another read than the first."""
        return bool(self._waiting) and self._waiting[-1].at != self._waiting[0].at

    def _ready(self) -> int:
        """How many of those that wait make up the first batch."""
        if self._batch_size is not None:
            return min(self._batch_size, len(self._waiting))
        return len(self._waiting) - self._turned()

    async def _keep_pace(self, at: int) -> None:
        if self._speed is None:
            return
        now = anyio.current_time()
        if self._origin is None:
            self._origin = now, at
        began, first = self._origin
        await anyio.sleep(max(0.0, began + (at - first) / SECOND / self._speed - now))


@final
class ReplayTransport:
    """The REST answers of a recording: a :class:`barterpy.http.HttpTransport`.

    A request is answered by what was answered to the same method, path and query: the first answer first, and the last
    one again and again. Where nothing fits exactly, parameters that differ from call to call (``ignore``) are left out
    of the comparison; where still nothing fits, the answer is a 404 that says so. Scheme and host do not matter.
    A :class:`~barterpy.rest.RestClient` keeps to no limits over it.
    """

    on_file: Final = True

    def __init__(self, source: RecordingSource, *, ignore: Iterable[str] = _VOLATILE) -> None:
        self._source = source
        self._ignore = frozenset(ignore)
        self._exact: dict[Any, list[HttpExchange]] | None = None
        self._similar: dict[Any, list[HttpExchange]] = {}

    async def send(self, request: HttpRequest, /) -> HttpResponse:
        """The recorded answer; ``received_at`` is when it came then."""
        await self.load()
        await anyio.lowlevel.checkpoint()
        exchange = self._find(request)
        if exchange is None:
            text = f"{request.method} {request.path} is not in the recording"
            body = json.dumps({"code": -1, "msg": text}).encode()
            return HttpResponse(status=404, headers=(("Content-Type", "application/json"),), body=body, url=request.url)
        headers = exchange.headers
        if not any(name.lower() == "content-type" for name, _ in headers):
            headers = (*headers, ("Content-Type", "application/json"))
        return HttpResponse(
            status=exchange.status,
            headers=headers,
            body=exchange.body,
            url=request.url,
            received_at=exchange.at,
            elapsed=exchange.elapsed,
        )

    async def load(self) -> None:
        """Read the recording, if that was not done yet; :meth:`send` does it when it is first called.

        :raises barterpy.errors.RecordingError: the file cannot be read, or is damaged
        """
        if self._exact is not None:
            return
        exact: dict[Any, list[HttpExchange]] = {}
        stream = RecordStream(self._source)
        while (record := await stream.next()) is not None:
            if isinstance(record, HttpExchange):
                exact.setdefault(self._key(record.method, record.url, frozenset()), []).append(record)
                self._similar.setdefault(self._key(record.method, record.url, self._ignore), []).append(record)
        self._exact = exact

    async def aclose(self) -> None:
        """Nothing to close."""

    def _find(self, request: HttpRequest) -> HttpExchange | None:
        assert self._exact is not None
        answers = self._exact.get(self._key(request.method, request.url, frozenset()))
        if answers is None:
            answers = self._similar.get(self._key(request.method, request.url, self._ignore))
        if not answers:
            return None
        return answers.pop(0) if len(answers) > 1 else answers[0]

    @staticmethod
    def _key(method: str, url: str, ignore: frozenset[str]) -> Any:
        parts = urlsplit(url)
        query = parse_qsl(parts.query, keep_blank_values=True)
        return method, parts.path, tuple(sorted(pair for pair in query if pair[0] not in ignore))
