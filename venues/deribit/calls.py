"""Calls beside a stream: requests and answers by id on the same connection, without a word of it to the stream.

A link stands between each of the connection's sockets and the supervised stream. It takes the answers to calls out of
what is received and hands everything else on; when a socket ends, whatever was asked on it fails at once.
"""

import itertools
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final, TypeVar, cast, final

import anyio
import msgspec

from barterpy.errors import BarterError, ConnectionLost, OutcomeUnknown, ParseError, TransportTimeout, VenueError
from barterpy.limits import Concurrency
from barterpy.socket import Batch, Socket
from barterpy.venues.deribit.errors import Refusal, order_error, rpc_error
from barterpy.venues.deribit.limits import Credits
from barterpy.venues.deribit.requests import encode_call
from barterpy.venues.deribit.rest import Call
from barterpy.venues.deribit.topics import CALL_IDS, OWN_IDS

__all__ = ["CallLink"]

R = TypeVar("R")
_MOST_CALLS: Final = 1000


class _Head(msgspec.Struct):
    id: int | str | None = None
    result: msgspec.Raw = msgspec.Raw(b"")
    error: Refusal | None = None


_head = msgspec.json.Decoder(_Head).decode


class _Pending:
    """A call that waits for its answer."""

    __slots__ = ("answer", "done", "link")

    def __init__(self, link: object) -> None:
        self.answer: _Head | BarterError | None = None
        self.done = anyio.Event()
        self.link = link

    def settle(self, answer: _Head | BarterError) -> None:
        self.answer = answer
        self.done.set()


@final
class CallLink:
    """Calls over the connections that :meth:`through` makes, one at a time.

    :param opening: ids of requests; a connection can be called over once one of them was accepted. None for a
        connection that can be called over at once
    :param credits: what each call waits for before it is sent
    """

    def __init__(self, opening: "set[int] | None", credits: Credits) -> None:  # noqa: A002 - the venue's word
        self.late: int = 0
        """Answers nobody waited for any more."""
        self.opening: set[int] | None = opening
        self._credits = credits
        self._ids = itertools.count(CALL_IDS)
        self._pending: dict[int, _Pending] = {}
        self._socket: _LinkedSocket | None = None
        self._ready = anyio.Event()
        self._closed = False
        self._failure: BaseException | None = None
        self._in_flight = Concurrency(_MOST_CALLS, name="calls", scope="deribit connection", max_wait=10.0)

    @property
    def ready(self) -> bool:
        """Whether a call would be sent at once."""
        return self._ready.is_set()

    async def call(self, request: Call[R], timeout: float) -> R:
        """Send a call, and give its typed answer.

        :param timeout: seconds for everything: the connection, the logon, the credits, the answer
        :raises barterpy.errors.Throttled: its turn would come too late; nothing was sent
        :raises barterpy.errors.TransportTimeout: nothing came in time
        :raises barterpy.errors.ConnectionLost: the connection ended; nothing was done that is not repeatable
        :raises barterpy.errors.OutcomeUnknown: the same for what is not repeatable, and was sent
        :raises barterpy.errors.VenueError: the venue said no
        :raises barterpy.errors.ParseError: the answer could not be understood
        """
        id_ = next(self._ids)
        text = encode_call(id_, request.rpc, request.params())
        sent = False
        try:
            with anyio.fail_after(timeout):
                async with self._in_flight:
                    await self._credits.acquire(request.rpc)
                    socket = await self._connected()
                    pending = self._pending[id_] = _Pending(socket)
                    sent = True
                    await socket.send(text)
                    await pending.done.wait()
                    return _answered(request, pending.answer)
        except TimeoutError as error:
            if sent and not request.repeatable:
                raise OutcomeUnknown(f"{request.rpc}: no answer within {timeout:g} s") from error
            raise TransportTimeout(request.rpc, timeout) from error
        except anyio.BrokenResourceError as error:
            raise _lost(request, ConnectionLost(str(error) or "the connection broke")) from error
        except anyio.ClosedResourceError as error:
            raise _lost(request, ConnectionLost("the connection was closed")) from error
        except ConnectionLost as error:
            if not sent:
                raise
            raise _lost(request, error) from error
        finally:
            self._pending.pop(id_, None)

    async def _connected(self) -> "_LinkedSocket":
        while True:
            if self._closed:
                raise ConnectionLost("the session has ended") if self._failure is None else self._failure
            if self._socket is not None and self._ready.is_set():
                return self._socket
            await self._ready.wait()

    def through(
        self, connect: Callable[[], AbstractAsyncContextManager[Socket[Any, Any]]]
    ) -> Callable[[], AbstractAsyncContextManager[Socket[Any, Any]]]:
        """The same, with this link in between."""

        @asynccontextmanager
        async def connected() -> AsyncGenerator[Socket[Any, Any], None]:
            async with connect() as socket:
                linked = self._socket = _LinkedSocket(socket, self)
                if self.opening is None:
                    self._ready.set()
                try:
                    yield linked
                finally:
                    self._end(linked)

        return connected

    def close(self, failure: BaseException | None = None) -> None:
        """The session is over: whoever waits to send hears of it, and of what ended it for good."""
        self._closed, self._failure = True, failure
        self._ready.set()

    def _end(self, socket: "_LinkedSocket") -> None:
        if self._socket is socket:
            self._socket = None
            if self._ready.is_set() and not self._closed:
                self._ready = anyio.Event()
        for pending in [one for one in self._pending.values() if one.link is socket]:
            pending.settle(ConnectionLost("it ended before the answer came"))

    def on_message(self, message: str | bytes) -> bool:
        """Look at a message; whether it was the answer to a call, and so no affair of the stream."""
        try:
            head = _head(message)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return False  # the stream's parser will say so
        id_ = head.id
        if not isinstance(id_, int):
            return False
        if self.opening is not None and id_ in self.opening and head.error is None:
            self._ready.set()
        if not CALL_IDS <= id_ < OWN_IDS:
            return False
        pending = self._pending.get(id_)
        if pending is None or pending.answer is not None:
            self.late += 1
        else:
            pending.settle(head)
        return True


@final
class _LinkedSocket:
    """One connection's socket, from which answers to calls have been taken."""

    def __init__(self, socket: Socket[Any, Any], link: CallLink) -> None:
        self._inner = socket
        self._link = link

    @property
    def event_time(self) -> bool:
        return bool(getattr(self._inner, "event_time", False))

    @property
    def close_code(self) -> int | None:
        return cast("int | None", getattr(self._inner, "close_code", None))

    async def receive(self) -> Batch[Any]:
        while True:
            batch = await self._inner.receive()
            rest = [message for message in batch.messages if not self._link.on_message(message)]
            if rest:
                return Batch(rest, batch.received_at, parsed=batch.parsed)

    async def send(self, message: Any) -> None:
        await self._inner.send(message)

    async def aclose(self) -> None:
        await self._inner.aclose()


def _answered(request: Call[R], answer: "_Head | BarterError | None") -> R:
    if isinstance(answer, BarterError):
        raise answer
    assert answer is not None
    if answer.error is not None:
        error: VenueError = rpc_error(answer.error)
        raise error if request.repeatable else order_error(error)
    try:
        return cast("R", msgspec.json.decode(answer.result, type=request.response))
    except (msgspec.DecodeError, ValueError, RecursionError) as reason:
        failure = ParseError(str(reason), bytes(answer.result), kind=f"answer to {request.rpc}")
        failure.outcome_unknown = not request.repeatable
        raise failure from reason


def _lost(request: Call[Any], error: ConnectionLost) -> BarterError:
    if request.repeatable:
        return error
    return OutcomeUnknown(f"{request.rpc}: {error}")
