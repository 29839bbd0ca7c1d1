"""Reading a recording, whole or cut short, and saying how whole it is."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self, final

import msgspec

from barterpy.errors import RecordingError
from barterpy.recording.encoder import zstd
from barterpy.recording.records import FORMAT, VERSION, Footer, Header, Record, decode_line

__all__ = ["RecordingReader", "Report", "verify"]

_CHUNK: Final = 256 * 1024
DEFAULT_MAX_LINE: Final = 64 * 1024 * 1024


@final
class RecordingReader:
    """Iterates over the records of a file. Reads as it goes, so a recording larger than memory is fine.

    A file that ends too early (a crash, a copy that was cut) gives every record that is whole and then ends, with
    ``truncated`` true; its ``footer`` is None. Use it with ``with``, or iterate to the end. It blocks: in an event
    loop, use :class:`barterpy.testing.ReplaySocket` or a thread.

    :param max_line: bytes of one line at most
    :raises barterpy.errors.RecordingError: no such file, not a recording, of a newer version, or damaged: a file is
        damaged when bytes in its midst are wrong, which is not the same as missing at the end
    :raises barterpy.errors.MissingExtraError: zstandard is not installed (extra ``zstd``)
    """

    def __init__(self, path: str | Path, *, max_line: int = DEFAULT_MAX_LINE) -> None:
        self.path: Path = Path(path)
        self.truncated: bool = False
        self.footer: Footer | None = None
        self._problem = "not a recording, or damaged"
        self._max_line = max_line
        self._hash = hashlib.sha256()
        self._zstd: Any = zstd()
        try:
            self._file: BinaryIO = self.path.open("rb")
        except OSError as error:
            raise RecordingError(str(path), error.strerror or str(error)) from error
        decompressor = self._zstd.ZstdDecompressor(max_window_size=1 << 27)
        self._stream: Any = decompressor.stream_reader(self._file, read_across_frames=True, closefd=False)
        try:
            self._lines = self._read_lines()
            self.header: Header = self._read_header()
        except BaseException:
            self._file.close()
            raise

    @property
    def sha256(self) -> str:
        """The hash of everything read so far but the footer."""
        return self._hash.hexdigest()

    def __iter__(self) -> Iterator[Record]:
        try:
            yield from self._records()
        except RecordingError:
            self.close()
            raise

    def close(self) -> None:
        """Close the file; closing twice is fine."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _records(self) -> Iterator[Record]:
        for line in self._lines:
            decoded = self._decode(line)
            if isinstance(decoded, Footer):
                self.footer = decoded
                if next(self._lines, None) is not None:
                    raise RecordingError(str(self.path), "damaged: it goes on behind its footer")
                self.close()
                return
            if isinstance(decoded, Header):
                raise RecordingError(str(self.path), "damaged: a header in its midst")
            self._hash.update(line)
            yield decoded
        self.truncated = self.footer is None
        self.close()

    def _read_header(self) -> Header:
        line = next(self._lines, None)
        if line is None:
            raise RecordingError(str(self.path), "no header: the file is empty, cut within its first bytes, or no zstd")
        header = self._decode(line)
        if not isinstance(header, Header) or header.format != FORMAT:
            raise RecordingError(str(self.path), "not a recording")
        if header.version > VERSION:
            raise RecordingError(str(self.path), f"of version {header.version}; this library reads up to {VERSION}")
        self._hash.update(line)
        self._problem = "damaged"
        return header

    def _decode(self, line: bytes) -> Header | Footer | Record:
        try:
            return decode_line(line)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise RecordingError(str(self.path), f"{self._problem}: {error}") from error

    def _read_lines(self) -> Iterator[bytes]:
        """Whole lines with their end; an unfinished last one is left out."""
        rest = b""
        while chunk := self._read_chunk():
            lines = (rest + chunk).split(b"\n") if rest else chunk.split(b"\n")
            rest = lines.pop()
            if len(rest) > self._max_line:
                raise RecordingError(str(self.path), f"a line is longer than {self._max_line} bytes")
            for line in lines:
                yield line + b"\n"

    def _read_chunk(self) -> bytes:
        try:
            chunk: bytes = self._stream.read(_CHUNK)
        except self._zstd.ZstdError as error:
            raise RecordingError(str(self.path), f"{self._problem}: {error}") from error
        except OSError as error:
            raise RecordingError(str(self.path), error.strerror or str(error)) from error
        return chunk


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What :func:`verify` found. ``problem`` is None for a whole recording, otherwise one line for a person.

    ``counts`` and ``records`` are of what can be read, times are int nanoseconds UTC.
    """

    path: str
    problem: str | None
    truncated: bool
    header: Header | None
    footer: Footer | None
    records: int
    counts: dict[str, int]
    first_at: int | None
    last_at: int | None

    @property
    def ok(self) -> bool:
        """Whether nothing is missing and nothing was changed."""
        return self.problem is None


def verify(path: str | Path) -> Report:
    """Read a recording to its end and check counts and hash against its footer. Never raises for a bad file.

    :raises barterpy.errors.MissingExtraError: zstandard is not installed (extra ``zstd``)
    """
    counts: Counter[str] = Counter()
    first_at: int | None = None
    last_at: int | None = None
    problem: str | None = None
    reader: RecordingReader | None = None
    try:
        reader = RecordingReader(path)
        for record in reader:
            counts[str(record.__struct_config__.tag)] += 1
            first_at = record.at if first_at is None else first_at
            last_at = record.at
    except RecordingError as error:
        problem = error.reason
    footer = None if reader is None else reader.footer
    truncated = reader is not None and reader.truncated
    if reader is not None:
        reader.close()
        if truncated:
            problem = "cut short: the footer is missing"
        elif problem is None and footer is not None:
            if footer.sha256 != reader.sha256:
                problem = "changed: the hash of its content is not the one in its footer"
            elif footer.counts != dict(counts):
                problem = "changed: the counts are not those in its footer"
    return Report(
        path=str(path),
        problem=problem,
        truncated=truncated,
        header=None if reader is None else reader.header,
        footer=footer,
        records=counts.total(),
        counts=dict(sorted(counts.items())),
        first_at=first_at,
        last_at=last_at,
    )
