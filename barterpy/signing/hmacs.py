"""HMAC keys: callables that hold a shared secret, make the MAC of a payload, and show neither."""

import base64
import binascii
import hmac
from collections.abc import Callable
from typing import TypeAlias, final

from barterpy.credentials import Secret
from barterpy.errors import CredentialsError

__all__ = ["Hmac", "Mac", "hmac_sha256", "hmac_sha384", "hmac_sha512"]

Mac: TypeAlias = Callable[[bytes], bytes]
"""Signs a payload: an HMAC here, a private key in :mod:`barterpy.signing.keys`, or any callable of yours."""


@final
class Hmac:
    """A keyed HMAC (RFC 2104): ``mac(payload)`` is the digest. Its repr names the algorithm and nothing else."""

    __slots__ = ("_secret", "algorithm", "digest")

    def __init__(self, secret: str | bytes | Secret, digest: str, *, base64_secret: bool = False) -> None:
        self._secret = _key_bytes(secret, base64_secret)
        self.digest: str = digest
        self.algorithm: str = f"HS{digest.removeprefix('sha')}"
        """The name RFC 7518 section 3.1 has for it, such as ``HS256``."""

    def __call__(self, payload: bytes, /) -> bytes:
        return hmac.digest(self._secret, payload, self.digest)

    def __repr__(self) -> str:
        return f"hmac_{self.digest}(***)"

    def __reduce__(self) -> str:
        raise TypeError("a key is not pickled")


def hmac_sha256(secret: str | bytes | Secret, *, base64_secret: bool = False) -> Hmac:
    """HMAC-SHA256. Text is taken as UTF-8, or decoded first when ``base64_secret`` is true.

    :raises barterpy.errors.CredentialsError: the secret is empty, or is not base64 and should be
    """
    return Hmac(secret, "sha256", base64_secret=base64_secret)


def hmac_sha384(secret: str | bytes | Secret, *, base64_secret: bool = False) -> Hmac:
    """HMAC-SHA384; see :func:`hmac_sha256`."""
    return Hmac(secret, "sha384", base64_secret=base64_secret)


def hmac_sha512(secret: str | bytes | Secret, *, base64_secret: bool = False) -> Hmac:
    """HMAC-SHA512; see :func:`hmac_sha256`."""
    return Hmac(secret, "sha512", base64_secret=base64_secret)


def _key_bytes(secret: str | bytes | Secret, base64_secret: bool) -> bytes:
    text = secret.reveal() if isinstance(secret, Secret) else secret
    key = text.encode() if isinstance(text, str) else text
    if base64_secret:
        decoded = _decode(key)
        if decoded is None:
            # Raised outside of any handler: the foreign error must not travel along as context.
            raise CredentialsError("the secret is not valid base64")
        key = decoded
    if not key:
        raise CredentialsError("the secret is empty; a signature needs one")
    return key


def _decode(key: bytes) -> bytes | None:
    try:
        return base64.b64decode(b"".join(key.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
