"""Transformers: typed messages in, any output model out; synchronous, stateful and pure.

Pure means that clock, randomness and I/O reach a transformer only as arguments, so a recording replayed gives the same
outputs bit for bit. What it wants done in the world, it yields as a :class:`Directive`.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar, final

__all__ = [
    "ActivityHook",
    "BatchTransformer",
    "Directive",
    "EndHook",
    "Fetch",
    "Fetched",
    "FunctionTransformer",
    "Reply",
    "ResetHook",
    "Send",
    "TimerHooks",
    "Transformer",
]

In_contra = TypeVar("In_contra", contravariant=True)
Out_co = TypeVar("Out_co", covariant=True)
In = TypeVar("In")
Out = TypeVar("Out")


# A directive may stand among outputs of any type and never reaches who consumes them. To the type checkers that is a
# subclass of Any, which fits everywhere. A union with Directive in the protocols below would not do: of a union of two
# types and a directive mypy infers what the two types have in common, and not their union.
if TYPE_CHECKING:
    _Fits = Any
else:
    _Fits = object


class Directive(_Fits):  # type: ignore[misc]
    """An output which is acted on instead of yielded to the consumer.

    A transformer annotated to give ``Iterable[Trade]`` may yield directives among its trades. The classes below are
    all there are: the hot path recognises them by their exact type.
    """

    __slots__ = ()


@final
class Send(Directive):
    """Send ``message`` on the socket: a pong, a subscription, a request.

    ``subscribes`` says that it asks for a subscription: on a supervised connection it waits for the
    ``subscribe_limiter`` of its :class:`~barterpy.connection.Connection`, as every other subscription does.
    """

    __slots__ = ("message", "subscribes")

    def __init__(self, message: Any, *, subscribes: bool = False) -> None:
        self.message: Any = message
        self.subscribes: bool = subscribes

    def __repr__(self) -> str:
        return f"Send({self.message!r}{', subscribes=True' if self.subscribes else ''})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Send) and (other.message, other.subscribes) == (self.message, self.subscribes)

    __hash__: ClassVar[None] = None  # type: ignore[assignment]


@final
class Fetch(Directive):
    """Ask for ``request`` outside of the stream, for example over REST; the answer comes back as :class:`Fetched`.

    ``key`` names what it is for. A newer fetch with the same key replaces one that is still waiting to begin.
    ``delay`` seconds pass before the request is made, so that a retry does not hammer the venue.
    """

    __slots__ = ("delay", "key", "request")

    def __init__(self, key: str, request: Any, delay: float = 0.0) -> None:
        self.key: str = key
        self.request: Any = request
        self.delay: float = delay

    def __repr__(self) -> str:
        return f"Fetch({self.key!r}, {self.request!r}, delay={self.delay:g})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fetch) and (other.key, other.request, other.delay) == (
            self.key,
            self.request,
            self.delay,
        )

    __hash__: ClassVar[None] = None  # type: ignore[assignment]


@final
class Reply(Directive):
    """The venue's answer to a request of ours: ``error`` is None when it was accepted.

    ``id`` is the id the request carried; the connection uses it to confirm or refuse subscriptions, and to take the
    answers to logons and heartbeats. ``result`` is what the venue answered, where somebody waits for it: a logon reads
    its validity there. Where one request asked for several subscriptions and only some were refused, ``error`` is a
    :class:`~barterpy.errors.SubscriptionError` which names these, and the others are confirmed.
    """

    __slots__ = ("error", "id", "result")

    def __init__(self, id: int | str, error: Exception | None = None, result: Any = None) -> None:  # noqa: A002 - the protocols' own word
        self.id: int | str = id
        self.error: Exception | None = error
        self.result: Any = result

    def __repr__(self) -> str:
        return f"Reply({self.id!r}, {self.error!r})"  # a result may hold a token

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Reply)
            and (other.id, other.result) == (self.id, self.result)
            and repr(other.error) == repr(self.error)
        )

    __hash__: ClassVar[None] = None  # type: ignore[assignment]


class Fetched:
    """What a :class:`Fetch` brought: ``result``, or ``error`` when it failed. Reaches ``transform`` as a message."""

    __slots__ = ("error", "key", "result")

    def __init__(self, key: str, result: Any = None, error: Exception | None = None) -> None:
        self.key: str = key
        self.result: Any = result
        self.error: Exception | None = error

    def __repr__(self) -> str:
        return f"Fetched({self.key!r}, {'error=' + repr(self.error) if self.error else 'ok'})"


class Transformer(Protocol[In_contra, Out_co]):
    """Any object with this method. The hooks below are optional: a transformer has those it needs."""

    def transform(self, message: In_contra, received_at: int, /) -> Iterable[Out_co]:
        """The outputs of one message, in order; none is fine. ``received_at`` is int nanoseconds UTC."""
        ...


class BatchTransformer(Transformer[In_contra, Out_co], Protocol[In_contra, Out_co]):
    """A transformer that also takes all messages of a read at once, for speed.

    ``transform_batch`` must give what ``transform`` gives for each message in order. When it raises it must have
    changed no state: the messages then go one by one, which finds the bad one and keeps the others.
    """

    def transform_batch(self, messages: Sequence[In_contra], received_at: int, /) -> Iterable[Out_co]: ...


class ResetHook(Protocol[Out_co]):
    """For a transformer which must know that a new connection began (number ``epoch``, from 1)."""

    def on_reset(self, epoch: int, now: int, /) -> Iterable[Out_co]: ...


class EndHook(Protocol[Out_co]):
    """For a transformer with something left to say when the stream has ended."""

    def on_end(self, now: int, /) -> Iterable[Out_co]: ...


class TimerHooks(Protocol[Out_co]):
    """For a transformer which must act at a time even when no message comes, such as the end of a bar.

    ``next_timer`` is asked after each batch. ``on_timer`` is called with the very deadline it gave, before any message
    received at or after it: live and replayed runs give the same outputs.
    """

    def next_timer(self) -> int | None: ...

    def on_timer(self, deadline: int, /) -> Iterable[Out_co]: ...


class ActivityHook(Protocol):
    """For a transformer which knows when each of its subscriptions last brought something.

    It is asked on the deadlines of a watchdog and never for a message: keeping the time of the last message in the
    object that handles a subscription's messages is all it should cost.
    """

    def last_seen(self, name: str, /) -> int | None:
        """``received_at`` of the last data of the subscription of this name, on this connection; None before the
        first."""
        ...


class FunctionTransformer(Generic[In, Out]):
    """A function of one message as a transformer. It may return any iterable of outputs."""

    def __init__(self, function: Callable[[In], Iterable[Out]]) -> None:
        self._function = function

    def transform(self, message: In, received_at: int, /) -> Iterable[Out]:
        function = self._function  # CPython 3.11 is slow to call what an attribute holds
        return function(message)

    def save_state(self) -> None:
        """Nothing: it remembers nothing (see :mod:`barterpy.state`)."""

    def restore_state(self, state: Any, /) -> None:
        """Nothing."""
