"""Who may log on at the simulated FIX gateways, and what the others are told."""

from base64 import b64encode
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from barterpy.clock import SECOND
from barterpy.protocols.fix.errors import LogonRefused
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.timestamps import format_timestamp
from barterpy.testing.simulated.fix.logon import LogonRules
from barterpy.testing.simulated.keys import KeyRing

NOW = 1_767_225_605 * SECOND


class Door:
    """A gateway's rules and a key it knows."""

    def __init__(self, *, drop_copy: bool = False) -> None:
        self.keys = KeyRing()
        self.credentials = self.keys.create("ed25519")
        self.rules = LogonRules(self.keys, lambda: NOW, drop_copy=drop_copy)

    def logon(self, *, at: int = NOW, sender: str = "ME", without: int = 0, **changed: Any) -> Message:
        """A Logon that is right but for what is changed; ``f141="N"`` sets a field, ``without`` leaves one out."""
        time = format_timestamp(at, "ms").decode()
        key = load_pem_private_key(self.credentials.secret.reveal().encode(), None)
        assert isinstance(key, Ed25519PrivateKey)
        signature = b64encode(key.sign(f"A\x01{sender}\x01SPOT\x011\x01{time}".encode())).decode()
        fields: dict[int, Any] = {
            35: "A", 34: 1, 49: sender, 52: time, 56: "SPOT", 95: len(signature), 96: signature, 98: 0, 108: 30,
            141: "Y", 553: self.credentials.key, 25035: 1,
        }  # fmt: skip
        fields |= {int(name[1:]): value for name, value in changed.items()}
        fields.pop(without, None)
        return Message.from_text("".join(f"{tag}={value}\x01" for tag, value in fields.items()), "\x01")


def test_a_right_logon_is_taken() -> None:
    door = Door()
    door.rules.check(door.logon())
    door.rules.check(door.logon(at=NOW - 4 * SECOND))
    door.rules.check(door.logon(at=NOW - 59 * SECOND, f25000="60000"))
    copy = Door(drop_copy=True)
    copy.rules.check(copy.logon(f9406="Y"))


REFUSED = [
    ({"f96": "A" * 88}, -1022, "Signature for this request is not valid."),
    ({"f96": "!" * 88}, -1022, "Signature for this request is not valid."),
    ({"f34": "2"}, -1022, "Signature for this request is not valid."),
    ({"f553": "nobody"}, -2015, "Invalid API-key, IP, or permissions for action."),
    ({"f141": "N"}, -1175, "Continuation of sequence numbers to new session is currently unsupported."),
    ({"f98": "1"}, -1130, "Data sent for parameter '98' is not valid."),
    ({"f25035": "3"}, -1130, "Data sent for parameter '25035' is not valid."),
    ({"f25036": "3"}, -1130, "Data sent for parameter '25036' is not valid."),
    ({"f25000": "60001"}, -1131, "recvWindow must be less than 60000."),
    ({"f25000": "x"}, -1130, "Data sent for parameter '25000' is not valid."),
    ({"f9406": "Y"}, -1184, "DropCopy sessions are not supported on this server."),
    ({"at": NOW - 6 * SECOND}, -1021, "Timestamp for this request is outside of the recvWindow."),
    ({"at": NOW + 2 * SECOND}, -1021, "Timestamp for this request was 1000ms ahead of the server's time."),
    ({"sender": "TOO-LONG-1"}, -1178, "`SenderCompId(49)` contains an incorrect value."),
    ({"sender": "A B"}, -1178, "`SenderCompId(49)` contains an incorrect value."),
    *(({"without": tag}, -1102, f"Required tag '{tag}' missing.") for tag in (98, 141, 553, 25035, 52, 96)),
]


@pytest.mark.parametrize(("changed", "code", "text"), REFUSED)
def test_a_logon_that_is_refused(changed: dict[str, Any], code: int, text: str) -> None:
    door = Door()
    with pytest.raises(LogonRefused) as caught:
        door.rules.check(door.logon(**changed))
    assert caught.value.code == code
    assert caught.value.text.startswith(text)


def test_a_drop_copy_gateway_takes_nothing_else() -> None:
    door = Door(drop_copy=True)
    with pytest.raises(LogonRefused, match="Only DropCopy sessions are supported"):
        door.rules.check(door.logon())


@pytest.mark.parametrize("kind", ["hmac", "rsa"])
def test_other_keys_are_none(kind: Any) -> None:
    door = Door()
    other = door.keys.create(kind)
    with pytest.raises(LogonRefused, match="Invalid API-key"):
        door.rules.check(door.logon(f553=other.key))
