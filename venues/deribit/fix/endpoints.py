"""Where Deribit's FIX gateway listens, as of 2026-09 ("FIX API", docs.deribit.com): one for data and orders.

The hosts from before (www.deribit.com:9880, test.deribit.com:9881) are gone.
"""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from barterpy.errors import ConfigurationError
from barterpy.protocols.fix.endpoint import Endpoint, parse_endpoint

__all__ = ["ENDPOINTS", "RAW_PORT", "FixEnvironment", "endpoint"]

FixEnvironment: TypeAlias = Literal["live", "testnet"]

_TLS_PORT: Final = 9883
RAW_PORT: Final = 9881
"""Of plain TCP: ``url="tcp://fix.deribit.com:9881"``."""

ENDPOINTS: Final[Mapping[FixEnvironment, Endpoint]] = {
    "live": Endpoint("fix.deribit.com", _TLS_PORT),
    "testnet": Endpoint("fix-test.deribit.com", _TLS_PORT),
}


def endpoint(environment: FixEnvironment, url: str | None = None) -> Endpoint:
    """The gateway of an environment; ``url`` (``tcp+tls://host:port``) stands in for it.

    :raises barterpy.errors.ConfigurationError: unknown environment, or a URL that is none
    """
    if url is not None:
        return parse_endpoint(url)
    known = ENDPOINTS.get(environment)
    if known is None:
        raise ConfigurationError(f"environment must be one of {', '.join(ENDPOINTS)}, not {environment!r}")
    return known
