"""HTTP: the transport of REST clients, and HTTP as a stream (poller, server-sent events, newline-delimited JSON)."""

from barterpy.protocols.http.client import TransportOptions, rest_client
from barterpy.protocols.http.ndjson_socket import NdjsonSocket, ndjson
from barterpy.protocols.http.poller import Poller
from barterpy.protocols.http.sse import EventDataParser, EventStreamParser, ServerSentEvent
from barterpy.protocols.http.sse_socket import EventSource, event_source
from barterpy.protocols.http.stream import ByteStream, StreamingTransport
from barterpy.protocols.http.transport import HttpxTransport

__all__ = [
    "ByteStream",
    "EventDataParser",
    "EventSource",
    "EventStreamParser",
    "HttpxTransport",
    "NdjsonSocket",
    "Poller",
    "ServerSentEvent",
    "StreamingTransport",
    "TransportOptions",
    "event_source",
    "ndjson",
    "rest_client",
]
