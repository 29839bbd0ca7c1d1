"""How two events are known to be the same, and which of two is newer: by what the venue says of them.

==================  ==============================================  ==============================================
event               the same when equal                             older than what was yielded: dropped
==================  ==============================================  ==============================================
Trade               id                                              an id below all that are remembered
Quote               sequence                                        sequence
BookSnapshot        sequence (of one depth)                         sequence
Candle, closed      interval and open time                          (a bar closes once; it is never too late)
Candle, open        all but receipt                                 open time, then exchange time
Ticker, MarkPrice   all but receipt                                 exchange time
and other states
everything else     all but receipt                                 (facts of their own: never)
==================  ==============================================  ==============================================

Where the venue gives no id, the same event twice from one connection is two events.
"""

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from barterpy.model.market import (
    BookSnapshot,
    Candle,
    FundingRate,
    IndexPrice,
    MarkPrice,
    OpenInterest,
    OptionGreeks,
    Quote,
    Ticker,
    Trade,
    VolatilityIndex,
)

__all__ = ["Identity", "identify"]


class Identity(NamedTuple):
    """``series`` it belongs to, ``id`` within it, ``order`` where an older one is worth nothing; ``exact`` when the id
    is the venue's own, so that it cannot come twice. ``number`` is the id as a number that grows, where it is one."""

    series: Hashable
    id: Hashable
    order: Any = None
    exact: bool = True
    number: int | None = None


def _type_of(event: object) -> Any:
    return type(event)


def identify(event: object) -> Identity | None:
    """What this event is known by; None for what cannot be compared."""
    known = _IDENTITIES.get(type(event))
    return _whole(event) if known is None else known(event)


def _whole(event: Any, *discriminator: Hashable, order: Any = None) -> Identity | None:
    """By everything it says, apart from how it reached us."""
    where = (_type_of(event), getattr(event, "venue", None), getattr(event, "instrument", None))
    same = event
    if isinstance(event, msgspec.Struct):
        receipt = {name: 0 for name in ("received_at", "epoch") if name in event.__struct_fields__}
        same = msgspec.structs.replace(event, **receipt) if receipt else event
    try:
        hash(same)
    except TypeError:
        return None
    return Identity((*where, *discriminator), same, order, exact=False)


def _trade(event: Trade[Any]) -> Identity | None:
    if not event.id:
        return _whole(event)
    number = int(event.id) if event.id.isascii() and event.id.isdigit() else None
    return Identity((Trade, event.venue, event.instrument), event.id, number=number)


def _quote(event: Quote[Any]) -> Identity | None:
    if event.sequence is None:
        return _state(event)
    return Identity((Quote, event.venue, event.instrument), event.sequence, event.sequence)


def _snapshot(event: BookSnapshot[Any]) -> Identity | None:
    if event.sequence is None:
        return _whole(event, event.depth, order=event.exchange_at)
    return Identity((BookSnapshot, event.venue, event.instrument, event.depth), event.sequence, event.sequence)


def _candle(event: Candle[Any]) -> Identity | None:
    if event.closed:
        return Identity((Candle, event.venue, event.instrument, event.interval, True), event.open_at)
    at = event.exchange_at
    return _whole(event, event.interval, order=None if at is None else (event.open_at, at))


def _state(event: Any) -> Identity | None:
    return _whole(event, getattr(event, "window", None), order=event.exchange_at)


_IDENTITIES: Final[Mapping[type[Any], Callable[[Any], Identity | None]]] = {
    Trade: _trade,
    Quote: _quote,
    BookSnapshot: _snapshot,
    Candle: _candle,
    Ticker: _state,
    MarkPrice: _state,
    FundingRate: _state,
    OpenInterest: _state,
    IndexPrice: _state,
    VolatilityIndex: _state,
    OptionGreeks: _state,
}
