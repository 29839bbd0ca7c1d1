"""Records to the bytes of a file, and the books kept about them: counts, times, hash. Opens and writes nothing."""

import hashlib
from collections import Counter
from types import ModuleType
from typing import Final, final

from barterpy.errors import MissingExtraError, RecordingError
from barterpy.recording.records import Footer, Header, HttpExchange, Received, Record, Sent, encode_line

__all__ = ["RecordingEncoder", "zstd"]

_KINDS: Final = {"Received": "recv", "Sent": "send", "Opened": "open", "Closed": "close", "HttpExchange": "http"}


def zstd() -> ModuleType:
    """The zstandard library, imported when it is first needed.

    :raises barterpy.errors.MissingExtraError: it is not installed (extra ``zstd``)
    """
    try:
        import zstandard
    except ImportError as error:
        raise MissingExtraError("zstandard", "zstd") from error
    return zstandard


@final
class RecordingEncoder:
    """One file's content. Lines are gathered by :meth:`add`; :meth:`take` hands them over, uncompressed.

    Compressing and hashing is the expensive part and may be done in a thread, in order: :meth:`compress`.

    :raises barterpy.errors.MissingExtraError: zstandard is not installed
    """

    def __init__(self, header: Header, *, level: int = 3, path: str = "") -> None:
        self._path = path
        self._lines: list[bytes] = [encode_line(header), b"\n"]
        self._counts: Counter[str] = Counter()
        self._payload_bytes = 0
        self._first_at: int | None = None
        self._last_at: int | None = None
        self._hash = hashlib.sha256()
        self._compressor = zstd().ZstdCompressor(level=level, write_checksum=True).compressobj()
        self._flush_block: int = zstd().COMPRESSOBJ_FLUSH_BLOCK
        self.pending: int = len(self._lines[0]) + 1
        """Bytes gathered and not taken yet."""

    @property
    def records(self) -> int:
        """Records added so far."""
        return self._counts.total()

    def add(self, record: Record) -> None:
        """One record.

        :raises barterpy.errors.RecordingError: its text is no Unicode
        """
        try:
            line = encode_line(record)
        except UnicodeEncodeError as error:
            raise RecordingError(self._path, f"text with a lone surrogate cannot be kept: {error.reason}") from error
        self._lines += (line, b"\n")
        self.pending += len(line) + 1
        self._counts[_KINDS[type(record).__name__]] += 1
        self._payload_bytes += _size(record)
        if self._first_at is None:
            self._first_at = record.at
        self._last_at = record.at

    def take(self) -> bytes:
        """All lines gathered, and none of them again."""
        data = b"".join(self._lines)
        self._lines.clear()
        self.pending = 0
        return data

    def compress(self, data: bytes) -> bytes:
        """What to write for ``data``: whole blocks, so that a file cut behind them can be read up to here."""
        self._hash.update(data)
        compressed: bytes = self._compressor.compress(data) + self._compressor.flush(self._flush_block)
        return compressed

    def finish(self) -> bytes:
        """What to write at the end: the rest, and the footer."""
        data = self.take()
        self._hash.update(data)
        footer = Footer(
            records=self.records,
            counts=dict(sorted(self._counts.items())),
            payload_bytes=self._payload_bytes,
            first_at=self._first_at,
            last_at=self._last_at,
            sha256=self._hash.hexdigest(),
        )
        ending: bytes = self._compressor.compress(data + encode_line(footer) + b"\n") + self._compressor.flush()
        return ending


def _size(record: Record) -> int:
    if isinstance(record, (Received, Sent, HttpExchange)):
        return len(record.text.encode()) if record.text is not None else len(record.data or b"")
    return 0
