"""Secrets do not show themselves, and come from where they were promised to come from."""

import copy
import pickle

import pytest

from barterpy.credentials import Credentials, Secret
from barterpy.errors import CredentialsError

HUSH = "hush-hush-hush"


def test_secret_shows_stars() -> None:
    secret = Secret(HUSH)
    assert secret.reveal() == HUSH
    assert HUSH not in f"{secret} {secret!r} {[secret]} {secret:}"
    assert (str(Secret("")), repr(Secret(""))) == ("", "Secret('')")


def test_secret_compares_by_value() -> None:
    assert Secret(HUSH) == Secret(Secret(HUSH))
    assert Secret(HUSH) != Secret("other")
    assert Secret(HUSH) != HUSH
    assert len({Secret(HUSH), Secret(HUSH)}) == 1
    assert Secret(HUSH)
    assert not Secret("")


def test_secret_does_not_leave_the_process() -> None:
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Secret(HUSH))
    with pytest.raises(TypeError, match="not pickled"):
        copy.deepcopy(Credentials("key", HUSH))


def test_credentials_show_the_beginning_of_the_key_alone() -> None:
    credentials = Credentials("0123456789", HUSH, Secret("open sesame"))
    assert repr(credentials) == "Credentials(key=0123…, secret=***)"
    assert credentials.secret.reveal() == HUSH
    assert credentials.passphrase.reveal() == "open sesame"


@pytest.mark.parametrize(("key", "secret", "text"), [("", HUSH, "key is empty"), ("0123456789", "", "0123… is empty")])
def test_credentials_need_key_and_secret(key: str, secret: str, text: str) -> None:
    with pytest.raises(CredentialsError, match=text) as caught:
        Credentials(key, secret)
    assert HUSH not in str(caught.value)


@pytest.mark.parametrize(
    ("venue", "environment", "prefix"),
    [
        ("binance", "live", "BINANCE"),
        ("binance", "testnet", "BINANCE_TESTNET"),
        ("okx", "demo", "OKX_DEMO"),
        ("binance-us", "live", "BINANCE_US"),
    ],
)
def test_from_environment(venue: str, environment: str, prefix: str) -> None:
    environ = {f"{prefix}_API_KEY": "key\n", f"{prefix}_API_SECRET": f" {HUSH} "}
    credentials = Credentials.from_environment(venue, environment, environ)
    assert (credentials.key, credentials.secret.reveal(), credentials.passphrase.reveal()) == ("key", HUSH, "")
    environ[f"{prefix}_API_PASSPHRASE"] = "open sesame"
    assert Credentials.from_environment(venue, environment, environ).passphrase.reveal() == "open sesame"


@pytest.mark.parametrize("missing", ["BINANCE_API_KEY", "BINANCE_API_SECRET"])
@pytest.mark.parametrize("value", [None, "", " \n"])
def test_missing_variable_is_named(missing: str, value: str | None) -> None:
    environ = {"BINANCE_API_KEY": "key", "BINANCE_API_SECRET": HUSH}
    del environ[missing]
    if value is not None:
        environ[missing] = value
    with pytest.raises(CredentialsError, match=f"{missing} is not set"):
        Credentials.from_environment("binance", environ=environ)


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOMEVENUE_API_KEY", "key")
    monkeypatch.setenv("SOMEVENUE_API_SECRET", HUSH)
    assert Credentials.from_environment("somevenue").key == "key"
