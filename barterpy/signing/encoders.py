"""Encoders: the last step of a signature, bytes to the text a venue wants. Any ``bytes -> str`` callable will do."""

import base64 as _base64
from collections.abc import Callable
from typing import TypeAlias

__all__ = ["Encoder", "base64", "base64url", "base64url_unpadded", "hexadecimal", "hexadecimal_upper"]

Encoder: TypeAlias = Callable[[bytes], str]


def hexadecimal(data: bytes) -> str:
    """Lower-case hexadecimal digits."""
    return data.hex()


def hexadecimal_upper(data: bytes) -> str:
    """Upper-case hexadecimal digits."""
    return data.hex().upper()


def base64(data: bytes) -> str:
    """RFC 4648 section 4, padded. Holds ``+``, ``/`` and ``=``: percent-encode it inside a query."""
    return _base64.b64encode(data).decode("ascii")


def base64url(data: bytes) -> str:
    """RFC 4648 section 5, padded."""
    return _base64.urlsafe_b64encode(data).decode("ascii")


def base64url_unpadded(data: bytes) -> str:
    """RFC 4648 section 5 without padding, as JWS wants it (RFC 7515 section 2)."""
    return base64url(data).rstrip("=")
