"""WebSocket, RFC 6455 and RFC 7692, for both roles.

    connect(), serve()
      │
    WebSocket             anyio: receive, send, ping, aclose
      │ bytes ↓  ↑ messages
    WebSocketConnection   no I/O: runs of frames by a tight loop, the rest by wsproto

The sans-IO core is :class:`WebSocketConnection`; :class:`WebSocket` is a :class:`barterpy.socket.Socket` of ``str`` and
``bytes`` over it.
"""

from barterpy.protocols.websocket.client import connect
from barterpy.protocols.websocket.closecode import CloseCode
from barterpy.protocols.websocket.connection import WebSocketConnection
from barterpy.protocols.websocket.deflate import Deflate
from barterpy.protocols.websocket.failure import WebSocketError
from barterpy.protocols.websocket.handshake import Accept, HandshakeRequest, Reject
from barterpy.protocols.websocket.limits import Limits
from barterpy.protocols.websocket.server import Handler, Server, serve
from barterpy.protocols.websocket.state import State
from barterpy.protocols.websocket.websocket import WebSocket

__all__ = [
    "Accept",
    "CloseCode",
    "Deflate",
    "Handler",
    "HandshakeRequest",
    "Limits",
    "Reject",
    "Server",
    "State",
    "WebSocket",
    "WebSocketConnection",
    "WebSocketError",
    "connect",
    "serve",
]
