"""Who is trusted: the default TLS context of every transport."""

import os
import ssl
from functools import lru_cache

import certifi

__all__ = ["default_ssl_context"]


@lru_cache(maxsize=8)
def default_ssl_context(*alpn: str) -> ssl.SSLContext:
    """A context that verifies certificates and names against the authorities of the system and of certifi.

    ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` name others, which are then the only ones. Loading them takes tens of
    milliseconds, so there is one context for each list of application protocols, and it must not be changed.
    """
    context = ssl.create_default_context()
    if not (os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")):
        # Slim images and some builds of Python come without authorities of the system.
        context.load_verify_locations(certifi.where())
    if alpn:
        context.set_alpn_protocols(alpn)
    return context
