"""Settings: what cannot work is refused when it is said, and versions have their own defaults."""

from typing import Any

import pytest

from barterpy.errors import ConfigurationError
from barterpy.protocols.fix.session import Role, SessionId, SessionSettings
from tests.protocols.fix.session.counterparty import settings


def make(begin_string: str = "FIX.4.4", sender: str = "A", target: str = "B", **changes: Any) -> SessionSettings:
    return SessionSettings(begin_string=begin_string, sender=sender, target=target, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"begin_string": "FIX.3.9"},
        {"sender": ""},
        {"target": ""},
        {"sender": "A\x01B"},
        {"target_sub_id": "A\x01"},
        {"begin_string": "FIXT.1.1"},
        {"begin_string": "FIX.4.3", "next_expected": True},
        {"heartbeat": -1},
        {"resend_chunk": -1},
        {"resend_limit": -1},
        {"max_early": -1},
        {"max_early_bytes": -1},
        {"max_latency": 0},
        {"logon_timeout": 0},
        {"logout_timeout": -2.0},
        {"resend_batch": 0},
        {"max_message_size": 0},
        {"test_request_after": 0.0},
        {"test_request_after": 2.4},
        {"sequence_wrap": 0},
    ],
    ids=str,
)
def test_what_cannot_work(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        make(**changes)


@pytest.mark.parametrize(
    ("version", "number", "precision"),
    [
        ("FIX.4.0", 4.0, "s"),
        ("FIX.4.1", 4.1, "s"),
        ("FIX.4.2", 4.2, "ms"),
        ("FIX.4.4", 4.4, "ms"),
        ("FIXT.1.1", 5.0, "ms"),
    ],
)
def test_versions(version: str, number: float, precision: str) -> None:
    one = settings(version)
    assert (one.version, one.precision, one.is_fixt) == (number, precision, version == "FIXT.1.1")
    assert settings(version, timestamp_precision="us").precision == "us"


def test_an_acceptor_needs_no_version_of_its_own() -> None:
    assert SessionSettings(begin_string="FIXT.1.1", sender="A", target="B", role=Role.ACCEPTOR).is_fixt


def test_identity() -> None:
    assert settings(qualifier="2").id == SessionId("FIX.4.4", "US", "THEM", "2")
    assert [str(settings().id), str(settings(qualifier="2").id)] == ["FIX.4.4:US->THEM", "FIX.4.4:US->THEM:2"]


def test_resets() -> None:
    assert not settings().resets
    assert settings(reset_on_logon=True).resets
    assert settings(reset_on_logout=True).resets
    assert settings(reset_on_disconnect=True).resets
