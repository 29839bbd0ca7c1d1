"""Every exception of httpx has one of ours, and its text stays where it cannot hold a secret."""

import ssl

import httpx
import pytest

from barterpy.errors import (
    ConfigurationError,
    ConnectError,
    ConnectionLost,
    ProtocolError,
    ProxyError,
    TlsError,
    TransportTimeout,
)
from barterpy.protocols.http.translation import translate

TARGET = "x.test:443"


def caused(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "sent", "expected", "text"),
    [
        (httpx.PoolTimeout(""), False, ConnectError, "a free connection did not come within 5 s"),
        (httpx.ConnectTimeout(""), False, ConnectError, "the connection did not come within 5 s"),
        (httpx.WriteTimeout(""), True, TransportTimeout, "the answer of x.test:443 did not finish within 5 s"),
        (httpx.ReadTimeout(""), True, TransportTimeout, "the answer of x.test:443 did not finish within 5 s"),
        (httpx.ConnectError(""), False, ConnectError, "x.test:443: the connection failed"),
        (httpx.ReadError("reset"), False, ConnectError, "x.test:443: reset"),
        (
            caused(httpx.ConnectError("x"), OSError(111, "Connection refused")),
            False,
            ConnectError,
            "Connection refused",
        ),
        (
            caused(httpx.ConnectError("x"), ExceptionGroup("all", [ValueError(), OSError(113, "No route to host")])),
            False,
            ConnectError,
            "No route to host",
        ),
        (caused(httpx.ConnectError(""), ssl.SSLError(1, "bad")), False, TlsError, "the handshake failed"),
        (caused(httpx.ReadError(""), ssl.SSLError(1, "bad")), False, TlsError, "the handshake failed"),
        (httpx.ProxyError("407"), False, ProxyError, "407"),
        (httpx.ReadError("reset"), True, ConnectionLost, "reset"),
        (httpx.WriteError(""), True, ConnectionLost, "before the answer was whole"),
        (httpx.CloseError(""), True, ConnectionLost, "before the answer was whole"),
        (httpx.RemoteProtocolError("Server disconnected without sending a response."), True, ConnectionLost, "Server"),
        (httpx.RemoteProtocolError("peer closed connection without sending"), True, ConnectionLost, "peer closed"),
        (httpx.RemoteProtocolError("<ConnectionTerminated error_code:1>"), True, ConnectionLost, "Terminated"),
        (httpx.RemoteProtocolError("<StreamReset stream_id:1>"), True, ConnectionLost, "StreamReset"),
        (httpx.RemoteProtocolError("illegal status line"), True, ProtocolError, "x.test:443 broke HTTP"),
        (httpx.LocalProtocolError("Illegal header value b'hush'"), False, ConfigurationError, "LocalProtocolError"),
        (httpx.UnsupportedProtocol("hush://"), False, ConfigurationError, "UnsupportedProtocol"),
        (httpx.InvalidURL("hush"), False, ConfigurationError, "InvalidURL"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_translate(error: Exception, sent: bool, expected: type[Exception], text: str) -> None:
    ours = translate(error, TARGET, None, 5.0, sent=sent)
    assert type(ours) is expected
    assert text in str(ours)
    assert "hush" not in str(ours)


def test_with_a_proxy_the_proxy_is_named() -> None:
    for error in (httpx.ProxyError("no"), httpx.ConnectError("refused")):
        ours = translate(error, TARGET, "proxy.test:3128", 5.0, sent=False)
        assert isinstance(ours, ProxyError)
        assert ours.target == "proxy.test:3128"
    tls = translate(caused(httpx.ConnectError(""), ssl.SSLError(1, "bad")), TARGET, "proxy.test:3128", 5.0, sent=False)
    assert isinstance(tls, TlsError)
    assert tls.target == TARGET
