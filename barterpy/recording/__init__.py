"""Recordings: what came over the wire, exactly, with the times it came at.

    RecordingSocket, RecordingTransport ──▶ RecordingWriter ──▶ FILE.barterpy.zst ──▶ RecordingReader, verify()

Because transformers are pure, a recording replayed (:class:`barterpy.testing.ReplaySocket`) gives the outputs of that
day again. The format is described in :mod:`barterpy.recording.records`. Needs the extra ``zstd``.
"""

from barterpy.recording.capture import RecordingSocket, RecordingTransport
from barterpy.recording.jsonl import import_frames_jsonl
from barterpy.recording.reader import RecordingReader, Report, verify
from barterpy.recording.records import (
    SUFFIX,
    Closed,
    Footer,
    Header,
    HttpExchange,
    Opened,
    Payload,
    Received,
    Record,
    Sent,
)
from barterpy.recording.writer import RecordingWriter, write_recording

__all__ = [
    "SUFFIX",
    "Closed",
    "Footer",
    "Header",
    "HttpExchange",
    "Opened",
    "Payload",
    "Received",
    "Record",
    "RecordingReader",
    "RecordingSocket",
    "RecordingTransport",
    "RecordingWriter",
    "Report",
    "Sent",
    "import_frames_jsonl",
    "verify",
    "write_recording",
]
