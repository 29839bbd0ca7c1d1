"""Which venues the command line knows, and how each is made. Packages add theirs by an entry point.

An entry point of the group ``barterpy.venues`` names a :class:`VenueEntry`:

    [project.entry-points."barterpy.venues"]
    example = "example_venue:ENTRY"
"""

import os
import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import Any, Final, TypeAlias

from barterpy.cli.options import EndpointOptions, Endpoints
from barterpy.errors import ConfigurationError
from barterpy.http import HttpTransport
from barterpy.market import Venue
from barterpy.socket import Socket
from barterpy.subscription import Channel, Subscription

__all__ = [
    "VENUES",
    "SocketFactory",
    "VenueEntry",
    "VenueOptions",
    "find_venue",
    "known_venues",
    "make_subscriptions",
    "named_subscription",
]


SocketFactory: TypeAlias = Callable[[str], AbstractAsyncContextManager[Socket[Any, Any]]]
"""Makes a socket for a URL, used with ``async with``."""


@dataclass(frozen=True, kw_only=True)
class VenueOptions:
    """What a venue is made with: where it is reached, and what stands in for the network where that is not None.

    ``transport`` stays its maker's to close.
    """

    endpoints: Endpoints = EndpointOptions
    transport: HttpTransport | None = None
    connect: SocketFactory | None = None


@dataclass(frozen=True, kw_only=True)
class VenueEntry:
    """A venue as the command line offers it. ``make`` opens nothing."""

    name: str
    summary: str
    example: str
    channels: tuple[Channel, ...]
    environments: tuple[str, ...]
    make: Callable[[VenueOptions], Venue[Any]]


def _binance_spot(options: VenueOptions) -> Venue[Any]:
    from barterpy.venues import binance

    return binance.Spot(**_keywords(options))


def _binance_futures(options: VenueOptions) -> Venue[Any]:
    from barterpy.venues import binance

    return binance.Futures(**_keywords(options))


def _deribit(options: VenueOptions) -> Venue[Any]:
    from barterpy.credentials import Credentials
    from barterpy.venues import deribit

    # Only raw paces want a key; one that is in the environment is used for them.
    environment = options.endpoints.environment or "live"
    variable = "DERIBIT_API_KEY" if environment == "live" else f"DERIBIT_{environment.upper()}_API_KEY"
    credentials = Credentials.from_environment("deribit", environment) if os.environ.get(variable) else None
    return deribit.Deribit(**_keywords(options), credentials=credentials)


def _dydx(options: VenueOptions) -> Venue[Any]:
    from barterpy.venues import dydx

    return dydx.Perpetuals(**_keywords(options))


def _keywords(options: VenueOptions) -> dict[str, Any]:
    chosen: dict[str, Any] = {
        "environment": options.endpoints.environment,
        "ws_url": options.endpoints.ws_url,
        "rest_url": options.endpoints.rest_url,
        "transport": options.transport,
        "connect": options.connect,
    }
    return {name: value for name, value in chosen.items() if value is not None}


_SPOT_CHANNELS: Final = (Channel.TRADES, Channel.QUOTES, Channel.BOOK, Channel.CANDLES, Channel.TICKERS)
_FUTURES_CHANNELS: Final = (
    *_SPOT_CHANNELS,
    Channel.MARK_PRICES,
    Channel.FUNDING_RATES,
    Channel.LIQUIDATIONS,
    Channel.INSTRUMENT_STATUS,
)

_DYDX_CHANNELS: Final = (
    Channel.TRADES,
    Channel.QUOTES,
    Channel.BOOK,
    Channel.CANDLES,
    Channel.MARK_PRICES,
    Channel.INDEX_PRICES,
    Channel.FUNDING_RATES,
    Channel.OPEN_INTEREST,
    Channel.LIQUIDATIONS,
    Channel.INSTRUMENT_STATUS,
    Channel.NATIVE,
)

_DERIBIT_CHANNELS: Final = (
    *_FUTURES_CHANNELS,
    Channel.OPEN_INTEREST,
    Channel.OPTION_GREEKS,
    Channel.INDEX_PRICES,
    Channel.VOLATILITY_INDEX,
    Channel.NATIVE,
)

VENUES: Final[dict[str, VenueEntry]] = {
    entry.name: entry
    for entry in (
        VenueEntry(
            name="binance",
            summary="Binance spot",
            example="BTC/USDT or BTCUSDT",
            channels=_SPOT_CHANNELS,
            environments=("live", "testnet", "demo"),
            make=_binance_spot,
        ),
        VenueEntry(
            name="binance-futures",
            summary="Binance USD-M perpetuals and futures",
            example="BTC/USDT:USDT or BTCUSDT",
            channels=_FUTURES_CHANNELS,
            environments=("live", "testnet", "demo"),
            make=_binance_futures,
        ),
        VenueEntry(
            name="deribit",
            summary="Deribit options, futures, perpetuals and spot",
            example="BTC/USD:BTC or BTC-PERPETUAL",
            channels=_DERIBIT_CHANNELS,
            environments=("live", "testnet"),
            make=_deribit,
        ),
        VenueEntry(
            name="dydx",
            summary="dYdX v4 perpetuals",
            example="BTC/USDC:USDC or BTC-USD",
            channels=_DYDX_CHANNELS,
            environments=("live", "testnet"),
            make=_dydx,
        ),
    )
}
"""The venues that come with barterpy."""

_ALIASES: Final = {"binance-spot": "binance", "binance-usdm": "binance-futures"}


def known_venues() -> dict[str, Callable[[], VenueEntry]]:
    """Every venue by name, installed ones included; calling the value imports what it needs."""
    known: dict[str, Callable[[], VenueEntry]] = {
        point.name.replace("_", "-"): point.load for point in entry_points(group="barterpy.venues")
    }
    known.update({name: lambda entry=entry: entry for name, entry in VENUES.items()})  # type: ignore[misc]
    return known


def find_venue(name: str) -> VenueEntry:
    """The venue a user named; case, ``_`` and ``-`` do not matter.

    :raises barterpy.errors.ConfigurationError: there is none, or the package it comes from cannot be used
    """
    known = known_venues()
    wanted = name.lower().replace("_", "-")
    wanted = _ALIASES.get(wanted, wanted)
    if wanted not in known:
        close = get_close_matches(wanted, known, 1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(sorted(known))}"
        raise ConfigurationError(f"no venue is called {name!r}: {hint}")
    try:
        return known[wanted]()
    except Exception as error:
        raise ConfigurationError(f"the plug-in of venue {wanted} cannot be loaded: {error}") from error


def make_subscriptions(
    entry: VenueEntry, channel: Channel, symbols: tuple[str, ...], depth: int | None, interval: str | None
) -> list[Subscription]:
    """What the user asked for, checked against what the venue offers.

    :raises barterpy.errors.ConfigurationError: the venue has no such channel, or the channel needs a symbol
    """
    if channel not in entry.channels:
        raise ConfigurationError(f"{entry.name} does not offer {channel}; it has {', '.join(entry.channels)}")
    if not symbols:
        if channel not in (Channel.LIQUIDATIONS, Channel.INSTRUMENT_STATUS):
            raise ConfigurationError(f"which {channel}? name at least one symbol, such as {entry.example}")
        symbols = ("",)
    if depth is not None and channel is not Channel.BOOK:
        raise ConfigurationError(f"--depth is for the channel book, not for {channel}")
    if interval is None and channel is Channel.CANDLES:
        interval = "1m"
    return [Subscription(channel=channel, instrument=symbol, depth=depth, interval=interval) for symbol in symbols]


def named_subscription(name: str) -> Subscription:
    """The subscription of this name, such as ``book(BTC/USDT, depth=20)``.

    :raises barterpy.errors.ConfigurationError: it is no name of one
    """
    found = _NAME.fullmatch(name)
    if found is None:
        raise ConfigurationError(f"{name!r} is not the name of a subscription")
    channel, instrument, *_ = found.groups()
    options: dict[str, Any] = dict(option.split("=", 1) for option in (found[3] or "").split(", ") if option)
    if "depth" in options:
        options["depth"] = int(options["depth"])
    if "aggregate" in options:
        options["aggregate"] = options["aggregate"] == "True"
    return Subscription(channel=Channel(channel), instrument="" if instrument == "*" else instrument, **options)


_NAME: Final = re.compile(
    rf"({'|'.join(Channel)})\(([^,()]+)((?:, (?:depth=\d+|interval=\w+|aggregate=(?:True|False)))*)\)"
)
