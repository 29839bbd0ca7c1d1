"""Which venues the command line knows, and how each is made. Packages add theirs by an entry point.

An entry point of the group ``barterpy.venues`` names a :class:`VenueEntry`:

    [project.entry-points."barterpy.venues"]
    example = "example_venue:ENTRY"
"""

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import Any, Final

from barterpy.cli.options import Endpoints
from barterpy.errors import ConfigurationError
from barterpy.http import HttpTransport
from barterpy.market import Venue
from barterpy.subscription import Channel, Subscription

__all__ = ["VENUES", "VenueEntry", "find_venue", "known_venues", "make_subscriptions"]


@dataclass(frozen=True, kw_only=True)
class VenueEntry:
    """A venue as the command line offers it.

    ``make`` gets the endpoints the user chose and, when the REST traffic is to be recorded or answered from a file, a
    transport to use instead of a network's. It opens nothing.
    """

    name: str
    summary: str
    example: str
    channels: tuple[Channel, ...]
    environments: tuple[str, ...]
    make: Callable[[Endpoints, HttpTransport | None], Venue[Any]]


def _binance_spot(endpoints: Endpoints, transport: HttpTransport | None) -> Venue[Any]:
    from barterpy.venues import binance

    return binance.Spot(**_options(endpoints, transport))


def _binance_futures(endpoints: Endpoints, transport: HttpTransport | None) -> Venue[Any]:
    from barterpy.venues import binance

    return binance.Futures(**_options(endpoints, transport))


def _options(endpoints: Endpoints, transport: HttpTransport | None) -> dict[str, Any]:
    chosen: dict[str, Any] = {
        "environment": endpoints.environment,
        "ws_url": endpoints.ws_url,
        "rest_url": endpoints.rest_url,
        "transport": transport,
    }
    return {name: value for name, value in chosen.items() if value is not None}


_SPOT_CHANNELS: Final = (Channel.TRADES, Channel.QUOTES, Channel.BOOK, Channel.CANDLES, Channel.TICKERS)
_FUTURES_CHANNELS: Final = (*_SPOT_CHANNELS, Channel.MARK_PRICES, Channel.FUNDING_RATES, Channel.LIQUIDATIONS)

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
