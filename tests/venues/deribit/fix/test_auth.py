"""The formula of Deribit's page, with the one nonce it publishes, and what makes each logon good for once."""

import base64
import hashlib
from itertools import count

import pytest

from barterpy.clock import MILLISECOND
from barterpy.credentials import Credentials, Secret
from barterpy.errors import ConfigurationError
from barterpy.venues.deribit.fix.auth import LogonSigner, password, random_bytes

NONCE = base64.b64decode("3pM14pgJOYBATBDaCmE+0YvdPExppg5bJXAZtxakwDQ=")
RAW_DATA = "1700000000000.3pM14pgJOYBATBDaCmE+0YvdPExppg5bJXAZtxakwDQ="
PASSWORD = "h8uPojNnXdZc1vPOAtOx6Gz0Nlb0fKLD/FMBRfMISu8="
AT = 1_700_000_000_000 * MILLISECOND


def make(**options: object) -> LogonSigner:
    return LogonSigner(Credentials("client", "test_secret"), nonce=lambda: NONCE, **options)  # type: ignore[arg-type]


def test_the_password_of_raw_data_and_secret() -> None:
    assert password(RAW_DATA, Secret("test_secret")) == PASSWORD


def test_it_is_of_the_digest_and_not_of_its_hexadecimal_digits() -> None:
    text = hashlib.sha256((RAW_DATA + "test_secret").encode()).hexdigest()
    assert base64.b64encode(text.encode()).decode() != PASSWORD


def test_the_fields_of_a_logon() -> None:
    assert make(clock=lambda: AT)({}) == [(96, RAW_DATA), (553, "client"), (554, PASSWORD)]


def test_a_registered_application_signs_with_its_own_secret() -> None:
    fields = dict(make(clock=lambda: AT, application=Credentials("app", "app_secret"))({}))
    assert fields[9004] == "app"
    assert fields[9005] == password(RAW_DATA, Secret("app_secret")) != fields[554]


def test_timestamps_increase_even_when_the_clock_stands_still_or_goes_back() -> None:
    clock = count(AT, -MILLISECOND)
    signer = make(clock=lambda: next(clock))
    stamps = [int(str(dict(signer({}))[96]).partition(".")[0]) for _ in range(4)]
    assert stamps == [1_700_000_000_000 + step for step in range(4)]


@pytest.mark.parametrize("nonce", [b"", b"x" * 400])
def test_a_nonce_the_venue_would_refuse(nonce: bytes) -> None:
    signer = LogonSigner(Credentials("client", "test_secret"), clock=lambda: AT, nonce=lambda: nonce)
    with pytest.raises(ConfigurationError):
        signer({})


def test_nonces_are_random_and_long_enough() -> None:
    assert len({random_bytes() for _ in range(8)}) == 8
    assert len(random_bytes()) >= 32


def test_the_secret_does_not_show() -> None:
    assert "test_secret" not in repr(make())


def test_two_signers_of_a_key_never_have_the_same_timestamp() -> None:
    """Orders and market data log on with one key, and the venue wants each timestamp greater than the one before."""

    def clock() -> int:
        return AT

    mine, its = (LogonSigner(Credentials("client", "test_secret"), clock=clock) for _ in range(2))
    others = LogonSigner(Credentials("another", "test_secret"), clock=clock)
    stamps = [str(dict(signer({}))[96]).partition(".")[0] for signer in (mine, its, mine)]
    assert [int(stamp) - int(stamps[0]) for stamp in stamps] == [0, 1, 2]
    assert str(dict(others({}))[96]).startswith(f"{stamps[0]}.")
