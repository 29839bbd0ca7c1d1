"""The public surface of the package, and that it is what the rest of the library expects of it."""

import ast
import inspect
from pathlib import Path

import barterpy.protocols.websocket as package
from barterpy.errors import ProtocolError
from barterpy.protocols.websocket import CloseCode, WebSocket, WebSocketError
from barterpy.protocols.websocket.closecode import close_code, is_sendable
from barterpy.socket import Socket


def test_every_public_name_exists_and_has_a_docstring() -> None:
    for name in package.__all__:
        value = getattr(package, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert value.__doc__, name
    assert list(package.__all__) == sorted(package.__all__, key=lambda name: (name[0].islower(), name))


def test_a_websocket_is_a_socket() -> None:
    """The annotation is for the type checkers, the names for everybody else."""

    def as_socket(socket: WebSocket) -> Socket[str | bytes, str | bytes]:
        return socket

    assert as_socket.__annotations__["socket"] is WebSocket
    assert {"receive", "send", "aclose"} <= set(dir(WebSocket))


def test_the_core_imports_no_clock_no_loop_and_no_logging() -> None:
    """Everything up to the machine works without I/O; anyio and ssl begin at the adapters."""
    folder = Path(inspect.getfile(package)).parent
    adapters = {"__init__", "client", "server", "websocket", "proxy", "tls"}
    forbidden = {"anyio", "asyncio", "trio", "ssl", "socket", "logging", "time"}
    for path in folder.glob("*.py"):
        if path.stem in adapters:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            assert not {name.partition(".")[0] for name in names} & forbidden, path.name


def test_close_codes_are_names_where_there_is_one() -> None:
    assert close_code(1001) is CloseCode.GOING_AWAY
    assert close_code(4001) == 4001
    assert not isinstance(close_code(4001), CloseCode)
    assert [code for code in (999, 1000, 1005, 1006, 1014, 1015, 2000, 3000, 4999, 5000) if is_sendable(code)] == [
        1000,
        1014,
        3000,
        4999,
    ]


def test_the_error_tells_code_and_reason() -> None:
    error = WebSocketError(CloseCode.INVALID_PAYLOAD, "invalid UTF-8")
    assert isinstance(error, ProtocolError)
    assert str(error) == "the peer broke the WebSocket protocol (1007): invalid UTF-8"
    assert error.needs_reconnect
