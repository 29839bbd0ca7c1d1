"""Events in few words."""

from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from barterpy.events import Connected, Disconnected, Gap, Resynced
from barterpy.model.market import BookDelta, BookSnapshot, Level, Quote, Side, Trade

VENUE = "test"


def quote(instrument: str, number: int, *, epoch: int = 1) -> Quote[float]:
    return Quote(
        venue=VENUE,
        instrument=instrument,
        bid_price=number,
        bid_size=1,
        ask_price=number + 1,
        ask_size=1,
        exchange_at=None,
        received_at=number,
        epoch=epoch,
        sequence=number,
    )


def trade(instrument: str, number: int) -> Trade[float]:
    return Trade(
        venue=VENUE,
        instrument=instrument,
        price=number,
        size=1,
        side=Side.BUY,
        id=str(number),
        exchange_at=None,
        received_at=number,
    )


def _book(
    type_: Callable[..., Any], instrument: str, number: int, bids: dict[int, int], asks: dict[int, int], **rest: Any
) -> Any:
    return type_(
        venue=VENUE,
        instrument=instrument,
        bids=_levels(bids.items()),
        asks=_levels(asks.items()),
        exchange_at=None,
        received_at=number,
        sequence=number,
        **rest,
    )


def _levels(items: Iterable[tuple[int, int]]) -> tuple[Level[float], ...]:
    return tuple(Level(price, size) for price, size in items)


def delta(instrument: str, number: int, bids: dict[int, int], asks: dict[int, int] | None = None, **rest: Any) -> Any:
    return _book(BookDelta, instrument, number, bids, asks or {}, **rest)


def snapshot(
    instrument: str, number: int, bids: dict[int, int], asks: dict[int, int] | None = None, **rest: Any
) -> Any:
    return _book(BookSnapshot, instrument, number, bids, asks or {}, **rest)


def connected(epoch: int = 1, name: str = "a") -> Connected:
    return Connected(venue=VENUE, connection=name, epoch=epoch, received_at=0)


def disconnected(epoch: int = 1, name: str = "a") -> Disconnected:
    return Disconnected(venue=VENUE, connection=name, epoch=epoch, received_at=0, reason="cut")


def gap(instrument: str) -> Gap:
    return Gap(venue=VENUE, instrument=instrument, epoch=1, received_at=0, reason="lost")


def resynced(instrument: str) -> Resynced:
    return Resynced(venue=VENUE, instrument=instrument, epoch=1, received_at=0, downtime=1)


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """The functions of this file."""
    return SimpleNamespace(
        quote=quote,
        trade=trade,
        delta=delta,
        snapshot=snapshot,
        connected=connected,
        disconnected=disconnected,
        gap=gap,
        resynced=resynced,
    )
