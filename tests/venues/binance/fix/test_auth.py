"""Binance's published vector, and what is refused."""

import pytest

from barterpy.credentials import Credentials
from barterpy.errors import CredentialsError
from barterpy.venues.binance.fix.auth import LogonSigner, logon_payload

# "How to sign Logon request", FIX API page at a5e0bc3d: the venue's own example, key and all.
PRIVATE_KEY = (
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIIJEYWtGBrhACmb9Dvy+qa8WEf0lQOl1s4CLIAB9m89u\n"
    "-----END PRIVATE KEY-----\n"
)
HEADER = {35: "A", 49: "EXAMPLE", 56: "SPOT", 34: "1", 52: "20240627-11:17:25.223"}
SIGNATURE = "4MHXelVVcpkdwuLbl6n73HQUXUf1dse2PCgT1DYqW9w8AVZ1RACFGM+5UdlGPrQHrgtS3CvsRURC1oj73j8gCA=="
USERNAME = "sBRXrJx2DsOraMXOaUovEhgVRcjOvCtQwnWj8VxkOh1xqboS02SPGfKi2h8spZJb"


def test_the_payload_is_five_values_with_soh_between_them() -> None:
    assert logon_payload(HEADER) == b"A\x01EXAMPLE\x01SPOT\x011\x0120240627-11:17:25.223"


def test_the_venues_own_vector() -> None:
    signer = LogonSigner(Credentials(USERNAME, PRIVATE_KEY))
    assert signer(HEADER) == ((96, SIGNATURE.encode()), (553, USERNAME))


@pytest.mark.parametrize("tag", HEADER)
def test_every_field_counts(tag: int) -> None:
    signer = LogonSigner(Credentials(USERNAME, PRIVATE_KEY))
    assert signer(HEADER | {tag: HEADER[tag] + "0"})[0] != (96, SIGNATURE.encode())


def test_a_shared_secret_is_refused() -> None:
    with pytest.raises(CredentialsError):
        LogonSigner(Credentials("key", "an HMAC secret"))


def test_the_key_does_not_show() -> None:
    assert "MC4C" not in repr(LogonSigner(Credentials(USERNAME, PRIVATE_KEY)))
