"""Sizes in contracts to sizes in base asset: where a venue counts contracts, their size is the instrument's to know."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Generic, cast

import msgspec

from barterpy.errors import ParseError
from barterpy.instruments.cache import InstrumentCache
from barterpy.model.instrument import Instrument
from barterpy.model.market import BookDelta, BookSnapshot, Level, Liquidation, MarketEvent, Quote, Trade
from barterpy.model.number import N

__all__ = ["BaseSizes", "base_size"]


def base_size(instrument: Instrument, size: N, price: N) -> N:
    """``size`` in base asset: of so many contracts at ``price`` where the instrument counts contracts.

    An inverse contract is worth a fixed amount of quote asset, so its size in base asset depends on the price. Exact
    for ``Decimal`` but for that division, which has the digits of the caller's context.

    :raises barterpy.errors.ParseError: an inverse contract at a price of zero
    """
    # Arithmetic of Decimal and of float alike, which a type variable cannot say.
    amount: Any = size
    if instrument.contract_size != 1:
        amount *= instrument.contract_size if isinstance(amount, Decimal) else float(instrument.contract_size)
    if not instrument.inverse:
        return cast("N", amount)
    if not price:
        raise ParseError(f"{instrument.symbol} is an inverse contract: no size without a price", kind="size")
    return cast("N", amount / price)


class BaseSizes(Generic[N]):
    """A transformer of market events: the sizes of trades, quotes, books and liquidations in base asset.

    Other events pass as they are: what they count has no single price. The cache is read at each event, so what is
    refreshed meanwhile is used at once.

        chain(venue.transformer(subscriptions), BaseSizes(cache))
    """

    def __init__(self, cache: InstrumentCache) -> None:
        self._cache = cache

    def transform(self, event: MarketEvent[N], received_at: int, /) -> Iterable[MarketEvent[N]]:
        """The event with its sizes in base asset.

        :raises barterpy.errors.ParseError: its instrument is not in the cache
        """
        if not isinstance(event, (Trade, Liquidation, Quote, BookSnapshot, BookDelta)):
            return (event,)
        instrument = self._cache.find_instrument(event.instrument)
        if instrument is None:
            raise ParseError(f"{event.instrument} is not among the cached instruments", kind="size")
        if instrument.contract_size == 1 and not instrument.inverse:
            return (event,)
        return (self._converted(event, instrument),)

    def save_state(self) -> None:
        return None

    def restore_state(self, state: Any, /) -> None:
        pass

    def _converted(
        self, event: Trade[N] | Liquidation[N] | Quote[N] | BookSnapshot[N] | BookDelta[N], instrument: Instrument
    ) -> MarketEvent[N]:
        changes: dict[str, Any]
        match event:
            case Trade():
                changes = {"size": base_size(instrument, event.size, event.price)}
            case Liquidation():
                changes = {"size": base_size(instrument, event.size, event.price)}
                if event.filled is not None:
                    changes["filled"] = base_size(instrument, event.filled, event.average_price or event.price)
            case Quote():
                changes = {
                    "bid_size": _maybe(instrument, event.bid_size, event.bid_price),
                    "ask_size": _maybe(instrument, event.ask_size, event.ask_price),
                }
            case BookSnapshot() | BookDelta():
                changes = {"bids": _levels(instrument, event.bids), "asks": _levels(instrument, event.asks)}
        return msgspec.structs.replace(event, **changes)


def _maybe(instrument: Instrument, size: N | None, price: N | None) -> N | None:
    return None if size is None or price is None else base_size(instrument, size, price)


def _levels(instrument: Instrument, levels: tuple[Level[N], ...]) -> tuple[Level[N], ...]:
    return tuple([Level(price, base_size(instrument, size, price)) for price, size in levels])
