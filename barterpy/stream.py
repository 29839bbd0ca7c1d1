"""ExchangeStream: a socket, a parser and a transformer, as one asynchronous stream of outputs.

One read is one round: every message it brought is parsed and transformed synchronously, and the task suspends once for
all of them. That is where the speed comes from, and why there are two ways to consume: item by item, or by batches.

Order is first in, first out. What was produced before an error is yielded before the error is raised, and the messages
behind it are not lost: iterating again goes on with them.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from types import TracebackType
from typing import Any, Generic, Literal, TypeVar, overload

import anyio

from barterpy.clock import SECOND, WallClock, wall_clock
from barterpy.errors import ConfigurationError, ParseError
from barterpy.iteration import Iteration
from barterpy.parser import StreamParser, TotalParser
from barterpy.rounds import ErrorPolicy, Rounds
from barterpy.shape import asynchronous
from barterpy.socket import Batch, ReceiveSocket
from barterpy.transformer import Directive, Send, Transformer

__all__ = ["ExchangeStream"]

Message = TypeVar("Message")
Input = TypeVar("Input")
Out = TypeVar("Out")
Output = TypeVar("Output")


def _no_end(error: Exception) -> Exception:
    """``async for`` takes these two for the end, in silence, whoever raised them."""
    if not isinstance(error, StopIteration | StopAsyncIteration):
        return error
    substitute = RuntimeError(f"parser, transformer or socket raised {type(error).__name__}")
    substitute.__cause__ = error
    return substitute


class ExchangeStream(Generic[Out]):
    """Outputs of ``transformer`` over what ``parser`` makes of the messages of ``socket``.

    :param socket: where batches of messages come from; :class:`~barterpy.transformer.Send` outputs go to its ``send``,
        those that subscribe to its ``subscribe`` where it has one
    :param on_error: the :data:`~barterpy.rounds.ErrorPolicy` for a :class:`~barterpy.errors.ParseError` of parser or
        transformer
    :param initial: outputs to yield before anything is received, such as a snapshot taken beforehand
    :param epoch: the number of this connection, handed to the transformer's ``on_reset``
    :param clock: drives the transformer's timers while no message comes; None leaves them to the messages' own time,
        as does a socket with a true ``event_time`` attribute (a replayed recording)
    :param on_directive: takes every :class:`~barterpy.transformer.Directive` other than ``Send``; the outputs it
        returns stand in its place

    :raises barterpy.errors.ConfigurationError: one of the three has not the shape of its role: no such method, one that
        is ``async`` where nothing may be awaited, a class in place of an instance

    Iterating raises what the socket raises (see :class:`~barterpy.socket.ReceiveSocket`) and ends when the socket
    reports the end. Cancelling it at any await loses no output.

    ``received`` counts messages, ``errors`` those that could not be understood, ``skipped`` those of them skipped.
    """

    # Twice each, for parsers that may skip a message and for those that never do: of a parser for several types or None
    # mypy infers what these have in common.
    @overload
    def __init__(
        self: "ExchangeStream[Output | ParseError]",
        socket: ReceiveSocket[Message],
        parser: TotalParser[Message, Input],
        transformer: Transformer[Input, Output],
        *,
        on_error: Literal["yield"],
        initial: Iterable[Output] = (),
        epoch: int = 1,
        clock: WallClock | None = wall_clock,
        on_directive: Callable[[Directive], Iterable[Any] | None] | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self: "ExchangeStream[Output | ParseError]",
        socket: ReceiveSocket[Message],
        parser: StreamParser[Message, Input],
        transformer: Transformer[Input, Output],
        *,
        on_error: Literal["yield"],
        initial: Iterable[Output] = (),
        epoch: int = 1,
        clock: WallClock | None = wall_clock,
        on_directive: Callable[[Directive], Iterable[Any] | None] | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        socket: ReceiveSocket[Message],
        parser: TotalParser[Message, Input],
        transformer: Transformer[Input, Out],
        *,
        on_error: Literal["raise", "skip", "reconnect"] = "raise",
        initial: Iterable[Out] = (),
        epoch: int = 1,
        clock: WallClock | None = wall_clock,
        on_directive: Callable[[Directive], Iterable[Any] | None] | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        socket: ReceiveSocket[Message],
        parser: StreamParser[Message, Input],
        transformer: Transformer[Input, Out],
        *,
        on_error: Literal["raise", "skip", "reconnect"] = "raise",
        initial: Iterable[Out] = (),
        epoch: int = 1,
        clock: WallClock | None = wall_clock,
        on_directive: Callable[[Directive], Iterable[Any] | None] | None = None,
    ) -> None: ...
    def __init__(
        self,
        socket: ReceiveSocket[Any],
        parser: StreamParser[Any, Any],
        transformer: Transformer[Any, Any],
        *,
        on_error: ErrorPolicy = "raise",
        initial: Iterable[Any] = (),
        epoch: int = 1,
        clock: WallClock | None = wall_clock,
        on_directive: Callable[[Directive], Iterable[Any] | None] | None = None,
    ) -> None:
        asynchronous(socket, "receive", "socket")
        self._socket = socket
        self._clock = None if getattr(socket, "event_time", False) else clock
        self._rounds = Rounds(parser, transformer, on_error=on_error, clock=self._clock, on_directive=on_directive)
        self._epoch = epoch
        self._items: Iterator[Out] = iter(())
        self._send_failures: list[Exception] = []
        self._started = False
        self._ended = False
        self._busy = False
        self._rounds.keep(list(initial))

    @property
    def received(self) -> int:
        """Messages received."""
        return self._rounds.received

    @property
    def errors(self) -> int:
        """Messages that could not be understood."""
        return self._rounds.errors

    @property
    def skipped(self) -> int:
        """Those of them that were skipped."""
        return self._rounds.skipped

    @property
    def received_at(self) -> int:
        """When the last batch was received, int nanoseconds UTC; 0 before the first."""
        return self._rounds.received_at

    # Consuming.

    def __aiter__(self) -> "ExchangeStream[Out]":
        return self

    async def __anext__(self) -> Out:
        # A list iterator remembers its place, so a for loop that returns at once is the cheapest "next or nothing".
        for output in self._items:
            return output
        outputs: list[Out] = await self._next_outputs()
        if len(outputs) > 1:
            self._items = iter(outputs)
            next(self._items)
        return outputs[0]

    def batches(self) -> AsyncIterator[list[Out]]:
        """The same outputs, as one non-empty list a round. The fastest way to consume."""
        return Iteration(self._next_batch)

    async def _next_batch(self) -> list[Out]:
        rest = list(self._items)
        return rest or await self._next_outputs()

    async def aclose(self) -> None:
        """Close the socket. Outputs that were already produced stay readable."""
        await self._socket.aclose()

    async def __aenter__(self) -> "ExchangeStream[Out]":
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _next_outputs(self) -> list[Any]:
        if self._busy:
            raise anyio.BusyResourceError("iterating over")
        self._busy = True
        rounds = self._rounds
        try:
            while True:
                if rounds.due:
                    if outputs := await self._next_due():
                        return outputs
                    continue
                try:
                    # Awaited here when there are no timers: each coroutine in between is time that a message takes.
                    batch: Batch[Any] | None = await (
                        self._socket.receive() if rounds.next_timer is None else self._receive_timed(rounds.next_timer)
                    )
                except StopAsyncIteration as error:
                    raise _no_end(error) from error
                except anyio.EndOfStream:
                    self._ended = True
                    rounds.end()
                    continue
                if batch is not None and (outputs := rounds.run(batch)):
                    return outputs
        finally:
            self._busy = False

    async def _next_due(self) -> list[Any]:
        """One step of what comes before the next read; the outputs it gives, which may be none."""
        rounds = self._rounds
        while rounds.sends:
            try:
                await self._send(rounds.sends[0])
            except Exception as error:  # noqa: BLE001 - raised to the consumer after the outputs of the round
                self._send_failures.append(error)
            del rounds.sends[0]
        if rounds.outputs:
            outputs, rounds.outputs = rounds.outputs, []
            return outputs
        # One by one, once the outputs before them have been handed over.
        failures = self._send_failures or rounds.failures
        if failures:
            raise _no_end(failures.pop(0))
        if rounds.has_backlog:
            return rounds.resume()
        if self._ended:
            raise StopAsyncIteration
        rounds.due = False
        if not self._started:
            self._started = True
            rounds.start(self._epoch)
        return []

    async def _receive_timed(self, next_timer: Callable[[], int | None]) -> Batch[Any] | None:
        """A batch, or None after a wait until the next timer, which has been called if its time has come."""
        deadline = next_timer()
        if deadline is None or self._clock is None:
            return await self._socket.receive()
        batch: Batch[Any] | None = None
        wait = (deadline - self._clock()) / SECOND
        # A wait too short for the loop's own clock to show would never end.
        with anyio.move_on_after(max(wait, 1e-6) if wait > 0 else 0):
            batch = await self._socket.receive()
        # Not before the wall clock is there, too: what is received until then is before the timer.
        if batch is None and self._clock() >= deadline:
            self._rounds.fire(deadline)
        return batch

    async def _send(self, directive: Send) -> None:
        # A socket may have a way of its own for what subscribes: it has its limits apart from other messages.
        send = getattr(self._socket, "subscribe", None) if directive.subscribes else None
        send = send or getattr(self._socket, "send", None)
        if send is None:
            raise ConfigurationError("the transformer wants to send and this socket can only receive")
        await send(directive.message)
