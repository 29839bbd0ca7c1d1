"""Where a gateway listens, and in which words that is written."""

from urllib.parse import urlsplit

import msgspec

from barterpy.errors import ConfigurationError

__all__ = ["Endpoint", "parse_endpoint"]

_SCHEMES = {"tcp": False, "tcp+tls": True, "tcp+ssl": True}


class Endpoint(msgspec.Struct, frozen=True):
    """Host and port, and whether TLS is spoken there, by default with the host's name in SNI."""

    host: str
    port: int
    tls: bool = True

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'tcp+tls' if self.tls else 'tcp'}://{host}:{self.port}"


def parse_endpoint(url: str) -> Endpoint:
    """The endpoint of ``tcp+tls://host:port`` (``tcp+ssl`` is the same) or ``tcp://host:port``.

    :raises barterpy.errors.ConfigurationError: anything else
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        pass
    else:
        tls = _SCHEMES.get(parts.scheme)
        if tls is not None and host and port and "@" not in parts.netloc and url.endswith(parts.netloc):
            return Endpoint(host, port, tls)
    raise ConfigurationError("a FIX endpoint is written tcp+tls://host:port or tcp://host:port")
