"""A FIXT Logon says for single types of messages which version they are of (384), and rejects tell what a message was.

Versions here: 4 is FIX 4.2, 7 FIX 5.0, 9 FIX 5.0SP2. CUSTOM is FIX 4.4 with a field of its own.
"""

from typing import Any

import pytest

from barterpy.errors import ConfigurationError
from barterpy.protocols.fix import FixParser, LogonRefused, Message
from barterpy.protocols.fix.dictionary import FieldDefinition, FieldMember, Rules, Validator, builtin
from barterpy.protocols.fix.orders import BusinessMessageReject, Reject
from barterpy.protocols.fix.session import (
    BusinessReject,
    Closed,
    Hooks,
    LoggedOn,
    Messages,
    MessageType,
    Rejected,
    Role,
    SessionSettings,
    State,
)
from tests.protocols.fix.session.counterparty import Counterparty, frame, settings

ORDER = "11=ID|40=1|54=1|55=INTC|60=20231114-22:13:20|38=1"
CLIENT_ID = ORDER + "|109=c"  # up to 4.2
DISPLAYED = ORDER + "|1138=5"  # from 5.0 on
URGENT = ORDER + "|9002=5"  # CUSTOM alone
BY_ID = {"4": builtin("FIX.4.2"), "7": builtin("FIX.5.0"), "9": builtin("FIX.5.0SP2")}
CUSTOMS = {
    "CUSTOM": builtin("FIX.4.4").extended(
        fields=[FieldDefinition(9002, "Urgency", "INT")], members={"D": (FieldMember(9002),)}
    )
}
RULES = Rules.strict().but(required=False)


def make(sightings: int = 1, **more: Any) -> Validator:
    more = {"applications": BY_ID, "customs": CUSTOMS} | more
    return Validator(builtin("FIXT.1.1"), BY_ID["9"], RULES, sightings=sightings, **more)


def entry(kind: str, version: str = "", custom: str = "", *, sent: str = "S", default: str = "Y") -> str:
    fields = [("372", kind), ("385", sent), ("1130", version), ("1131", custom), ("1410", default)]
    return "|".join(f"{tag}={value}" for tag, value in fields if value)


def group(*entries: str) -> str:
    return "|".join([f"384={len(entries)}", *entries])


def logged_on(
    *entries: str, role: Role = Role.ACCEPTOR, hooks: Hooks | None = None, extra: str = "", **more: Any
) -> Counterparty:
    more.setdefault("validator", make())
    peer = Counterparty(settings("FIXT.1.1", role, **more), hooks=hooks).connect()
    listed = "|" + group(*entries) if entries else ""
    peer.say(f"35=A|34=1|98=0|108=30|1137=9{extra}{listed}")
    assert peer.session.is_logged_on, peer.events
    peer.heard()
    return peer


BOTH = pytest.mark.parametrize("role", Role)


@BOTH
def test_the_types_that_are_listed_have_a_default_of_their_own(role: Role) -> None:
    peer = logged_on(entry("D", "4"), entry("F", "7"), role=role)
    peer.say(f"35=D|34=2|{CLIENT_ID}", f"35=D|34=3|{DISPLAYED}", f"35=G|34=4|{DISPLAYED}", f"35=G|34=5|{CLIENT_ID}")
    assert peer.delivered() == ["D2", "G4"]
    assert [(event.message.seq_num, event.reason, event.tag) for event in peer.told(Rejected)] == [
        (3, 0, 1138),
        (5, 0, 109),
    ]


@BOTH
def test_what_a_message_says_of_itself_comes_first(role: Role) -> None:
    peer = logged_on(entry("D", "4"), role=role)
    peer.say(f"35=D|34=2|1128=9|{DISPLAYED}", f"35=D|34=3|1128=9|{CLIENT_ID}", f"35=D|34=4|{CLIENT_ID}")
    assert peer.delivered() == ["D2", "D4"]


@pytest.mark.parametrize(
    "listed",
    [
        entry("D", "4", default="N"),
        entry("D", "4", default=""),
        entry("D", "4", sent="R"),
        "372=D|385=S",
        entry("8", "4"),
        entry("0", "4"),
    ],
)
def test_what_is_listed_and_no_default_of_what_they_send_changes_nothing(listed: str) -> None:
    peer = logged_on(listed).say(f"35=D|34=2|{DISPLAYED}", f"35=D|34=3|{CLIENT_ID}", "35=0|34=4")
    assert (peer.delivered(), len(peer.told(Rejected))) == (["D2"], 1)


def test_one_of_several_versions_of_a_type_is_the_default() -> None:
    peer = logged_on(entry("D", "7", default="N"), entry("D", "4"), entry("D", "9", sent="R"))
    peer.say(f"35=D|34=2|{CLIENT_ID}", f"35=D|34=3|1128=7|{DISPLAYED}")
    assert peer.delivered() == ["D2", "D3"]


@BOTH
def test_two_defaults_of_one_type_are_no_logon(role: Role) -> None:
    peer = Counterparty(settings("FIXT.1.1", role, validator=make())).connect()
    peer.heard()
    peer.say("35=A|34=1|98=0|108=30|1137=9|" + group(entry("D", "4"), entry("D", "7")))
    assert (peer.session.state, peer.session.next_in, peer.heard()) == (State.CLOSED, 1, [])
    twice = logged_on(entry("D", "4"), entry("D", "4"), role=role)
    assert twice.say(f"35=D|34=2|{CLIENT_ID}").delivered() == ["D2"]


def test_a_default_that_is_not_spoken_here_costs_the_messages_of_that_type_alone() -> None:
    peer = logged_on(entry("D", "8")).say(f"35=D|34=2|{ORDER}", f"35=D|34=3|1128=9|{ORDER}", f"35=G|34=4|{ORDER}")
    assert peer.heard() == [
        "35=3|34=2|45=2|58=Invalid/Unsupported Application Version|372=D|373=18|1130=8",
    ]
    assert peer.delivered() == ["D3", "G4"]


def test_another_logon_may_list_others() -> None:
    peer = logged_on(entry("D", "4"))
    peer.say(*(f"35=D|34={n}|{CLIENT_ID}" for n in range(2, 22)))
    peer.say("35=A|34=1|98=0|108=30|141=Y|1137=9|" + group(entry("G", "4")))
    peer.events.clear()
    peer.say(f"35=D|34=2|{CLIENT_ID}", f"35=D|34=3|{DISPLAYED}", f"35=G|34=4|{CLIENT_ID}")
    assert peer.delivered() == ["D3", "G4"]


def test_messages_of_a_listed_type_come_as_one_list() -> None:
    peer = logged_on(entry("D", "4"))
    peer.say(f"35=D|34=2|{CLIENT_ID}", f"35=G|34=3|{DISPLAYED}")  # their shapes are known now
    peer.events.clear()
    peer.say(*(f"35=D|34={n}|{CLIENT_ID}" if n % 2 else f"35=G|34={n}|{DISPLAYED}" for n in range(4, 104)))
    assert [len(event.messages) for event in peer.told(Messages)] == [100]


def test_sessions_that_share_a_validator_do_not_share_defaults() -> None:
    validator = make()
    old = logged_on(entry("D", "4"), validator=validator).say(*(f"35=D|34={n}|{CLIENT_ID}" for n in (2, 3, 4)))
    new = logged_on(validator=validator).say(f"35=D|34=2|{CLIENT_ID}", f"35=D|34=3|{DISPLAYED}")
    again = logged_on(entry("D", "4"), validator=validator).say(f"35=D|34=2|{DISPLAYED}", f"35=D|34=3|{CLIENT_ID}")
    assert (old.delivered(), new.delivered(), again.delivered()) == (["D2", "D3", "D4"], ["D3"], ["D3"])


# Custom versions.


@BOTH
def test_a_message_may_name_a_custom_version(role: Role) -> None:
    peer = logged_on(role=role)
    for first in (2, 5):  # the second time their shapes are known
        peer.say(
            f"35=D|34={first}|1129=CUSTOM|{URGENT}",
            f"35=D|34={first + 1}|1128=6|1129=CUSTOM|{URGENT}",
            f"35=D|34={first + 2}|{ORDER}",
        )
    assert peer.delivered() == [f"D{n}" for n in range(2, 8)]
    peer.heard()
    peer.say(f"35=D|34=8|{URGENT}", f"35=D|34=9|1129=CUSTOM|{DISPLAYED}", f"35=D|34=10|1129=OTHER|{ORDER}")
    assert [(one.reason, one.tag) for one in peer.told(Rejected)] == [(0, 9002), (0, 1138), (18, 1129)]
    assert [text.rpartition("|373=")[2] for text in peer.heard()] == ["0", "0|1131=CUSTOM", "18|1131=OTHER"]


@BOTH
def test_the_logon_may_name_one_for_all_or_for_a_type(role: Role) -> None:
    for peer in (logged_on(role=role, extra="|1408=CUSTOM"), logged_on(entry("D", "", "CUSTOM"), role=role)):
        peer.say(f"35=D|34=2|{URGENT}", f"35=D|34=3|{DISPLAYED}", f"35=D|34=4|1128=9|{DISPLAYED}")
        assert peer.delivered() == ["D2", "D4"]


@BOTH
def test_a_custom_default_that_is_not_spoken_here_is_refused(role: Role) -> None:
    peer = Counterparty(settings("FIXT.1.1", role, validator=make())).connect()
    peer.heard()
    peer.say("35=A|34=1|98=0|108=30|1137=9|1408=OTHER")
    (text,) = peer.heard()
    assert text.endswith("58=DefaultCstmApplVerID (1408) is not supported")
    assert isinstance(peer.told(Closed)[0].error, LogonRefused)


def test_without_custom_dictionaries_the_name_is_a_field_like_any_other() -> None:
    peer = logged_on(validator=make(customs=None), extra="|1408=OTHER").say(f"35=D|34=2|1129=OTHER|{DISPLAYED}")
    assert peer.delivered() == ["D2"]


def test_custom_dictionaries_alone() -> None:
    peer = logged_on(validator=make(applications=None))
    peer.say(f"35=D|34=2|1128=4|{DISPLAYED}", f"35=D|34=3|1129=CUSTOM|{URGENT}", f"35=D|34=4|1129=X|{ORDER}")
    assert peer.delivered() == ["D2", "D3"]
    with pytest.raises(ConfigurationError, match="customs needs application"):
        Validator(builtin("FIXT.1.1"), customs=CUSTOMS)


# Rejects say what a message was.


class Refuses(Hooks):
    def on_inbound(self, message: Message) -> None:
        if message.msg_type not in "0A5":
            raise BusinessReject(text="no")


@BOTH
@pytest.mark.parametrize(
    ("listed", "header", "expected"),
    [
        ("", "", ""),
        ("", "1128=9|", ""),
        ("", "1128=4|", "|1130=4"),
        ("", "1128=4|1129=CUSTOM|", "|1130=4|1131=CUSTOM"),
        ("", "1129=CUSTOM|", "|1131=CUSTOM"),
        ("4", "", "|1130=4"),
        ("4", "1128=9|", "|1130=9"),
        ("4", "1128=7|", "|1130=7"),
        ("CUSTOM", "", "|1130=9|1131=CUSTOM"),
    ],
)
def test_a_reject_names_the_version_where_it_is_not_the_sessions(
    role: Role, listed: str, header: str, expected: str
) -> None:
    entries = [] if not listed else [entry("D", "", listed) if listed == "CUSTOM" else entry("D", listed)]
    peer = logged_on(*entries, role=role).say(f"35=D|34=2|{header}{ORDER}|9999=1")
    (text,) = peer.heard()
    assert text.partition("|373=0")[2] == expected
    assert "1131" not in expected or Message(frame(text, "FIXT.1.1")).get(1131) == "CUSTOM"
    refusing = logged_on(*entries, role=role, hooks=Refuses(), default_appl_ver_id="9").say(
        f"35=D|34=2|{header}{ORDER}"
    )
    (text,) = refusing.heard()
    assert text.partition("|380=0")[2] == f"{expected}|1137=9"


def test_a_reject_that_has_no_such_field_has_none() -> None:
    """BusinessMessageReject has 1130 from 5.0SP1 on."""
    for version, expected in (("7", ""), ("8", "|1130=4")):
        peer = logged_on(hooks=Refuses(), default_appl_ver_id=version, validator=None, role=Role.INITIATOR).say(
            "35=D|34=2|1128=4|11=x"
        )
        assert peer.heard() == [f"35=j|34=2|45=2|58=no|372=D|380=0{expected}|1137={version}"]


def test_a_version_of_ones_own_invention_is_not_repeated() -> None:
    peer = logged_on(hooks=Refuses(), validator=None).say("35=D|34=2|1128=OURS|11=x")
    assert peer.heard() == ["35=j|34=2|45=2|58=no|372=D|380=0|1137=9"]


def test_rejects_of_the_sessions_own_messages_and_of_older_protocols_name_none() -> None:
    peer = logged_on(entry("0", "4")).say("35=0|34=2|1128=4|9999=1")
    assert peer.heard() == ["35=3|34=2|45=2|58=Invalid tag number|371=9999|372=0|373=0"]
    older = Counterparty(settings("FIX.4.4"), hooks=Refuses()).log_on().say("35=D|34=2|1128=4|11=x")
    assert older.heard() == ["35=j|34=2|45=2|58=no|372=D|380=0"]


def test_typed_rejects_have_it() -> None:
    said = Message(frame("35=j|34=2|49=A|56=B|45=2|372=D|380=0|1130=4|1131=X", "FIXT.1.1"))
    business = FixParser(BusinessMessageReject).parse(said)
    assert business is not None
    assert (business.ref_appl_ver_id, business.ref_cstm_appl_ver_id) == ("4", "X")
    session = FixParser(Reject).parse(Message(frame("35=3|34=2|49=A|56=B|45=2|372=D|373=18|1130=8", "FIXT.1.1")))
    assert session is not None
    assert (session.ref_appl_ver_id, session.ref_cstm_appl_ver_id) == ("8", None)


# Our own Logon.


TYPES = (
    MessageType("D", "4"),
    MessageType("D", "9", default=False),
    MessageType("8", "9", "CUSTOM", direction="receive"),
    MessageType("F"),
)
LISTED = "384=4|372=D|385=S|1130=4|1410=Y|372=D|385=S|1130=9|372=8|385=R|1130=9|1131=CUSTOM|1410=Y|372=F|385=S"


@BOTH
def test_both_sides_list_theirs(role: Role) -> None:
    ours = settings("FIXT.1.1", role, msg_types=TYPES, default_cstm_appl_ver_id="CUSTOM", validator=make())
    peer = Counterparty(ours).connect().say("35=A|34=1|98=0|108=30|1137=9")
    (logon,) = peer.heard()
    assert logon == f"35=A|34=1|98=0|108=30|{LISTED}|1137=9|1408=CUSTOM"
    assert make().check(Message(peer.write(logon))) is None  # and is good by the standard


def test_two_of_ours_agree() -> None:
    acceptor = settings("FIXT.1.1", Role.ACCEPTOR, validator=make())
    initiator = SessionSettings(
        begin_string="FIXT.1.1",
        sender="THEM",
        target="US",
        default_appl_ver_id="9",
        msg_types=(MessageType("D", "4"),),
        validator=make(),
    )
    us, them = Counterparty(acceptor), Counterparty(initiator)
    them.connect()
    us.connect().send_raw(them.wire())
    them.send_raw(us.wire())
    assert len(us.told(LoggedOn)) == len(them.told(LoggedOn)) == 1
    us.say(f"35=D|34=2|{CLIENT_ID}", f"35=D|34=3|{DISPLAYED}")
    assert us.delivered() == ["D2"]
    them.send_raw(us.wire())
    assert them.session.next_in == 3  # the Reject is a good one


@pytest.mark.parametrize(
    ("version", "more", "words"),
    [
        ("FIX.4.1", {"msg_types": (MessageType("D"),)}, "needs FIX.4.2"),
        ("FIX.4.4", {"msg_types": (MessageType("D", "4"),)}, "need FIXT.1.1"),
        ("FIX.4.4", {"msg_types": (MessageType("D", "", "X"),)}, "need FIXT.1.1"),
        ("FIX.4.4", {"default_cstm_appl_ver_id": "X"}, "is for FIXT.1.1"),
        ("FIXT.1.1", {"msg_types": (MessageType("", "4"),)}, "has no msg_type"),
        ("FIXT.1.1", {"msg_types": (MessageType("D", "4"), MessageType("D", "7"))}, "two default versions of D"),
    ],
)
def test_what_cannot_work_is_said(version: str, more: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        settings(version, **more)


def test_types_without_versions_are_for_older_protocols_too() -> None:
    peer = Counterparty(settings("FIX.4.2", Role.INITIATOR, msg_types=(MessageType("D"),))).connect()
    assert peer.heard() == ["35=A|34=1|98=0|108=30|384=1|372=D|385=S"]


# Bad input.


@pytest.mark.parametrize(
    "listed",
    [
        "384=0",
        "384=x",
        "384=7|372=D|385=S",
        "384=1",
        "384=1|385=S|1130=4|1410=Y",
        "384=1|372=|385=S|1130=4|1410=Y",
        "384=1|372=D|9876=own|385=S|1130=4|1410=Y",
        "384=1|372=D|385=?|1130=4|1410=Y",
        "384=1|372=D|385=S|1130=|1410=Y",
        "384=1|372=D|385=S|1130=\udcff|1410=Y",
    ],
)
def test_a_group_that_is_odd_does_not_cost_the_logon_where_no_rule_says_so(listed: str) -> None:
    peer = Counterparty(settings("FIXT.1.1")).connect()
    data = peer.write(f"35=A|34=1|98=0|108=30|1137=9|{listed}".replace("\udcff", "~"))
    peer.send_raw(data)
    assert peer.session.is_logged_on
    assert peer.say(f"35=D|34=2|{ORDER}").delivered() == ["D2"]


def test_a_peer_that_makes_up_lists_fills_no_memory() -> None:
    validator = make()
    for number in range(300):
        defaults = {f"U{number}": ("4", ""), "D": ("7", "")}
        speaking = validator.speaking("9", "", defaults)
        assert speaking is not None
        assert speaking is validator.speaking("9", "", dict(defaults))
    assert len(validator._speaking) < 100  # pyright: ignore[reportPrivateUsage]
    assert validator.speaking("9") is validator
