"""What to do when events come faster than they are consumed, as a value."""

from collections.abc import Callable, Hashable, Mapping
from operator import attrgetter
from typing import Any, Final, Literal, TypeAlias, get_args

import msgspec

from barterpy.errors import ConfigurationError
from barterpy.model.market import (
    BookDelta,
    BookSnapshot,
    Candle,
    FundingRate,
    IndexPrice,
    MarkPrice,
    OpenInterest,
    OptionGreeks,
    Quote,
    Ticker,
    VolatilityIndex,
)

__all__ = ["FlowMode", "FlowPolicy", "conflation_key"]

FlowMode: TypeAlias = Literal["block", "drop_oldest", "conflate", "fail"]


_BY_INSTRUMENT = attrgetter("venue", "instrument")

_KEYS: Final[Mapping[type[Any], Callable[[Any], Hashable]]] = {
    Quote: _BY_INSTRUMENT,
    BookSnapshot: attrgetter("venue", "instrument", "depth"),
    BookDelta: _BY_INSTRUMENT,
    # A bar that has closed is not replaced by the one after it.
    Candle: attrgetter("venue", "instrument", "interval", "open_at"),
    Ticker: attrgetter("venue", "instrument", "window"),
    MarkPrice: _BY_INSTRUMENT,
    FundingRate: _BY_INSTRUMENT,
    OpenInterest: _BY_INSTRUMENT,
    IndexPrice: _BY_INSTRUMENT,
    VolatilityIndex: _BY_INSTRUMENT,
    OptionGreeks: _BY_INSTRUMENT,
}


def conflation_key(event: object, /) -> Hashable | None:
    """What a later event makes worthless: the last quote, ticker, mark or index price, funding rate, open interest,
    volatility, greeks or book of the same instrument, the same bar of the same candle. None for what has a value of
    its own: trades, liquidations, changes of status, and every type this library does not know."""
    key = _KEYS.get(type(event))
    return None if key is None else (type(event), key(event))


class FlowPolicy(msgspec.Struct, frozen=True):
    """How many events may wait for the consumer, and what happens when there is one more.

    ``mode``:

    ``"block"``
        The connections stop reading and the network holds the rest. Nothing is lost; a venue may cut a client that
        reads too slowly.
    ``"drop_oldest"``
        The oldest data goes. Where that was a level of a book, a :class:`~barterpy.events.Gap` stands in its place
        and the book is not valid until the venue's next snapshot, which may be that of the next connection: a
        consumer of books wants ``"conflate"``.
    ``"conflate"``
        What waits is merged: of the events of one key the latest stays, in the place of the first. Book deltas are
        merged level by level, so a book stays right. What has no key is kept; if that alone fills the buffer, the
        connections stop reading.
    ``"fail"``
        The consumer gets what waits, then :class:`~barterpy.errors.BufferOverflow`, and the stream is over.

    ``size`` is in events. A batch (what one read of a connection gave) that finds the buffer empty is always taken
    whole, whatever its size, as the consumer is not behind; so up to ``size`` events or one batch wait.

    ``key`` says for ``"conflate"`` which events replace each other; None for an event that has to be kept. What it says
    of a :class:`~barterpy.model.BookDelta` or :class:`~barterpy.model.BookSnapshot` only decides whether it is merged:
    how is the book's own rule.

    Connection events, gaps and errors (``LifecycleEvent``) are never dropped or merged. After a
    loss, the next batch begins with :class:`~barterpy.events.Overflow`.

    :raises barterpy.errors.ConfigurationError: an unknown mode, or a size below 1
    """

    mode: FlowMode = "block"
    size: int = 10_000
    key: Callable[[Any], Hashable | None] = conflation_key

    def __post_init__(self) -> None:
        if self.mode not in get_args(FlowMode):
            raise ConfigurationError(f"a flow's mode is one of {', '.join(get_args(FlowMode))}, not {self.mode!r}")
        if self.size < 1:
            raise ConfigurationError(f"a flow's size is a number of events from 1, not {self.size}")
