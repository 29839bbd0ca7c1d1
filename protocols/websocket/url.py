"""What a WebSocket URL says (RFC 6455 section 3), with its user and password out of sight."""

import base64
import codecs
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from barterpy.errors import ConfigurationError

__all__ = ["WebSocketUrl", "basic_authorization", "parse_url"]

_idna = codecs.lookup("idna")  # here, so that the first connection does not import it in the event loop


@dataclass(frozen=True, slots=True)
class WebSocketUrl:
    """The parts of a URL that a connection needs. ``target`` is path and query as they go into the request."""

    secure: bool
    host: str
    port: int
    target: str
    authorization: str | None = field(default=None, repr=False)
    """Value of the Authorization header for a user and password in the URL."""

    @property
    def host_header(self) -> str:
        """Value of the Host header: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"

    @property
    def display(self) -> str:
        """Host and port, fit for messages."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def basic_authorization(user: str, password: str) -> str:
    """Value of an Authorization header (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")


def parse_url(url: str) -> WebSocketUrl:
    """The parts of ``ws://…`` or ``wss://…``.

    :raises ConfigurationError: another scheme, no host, a fragment, or a port that is none
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigurationError("the WebSocket URL has a host or port that cannot be read") from error
    if parts.scheme not in ("ws", "wss"):
        raise ConfigurationError(f"a WebSocket URL begins with ws:// or wss://, not {parts.scheme or 'nothing'!r}")
    if not parts.hostname:
        raise ConfigurationError("the WebSocket URL has no host")
    if parts.fragment:
        raise ConfigurationError("a WebSocket URL has no fragment (RFC 6455 section 3)")
    host = parts.hostname
    if ":" not in host:
        try:
            host = bytes(_idna.encode(host)[0]).decode("ascii")
        except UnicodeError as error:
            raise ConfigurationError("the host of the WebSocket URL is not a valid name") from error
    target = quote(parts.path or "/", safe="/%:@!$&'()*+,;=-._~")
    if parts.query:
        target += "?" + quote(parts.query, safe="/%:@!$&'()*+,;=?-._~")
    secure = parts.scheme == "wss"
    authorization = None
    if parts.username is not None:
        authorization = basic_authorization(unquote(parts.username), unquote(parts.password or ""))
    return WebSocketUrl(secure, host, port or (443 if secure else 80), target, authorization)
