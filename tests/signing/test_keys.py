"""Keys: what can be read, what is refused, and that no secret shows."""

import pickle
import traceback
from collections.abc import Callable

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, x25519
from cryptography.hazmat.primitives.asymmetric import ed25519 as ed
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from barterpy.credentials import Secret
from barterpy.errors import CredentialsError
from barterpy.signing import (
    PrivateKey,
    ed25519,
    eddsa,
    es256,
    for_private_key,
    hmac_sha256,
    hmac_sha384,
    hmac_sha512,
    is_pem,
    rsa_pkcs1v15,
)

RSA = rsa.generate_private_key(65537, 2048)
P256 = ec.generate_private_key(ec.SECP256R1())
ED = ed.Ed25519PrivateKey.generate()
PAYLOAD = b"symbol=BTCUSDT&timestamp=1"


def pem(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed.Ed25519PrivateKey | x25519.X25519PrivateKey,
    form: PrivateFormat = PrivateFormat.PKCS8,
    encryption: KeySerializationEncryption | None = None,
) -> str:
    return key.private_bytes(Encoding.PEM, form, encryption or NoEncryption()).decode()


@pytest.mark.parametrize("name", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_rsa_signature_verifies(name: str, form: PrivateFormat) -> None:
    algorithm = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}[name]
    signature = rsa_pkcs1v15(pem(RSA, form), name)(PAYLOAD)  # type: ignore[arg-type]
    RSA.public_key().verify(signature, PAYLOAD, padding.PKCS1v15(), algorithm)


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_es256_signature_is_raw_and_verifies(form: PrivateFormat) -> None:
    signature = es256(Secret(pem(P256, form)))(PAYLOAD)
    assert len(signature) == 64
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    P256.public_key().verify(encode_dss_signature(r, s), PAYLOAD, ec.ECDSA(hashes.SHA256()))


def test_ed25519_signature_verifies() -> None:
    ED.public_key().verify(ed25519(pem(ED))(PAYLOAD), PAYLOAD)


@pytest.mark.parametrize(
    ("key", "algorithm"), [(RSA, "RS256"), (P256, "ES256"), (ED, "EdDSA")], ids=["rsa", "p256", "ed25519"]
)
def test_the_key_type_chooses_the_signature(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed.Ed25519PrivateKey, algorithm: str
) -> None:
    chosen = for_private_key(pem(key))
    assert chosen.algorithm == algorithm
    if algorithm != "ES256":  # which may be randomised
        special = rsa_pkcs1v15(pem(key)) if algorithm == "RS256" else ed25519(pem(key))
        assert chosen(PAYLOAD) == special(PAYLOAD)


@pytest.mark.parametrize("key", [RSA, P256, ED], ids=["rsa", "p256", "ed25519"])
def test_encrypted_private_key(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed.Ed25519PrivateKey) -> None:
    text = pem(key, encryption=BestAvailableEncryption(b"open sesame"))
    assert for_private_key(text, password=Secret("open sesame")).algorithm == for_private_key(pem(key)).algorithm
    with pytest.raises(CredentialsError, match="pass its password"):
        for_private_key(text)
    with pytest.raises(CredentialsError, match="password is wrong"):
        for_private_key(text, password="guess")


BROKEN_PEM = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0LXNlY3JldA==\n-----END PRIVATE KEY-----"
MARK = "c2VjcmV0"
UNREADABLE: list[tuple[str, Callable[[], PrivateKey], str]] = [
    ("empty", lambda: for_private_key(""), "is empty"),
    ("broken-pem", lambda: for_private_key(BROKEN_PEM), "cannot be read"),
    ("broken-pem-rsa", lambda: rsa_pkcs1v15(BROKEN_PEM), "cannot be read"),
    ("broken-pem-es256", lambda: es256(BROKEN_PEM), "cannot be read"),
    ("broken-pem-ed25519", lambda: ed25519(BROKEN_PEM), "cannot be read"),
    ("shared-secret-for-a-key", lambda: for_private_key("c2VjcmV0!secret"), "cannot be read"),
    ("not-ascii", lambda: for_private_key("c2VjcmV0é"), "cannot be read"),
    ("short-seed", lambda: ed25519(b"c2VjcmV0"), "cannot be read"),
    ("oversize", lambda: for_private_key(b"c2VjcmV0" * 10_000), "not larger than"),
    ("halves-of-two-keys", lambda: ed25519("9d" * 32 + "00" * 32), "do not belong together"),
    ("number-zero", lambda: es256(0), "not a private key of P-256"),
    ("number-too-large", lambda: es256(1 << 256), "not a private key of P-256"),
]
WRONG: list[tuple[str, Callable[[], PrivateKey], str]] = [
    ("rsa-for-ed25519", lambda: ed25519(pem(RSA)), "Ed25519 private key is needed, this is RSA"),
    ("rsa-for-eddsa", lambda: eddsa(pem(RSA)), "Ed25519 private key is needed, this is RSA"),
    ("ed25519-for-rsa", lambda: rsa_pkcs1v15(pem(ED)), "RSA private key is needed, this is Ed25519"),
    ("ec-for-rsa", lambda: rsa_pkcs1v15(pem(P256)), "RSA private key is needed, this is EC"),
    ("rsa-for-es256", lambda: es256(pem(RSA)), "EC private key is needed, this is RSA"),
    ("p384-for-es256", lambda: es256(pem(ec.generate_private_key(ec.SECP384R1()))), "on secp384r1"),
    ("x25519", lambda: for_private_key(pem(x25519.X25519PrivateKey.generate())), "this is X25519"),
    ("unknown-hash", lambda: rsa_pkcs1v15(pem(RSA), "md5"), "hash must be one of"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("make", "text"), [pytest.param(m, t, id=i) for i, m, t in UNREADABLE + WRONG])
def test_unusable_key(make: Callable[[], PrivateKey], text: str) -> None:
    with pytest.raises(CredentialsError, match=text) as caught:
        make()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert MARK not in repr(caught.value.args)
    assert MARK not in "".join(traceback.format_exception_only(caught.value))


def test_an_rsa_key_of_1024_bits_holds_the_largest_digest() -> None:
    short = rsa.generate_private_key(65537, 1024)
    signature = rsa_pkcs1v15(pem(short), "sha512")(PAYLOAD)
    short.public_key().verify(signature, PAYLOAD, padding.PKCS1v15(), hashes.SHA512())


def test_es256_without_deterministic_signatures(monkeypatch: pytest.MonkeyPatch) -> None:
    def without(algorithm: hashes.HashAlgorithm, deterministic_signing: bool = False) -> ec.ECDSA:
        if deterministic_signing:
            raise UnsupportedAlgorithm("OpenSSL is too old")
        return original(algorithm)

    original = ec.ECDSA
    monkeypatch.setattr(ec, "ECDSA", without)
    signature = es256(pem(P256))(PAYLOAD)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    P256.public_key().verify(encode_dss_signature(r, s), PAYLOAD, original(hashes.SHA256()))


@pytest.mark.parametrize("make", [hmac_sha256, hmac_sha384, hmac_sha512])
@pytest.mark.parametrize("secret", ["", b"", Secret("")])
def test_signer_without_a_secret(make: Callable[..., object], secret: str | bytes | Secret) -> None:
    with pytest.raises(CredentialsError, match="secret is empty"):
        make(secret)


def test_secret_that_is_not_base64() -> None:
    with pytest.raises(CredentialsError, match="not valid base64") as caught:
        hmac_sha512("hush!hush", base64_secret=True)
    assert caught.value.__context__ is None
    assert "hush" not in str(caught.value)


def test_base64_secret_may_hold_line_breaks() -> None:
    assert hmac_sha256("aHVz\naA==\n", base64_secret=True)(b"x") == hmac_sha256("hush")(b"x")


@pytest.mark.parametrize(
    "key",
    [hmac_sha256("hush-hush"), hmac_sha512(b"hush-hush"), ed25519("9d" * 32), for_private_key(pem(RSA)), es256(7)],
    ids=repr,
)
def test_keys_do_not_show_or_leave(key: object) -> None:
    assert "***" in repr(key)
    assert "hush" not in repr(key) + str(key)
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(key)


def test_is_pem() -> None:
    assert is_pem(pem(ED))
    assert is_pem(Secret(pem(ED)))
    assert not is_pem("NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j")
