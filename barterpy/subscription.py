"""What a user wants to hear, said the same way for every venue.

The symbol is the venue's own (``BTCUSDT``) or the unified one that Python users know from ccxt (``BTC/USDT``,
``BTC/USDT:USDT``, ``BTC/USD:BTC-261225``). Events carry it back as it was written.
"""

from enum import StrEnum

import msgspec

__all__ = [
    "Channel",
    "Subscription",
    "book",
    "candles",
    "funding_rates",
    "index_prices",
    "instrument_status",
    "liquidations",
    "mark_prices",
    "native",
    "open_interest",
    "option_greeks",
    "quotes",
    "tickers",
    "trades",
    "volatility_index",
]


class Channel(StrEnum):
    """The kinds of data a venue may offer."""

    TRADES = "trades"
    QUOTES = "quotes"
    BOOK = "book"
    CANDLES = "candles"
    TICKERS = "tickers"
    MARK_PRICES = "mark_prices"
    FUNDING_RATES = "funding_rates"
    LIQUIDATIONS = "liquidations"
    INSTRUMENT_STATUS = "instrument_status"
    OPEN_INTEREST = "open_interest"
    OPTION_GREEKS = "option_greeks"
    INDEX_PRICES = "index_prices"
    VOLATILITY_INDEX = "volatility_index"
    NATIVE = "native"
    """A channel by the venue's own name, which stands in the place of the instrument."""


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """One channel of one instrument. ``instrument`` is empty for every instrument of the venue."""

    channel: Channel
    instrument: str = ""
    depth: int | None = None
    """Levels a side of a book; None for the whole book, kept by deltas."""
    interval: str | None = None
    """Candle length (``1s``, ``1m``, ``1h``, ``1d``, ``1w``, ``1M``), or the pace of a book or ticker (``100ms``)."""
    aggregate: bool | None = None
    """Trades of one taker order at one price as one; None for what the venue does best."""

    @property
    def name(self) -> str:
        """One line for people and errors, such as ``book(BTC/USDT, depth=20)``."""
        options = [
            f"{key}={value}"
            for key, value in (
                ("depth", self.depth),
                ("interval", self.interval),
                ("aggregate", self.aggregate),
            )
            if value is not None
        ]
        return f"{self.channel.value}({', '.join([self.instrument or '*', *options])})"

    def __str__(self) -> str:
        return self.name


def trades(instrument: str, *, aggregate: bool | None = None) -> Subscription:
    """Trades as :class:`~barterpy.model.Trade`."""
    return Subscription(channel=Channel.TRADES, instrument=instrument, aggregate=aggregate)


def quotes(instrument: str) -> Subscription:
    """Best bid and ask as :class:`~barterpy.model.Quote`."""
    return Subscription(channel=Channel.QUOTES, instrument=instrument)


def book(instrument: str, *, depth: int | None = None, interval: str | None = None) -> Subscription:
    """The order book. With ``depth``, the best levels again and again as :class:`~barterpy.model.BookSnapshot`;
    without, one snapshot and then each :class:`~barterpy.model.BookDelta`, checked against the venue's sequence."""
    return Subscription(channel=Channel.BOOK, instrument=instrument, depth=depth, interval=interval)


def candles(instrument: str, interval: str = "1m") -> Subscription:
    """Bars of trades as :class:`~barterpy.model.Candle`, each update of the open bar and its close."""
    return Subscription(channel=Channel.CANDLES, instrument=instrument, interval=interval)


def tickers(instrument: str) -> Subscription:
    """Rolling statistics as :class:`~barterpy.model.Ticker`."""
    return Subscription(channel=Channel.TICKERS, instrument=instrument)


def mark_prices(instrument: str, *, interval: str | None = None) -> Subscription:
    """Mark and index price as :class:`~barterpy.model.MarkPrice`."""
    return Subscription(channel=Channel.MARK_PRICES, instrument=instrument, interval=interval)


def funding_rates(instrument: str, *, interval: str | None = None) -> Subscription:
    """Funding as :class:`~barterpy.model.FundingRate`."""
    return Subscription(channel=Channel.FUNDING_RATES, instrument=instrument, interval=interval)


def liquidations(instrument: str = "") -> Subscription:
    """Forced orders as :class:`~barterpy.model.Liquidation`; of every instrument when none is named."""
    return Subscription(channel=Channel.LIQUIDATIONS, instrument=instrument)


def instrument_status(instrument: str = "") -> Subscription:
    """Changes of trading status as :class:`~barterpy.model.InstrumentStatus`."""
    return Subscription(channel=Channel.INSTRUMENT_STATUS, instrument=instrument)


def open_interest(instrument: str) -> Subscription:
    """Open positions as :class:`~barterpy.model.OpenInterest`."""
    return Subscription(channel=Channel.OPEN_INTEREST, instrument=instrument)


def option_greeks(instrument: str) -> Subscription:
    """Greeks and implied volatilities as :class:`~barterpy.model.OptionGreeks`."""
    return Subscription(channel=Channel.OPTION_GREEKS, instrument=instrument)


def index_prices(index: str) -> Subscription:
    """The price of an index as :class:`~barterpy.model.IndexPrice`; ``index`` is the venue's name of it."""
    return Subscription(channel=Channel.INDEX_PRICES, instrument=index)


def volatility_index(index: str) -> Subscription:
    """A volatility index as :class:`~barterpy.model.VolatilityIndex`; ``index`` is the venue's name of it."""
    return Subscription(channel=Channel.VOLATILITY_INDEX, instrument=index)


def native(channel: str) -> Subscription:
    """A channel by the venue's own name, such as ``platform_state``; events carry the venue's symbols.

    What there is a type for comes as that type, everything else as :class:`~barterpy.model.VenueNotice`.
    """
    return Subscription(channel=Channel.NATIVE, instrument=channel)
