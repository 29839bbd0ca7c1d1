"""Recordings of another kind: frames as JSON lines, REST answers as JSON lines beside them.

    {"t":1626992740.17,"c":"ws.1.0","d":"open"|"recv"|"send","k":"text"|"binary","p":"payload","url":"for open"}
    {"t":1626992741.30,"url":"https://…","h":{"name":"value"}|null,"p":"body"}

``t`` is seconds since 1970 with microseconds, ``p`` of a binary frame base64.
"""

import base64
import heapq
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from barterpy.errors import RecordingError
from barterpy.recording.records import HttpExchange, Opened, Received, Record, Sent

__all__ = ["import_frames_jsonl"]

T = TypeVar("T", "_Frame", "_Exchange")

_EARLIEST = 0.0
_LATEST = 253_402_300_800.0
"""The year 10000."""


class _Frame(msgspec.Struct):
    t: float
    c: str
    d: str
    k: str = "text"
    p: str = ""
    url: str = ""


class _Exchange(msgspec.Struct):
    t: float
    url: str
    h: dict[str, str] | None = None
    p: str = ""


def import_frames_jsonl(frames: str | Path, http: str | Path | None = None) -> Iterator[Record]:
    """The records of such files, by time; a REST answer of the same time as a frame comes first.

    :raises barterpy.errors.RecordingError: a file cannot be read, or a line is not of this format
    """
    exchanges: Iterable[Record] = () if http is None else _exchanges(Path(http))
    return iter(heapq.merge(exchanges, _frames(Path(frames)), key=lambda record: record.at))


def _frames(path: Path) -> Iterator[Record]:
    for number, frame in enumerate(_lines(path, _Frame), 1):
        at = _nanoseconds(frame.t)
        if frame.d == "open":
            yield Opened(at=at, connection=frame.c, url=frame.url)
            continue
        try:
            payload = base64.b64decode(frame.p, validate=True) if frame.k == "binary" else frame.p
        except ValueError as error:  # binascii.Error is one, and for letters that are not ASCII it is no more
            raise RecordingError(str(path), f"line {number}: a binary payload must be base64") from error
        if frame.d == "recv":
            yield Received.of(payload, at=at, connection=frame.c)
        elif frame.d == "send":
            yield Sent.of(payload, at=at, connection=frame.c)
        else:
            raise RecordingError(str(path), f"line {number}: direction {frame.d!r} is none of open, recv, send")


def _exchanges(path: Path) -> Iterator[Record]:
    for exchange in _lines(path, _Exchange):
        yield HttpExchange(
            at=_nanoseconds(exchange.t), url=exchange.url, headers=tuple((exchange.h or {}).items()), text=exchange.p
        )


def _lines(path: Path, type_: type[T]) -> Iterator[T]:
    decode = msgspec.json.Decoder(type_).decode
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    decoded = decode(line)
                    if not _EARLIEST <= decoded.t <= _LATEST:
                        raise ValueError("`t` is no time in seconds")
                except (msgspec.DecodeError, ValueError, RecursionError) as error:
                    raise RecordingError(str(path), f"line {number}: {error}") from error
                yield decoded
    except OSError as error:
        raise RecordingError(str(path), error.strerror or str(error)) from error


def _nanoseconds(seconds: float) -> int:
    # A float of today's seconds is exact to a quarter of a microsecond: more digits would be made up.
    return round(seconds * 1_000_000) * 1_000
