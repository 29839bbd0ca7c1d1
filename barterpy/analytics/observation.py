"""What every transformer here asks of its input: one instrument, and a time that never runs backwards."""

from typing import Any, Protocol, TypeVar, cast

from barterpy.errors import ConfigurationError
from barterpy.model.market import Trade
from barterpy.model.number import N

__all__ = ["Observation", "Single", "number", "price_of", "size_of"]

S = TypeVar("S")


class Observation(Protocol):
    """Anything with an instrument and its two times: events of the model, order books, and the outputs of analytics,
    so that statistics can be taken of them too."""

    @property
    def instrument(self) -> str: ...
    @property
    def exchange_at(self) -> int | None: ...
    @property
    def received_at(self) -> int: ...


class Single:
    """Watches over the events of one instrument.

    Its time is the venue's (``exchange_at``), or that of receipt where the venue sends none, and never runs backwards:
    an event older than one before it counts as of the newest so far.
    """

    __slots__ = ("instrument", "time")

    def __init__(self) -> None:
        self.instrument: str | None = None
        self.time: int | None = None

    def check(self, event: Observation) -> None:
        """
        :raises barterpy.errors.ConfigurationError: the event is of another instrument than those before
        """
        if event.instrument != self.instrument:
            if self.instrument is not None:
                raise ConfigurationError(
                    f"a transformer of {self.instrument} was given {event.instrument}: "
                    "wrap it in keyed(...) for one of its kind an instrument"
                )
            self.instrument = event.instrument

    def advance(self, event: Observation, time: int | None = None) -> int:
        """The time of the event (or the one given for it), int nanoseconds UTC, not before that of any other so far;
        and :meth:`check`."""
        self.check(event)
        if time is None:
            time = event.received_at if event.exchange_at is None else event.exchange_at
        if self.time is not None and time < self.time:
            return self.time
        self.time = time
        return time

    def save_state(self) -> Any:
        return [self.instrument, self.time]

    def restore_state(self, state: Any, /) -> None:
        self.instrument, self.time = state


def price_of(trade: Trade[N]) -> N:
    """The price of a trade."""
    return trade.price


def size_of(trade: Trade[N]) -> N:
    """The size of a trade."""
    return trade.size


def number(value: int, like: N) -> N:
    """An integer as a number of the type of ``like``."""
    kind: Any = type(like)
    return cast("N", kind(value))
