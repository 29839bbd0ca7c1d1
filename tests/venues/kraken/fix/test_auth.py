"""Kraken's formula against a vector somebody else published and we have recomputed."""

import pytest

from barterpy.clock import MILLISECOND
from barterpy.credentials import Credentials
from barterpy.errors import CredentialsError
from barterpy.venues.kraken.fix.auth import TradingSigner, message_input

HEADER = {35: "A", 34: "7", 49: "CLIENT", 56: "KRAKEN-TRD"}
CREDENTIALS = Credentials("APIKEY", "c2VjcmV0")
PASSWORD = "MwX+M7nvuHXxD5aGI/TFpghXxg2iblxXYyz7lRzLCPMA4UJYI3osNrUKWCiI3fDnOLkEQ5WKSK58Mp3nvu1Klw=="
AT = 1_724_512_345_678 * MILLISECOND


def test_what_is_digested() -> None:
    expected = b"35=A\x0134=7\x0149=CLIENT\x0156=KRAKEN-TRD\x01553=APIKEY\x01"
    assert message_input(HEADER, "APIKEY") == expected


def test_the_vector() -> None:
    signer = TradingSigner(CREDENTIALS, clock=lambda: AT)
    assert signer(HEADER) == ((553, "APIKEY"), (554, PASSWORD), (5025, "1724512345678"))


def test_nonces_increase_though_the_clock_stands_still() -> None:
    signer = TradingSigner(CREDENTIALS, clock=lambda: AT)
    nonces = [int(dict(signer(HEADER))[5025]) for _ in range(3)]
    assert nonces == [1_724_512_345_678, 1_724_512_345_679, 1_724_512_345_680]


def test_nonces_of_your_own() -> None:
    signer = TradingSigner(CREDENTIALS, nonces=lambda now: "42")
    assert dict(signer(HEADER))[5025] == "42"


def test_a_secret_that_is_not_base64() -> None:
    with pytest.raises(CredentialsError) as caught:
        TradingSigner(Credentials("KEY", "not base64!"))
    assert "not base64!" not in str(caught.value)


def test_the_secret_does_not_show() -> None:
    assert "c2VjcmV0" not in repr(TradingSigner(CREDENTIALS))
