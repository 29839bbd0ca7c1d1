"""ExchangeStream: a socket, a parser and a transformer, as one asynchronous stream of outputs.

One read is one round: every message it brought is parsed and transformed synchronously, and the task suspends once for
all of them. That is where the speed comes from, and why there are two ways to consume: item by item, or by batches.

Order is first in, first out. What was produced before an error is yielded before the error is raised, and the messages
behind it are not lost: iterating again goes on with them.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, Generic, Literal, TypeVar, get_args, overload

import anyio

from barterpy.clock import SECOND, WallClock, wall_clock
from barterpy.errors import ConfigurationError, ParseError
from barterpy.iteration import Iteration
from barterpy.parser import StreamParser, TotalParser
from barterpy.shape import asynchronous, synchronous
from barterpy.socket import Batch, ReceiveSocket
from barterpy.transformer import Directive, Fetch, Reply, Send, Transformer

__all__ = ["ErrorPolicy", "ExchangeStream"]

Message = TypeVar("Message")
Input = TypeVar("Input")
Out = TypeVar("Out")
Output = TypeVar("Output")

ErrorPolicy = Literal["raise", "yield", "skip", "reconnect"]
"""What becomes of a message that cannot be parsed: raise it (iteration may go on), yield the error in its place, count
and skip it, or raise it marked as needing a new connection."""

_DIRECTIVES = frozenset({Send, Fetch, Reply})
_NOTHING = frozenset({type(None)})
_NO_HOOK: Any = None
_REPEATED = 1_000
"""Calls of one timer at one deadline after which it is taken to be stuck."""


def _no_end(error: Exception) -> Exception:
    """``async for`` takes these two for the end, in silence, whoever raised them."""
    if not isinstance(error, StopIteration | StopAsyncIteration):
        return error
    substitute = RuntimeError(f"parser, transformer or socket raised {type(error).__name__}")
    substitute.__cause__ = error
    return substitute


def _explained(error: Exception, transform: Callable[..., Any]) -> Exception:
    """A ``TypeError`` of the loop itself, and not of what it calls, is about what ``transform`` takes or returns."""
    if type(error) is not TypeError or error.__traceback__ is None or error.__traceback__.tb_next is not None:
        return error
    name = getattr(transform, "__qualname__", "transform")
    explained = ConfigurationError(
        f"{name} must take (message, received_at) and give an iterable of outputs: yield them, or return []; {error}"
    )
    explained.__cause__ = error
    return explained


class _Each:
    """What ``parse`` makes of each message; an iterator which goes on after an exception, as no generator does."""

    def __init__(self, parse: Callable[[Any], Any], messages: Iterable[Any]) -> None:
        self._parse = parse
        self._messages = iter(messages)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        message = next(self._messages)
        try:
            return self._parse(message)
        except StopIteration as error:  # it would end the batch in silence
            raise RuntimeError("the parser raised StopIteration") from error


class ExchangeStream(Generic[Out]):
    """Outputs of ``transformer`` over what ``parser`` makes of the messages of ``socket``.

    :param socket: where batches of messages come from; :class:`~barterpy.transformer.Send` outputs go to its ``send``,
        those that subscribe to its ``subscribe`` where it has one
    :param on_error: the :data:`ErrorPolicy` for a :class:`~barterpy.errors.ParseError` of parser or transformer
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

    # More attributes than CPython keeps without a dictionary, through which each of them would be looked up.
    __slots__ = (
        "__weakref__",
        "_backlog",
        "_backlog_timers",
        "_busy",
        "_clock",
        "_due",
        "_ended",
        "_epoch",
        "_failures",
        "_fired",
        "_items",
        "_never_skips",
        "_next_timer",
        "_on_directive",
        "_on_end",
        "_on_error",
        "_on_reset",
        "_on_timer",
        "_outputs",
        "_parse",
        "_parse_batch",
        "_received_at",
        "_repeated",
        "_send_failures",
        "_sends",
        "_socket",
        "_started",
        "_transform",
        "_transform_batch",
        "errors",
        "received",
        "skipped",
    )

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
        self.received: int = 0
        self.errors: int = 0
        self.skipped: int = 0
        if on_error not in get_args(ErrorPolicy):
            raise ConfigurationError(f"on_error is one of {', '.join(get_args(ErrorPolicy))}, not {on_error!r}")
        asynchronous(socket, "receive", "socket")
        self._socket = socket
        self._parse = synchronous(parser, "parse", "parser")
        self._parse_batch: Callable[[Sequence[Any]], Sequence[Any]] | None = getattr(parser, "parse_batch", None)
        self._never_skips: bool = getattr(parser, "never_skips", False)
        self._transform = synchronous(transformer, "transform", "transformer")
        self._transform_batch: Callable[[Sequence[Any], int], Iterable[Any]] | None = (
            synchronous(transformer, "transform_batch", "transformer")
            if hasattr(transformer, "transform_batch")
            else None
        )
        self._on_reset = getattr(transformer, "on_reset", _NO_HOOK)
        self._on_end = getattr(transformer, "on_end", _NO_HOOK)
        self._next_timer = getattr(transformer, "next_timer", _NO_HOOK)
        self._on_timer = getattr(transformer, "on_timer", _NO_HOOK)
        self._on_error = on_error
        self._epoch = epoch
        self._clock = None if getattr(socket, "event_time", False) else clock
        self._on_directive = on_directive
        self._outputs: list[Any] = []
        self._items: Iterator[Out] = iter(())
        # Errors are raised one by one, once the outputs before them have been handed over.
        self._failures: list[Exception] = []
        self._send_failures: list[Exception] = []
        # A message that failed ends its round early: this is what of its batch is still to do.
        self._backlog: Iterator[Any] | None = None
        self._backlog_timers = False
        self._received_at = 0
        self._sends: list[Send] = []
        self._fired: int | None = None
        self._repeated = 0
        self._started = False
        self._ended = False
        self._busy = False
        # Whether anything comes before the next read. One thing to look at for each read, and not seven.
        self._due = True
        self._keep(list(initial))

    @property
    def received_at(self) -> int:
        """When the last batch was received, int nanoseconds UTC; 0 before the first."""
        return self._received_at

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

    # A round.

    async def _next_outputs(self) -> list[Any]:
        if self._busy:
            raise anyio.BusyResourceError("iterating over")
        self._busy = True
        try:
            while True:
                if self._due:
                    if outputs := await self._next_due():
                        return outputs
                    continue
                try:
                    # Awaited here when there are no timers: each coroutine in between is time that a message takes.
                    batch: Batch[Any] | None = await (
                        self._socket.receive() if self._next_timer is None else self._receive_timed()
                    )
                except StopAsyncIteration as error:
                    raise _no_end(error) from error
                except anyio.EndOfStream:
                    self._ended = True
                    if self._on_end is not None:
                        self._hook(self._on_end, self._received_at if self._clock is None else self._clock())
                    self._due = True
                    continue
                if batch is None:
                    continue
                if type(batch) is Batch and len(batch.messages) == 1 and self._next_timer is None and not batch.parsed:
                    outputs = self._round_of_one(batch.messages[0], batch.received_at)
                else:
                    outputs = self._round(batch)
                if outputs:
                    return outputs
        finally:
            self._busy = False

    async def _next_due(self) -> list[Any]:
        """One step of what comes before the next read; the outputs it gives, which may be none."""
        while self._sends:
            try:
                await self._send(self._sends[0])
            except Exception as error:  # noqa: BLE001 - raised to the consumer after the outputs of the round
                self._send_failures.append(error)
            del self._sends[0]
        if self._outputs:
            outputs, self._outputs = self._outputs, []
            return outputs
        failures = self._send_failures or self._failures
        if failures:
            raise _no_end(failures.pop(0))
        if self._backlog is not None:
            return self._round(None)
        if self._ended:
            raise StopAsyncIteration
        if self._started:
            self._due = False
        else:
            self._start()
        return []

    async def _receive_timed(self) -> Batch[Any] | None:
        """A batch, or None after a wait until the next timer, which has been called if its time has come."""
        deadline: int | None = self._next_timer()
        if deadline is None or self._clock is None:
            return await self._socket.receive()
        batch: Batch[Any] | None = None
        wait = (deadline - self._clock()) / SECOND
        # A wait too short for the loop's own clock to show would never end.
        with anyio.move_on_after(max(wait, 1e-6) if wait > 0 else 0):
            batch = await self._socket.receive()
        # Not before the wall clock is there, too: what is received until then is before the timer.
        if batch is None and self._clock() >= deadline:
            self._hook(self._fire, deadline)
        return batch

    def _start(self) -> None:
        self._started = True
        if self._on_reset is not None:
            self._hook(self._on_reset, self._epoch, 0 if self._clock is None else self._clock())

    def _hook(self, hook: Callable[..., Iterable[Any] | None], *args: int) -> None:
        outputs: list[Any] = []
        failure: Exception | None = None
        try:
            outputs.extend(hook(*args) or ())
        except Exception as error:  # noqa: BLE001 - raised to the consumer after the outputs before it
            failure = None if self._tolerated(error, outputs) else error
        self._keep(outputs, failure)

    def _round(self, batch: Batch[Any] | None) -> list[Any]:
        """Parse and transform a new batch, or go on with the rest of the one whose message failed. Gives the outputs,
        unless something comes before or behind them."""
        if batch is not None:
            messages = self._begin(batch)
            if self._transform_batch is not None and messages is not None:
                made = self._transformed(messages, self._transform_batch)
                if made is not None:
                    return self._finish(made)
            self._backlog = _Each(self._parse, batch.messages) if messages is None else iter(messages)
        outputs: list[Any] = []
        backlog: Any = self._backlog
        received_at = self._received_at
        transform = self._transform
        failure: Exception | None = None
        while True:
            try:
                if self._backlog_timers:
                    self._run_timers(outputs)
                for message in backlog:
                    if message is not None:
                        outputs += transform(message, received_at)
            except Exception as error:  # noqa: BLE001 - raised to the consumer after the outputs before it
                if self._tolerated(error, outputs):
                    continue
                failure = _explained(error, transform)
            break
        if failure is None:
            self._backlog = None
        return self._finish(outputs, failure)

    def _round_of_one(self, message: Any, received_at: int) -> list[Any]:
        """What :meth:`_round` does, for the reads of a quiet connection: half the way from there to the consumer."""
        self._received_at = received_at
        self.received += 1
        outputs: list[Any] = []
        failure: Exception | None = None
        parse, transform = self._parse, self._transform  # CPython 3.11 is slow to call what an attribute holds
        try:
            parsed = parse(message)
        except Exception as error:  # noqa: BLE001 - raised to the consumer
            failure = None if self._tolerated(error, outputs) else error
        else:
            if parsed is not None:
                try:
                    outputs += transform(parsed, received_at)
                except Exception as error:  # noqa: BLE001 - raised to the consumer after the outputs before it
                    failure = None if self._tolerated(error, outputs) else _explained(error, transform)
                else:
                    if len(outputs) == 1 and type(outputs[0]) not in _DIRECTIVES:
                        return outputs
        return self._finish(outputs, failure)

    def _begin(self, batch: Batch[Any]) -> Sequence[Any] | None:
        """What the parser makes of the batch as a whole; None when it goes message by message."""
        try:
            self._received_at = batch.received_at
        except AttributeError as error:
            raise ConfigurationError(
                f"receive gave {type(batch).__name__}; a socket gives a Batch: Batch([message], received_at)"
            ) from error
        self.received += len(batch.messages)
        self._backlog_timers = self._next_timer is not None
        if batch.parsed:
            return batch.messages
        if self._parse_batch is None:
            return None
        try:
            return self._parse_batch(batch.messages)
        except Exception:  # noqa: BLE001 - one is bad: message by message finds it and keeps the others
            return None

    def _transformed(
        self, messages: Sequence[Any], transform_batch: Callable[[Sequence[Any], int], Iterable[Any]]
    ) -> list[Any] | None:
        """The outputs of all of them; None, with nothing done, when they have to go one by one."""
        if self._backlog_timers and (deadline := self._next_timer()) is not None and deadline <= self._received_at:
            return None
        if not self._never_skips and not _NOTHING.isdisjoint(map(type, messages)):
            messages = [message for message in messages if message is not None]
        try:
            return list(transform_batch(messages, self._received_at)) if messages else []
        except Exception:  # noqa: BLE001 - one is bad: message by message finds it and keeps the others
            return None

    def _tolerated(self, error: Exception, outputs: list[Any]) -> bool:
        """Whether the policy lets things go on after this error, and what it does to that end."""
        if not isinstance(error, ParseError):
            return False
        self.errors += 1
        if self._on_error == "yield":
            outputs.append(error)
            return True
        if self._on_error == "skip":
            self.skipped += 1
            return True
        if self._on_error == "reconnect":
            error.needs_reconnect = True
        return False

    def _run_timers(self, outputs: list[Any]) -> None:
        """Timers due before this batch was received, each at its own deadline, however many there are."""
        while (deadline := self._next_timer()) is not None and deadline <= self._received_at:
            outputs.extend(self._fire(deadline) or ())
        self._backlog_timers = False

    def _fire(self, deadline: int) -> Iterable[Any] | None:
        self._repeated = self._repeated + 1 if deadline == self._fired else 0
        self._fired = deadline
        if self._repeated >= _REPEATED:
            self._repeated = 0
            self._backlog_timers = False
            raise ConfigurationError(f"the transformer's timer at {deadline} does not move on when it is called")
        outputs: Iterable[Any] | None = self._on_timer(deadline)
        return outputs

    def _finish(self, outputs: list[Any], failure: Exception | None = None) -> list[Any]:
        """The outputs to hand over now: none where they wait for what is to be sent, or have a failure behind them."""
        # One set lookup an output, in C: cheaper than any test per output in Python.
        if _DIRECTIVES.isdisjoint(map(type, outputs)) and failure is None:
            return outputs
        self._keep(outputs, failure)
        return []

    def _keep(self, outputs: list[Any], failure: Exception | None = None) -> None:
        """Outputs that are due before the next read."""
        self._outputs = self._obey(outputs)
        if failure is not None:
            self._failures.append(failure)
        self._due = True

    def _obey(self, outputs: list[Any]) -> list[Any]:
        kept: list[Any] = []
        for output in outputs:
            if type(output) is Send:
                self._sends.append(output)
            elif not isinstance(output, Directive):
                kept.append(output)
            elif self._on_directive is None:
                self._failures.append(ConfigurationError(f"nothing here can act on {output!r}; pass on_directive"))
            else:
                try:
                    kept.extend(self._on_directive(output) or ())
                except Exception as error:  # noqa: BLE001 - raised to the consumer after the outputs of the round
                    self._failures.append(error)
        return kept

    async def _send(self, directive: Send) -> None:
        # A socket may have a way of its own for what subscribes: it has its limits apart from other messages.
        send = getattr(self._socket, "subscribe", None) if directive.subscribes else None
        send = send or getattr(self._socket, "send", None)
        if send is None:
            raise ConfigurationError("the transformer wants to send and this socket can only receive")
        await send(directive.message)
