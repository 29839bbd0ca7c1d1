"""WebSocket URLs and proxy URLs: what is taken from them, what is refused, and that secrets are not shown."""

import pytest

from barterpy.errors import ConfigurationError
from barterpy.protocols.websocket import connect
from barterpy.protocols.websocket.proxy import parse_proxy, proxy_from_environment
from barterpy.protocols.websocket.url import parse_url


@pytest.mark.parametrize(
    ("url", "secure", "host", "port", "target", "header"),
    [
        ("ws://example.com", False, "example.com", 80, "/", "example.com"),
        ("wss://example.com", True, "example.com", 443, "/", "example.com"),
        ("wss://example.com:9443/ws?a=1&b=x/y@z", True, "example.com", 9443, "/ws?a=1&b=x/y@z", "example.com:9443"),
        ("ws://[::1]:8080/a%20b", False, "::1", 8080, "/a%20b", "[::1]:8080"),
        ("ws://bücher.example/ü", False, "xn--bcher-kva.example", 80, "/%C3%BC", "xn--bcher-kva.example"),
    ],
)
def test_the_parts_of_a_url(url: str, secure: bool, host: str, port: int, target: str, header: str) -> None:
    parsed = parse_url(url)
    assert (parsed.secure, parsed.host, parsed.port, parsed.target, parsed.host_header) == (
        secure,
        host,
        port,
        target,
        header,
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com",
        "example.com",
        "",
        "ws://",
        "ws://x:99999",
        "ws://x:port",
        "ws://x/#part",
        "ws://a..b",
        "ws://[::1",
    ],
)
def test_a_url_that_cannot_work_is_refused_before_the_network(url: str) -> None:
    with pytest.raises(ConfigurationError):
        connect(url)


def test_user_and_password_are_never_shown() -> None:
    parsed = parse_url("wss://user:hunter2@example.com/")
    proxy = parse_proxy("http://user:hunter2@proxy.example:3128")
    plan = connect("wss://user:hunter2@example.com/", proxy="http://user:hunter2@proxy.example:3128")
    for shown in (repr(parsed), parsed.display, repr(proxy), proxy.display, repr(plan)):
        assert "hunter2" not in shown
        assert "user" not in shown
    with pytest.raises(ConfigurationError) as caught:
        parse_url("https://user:hunter2@example.com/")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "port"), [("http://p", 80), ("https://p", 443), ("socks5://p", 1080), ("socks5h://p:9", 9)]
)
def test_the_parts_of_a_proxy_url(url: str, port: int) -> None:
    assert parse_proxy(url).port == port
    assert parse_proxy(url).user is None


@pytest.mark.parametrize("url", ["ftp://p", "p:3128", "http://", "http://p:99999", "socks4://p"])
def test_a_proxy_url_that_cannot_work_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError):
        connect("ws://example.com", proxy=url)


def test_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ws_proxy", "wss_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    secure, plain = parse_url("wss://example.com"), parse_url("ws://example.com")
    assert proxy_from_environment(secure) is None
    monkeypatch.setenv("https_proxy", "http://for-tls:1")
    monkeypatch.setenv("all_proxy", "socks5://for-all:2")
    found, other = proxy_from_environment(secure), proxy_from_environment(plain)
    assert found is not None
    assert other is not None
    assert (found.host, other.host) == ("for-tls", "for-all")
    monkeypatch.setenv("no_proxy", "example.com")
    assert proxy_from_environment(secure) is None
