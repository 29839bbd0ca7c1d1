"""Measures of a market as ordinary transformers: of trades, quotes and books, in either number type.

Those with a memory are for one instrument each and say so when they are given two; :func:`~barterpy.combinators.keyed`
makes one an instrument. All have bounded memory, state that can be saved (:mod:`barterpy.state`), and a defined answer
to events out of order.

    chain(of_type(Trade), keyed(lambda: tee(TimeBars(MINUTE), Vwap(duration=5 * MINUTE))))
"""

from barterpy.analytics.bars import Bar, TickBars, TimeBars, ValueBars, VolumeBars
from barterpy.analytics.liquidity import BookLike, Imbalance, Imbalances, MicroPrice, MicroPrices, Spread, Spreads
from barterpy.analytics.observation import Observation, price_of, size_of
from barterpy.analytics.statistics import ExponentialStatistics, FadingStatistics, RollingStatistics, Statistics
from barterpy.analytics.volume import AveragePrice, RollingVolume, Volume, Vwap
from barterpy.analytics.window import SlidingWindow

__all__ = [
    "AveragePrice",
    "Bar",
    "BookLike",
    "ExponentialStatistics",
    "FadingStatistics",
    "Imbalance",
    "Imbalances",
    "MicroPrice",
    "MicroPrices",
    "Observation",
    "RollingStatistics",
    "RollingVolume",
    "SlidingWindow",
    "Spread",
    "Spreads",
    "Statistics",
    "TickBars",
    "TimeBars",
    "ValueBars",
    "Volume",
    "VolumeBars",
    "Vwap",
    "price_of",
    "size_of",
]
