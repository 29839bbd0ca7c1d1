"""Secrets that do not show themselves, and where they come from."""

import hmac
import os
import re
from collections.abc import Mapping
from typing import final

from barterpy.errors import CredentialsError

__all__ = ["Credentials", "Secret"]


@final
class Secret:
    """A secret text. Its repr and str are stars; :meth:`reveal` is the one way to the value."""

    __slots__ = ("_value",)

    def __init__(self, value: "str | Secret") -> None:
        self._value: str = value.reveal() if isinstance(value, Secret) else value

    def reveal(self) -> str:
        """The secret itself. Keep what it returns out of logs and messages."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')" if self._value else "Secret('')"

    def __str__(self) -> str:
        return "***" if self._value else ""

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(("Secret", self._value))

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not pickled")


@final
class Credentials:
    """An API key with its secret (HMAC text or PEM private key) and, where a venue wants one, a passphrase."""

    __slots__ = ("key", "passphrase", "secret")

    def __init__(self, key: str, secret: str | Secret, passphrase: str | Secret = "") -> None:
        if not key:
            raise CredentialsError("the API key is empty")
        if not secret:
            raise CredentialsError(f"the secret of API key {key[:4]}… is empty")
        self.key: str = key
        self.secret: Secret = Secret(secret)
        self.passphrase: Secret = Secret(passphrase)

    def __repr__(self) -> str:
        return f"Credentials(key={self.key[:4]}…, secret=***)"

    @classmethod
    def from_environment(
        cls, venue: str, environment: str = "live", environ: Mapping[str, str] | None = None
    ) -> "Credentials":
        """From ``{VENUE}_API_KEY`` and ``{VENUE}_API_SECRET`` (``{VENUE}_TESTNET_…``, ``{VENUE}_DEMO_…`` for the other
        environments) and, when set, ``…_API_PASSPHRASE``.

        :raises CredentialsError: naming the variable that is missing
        """
        source = os.environ if environ is None else environ
        words = venue if environment == "live" else f"{venue}_{environment}"
        prefix = re.sub(r"\W", "_", words).upper()
        key, secret = (_required(source, f"{prefix}_API_{name}") for name in ("KEY", "SECRET"))
        return cls(key, secret, source.get(f"{prefix}_API_PASSPHRASE", "").strip())


def _required(source: Mapping[str, str], name: str) -> str:
    # A line break at the end of a variable is a frequent mistake, and never a part of a key.
    value = source.get(name, "").strip()
    if not value:
        raise CredentialsError(f"{name} is not set; pass credentials or set it in the environment")
    return value
