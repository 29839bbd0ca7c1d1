"""An HTTP server on loopback for the kit: Starlette on Hypercorn, which runs on asyncio and on trio."""

import importlib
import logging
import socket
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

import anyio
import anyio.to_thread

from barterpy.errors import ConnectError, MissingExtraError
from barterpy.http import HttpRequest, HttpResponse

__all__ = ["HttpHandler", "serve_http"]

HttpHandler = Callable[[HttpRequest], Awaitable[HttpResponse]]
"""Answers one request; its ``url`` is the target as it was sent, path and query."""

_METHODS: Final = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
_GRACE: Final = 1.0


def _application(handler: HttpHandler) -> Any:
    try:
        from starlette.applications import Starlette
        from starlette.requests import Request
        from starlette.responses import Response
        from starlette.routing import Route
    except ImportError as error:
        raise MissingExtraError("starlette", "testing") from error

    async def endpoint(request: Request) -> Response:
        raw_path: bytes = request.scope["raw_path"]
        query: bytes = request.scope["query_string"]
        target = (raw_path + b"?" + query if query else raw_path).decode("latin-1")
        answer = await handler(
            HttpRequest(
                method=request.method,
                url=target,
                headers=tuple((name, value) for name, value in request.headers.items()),
                body=await request.body(),
            )
        )
        response = Response(answer.body, answer.status)
        for name, value in answer.headers:
            if name.lower() not in ("content-length", "transfer-encoding", "content-encoding", "connection"):
                response.headers.append(name, value)
        return response

    return Starlette(routes=[Route("/{path:path}", endpoint, methods=_METHODS)])


@asynccontextmanager
async def serve_http(handler: HttpHandler, host: str = "127.0.0.1", port: int = 0) -> AsyncGenerator[str, None]:
    """Serves while the block runs, and gives the URL: ``async with serve_http(handler) as url``.

    :raises barterpy.errors.ConnectError: the address cannot be bound
    :raises barterpy.errors.MissingExtraError: Starlette or Hypercorn is not installed (extra ``testing``)
    """
    # Imported in a thread: together these are a tenth of a second, in which the event loop would stand still.
    serve, config, application = await anyio.to_thread.run_sync(_load, handler, _backend())
    quiet = logging.getLogger(f"{__name__}.hypercorn")
    quiet.setLevel(logging.ERROR)
    config.errorlog = quiet
    config.accesslog = None
    config.graceful_timeout = _GRACE
    config.include_server_header = False
    # A connection that is kept alive would keep the end of the block waiting.
    config.keep_alive_timeout = 5
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(config.backlog)
    except OSError as error:
        listener.close()
        raise ConnectError(f"{host}:{port}", error.strerror or str(error)) from error
    bound: int = listener.getsockname()[1]
    # Hypercorn takes the socket over by its number and closes it.
    config.bind = [f"fd://{listener.detach()}"]
    stop = anyio.Event()
    failure: Exception | None = None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(partial(serve, application, config, shutdown_trigger=stop.wait))
        try:
            yield f"http://{f'[{host}]' if ':' in host else host}:{bound}"
        except Exception as error:  # noqa: BLE001 - the block's own; passed on below as it is, not in a group
            failure = error
        finally:
            stop.set()
    if failure is not None:
        raise failure


def _backend() -> str:
    # Hypercorn has one server a backend; trio need not be installed.
    trio = sys.modules.get("trio")
    return "trio" if trio is not None and trio.lowlevel.in_trio_run() else "asyncio"


def _load(handler: HttpHandler, backend: str) -> tuple[Callable[..., Coroutine[Any, Any, None]], Any, Any]:
    try:
        from hypercorn.config import Config

        server: Any = importlib.import_module(f"hypercorn.{backend}")
    except ImportError as error:
        raise MissingExtraError("hypercorn", "testing") from error
    return server.serve, Config(), _application(handler)
