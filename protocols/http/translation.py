"""The boundary to httpx: its exceptions become ours, exactly, and no text passes which might hold a secret."""

import ssl
from collections.abc import Iterator
from typing import cast

import httpx

from barterpy.errors import (
    BarterError,
    ConfigurationError,
    ConnectError,
    ConnectionLost,
    ProtocolError,
    ProxyError,
    TlsError,
    TransportTimeout,
)

__all__ = ["translate"]

# httpx tells a connection that ended early from a malformed answer by its text alone.
_ENDED_EARLY = ("peer closed connection", "server disconnected", "connectionterminated", "streamreset")


def translate(error: Exception, target: str, proxy: str | None, timeout: float, *, sent: bool) -> BarterError:
    """The error of ours for one of httpx.

    :param target: host and port of the request
    :param proxy: host and port of the proxy, if there is one
    :param timeout: the bound which was set, in seconds
    :param sent: whether a part of the request may have gone out; before that, nothing was done
    """
    if isinstance(error, httpx.ProxyError):
        return ProxyError(proxy or target, str(error) or "the proxy failed")
    if isinstance(error, httpx.TimeoutException):
        if sent:
            return TransportTimeout(f"the answer of {target}", timeout)
        waited = "a free connection" if isinstance(error, httpx.PoolTimeout) else "the connection"
        return ConnectError(target, f"{waited} did not come within {timeout:g} s")
    if isinstance(error, httpx.ConnectError) or (isinstance(error, httpx.NetworkError) and not sent):
        tls = next((cause for cause in _causes(error) if isinstance(cause, ssl.SSLError)), None)
        if tls is not None:
            return TlsError(
                target, getattr(tls, "verify_message", "") or getattr(tls, "reason", "") or "the handshake failed"
            )
        if proxy is not None:
            return ProxyError(proxy, _reason(error))
        return ConnectError(target, _reason(error))
    if isinstance(error, httpx.RemoteProtocolError) and not str(error).lstrip("<").lower().startswith(_ENDED_EARLY):
        return ProtocolError(f"{target} broke HTTP: {error}")
    if isinstance(error, (httpx.NetworkError, httpx.RemoteProtocolError)):
        return ConnectionLost(str(error) or "the connection broke before the answer was whole")
    # Everything else is about the request. The text may quote a header, and with it a key.
    return ConfigurationError(f"the request to {target} cannot be sent as HTTP ({type(error).__name__})")


def _reason(error: Exception) -> str:
    """What the operating system said, which names the cause better than httpx does."""
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
    return str(error) or "the connection failed"


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, BaseExceptionGroup):
            for inner in cast("BaseExceptionGroup[BaseException]", seen).exceptions:
                yield from _causes(inner)
        yield seen
        seen = seen.__cause__ or seen.__context__
