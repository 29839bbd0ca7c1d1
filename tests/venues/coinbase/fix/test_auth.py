"""The two prehashes of Coinbase, which publishes code and no signatures: these vectors pin our reading of it."""

import pytest

from barterpy.credentials import Credentials
from barterpy.errors import CredentialsError
from barterpy.venues.coinbase.fix.auth import ExchangeSigner, PrimeSigner, exchange_prehash, prime_prehash

HEADER = {35: "A", 34: "1", 49: "KEY", 52: "20230822-20:43:30.000", 56: "Coinbase"}
EXCHANGE = Credentials("KEY", "MDEyMzQ1Njc4OWFiY2RlZg==", "PASS")
PRIME_HEADER = HEADER | {49: "service-account", 56: "COIN"}
PRIME = Credentials("KEY", "secret", "PASS")


def test_the_prehash_of_exchange() -> None:
    assert exchange_prehash(HEADER, "PASS") == b"20230822-20:43:30.000\x01A\x011\x01KEY\x01Coinbase\x01PASS"


def test_a_logon_to_exchange() -> None:
    signature = "KNKI+4/v7Km0iosC+us700m9P88uDpMKCyIw+UZRueg="
    assert ExchangeSigner(EXCHANGE)(HEADER) == ((96, signature.encode()), (553, "KEY"), (554, "PASS"))


def test_the_prehash_of_prime_has_no_separators_and_the_key_instead_of_the_sender() -> None:
    assert prime_prehash(PRIME_HEADER, "KEY", "PASS") == b"20230822-20:43:30.000A1KEYCOINPASS"


def test_a_logon_to_prime() -> None:
    signature = "PlaTCEyCjbVaVZXDfbLf+BFOAjo8mjqXGC+qaf45MD4="
    assert PrimeSigner(PRIME)(PRIME_HEADER) == ((96, signature.encode()), (554, "PASS"), (9407, "KEY"))


@pytest.mark.parametrize("signer", [ExchangeSigner, PrimeSigner])
def test_without_a_passphrase_it_is_refused_at_once(signer: type[ExchangeSigner] | type[PrimeSigner]) -> None:
    with pytest.raises(CredentialsError, match="passphrase"):
        signer(Credentials("KEY", "c2VjcmV0"))


def test_a_secret_of_exchange_that_is_not_base64() -> None:
    with pytest.raises(CredentialsError) as caught:
        ExchangeSigner(Credentials("KEY", "not base64!", "PASS"))
    assert "not base64!" not in str(caught.value)


@pytest.mark.parametrize("signer", [ExchangeSigner(EXCHANGE), PrimeSigner(PRIME)])
def test_nothing_secret_shows(signer: object) -> None:
    assert "PASS" not in repr(signer)
    assert "secret" not in repr(signer)
