"""Events in few words."""

from types import SimpleNamespace
from typing import Any

import pytest

from barterpy.events import Connected, Disconnected, Gap, Resynced
from barterpy.model.market import BookDelta, BookSnapshot, Candle, Level, Liquidation, Quote, Side, Ticker, Trade


def where(at: int, epoch: int) -> dict[str, Any]:
    return {"venue": "test", "instrument": "A", "received_at": at, "epoch": epoch}


def trade(id_: int | str, at: int = 0, *, epoch: int = 1, price: float = 1) -> Trade[float]:
    return Trade(**where(at, epoch), price=price, size=1.0, side=Side.BUY, id=str(id_), exchange_at=None)


def quote(sequence: int | None, at: int = 0, *, epoch: int = 1, bid: float = 1, exchange_at: int | None = None) -> Any:
    return Quote(
        **where(at, epoch),
        bid_price=bid,
        bid_size=1.0,
        ask_price=9.0,
        ask_size=1.0,
        exchange_at=exchange_at,
        sequence=sequence,
    )


def candle(open_at: int, exchange_at: int, *, closed: bool = False, close: float = 1) -> Candle[float]:
    return Candle(
        **where(0, 1),
        interval="1m",
        open_at=open_at,
        close_at=open_at + 60,
        open=1.0,
        high=9.0,
        low=1.0,
        close=close,
        volume=1.0,
        quote_volume=None,
        trades=None,
        closed=closed,
        exchange_at=exchange_at,
    )


def ticker(last: float, exchange_at: int | None) -> Ticker[float]:
    return Ticker(**where(0, 1), last=last, exchange_at=exchange_at)


def liquidation(price: float, at: int = 0) -> Liquidation[float]:
    return Liquidation(**where(at, 1), side=Side.SELL, price=price, size=1.0, exchange_at=5)


def snapshot(
    sequence: int | None, levels: dict[int, int] | None = None, *, at: int = 0, epoch: int = 1, depth: int | None = None
) -> BookSnapshot[float]:
    bids = tuple(Level(float(price), float(size)) for price, size in (levels or {}).items())
    return BookSnapshot(**where(at, epoch), bids=bids, asks=(), exchange_at=None, sequence=sequence, depth=depth)


def delta(
    sequence: int | None, levels: dict[int, int] | None = None, *, at: int = 0, epoch: int = 1
) -> BookDelta[float]:
    bids = tuple(Level(float(price), float(size)) for price, size in (levels or {}).items())
    return BookDelta(**where(at, epoch), bids=bids, asks=(), exchange_at=None, sequence=sequence)


def connected(name: str, epoch: int = 1, at: int = 0) -> Connected:
    return Connected(venue="test", connection=name, epoch=epoch, received_at=at)


def disconnected(name: str, epoch: int = 1, at: int = 0) -> Disconnected:
    return Disconnected(venue="test", connection=name, epoch=epoch, received_at=at, reason="cut")


def gap(at: int = 0, last: int | None = None, *, epoch: int = 1, reason: str = "an update is missing") -> Gap:
    return Gap(**where(at, epoch), reason=reason, last=last)


def resynced(at: int = 0, downtime: int = 1, *, epoch: int = 1) -> Resynced:
    return Resynced(**where(at, epoch), downtime=downtime)


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """The functions of this file."""
    functions = (
        *(trade, quote, candle, ticker, liquidation, snapshot, delta),
        *(connected, disconnected, gap, resynced),
    )
    return SimpleNamespace(**{function.__name__: function for function in functions})
