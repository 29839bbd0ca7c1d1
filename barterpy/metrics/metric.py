"""What is measured: each metric a value with its name, kind, unit and labels, so that no exporter has to know them.

Names follow Prometheus (base units in the name, ``_total`` for counters; "Metric and label naming", read 2026-11) and
are the same wherever the numbers go. Durations are ``float`` seconds.
"""

from enum import StrEnum
from typing import Final

import msgspec

__all__ = [
    "BOOK_FAILURES",
    "BOOK_GAPS",
    "BUFFER_FILL",
    "CLOCK_OFFSET",
    "CONNECTION_EPOCH",
    "CONNECTION_UP",
    "DOWNTIME",
    "EVENTS",
    "LIMITER_WAIT",
    "METRICS",
    "OVERFLOW_DROPPED",
    "PARSE_ERRORS",
    "RECEIVED_BYTES",
    "RECEIVED_LAG",
    "RECEIVED_MESSAGES",
    "RECONNECTS",
    "REST_LATENCY",
    "REST_REQUESTS",
    "RESYNCS",
    "RESYNC_DOWNTIME",
    "SENT_BYTES",
    "SENT_MESSAGES",
    "SERIES_DROPPED",
    "STALLS",
    "YIELDED_LAG",
    "Metric",
    "MetricKind",
]


class MetricKind(StrEnum):
    """What the numbers of a metric mean together."""

    COUNTER = "counter"
    """Only grows."""
    GAUGE = "gauge"
    """The last value counts."""
    HISTOGRAM = "histogram"
    """How often each size came."""


class Metric(msgspec.Struct, frozen=True, kw_only=True):
    """A metric: its name, its kind, the unit of its values, the names of its labels, and a line of help.

    Labels are given by position, in this order, wherever a value is recorded.
    """

    name: str
    kind: MetricKind
    unit: str
    labels: tuple[str, ...]
    help: str


def _metric(kind: MetricKind, name: str, unit: str, labels: str, help_: str) -> Metric:
    return Metric(name=f"barterpy_{name}", kind=kind, unit=unit, labels=tuple(labels.split()), help=help_)


_C, _G, _H = MetricKind.COUNTER, MetricKind.GAUGE, MetricKind.HISTOGRAM

RECEIVED_MESSAGES: Final = _metric(_C, "received_messages_total", "messages", "venue connection", "Messages received.")
"""Messages received; count by venue and connection."""
RECEIVED_BYTES: Final = _metric(
    _C, "received_bytes_total", "bytes", "venue connection", "Payload received: bytes, of text its characters."
)
"""Payload received, decompressed; bytes (of text messages: characters) by venue and connection."""
SENT_MESSAGES: Final = _metric(_C, "sent_messages_total", "messages", "venue connection", "Messages sent.")
"""Messages sent; count by venue and connection."""
SENT_BYTES: Final = _metric(
    _C, "sent_bytes_total", "bytes", "venue connection", "Payload sent: bytes, of text its characters."
)
"""Payload sent; bytes (of text messages: characters) by venue and connection."""
EVENTS: Final = _metric(_C, "events_total", "events", "venue connection", "Events of the model, lifecycle included.")
"""Events made of the messages, those of the connection's life included; count by venue and connection."""
RECEIVED_LAG: Final = _metric(
    _H,
    "received_lag_seconds",
    "seconds",
    "venue connection",
    "From the venue's time of an event to its receipt; the oldest event of each read.",
)
"""The venue's time to receipt; seconds, one value a read. Negative when the venue's clock is ahead of this one."""
YIELDED_LAG: Final = _metric(
    _H,
    "yielded_lag_seconds",
    "seconds",
    "venue connection",
    "From receipt to the consumer; the oldest event of each batch.",
)
"""Receipt to consumer; seconds, one value a batch: parsing, transforming, and waiting for the consumer."""
CONNECTION_UP: Final = _metric(_G, "connection_up", "1", "venue connection", "1 while the connection is up, else 0.")
"""1 while a connection is up, 0 while it is not."""
CONNECTION_EPOCH: Final = _metric(_G, "connection_epoch", "1", "venue connection", "Life of the connection, from 1.")
"""The life of a connection, from 1."""
RECONNECTS: Final = _metric(
    _C, "disconnects_total", "disconnects", "venue connection error", "Ends of a connection by their cause."
)
"""Ends of a connection by cause (the class of the error, ``closed`` where there was none); count."""
DOWNTIME: Final = _metric(
    _H, "downtime_seconds", "seconds", "venue connection", "From the end of a connection to the next one."
)
"""End of a connection to its next life; seconds."""
STALLS: Final = _metric(
    _C, "stalls_total", "stalls", "venue connection", "Silences longer than the watchdog of a connection allows."
)
"""Silences a watchdog noticed; count by venue and connection."""
BOOK_GAPS: Final = _metric(_C, "gaps_total", "gaps", "venue instrument", "Losses of data by instrument.")
"""Gaps told in-band; count by venue and instrument."""
BOOK_FAILURES: Final = _metric(
    _C, "book_failures_total", "books", "venue instrument", "Books given up after their attempts."
)
"""Books given up after their attempts; count by venue and instrument."""
RESYNCS: Final = _metric(_C, "resyncs_total", "resyncs", "venue instrument", "Books that became valid again.")
"""Books that became valid again; count by venue and instrument."""
RESYNC_DOWNTIME: Final = _metric(
    _H, "resync_downtime_seconds", "seconds", "venue", "How long a book was not valid before it was again."
)
"""How long a book was not valid; seconds by venue."""
PARSE_ERRORS: Final = _metric(
    _C, "parse_errors_total", "messages", "venue connection", "Messages that could not be understood."
)
"""Messages that could not be understood; count by venue and connection."""
OVERFLOW_DROPPED: Final = _metric(
    _C, "dropped_events_total", "events", "venue connection policy", "Events lost or merged by a buffer that was full."
)
"""Events a full buffer lost or merged; count by venue, connection and policy."""
BUFFER_FILL: Final = _metric(
    _G, "buffer_fill_events", "events", "venue connection", "Events that wait for the consumer, at the last batch."
)
"""Events that wait for the consumer; of a stream of several connections under the connection ``*``."""
LIMITER_WAIT: Final = _metric(_H, "limiter_wait_seconds", "seconds", "scope", "Waits for a rate limit to allow a call.")
"""Waits for a rate limit; seconds by scope of the limit."""
CLOCK_OFFSET: Final = _metric(
    _G, "clock_offset_seconds", "seconds", "venue", "The venue's clock minus this machine's, estimated."
)
"""The venue's clock minus this machine's; seconds by venue."""
REST_REQUESTS: Final = _metric(
    _C, "rest_requests_total", "requests", "venue method path status", "REST requests by status or error."
)
"""REST requests; count by venue, method, path and status (the class of the error where no answer came)."""
REST_LATENCY: Final = _metric(
    _H, "rest_latency_seconds", "seconds", "venue method path", "From a REST request to its whole answer."
)
"""REST request to whole answer; seconds by venue, method and path."""
SERIES_DROPPED: Final = _metric(
    _C, "metric_series_dropped_total", "values", "metric", "Values kept under the labels 'other': too many series."
)
"""Values that went under the labels ``other`` because their metric has as many series as allowed; count by metric."""

METRICS: Final[dict[str, Metric]] = {
    value.name: value for value in tuple(globals().values()) if isinstance(value, Metric)
}
"""Every metric of the library by its name."""
