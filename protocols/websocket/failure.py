"""The one error this protocol adds to the tree: the peer broke RFC 6455, and the code it was told so with."""

from barterpy.errors import ProtocolError

__all__ = ["WebSocketError"]


class WebSocketError(ProtocolError):
    """The peer broke the WebSocket protocol. ``code`` and ``reason`` are those of the close frame sent to it."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason

    def __str__(self) -> str:
        return f"the peer broke the WebSocket protocol ({int(self.code)}): {self.reason}"
