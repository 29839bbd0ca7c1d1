"""HTTP: the transport of REST clients, and HTTP as a stream (poller, server-sent events, newline-delimited JSON)."""

from barterpy.protocols.http.client import TransportOptions, rest_client
from barterpy.protocols.http.stream import ByteStream, StreamingTransport
from barterpy.protocols.http.transport import HttpxTransport

__all__ = ["ByteStream", "HttpxTransport", "StreamingTransport", "TransportOptions", "rest_client"]
