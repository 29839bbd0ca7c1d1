"""The keys the simulated venue knows, and whether a request is signed with one of them."""

import hashlib
import hmac
from base64 import b64decode
from binascii import Error as Base64Error
from typing import Any, Final, Literal, TypeAlias, final
from urllib.parse import parse_qsl, unquote

from barterpy.credentials import Credentials, Secret

__all__ = ["KeyKind", "KeyRing", "Refusal"]

KeyKind: TypeAlias = Literal["hmac", "ed25519", "rsa"]

_DEFAULT_WINDOW: Final = 5000
_MAX_WINDOW: Final = 60000
_AHEAD: Final = 1000


@final
class Refusal(Exception):
    """An answer of no: HTTP status, code and text. Raised and caught inside of the simulated venue."""

    def __init__(self, status: int, code: int, text: str) -> None:
        super().__init__(status, code, text)
        self.status = status
        self.code = code
        self.text = text


@final
class KeyRing:
    """API keys and how each signs. ``documentation: Request security`` of 2026-09 is what it checks."""

    def __init__(self) -> None:
        self._keys: dict[str, Any] = {}

    def add(self, key: str, secret: str) -> None:
        """Know ``key``: ``secret`` is shared text, or the PEM of an Ed25519 or RSA public key."""
        if secret.lstrip().startswith("-----BEGIN"):
            from cryptography.hazmat.primitives.serialization import load_pem_public_key

            self._keys[key] = load_pem_public_key(secret.encode())
        else:
            self._keys[key] = secret

    def create(self, kind: KeyKind = "hmac") -> Credentials:
        """Make a key, know it, and give what a client needs to sign with it."""
        name = f"simulated-{kind}-{len(self._keys) + 1}"
        if kind == "hmac":
            secret = hashlib.sha256(name.encode()).hexdigest()
            self.add(name, secret)
            return Credentials(key=name, secret=Secret(secret))
        from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

        private = ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else rsa.generate_private_key(65537, 2048)
        self.add(
            name, private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
        )
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii")
        return Credentials(key=name, secret=Secret(pem))

    def check(self, api_key: str | None, query: str, body: str, now: int) -> dict[str, str]:
        """The parameters of a request that is signed well; ``now`` is the server's time, int milliseconds UTC.

        :raises Refusal: it is not
        """
        if not api_key:
            raise Refusal(401, -2014, "API-key format invalid.")
        if api_key not in self._keys:
            raise Refusal(401, -2015, "Invalid API-key, IP, or permissions for action.")
        signature, payload = _split(query, body)
        parameters = dict(parse_qsl(query, keep_blank_values=True)) | dict(parse_qsl(body, keep_blank_values=True))
        if signature is None:
            raise Refusal(400, -1102, _missing("signature"))
        if not self._verifies(api_key, payload.encode(), signature):
            raise Refusal(400, -1022, "Signature for this request is not valid.")
        if not parameters.get("timestamp", "").isdecimal():
            raise Refusal(400, -1102, _missing("timestamp"))
        window = parameters.get("recvWindow", str(_DEFAULT_WINDOW))
        if not window.isdecimal() or int(window) > _MAX_WINDOW:
            raise Refusal(400, -1131, "recvWindow must be less than 60000.")
        timestamp = int(parameters["timestamp"])
        if timestamp >= now + _AHEAD:
            raise Refusal(400, -1021, "Timestamp for this request was 1000ms ahead of the server's time.")
        if now - timestamp > int(window):
            raise Refusal(400, -1021, "Timestamp for this request is outside of the recvWindow.")
        return parameters

    def kind(self, api_key: str) -> KeyKind | None:
        """How a key signs; None for one that is not known."""
        key = self._keys.get(api_key)
        if key is None or isinstance(key, str):
            return None if key is None else "hmac"
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

        return "rsa" if isinstance(key, RSAPublicKey) else "ed25519"

    def verify(self, api_key: str, payload: bytes, signature: str) -> bool:
        """Whether ``signature`` is that of ``payload`` by a known key: hex of an HMAC, base64 of a signature."""
        return api_key in self._keys and self._verifies(api_key, payload, signature)

    def _verifies(self, api_key: str, payload: bytes, signature: str) -> bool:
        key = self._keys[api_key]
        if isinstance(key, str):
            # Hex is taken in either case, the encodings of the others are not.
            expected = hmac.new(key.encode(), payload, hashlib.sha256).hexdigest()
            return hmac.compare_digest(expected, signature.lower())
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
        from cryptography.hazmat.primitives.hashes import SHA256

        try:
            raw = b64decode(signature, validate=True)
            if isinstance(key, RSAPublicKey):
                key.verify(raw, payload, PKCS1v15(), SHA256())
            else:
                key.verify(raw, payload)
        except (InvalidSignature, Base64Error, ValueError):
            return False
        return True


def _split(query: str, body: str) -> tuple[str | None, str]:
    """The signature, and what must have been signed: query and body without it and without anything between them."""
    signature: str | None = None
    kept: list[str] = []
    for text in (query, body):
        parts: list[str] = []
        for part in text.split("&") if text else []:
            name, _, value = part.partition("=")
            if name == "signature":
                signature = unquote(value)
            else:
                parts.append(part)
        kept.append("&".join(parts))
    return signature, "".join(kept)


def _missing(name: str) -> str:
    return f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
