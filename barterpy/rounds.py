"""What one read becomes: its messages parsed and transformed, timers and errors in their places, without any waiting.

Order is first in, first out. A message that fails ends its round early: the outputs before it come first, then the
error, and the rest of the batch after that.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal, get_args

from barterpy.clock import WallClock
from barterpy.errors import ConfigurationError, ParseError
from barterpy.parser import StreamParser
from barterpy.shape import synchronous
from barterpy.socket import Batch
from barterpy.transformer import Directive, Fetch, Reply, Send, Transformer

__all__ = ["ErrorPolicy", "Rounds"]

ErrorPolicy = Literal["raise", "yield", "skip", "reconnect"]
"""What becomes of a message that cannot be parsed: raise it (iteration may go on), yield the error in its place, count
and skip it, or raise it marked as needing a new connection."""

_DIRECTIVES = frozenset({Send, Fetch, Reply})
_NOTHING = frozenset({type(None)})
_NO_HOOK: Any = None
_REPEATED = 1_000
"""Calls of one timer at one deadline after which it is taken to be stuck."""


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


class Rounds:
    """The synchronous half of an :class:`~barterpy.stream.ExchangeStream`, which says what its parameters are.

    Each verb gives the outputs to hand over at once. Where something comes before them or behind them, it gives none,
    and they are kept: :attr:`due` is set, and the stream sends what is in :attr:`sends`, hands over :attr:`outputs`,
    raises :attr:`failures`, and goes on with :meth:`resume`, in this order.
    """

    def __init__(
        self,
        parser: StreamParser[Any, Any],
        transformer: Transformer[Any, Any],
        *,
        on_error: ErrorPolicy,
        clock: WallClock | None,
        on_directive: Callable[[Directive], Iterable[Any] | None] | None,
    ) -> None:
        if on_error not in get_args(ErrorPolicy):
            raise ConfigurationError(f"on_error is one of {', '.join(get_args(ErrorPolicy))}, not {on_error!r}")
        self.received: int = 0
        """Messages."""
        self.errors: int = 0
        """Those of them that could not be understood."""
        self.skipped: int = 0
        """Those of these that were skipped."""
        self.received_at: int = 0
        """When the last batch was received, int nanoseconds UTC; 0 before the first."""
        self.due: bool = False
        """Whether anything comes before the next read. One thing to look at for each read, and not seven."""
        self.sends: list[Send] = []
        self.outputs: list[Any] = []
        self.failures: list[Exception] = []
        self.next_timer: Callable[[], int | None] | None = getattr(transformer, "next_timer", None)
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
        self._on_timer = getattr(transformer, "on_timer", _NO_HOOK)
        self._on_error = on_error
        self._on_directive = on_directive
        self._clock = clock
        # What is still to do of a batch with a message that failed.
        self._backlog: Iterator[Any] | None = None
        self._timers_first = False
        self._fired: int | None = None
        self._repeated = 0

    # What a transformer is told

    def start(self, epoch: int) -> None:
        """A connection began, the ``epoch``-th."""
        if self._on_reset is not None:
            self._hook(self._on_reset, epoch, 0 if self._clock is None else self._clock())

    def end(self) -> None:
        """Nothing more will be received."""
        self.due = True
        if self._on_end is not None:
            self._hook(self._on_end, self.received_at if self._clock is None else self._clock())

    def fire(self, deadline: int) -> None:
        """The time of its timer has come."""
        self._hook(self._fire, deadline)

    def _hook(self, hook: Callable[..., Iterable[Any] | None], *args: int) -> None:
        outputs: list[Any] = []
        failure: Exception | None = None
        try:
            outputs.extend(hook(*args) or ())
        except Exception as error:  # noqa: BLE001 - raised to the consumer after the outputs before it
            failure = None if self._tolerated(error, outputs) else error
        self.keep(outputs, failure)

    # Messages

    def run(self, batch: Batch[Any]) -> list[Any]:
        """Parses and transforms a batch."""
        if type(batch) is not Batch or len(batch.messages) != 1 or self.next_timer is not None or batch.parsed:
            return self._run_many(batch)
        # The same for the one message of a quiet connection's read, by fewer steps.
        self.received_at = received_at = batch.received_at
        self.received += 1
        outputs: list[Any] = []
        failure: Exception | None = None
        parse, transform = self._parse, self._transform  # CPython 3.11 is slow to call what an attribute holds
        try:
            parsed = parse(batch.messages[0])
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

    def _run_many(self, batch: Batch[Any]) -> list[Any]:
        messages = self._begin(batch)
        if self._transform_batch is not None and messages is not None:
            made = self._transformed(messages, self._transform_batch)
            if made is not None:
                return self._finish(made)
        self._backlog = _Each(self._parse, batch.messages) if messages is None else iter(messages)
        return self.resume()

    @property
    def has_backlog(self) -> bool:
        """Whether a batch is not done."""
        return self._backlog is not None

    def resume(self) -> list[Any]:
        """Goes on with the batch that is not done."""
        outputs: list[Any] = []
        backlog: Any = self._backlog
        received_at = self.received_at
        transform = self._transform
        failure: Exception | None = None
        while True:
            try:
                if self._timers_first and self.next_timer is not None:
                    self._run_timers(self.next_timer, outputs)
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

    def _begin(self, batch: Batch[Any]) -> Sequence[Any] | None:
        """What the parser makes of the batch as a whole; None when it goes message by message."""
        try:
            self.received_at = batch.received_at
        except AttributeError as error:
            raise ConfigurationError(
                f"receive gave {type(batch).__name__}; a socket gives a Batch: Batch([message], received_at)"
            ) from error
        self.received += len(batch.messages)
        self._timers_first = True
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
        timer = self.next_timer
        if timer is not None and (deadline := timer()) is not None and deadline <= self.received_at:
            return None
        if not self._never_skips and not _NOTHING.isdisjoint(map(type, messages)):
            messages = [message for message in messages if message is not None]
        try:
            return list(transform_batch(messages, self.received_at)) if messages else []
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

    def _run_timers(self, next_timer: Callable[[], int | None], outputs: list[Any]) -> None:
        """Timers due before this batch was received, each at its own deadline, however many there are."""
        while (deadline := next_timer()) is not None and deadline <= self.received_at:
            outputs.extend(self._fire(deadline) or ())
        self._timers_first = False

    def _fire(self, deadline: int) -> Iterable[Any] | None:
        self._repeated = self._repeated + 1 if deadline == self._fired else 0
        self._fired = deadline
        if self._repeated >= _REPEATED:
            self._repeated = 0
            self._timers_first = False
            raise ConfigurationError(f"the transformer's timer at {deadline} does not move on when it is called")
        outputs: Iterable[Any] | None = self._on_timer(deadline)
        return outputs

    def _finish(self, outputs: list[Any], failure: Exception | None = None) -> list[Any]:
        """The outputs to hand over now: none where they wait for what is to be sent, or have a failure behind them."""
        # One set lookup an output, in C: cheaper than any test per output in Python.
        if _DIRECTIVES.isdisjoint(map(type, outputs)) and failure is None:
            return outputs
        self.keep(outputs, failure)
        return []

    def keep(self, outputs: list[Any], failure: Exception | None = None) -> None:
        """Outputs that are due before the next read, and what is raised after them."""
        self.outputs = self._obey(outputs)
        if failure is not None:
            self.failures.append(failure)
        self.due = True

    def _obey(self, outputs: list[Any]) -> list[Any]:
        kept: list[Any] = []
        for output in outputs:
            if type(output) is Send:
                self.sends.append(output)
            elif not isinstance(output, Directive):
                kept.append(output)
            elif self._on_directive is None:
                self.failures.append(ConfigurationError(f"nothing here can act on {output!r}; pass on_directive"))
            else:
                try:
                    kept.extend(self._on_directive(output) or ())
                except Exception as error:  # noqa: BLE001 - raised to the consumer after the outputs of the round
                    self.failures.append(error)
        return kept
