"""The opening handshake, both roles, without a network: what is asked, answered, and refused."""

import base64
import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.errors import BarterError, ConfigurationError, HandshakeError, LimitExceeded
from barterpy.protocols.websocket import Deflate, Reject
from barterpy.protocols.websocket.deflate import PerMessageDeflate
from barterpy.protocols.websocket.handshake import ClientHandshake, ServerHandshake
from barterpy.protocols.websocket.url import parse_url


def client(url: str = "ws://example.com/feed?stream=a", **options: object) -> ClientHandshake:
    arguments: dict[str, object] = {"max_header_size": 8192, **options}
    return ClientHandshake(parse_url(url), **arguments)  # type: ignore[arg-type]


def accept_value(request: bytes) -> str:
    found = re.search(rb"Sec-WebSocket-Key: (\S+)", request)
    assert found
    return base64.b64encode(hashlib.sha1(found[1] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()).decode()


def answer(handshake: ClientHandshake, *extra: str, accept: str | None = None, upgrade: str = "websocket") -> bytes:
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        f"Upgrade: {upgrade}",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {accept or accept_value(handshake.data_to_send())}",
        *extra,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def test_the_request_says_what_rfc_6455_asks_for() -> None:
    request = client(headers=[("X-Key", "1")], subprotocols=["a", "b"]).data_to_send().decode()
    lines = request.split("\r\n")
    assert lines[0] == "GET /feed?stream=a HTTP/1.1"
    assert {"Host: example.com", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"} <= set(lines)
    assert {"Sec-WebSocket-Protocol: a, b", "X-Key: 1", "User-Agent: barterpy"} <= set(lines)
    assert "Sec-WebSocket-Extensions" not in request


def test_a_given_host_and_user_agent_replace_ours() -> None:
    request = client(headers=[("host", "other"), ("user-agent", "me")]).data_to_send().decode()
    assert "Host: other\r\n" in request
    assert "barterpy" not in request
    assert "example.com" not in request


def test_user_and_password_of_the_url_become_basic_authorization() -> None:
    request = client("ws://us%40er:pa:ss@example.com").data_to_send()
    assert b"Authorization: Basic " + base64.b64encode(b"us@er:pa:ss") in request


@pytest.mark.parametrize(
    "headers", [[("Upgrade", "x")], [("Sec-WebSocket-Key", "x")], [("X", "a\r\nY: b")], [("é", "x")], [("X", "中")]]
)
def test_headers_that_cannot_be_sent_are_refused(headers: list[tuple[str, str]]) -> None:
    with pytest.raises(ConfigurationError):
        client(headers=headers)


@pytest.mark.parametrize("step", [1, 5, 10_000])
def test_an_upgrade_opens_and_keeps_the_bytes_after_it(step: int) -> None:
    handshake = client(subprotocols=["a"])
    data = answer(handshake, "Sec-WebSocket-Protocol: a", "X-Served-By: venue")
    for start in range(0, len(data), step):
        assert not handshake.done
        handshake.receive_data(data[start : start + step] + (b"\x81\x00" if start + step >= len(data) else b""))
    assert handshake.done
    assert handshake.subprotocol == "a"
    assert handshake.trailing == b"\x81\x00"
    assert ("x-served-by", "venue") in handshake.response_headers


@pytest.mark.parametrize(
    ("extra", "changes"),
    [
        ((), {"accept": "bm90IHRoZSBhbnN3ZXI="}),
        ((), {"upgrade": "h2c"}),
        (("Sec-WebSocket-Protocol: nobody asked",), {}),
        (("Sec-WebSocket-Extensions: permessage-deflate",), {}),
        (("Sec-WebSocket-Extensions: x-unknown",), {}),
    ],
    ids=["wrong accept", "wrong upgrade", "wrong subprotocol", "unasked extension", "unknown extension"],
)
def test_an_upgrade_that_does_not_fit_the_request_is_refused(extra: tuple[str, ...], changes: dict[str, str]) -> None:
    handshake = client()
    with pytest.raises(HandshakeError, match="not an upgrade"):
        handshake.receive_data(answer(handshake, *extra, **changes))


def test_wrong_deflate_parameters_are_refused() -> None:
    handshake = client(deflate=PerMessageDeflate(Deflate(), client=True, limit=1))
    with pytest.raises(HandshakeError, match="server_max_window_bits"):
        handshake.receive_data(
            answer(handshake, "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99")
        )


@pytest.mark.parametrize(
    ("response", "status", "body"),
    [
        (b'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"error":"bad"}', 200, b'{"error":"bad"}'),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 13\r\n\r\n<html></html>", 403, b"<html></html>"),
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", 500, b""),
        (b"HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 503, b"abc"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + b"x" * 9000, 200, b"x" * 4096),
    ],
    ids=["200 with an error body", "403 with HTML", "500 with an empty body", "503 chunked", "a long body is cut"],
)
def test_another_status_is_told_with_its_body(response: bytes, status: int, body: bytes) -> None:
    with pytest.raises(HandshakeError) as caught:
        client().receive_data(response)
    assert (caught.value.status, caught.value.body) == (status, body)
    assert caught.value.target == "example.com:80"


def test_a_truncated_body_is_told_as_far_as_it_came() -> None:
    handshake = client()
    handshake.receive_data(b"HTTP/1.1 429 Slow down\r\nRetry-After: 7\r\nContent-Length: 100\r\n\r\nwait")
    with pytest.raises(HandshakeError) as caught:
        handshake.receive_eof()
    assert (caught.value.status, caught.value.body, caught.value.retry_after) == (429, b"wait", 7.0)
    assert caught.value.retryable


def test_a_redirect_is_not_followed_and_names_the_host_alone() -> None:
    with pytest.raises(HandshakeError) as caught:
        client().receive_data(
            b"HTTP/1.1 302 Found\r\nLocation: https://u:p@other.example/x?token=secret\r\nContent-Length: 0\r\n\r\n"
        )
    assert caught.value.status == 302
    assert "other.example" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "u:p" not in str(caught.value)


def test_an_answer_that_is_not_http_is_refused_at_its_first_bytes() -> None:
    with pytest.raises(HandshakeError, match="not HTTP") as caught:
        client().receive_data(b"SSH-2.0")
    assert caught.value.status is None


def test_an_end_without_an_answer_is_told() -> None:
    with pytest.raises(HandshakeError, match="closed the connection"):
        client().receive_eof()


@pytest.mark.parametrize("step", [100, 100_000])
def test_a_head_that_is_too_large_names_the_limit(step: int) -> None:
    handshake = client(max_header_size=500)
    data = answer(handshake, "X-Large: " + "x" * 600)

    def feed() -> None:
        for start in range(0, len(data), step):
            handshake.receive_data(data[start : start + step])

    with pytest.raises(LimitExceeded) as caught:
        feed()
    assert (caught.value.limit, caught.value.allowed) == ("max_header_size", 500)


@given(st.binary(max_size=300))
def test_random_answers_give_documented_errors(data: bytes) -> None:
    for start in (b"", b"HTTP/1.1 101 X\r\n", b"HTTP/1.1 200 OK\r\n\r\n"):
        handshake = client()
        try:
            handshake.receive_data(start + data + b"\r\n\r\n")
            handshake.receive_eof()
        except HandshakeError:
            continue
        raise AssertionError("random bytes are no upgrade")


# The server


REQUEST = {
    "Host": "example.com",
    "Upgrade": "websocket",
    "Connection": "keep-alive, Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


def request(first: str = "GET /chat%20room?x=1 HTTP/1.1", **changes: str | None) -> bytes:
    headers = {**REQUEST, **{name.replace("_", "-"): value for name, value in changes.items()}}
    lines = [first, *(f"{name}: {value}" for name, value in headers.items() if value is not None)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def test_a_request_is_accepted_with_the_answer_of_rfc_6455() -> None:
    """Section 1.3 gives this key and this answer."""
    server = ServerHandshake(max_header_size=8192)
    data = request(Sec_WebSocket_Protocol="a, b", X_Token="1") + b"\x81\x80mask"
    assert server.receive_data(data[:20]) == b""
    assert server.request is None
    assert server.receive_data(data[20:]) == b""
    assert server.request is not None
    assert (server.request.path, server.request.query, server.request.target) == (
        "/chat room",
        "x=1",
        "/chat%20room?x=1",
    )
    assert server.request.subprotocols == ("a", "b")
    assert server.request.header("X-TOKEN") == "1"
    assert server.request.host == "example.com"
    assert server.trailing == b"\x81\x80mask"
    response = server.accept(subprotocol="b", headers=[("X-Served-By", "us")])
    assert response.startswith(b"HTTP/1.1 101 ")
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in response
    assert b"Sec-WebSocket-Protocol: b\r\n" in response
    assert b"X-Served-By: us\r\n" in response


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (request("POST / HTTP/1.1"), 400),
        (request(Upgrade=None), 400),
        (request(Connection="close"), 400),
        (request(Sec_WebSocket_Key=None), 400),
        (request(Sec_WebSocket_Key="c2hvcnQ="), 400),
        (request(Sec_WebSocket_Key="*" * 24), 400),
        (request(Sec_WebSocket_Key="dGhl*IHNhbXBsZSBub25jZQ=="), 400),
        (request("GET / HTTP/1.0"), 400),
        (request(Sec_WebSocket_Version="8"), 426),
        (request(Sec_WebSocket_Version=None), 400),
        (request(Host=None), 400),
        (b"\x16\x03\x01\x02\x00 this is TLS\n\n", 400),
        (request(X="x" * 9000), 431),
    ],
    ids=[
        "POST",
        "no upgrade",
        "no connection",
        "no key",
        "short key",
        "bad key",
        "a key with something else in it",
        "HTTP/1.0",
        "old version",
        "no version",
        "no host",
        "TLS",
        "large head",
    ],
)
def test_a_request_that_is_none_is_answered_with_a_status(data: bytes, status: int) -> None:
    server = ServerHandshake(max_header_size=8192)
    response = server.receive_data(data)
    assert response.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"connection: close" in response.lower()
    assert server.request is None
    if status == 426:
        assert b"Sec-WebSocket-Version: 13" in response


def test_a_rejection_has_status_headers_and_body() -> None:
    server = ServerHandshake(max_header_size=8192)
    server.receive_data(request())
    response = server.reject(Reject(401, [("WWW-Authenticate", "Basic")], b"who are you?"))
    handshake = client()
    with pytest.raises(HandshakeError) as caught:
        handshake.receive_data(response)
    assert (caught.value.status, caught.value.body) == (401, b"who are you?")
    assert ("www-authenticate", "Basic") in caught.value.headers
    assert not caught.value.retryable


@given(st.binary(max_size=300))
def test_random_requests_are_answered_or_awaited(data: bytes) -> None:
    for start in (b"", b"GET / HTTP/1.1\r\n"):
        server = ServerHandshake(max_header_size=8192)
        try:
            response = server.receive_data(start + data + b"\r\n\r\n")
        except BarterError as error:
            raise AssertionError("a bad request is answered, not raised") from error
        assert response.startswith(b"HTTP/1.1 4")


def test_client_and_server_agree() -> None:
    ours = PerMessageDeflate(Deflate(), client=True, limit=1 << 20)
    theirs = PerMessageDeflate(Deflate(), client=False, limit=1 << 20)
    handshake = client(deflate=ours, subprotocols=["x"])
    server = ServerHandshake(max_header_size=8192)
    server.receive_data(handshake.data_to_send())
    handshake.receive_data(server.accept(subprotocol="x", deflate=theirs))
    assert handshake.done
    assert ours.enabled()
    assert theirs.enabled()
    assert handshake.subprotocol == "x"
