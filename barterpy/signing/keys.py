"""Private keys: Ed25519, RSA (PKCS#1 v1.5) and ECDSA on P-256, each a callable which signs a payload.

Every way in which venues hand out keys is read here: PEM (PKCS#8, PKCS#1, SEC 1; also with its line breaks written as
``\\n``, as JSON files and environment variables hold them), DER, and for Ed25519 the bare seed, as bytes, hexadecimal
or base64, alone or with its public half behind it. ``cryptography`` is imported when a key is made, not before.
"""

import base64
import binascii
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, final

from barterpy.credentials import Secret
from barterpy.errors import CredentialsError
from barterpy.signing.hmacs import Mac

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

__all__ = ["KeyText", "PrivateKey", "ed25519", "eddsa", "es256", "for_private_key", "is_pem", "rsa_pkcs1v15"]

KeyText: TypeAlias = str | bytes | Secret
"""A private key as it was handed out: PEM or base64 text, or DER or raw bytes."""

_HEX = re.compile(r"(?:[0-9a-fA-F]{64}|[0-9a-fA-F]{96}|[0-9a-fA-F]{128})\Z")
_MOST = 64 * 1024


@final
class PrivateKey:
    """A private key which signs: ``key(payload)`` is the signature. Its repr names the algorithm and nothing else."""

    __slots__ = ("_sign", "algorithm")

    def __init__(self, algorithm: str, sign: Mac) -> None:
        self.algorithm: str = algorithm
        """The name RFC 7518 section 3.1 and RFC 8037 have for it: ``EdDSA``, ``ES256``, ``RS256``…"""
        self._sign = sign

    def __call__(self, payload: bytes, /) -> bytes:
        return self._sign(payload)

    def __repr__(self) -> str:
        return f"PrivateKey({self.algorithm}, ***)"

    def __reduce__(self) -> str:
        raise TypeError("a key is not pickled")


def ed25519(private_key: KeyText, *, password: KeyText | None = None) -> PrivateKey:
    """Ed25519 (RFC 8032), 64 bytes.

    :param private_key: PEM or DER of PKCS#8, or the 32-byte seed, or seed and public key (64 bytes); the last two and
        DER as bytes, hexadecimal or base64
    :raises barterpy.errors.CredentialsError: it cannot be read, or is another kind of key
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    seed = _raw(private_key)
    key: Any
    if seed is not None and len(seed) in (32, 64):
        key = Ed25519PrivateKey.from_private_bytes(seed[:32])
        if len(seed) == 64 and key.public_key().public_bytes_raw() != seed[32:]:
            raise CredentialsError("the two halves of the Ed25519 key do not belong together")
    else:
        key = _load(private_key, password)
    if not isinstance(key, Ed25519PrivateKey):
        raise CredentialsError(f"an Ed25519 private key is needed, this is {_kind(key)}")
    return _ed25519(key)


eddsa = ed25519
"""Ed25519 under the name JWT has for it (RFC 8037 section 3.1)."""


def rsa_pkcs1v15(
    private_key: KeyText,
    hash: Literal["sha256", "sha384", "sha512"] = "sha256",  # noqa: A002 - the name cryptography and hashlib users know
    password: KeyText | None = None,
) -> PrivateKey:
    """RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2), as long as the modulus.

    :raises barterpy.errors.CredentialsError: the PEM cannot be read, or is another kind of key
    """
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    key = _load(private_key, password)
    if not isinstance(key, RSAPrivateKey):
        raise CredentialsError(f"an RSA private key is needed, this is {_kind(key)}")
    return _rsa(key, hash)


def es256(private_key: KeyText | int, *, password: KeyText | None = None) -> PrivateKey:
    """ECDSA on P-256 with SHA-256, as JWS wants it: r and s of 32 bytes each (RFC 7518 section 3.4).

    Deterministic (RFC 6979) where OpenSSL can, so that the same request has the same signature.

    :param private_key: PEM or DER (PKCS#8 or SEC 1), or the private number itself
    :raises barterpy.errors.CredentialsError: it cannot be read, or is another kind of key or curve
    """
    from cryptography.hazmat.primitives.asymmetric import ec

    key: Any
    if isinstance(private_key, int):
        key = _quietly(lambda: ec.derive_private_key(private_key, ec.SECP256R1()))
        if key is None:
            raise CredentialsError("the number is not a private key of P-256")
    else:
        key = _load(private_key, password)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise CredentialsError(f"an EC private key is needed, this is {_kind(key)}")
    return _es256(key)


def for_private_key(private_key: KeyText, *, password: KeyText | None = None) -> PrivateKey:
    """The signature which fits the key: Ed25519, RSA (PKCS#1 v1.5, SHA-256) or ES256, told by the key itself.

    :raises barterpy.errors.CredentialsError: it cannot be read, or is of a kind which no venue takes
    """
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    key = _load(private_key, password)
    if isinstance(key, Ed25519PrivateKey):
        return _ed25519(key)
    if isinstance(key, RSAPrivateKey):
        return _rsa(key, "sha256")
    if isinstance(key, EllipticCurvePrivateKey):
        return _es256(key)
    raise CredentialsError(f"an Ed25519, RSA or EC private key is needed, this is {_kind(key)}")


def is_pem(secret: KeyText) -> bool:
    """Whether this is a PEM text and not a shared secret: how a venue which takes both tells them apart."""
    return b"-----BEGIN " in _bytes(secret)


def _ed25519(key: "Ed25519PrivateKey") -> PrivateKey:
    return PrivateKey("EdDSA", key.sign)


def _rsa(key: "RSAPrivateKey", name: str) -> PrivateKey:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

    algorithms: dict[str, hashes.HashAlgorithm]
    algorithms = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
    if name not in algorithms:
        raise CredentialsError(f"hash must be one of {', '.join(algorithms)}")
    padding, algorithm = PKCS1v15(), algorithms[name]
    # The smallest modulus which holds the padded digest: 11 bytes of padding, 19 of DigestInfo (RFC 8017 section 9.2).
    if key.key_size < 8 * (algorithm.digest_size + 30):
        raise CredentialsError(f"an RSA key of {key.key_size} bits is too short for {name}")
    return PrivateKey(f"RS{name.removeprefix('sha')}", lambda payload: key.sign(payload, padding, algorithm))


def _es256(key: "EllipticCurvePrivateKey") -> PrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    if not isinstance(key.curve, ec.SECP256R1):
        raise CredentialsError(f"ES256 needs a key on P-256, this one is on {key.curve.name}")
    try:
        algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
        key.sign(b"", algorithm)
    except UnsupportedAlgorithm:
        algorithm = ec.ECDSA(hashes.SHA256())

    def sign(payload: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(payload, algorithm))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    return PrivateKey("ES256", sign)


def _load(private_key: KeyText, password: KeyText | None) -> object:
    from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key

    data = _bytes(private_key)
    if not data:
        raise CredentialsError("the private key is empty")
    if len(data) > _MOST:
        raise CredentialsError(f"a private key is not larger than {_MOST} bytes")
    phrase = None if password is None else _bytes(password)
    key: object
    if is_pem(data):
        if b"ENCRYPTED" in data and phrase is None:
            raise CredentialsError("the private key is encrypted; pass its password")
        text = data.replace(b"\\n", b"\n").strip()
        key = _quietly(lambda: load_pem_private_key(text, phrase))
    else:
        der = _raw(data) or b""
        key = _quietly(lambda: load_der_private_key(der, phrase))
    if key is None:
        # Raised outside of any handler: the foreign error must not travel along as context.
        raise CredentialsError(
            "the private key cannot be read; PEM is expected" + (" (or the password is wrong)" * bool(phrase))
        )
    return key


def _quietly(load: Callable[[], object]) -> object | None:
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return load()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None


def _raw(private_key: KeyText) -> bytes | None:
    """The seed or DER behind hexadecimal or base64, or the bytes themselves when they are no such text."""
    data = _bytes(private_key)
    try:
        text = "".join(data.decode("ascii").split())
        raw = bytes.fromhex(text) if _HEX.match(text) else base64.b64decode(text, validate=True)
    except (UnicodeDecodeError, binascii.Error, ValueError):
        raw = b""
    if len(raw) in (32, 64) or raw[:1] == b"\x30":
        return raw
    return private_key if isinstance(private_key, bytes) else None


def _bytes(text: KeyText) -> bytes:
    value = text.reveal() if isinstance(text, Secret) else text
    return value.encode() if isinstance(value, str) else value


def _kind(key: object) -> str:
    return type(key).__name__.strip("_").removesuffix("PrivateKey") or "unknown"
