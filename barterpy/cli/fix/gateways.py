"""The FIX gateways a command can name: where each is, and how a session is held. Keys come from the environment."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from barterpy.credentials import Credentials
from barterpy.errors import ConfigurationError
from barterpy.protocols.fix.dictionary import Dictionary, load_dictionary
from barterpy.protocols.fix.endpoint import Endpoint
from barterpy.protocols.fix.session import Hooks, SessionSettings

__all__ = ["DIALECTS", "GATEWAYS", "KnownGateway", "Plan", "find_dictionary", "find_gateway"]


@dataclass(frozen=True)
class Plan:
    """A session to be held."""

    endpoint: Endpoint
    settings: SessionSettings
    hooks: Hooks
    dictionary: Dictionary | None = None
    """The venue's dialect, where it has messages and fields of its own."""


Maker = Callable[[str, "str | None", "str | None"], Plan]
"""Given environment, URL and SenderCompID, the plan. Imports the venue, and raises ConfigurationError."""


@dataclass(frozen=True)
class KnownGateway:
    """A gateway: what it is for, and the environment it means by default."""

    summary: str
    make: Maker
    environment: str = "live"


def _binance(kind: str) -> Maker:
    def make(environment: str, url: str | None, sender: str | None) -> Plan:
        from barterpy.venues.binance.fix.auth import LogonSigner
        from barterpy.venues.binance.fix.dialect import client_hooks, client_settings
        from barterpy.venues.binance.fix.dictionary import dictionary
        from barterpy.venues.binance.fix.endpoints import GatewayKind, endpoint

        signer = LogonSigner(Credentials.from_environment("binance", environment))
        where = endpoint(cast("Any", environment), GatewayKind(kind), url)
        hooks = client_hooks(GatewayKind(kind), signer)
        return Plan(where, client_settings(sender), hooks, dictionary(GatewayKind(kind)))

    return make


def _coinbase(kind: str) -> Maker:
    def make(environment: str, url: str | None, sender: str | None) -> Plan:
        from barterpy.venues.coinbase.fix.auth import ExchangeSigner
        from barterpy.venues.coinbase.fix.dialect import exchange_hooks, exchange_settings
        from barterpy.venues.coinbase.fix.endpoints import GatewayKind, endpoint

        credentials = Credentials.from_environment("coinbase", environment)
        where = endpoint(cast("Any", environment), GatewayKind(kind), url)
        settings = exchange_settings(sender or credentials.key, GatewayKind(kind))
        return Plan(where, settings, exchange_hooks(GatewayKind(kind), ExchangeSigner(credentials)))

    return make


def _deribit(environment: str, url: str | None, sender: str | None) -> Plan:
    from barterpy.venues.deribit.fix.auth import LogonSigner
    from barterpy.venues.deribit.fix.dialect import client_hooks, client_settings
    from barterpy.venues.deribit.fix.endpoints import endpoint

    signer = LogonSigner(Credentials.from_environment("deribit", environment))
    settings = client_settings(sender) if sender is not None else client_settings()
    return Plan(endpoint(cast("Any", environment), url), settings, client_hooks(signer))


def _kraken(kind: str) -> Maker:
    def make(environment: str, url: str | None, sender: str | None) -> Plan:
        from barterpy.venues.kraken.fix.auth import TradingSigner
        from barterpy.venues.kraken.fix.dialect import client_hooks, client_settings
        from barterpy.venues.kraken.fix.endpoints import GatewayKind, endpoint

        if sender is None:
            raise ConfigurationError("Kraken assigns the SenderCompID: give it with --sender")
        trades = kind.endswith("trading")
        signer = TradingSigner(Credentials.from_environment("kraken", environment)) if trades else None
        where = endpoint(cast("Any", environment), GatewayKind(kind), url)
        return Plan(where, client_settings(sender, GatewayKind(kind)), client_hooks(GatewayKind(kind), signer))

    return make


GATEWAYS: Final[Mapping[str, KnownGateway]] = {
    "binance-order-entry": KnownGateway("orders of Binance Spot", _binance("order_entry")),
    "binance-drop-copy": KnownGateway("reports of Binance Spot", _binance("drop_copy")),
    "binance-market-data": KnownGateway("market data of Binance Spot", _binance("market_data")),
    "coinbase-order-entry": KnownGateway("orders of Coinbase Exchange", _coinbase("order_entry")),
    "coinbase-drop-copy": KnownGateway("reports of Coinbase Exchange", _coinbase("drop_copy")),
    "coinbase-market-data": KnownGateway("market data of Coinbase Exchange", _coinbase("market_data")),
    "deribit": KnownGateway("orders and market data of Deribit", _deribit),
    "kraken-market-data": KnownGateway("market data of Kraken Spot", _kraken("spot_market_data")),
    "kraken-trading": KnownGateway("orders of Kraken Spot", _kraken("spot_trading")),
}
"""Every gateway by its name."""


def find_gateway(name: str) -> KnownGateway:
    """The gateway of that name; case, ``_`` and ``-`` make no difference.

    :raises barterpy.errors.ConfigurationError: there is none
    """
    gateway = GATEWAYS.get(name.lower().replace("_", "-"))
    if gateway is None:
        raise ConfigurationError(f"unknown gateway {name!r}; there are {', '.join(GATEWAYS)}")
    return gateway


def _binance_dialect(kind: str) -> Callable[[], Dictionary]:
    def make() -> Dictionary:
        from barterpy.venues.binance.fix.dictionary import dictionary
        from barterpy.venues.binance.fix.endpoints import GatewayKind

        return dictionary(GatewayKind(kind))

    return make


DIALECTS: Final[Mapping[str, Callable[[], Dictionary]]] = {
    "binance": _binance_dialect("order_entry"),
    "binance-market-data": _binance_dialect("market_data"),
}
"""Dictionaries that can be had by name."""


def find_dictionary(text: str | None) -> Dictionary | None:
    """The dictionary of that name, or of a file in QuickFIX's format; None for None.

    :raises barterpy.errors.ConfigurationError: the file cannot be read, or is no dictionary
    """
    if text is None:
        return None
    dialect = DIALECTS.get(text.lower())
    return load_dictionary(text) if dialect is None else dialect()
