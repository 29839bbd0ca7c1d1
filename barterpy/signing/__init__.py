"""Signing: what to sign ⟂ MAC or key ⟂ encoder, over the final bytes of a request.

    signer = RequestSigner(QueryScheme(api_key=key, key_header="X-API-KEY"), hmac_sha256(secret), hexadecimal)

A scheme says which bytes are signed and where the signature goes, a MAC or private key signs them, an encoder makes
text of the signature. Each of the three is any object of the right shape, so a venue brings only what is its own.
"""

from barterpy.signing.clocked import ClockedSigner
from barterpy.signing.encoders import Encoder, base64, base64url, base64url_unpadded, hexadecimal, hexadecimal_upper
from barterpy.signing.hmacs import Hmac, Mac, hmac_sha256, hmac_sha384, hmac_sha512
from barterpy.signing.keys import KeyText, PrivateKey, ed25519, eddsa, es256, for_private_key, is_pem, rsa_pkcs1v15
from barterpy.signing.nonces import (
    IncreasingNonce,
    NonceSource,
    TimestampFormat,
    iso8601,
    milliseconds,
    random_nonce,
    seconds,
)
from barterpy.signing.schemes import HeaderScheme, QueryScheme
from barterpy.signing.signer import DialogueScheme, RequestSigner, SigningScheme
from barterpy.signing.tokens import ClaimFactory, JwtSigner, jwt

__all__ = [
    "ClaimFactory",
    "ClockedSigner",
    "DialogueScheme",
    "Encoder",
    "HeaderScheme",
    "Hmac",
    "IncreasingNonce",
    "JwtSigner",
    "KeyText",
    "Mac",
    "NonceSource",
    "PrivateKey",
    "QueryScheme",
    "RequestSigner",
    "SigningScheme",
    "TimestampFormat",
    "base64",
    "base64url",
    "base64url_unpadded",
    "ed25519",
    "eddsa",
    "es256",
    "for_private_key",
    "hexadecimal",
    "hexadecimal_upper",
    "hmac_sha256",
    "hmac_sha384",
    "hmac_sha512",
    "is_pem",
    "iso8601",
    "jwt",
    "milliseconds",
    "random_nonce",
    "rsa_pkcs1v15",
    "seconds",
]
