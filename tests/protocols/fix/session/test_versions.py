"""Several versions of the application in one FIXT session: 1137 says what a message is, and 1128 that it is another."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.protocols.fix.dictionary import Rules, Validator, builtin
from barterpy.protocols.fix.errors import LogonRefused
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing
from barterpy.protocols.fix.session import (
    Closed,
    Hooks,
    Messages,
    Rejected,
    Role,
    SessionSettings,
    State,
    Stored,
    VersionedValidator,
)
from tests.protocols.fix.session.counterparty import AT, Counterparty, settings

ORDER = "11=ID|40=1|54=1|55=INTC|60=20231114-22:13:20|38=1"
CLIENT_ID = ORDER + "|109=c"  # up to 4.2
DISPLAYED = ORDER + "|1138=5"  # from 5.0 on
BY_ID = {"4": builtin("FIX.4.2"), "7": builtin("FIX.5.0"), "9": builtin("FIX.5.0SP2")}
UNSUPPORTED = "58=Invalid/Unsupported Application Version|371=1128|372=D|373=18|1130=8"


def make(sightings: int = 1) -> Validator:
    rules = Rules.strict().but(required=False)
    return Validator(builtin("FIXT.1.1"), BY_ID["9"], rules, applications=BY_ID, sightings=sightings)


VALIDATOR = make()


def fixt(role: Role = Role.ACCEPTOR, validator: VersionedValidator = VALIDATOR) -> SessionSettings:
    return settings("FIXT.1.1", role, validator=validator)


def logged_on(version: str = "9", role: Role = Role.ACCEPTOR, *, hooks: Hooks | None = None) -> Counterparty:
    peer = Counterparty(fixt(role), hooks=hooks).connect()
    peer.say(f"35=A|34=1|98=0|108=30|1137={version}")
    assert peer.session.is_logged_on
    peer.heard()
    return peer


def test_the_standards_validator_knows_versions() -> None:
    assert isinstance(VALIDATOR, VersionedValidator)


@pytest.mark.parametrize("role", Role)
def test_a_message_is_held_to_the_version_it_names(role: Role) -> None:
    peer = logged_on(role=role)
    peer.say(f"35=D|34=2|1128=4|{CLIENT_ID}", f"35=D|34=3|{DISPLAYED}", f"35=D|34=4|1128=7|{DISPLAYED}")
    assert (peer.delivered(), peer.heard()) == (["D2", "D3", "D4"], [])
    peer.say(f"35=D|34=5|1128=4|{DISPLAYED}", f"35=D|34=6|{CLIENT_ID}", f"35=D|34=7|1128=9|{CLIENT_ID}")
    assert [(event.reason, event.tag) for event in peer.told(Rejected)] == [(0, 1138), (0, 109), (0, 109)]
    assert peer.session.next_in == 8


@pytest.mark.parametrize("role", Role)
def test_a_version_that_nobody_agreed_on_is_rejected_and_the_session_goes_on(role: Role) -> None:
    peer = logged_on(role=role)
    peer.say(f"35=D|34=2|1128=8|{ORDER}", f"35=D|34=3|{ORDER}")
    assert [text.partition("|45=")[2] for text in peer.heard()] == [f"2|{UNSUPPORTED}"]
    assert peer.delivered() == ["D3"]
    assert peer.store.stored is not None
    assert peer.store.stored.next_in == 4


def test_which_version_a_message_is_judged_by_follows_the_logon() -> None:
    for version, good, bad in (("4", CLIENT_ID, DISPLAYED), ("7", DISPLAYED, CLIENT_ID), ("9", DISPLAYED, CLIENT_ID)):
        for role in Role:
            peer = logged_on(version, role).say(f"35=D|34=2|{good}", f"35=D|34=3|{bad}", f"35=D|34=4|{good}")
            assert peer.delivered() == ["D2", "D4"]
            assert len(peer.told(Rejected)) == 1


def test_another_logon_may_name_another_version() -> None:
    peer = logged_on("9").say(*(f"35=D|34={n}|{DISPLAYED}" for n in range(2, 22)))
    assert peer.delivered() == [f"D{n}" for n in range(2, 22)]
    peer.say("35=A|34=1|98=0|108=30|141=Y|1137=4")
    assert peer.heard() == ["35=A|34=1|98=0|108=30|141=Y|1137=4"]
    peer.events.clear()
    peer.say(f"35=D|34=2|{DISPLAYED}", f"35=D|34=3|{CLIENT_ID}", f"35=D|34=4|1128=9|{DISPLAYED}")
    assert peer.delivered() == ["D3", "D4"]


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("version", ["8", "6"])
def test_a_default_that_is_not_spoken_here_is_refused(role: Role, version: str) -> None:
    peer = Counterparty(fixt(role), stored=Stored(3, 3, AT)).connect()
    peer.heard()
    peer.say(f"35=A|34=3|98=0|108=30|1137={version}")
    number = 3 if role is Role.ACCEPTOR else 4
    assert peer.heard() == [f"35=5|34={number}|58=DefaultApplVerID (1137) is not supported"]
    (closed,) = peer.told(Closed)
    assert isinstance(closed.error, LogonRefused)
    assert peer.session.next_in == 3


@pytest.mark.parametrize("role", Role)
def test_a_default_that_no_version_has_is_no_logon(role: Role) -> None:
    peer = Counterparty(fixt(role)).connect()
    peer.heard()
    peer.say("35=A|34=1|98=0|108=30|1137=x")
    assert (peer.heard(), peer.session.state, peer.session.next_in) == ([], State.CLOSED, 1)


def test_an_answer_that_names_no_version_leaves_ours() -> None:
    peer = Counterparty(settings("FIXT.1.1", Role.INITIATOR, validator=make())).connect()
    peer.say("35=A|34=1|98=0|108=30", f"35=D|34=2|{DISPLAYED}")  # 1137 is required of a Logon, this is a lax venue
    assert peer.delivered() == ["D2"]


def test_a_plain_validator_judges_all_by_its_one_version() -> None:
    plain = Validator(builtin("FIXT.1.1"), BY_ID["9"], Rules.strict().but(required=False))
    peer = Counterparty(settings("FIXT.1.1", validator=plain)).connect().say("35=A|34=1|98=0|108=30|1137=4")
    assert peer.session.is_logged_on
    peer.say(f"35=D|34=2|1128=4|{DISPLAYED}", f"35=D|34=3|{CLIENT_ID}")
    assert peer.delivered() == ["D2"]


SAID = {None: "", "agreed": "1128=4|", "unknown": "1128=8|", "empty": "1128=|"}
STATES = [
    (State.AWAITING_LOGON, Role.ACCEPTOR),
    (State.LOGGING_ON, Role.INITIATOR),
    (State.LOGGED_ON, Role.ACCEPTOR),
    (State.LOGGED_ON, Role.INITIATOR),
    (State.LOGGING_OUT, Role.ACCEPTOR),
    (State.LOGGING_OUT, Role.INITIATOR),
    (State.CLOSED, Role.ACCEPTOR),
]


@pytest.mark.parametrize(("state", "role"), STATES)
@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("kind", ["D", "0", "5"])
def test_every_state_and_every_kind_of_version(state: State, role: Role, said: str | None, kind: str) -> None:
    peer = Counterparty(fixt(role)).connect()
    if state not in (State.AWAITING_LOGON, State.LOGGING_ON):
        peer.say("35=A|34=1|98=0|108=30|1137=9")
    if state is State.LOGGING_OUT:
        peer.session.logout(peer.now, peer.at)
    elif state is State.CLOSED:
        peer.hang_up()
    peer.pump().heard()
    assert peer.session.state is state
    expected = peer.session.next_in
    peer.say(f"35={kind}|34={expected}|{SAID[said]}{ORDER if kind == 'D' else ''}".rstrip("|"))
    types = [text[3] for text in peer.heard()]
    if state not in (State.LOGGED_ON, State.LOGGING_OUT):
        refused_logon = state is State.LOGGING_ON and kind == "5" and said != "empty"
        assert (types, peer.session.state) == (["5"] if refused_logon else [], State.CLOSED)
        assert peer.delivered() == []
        return
    rejected = said == "empty" or (said == "unknown" and kind == "D")
    assert peer.session.next_in == expected + 1  # answered, one way or the other
    if rejected:
        assert (types, peer.session.state) == (["3"], state)
        assert peer.told(Rejected)[-1].reason == (4 if said == "empty" else 18)
        assert peer.delivered() == []
    elif kind == "5":
        assert (types, peer.session.state) == (["5"] if state is State.LOGGED_ON else [], State.CLOSED)
    else:
        assert (types, peer.session.state) == ([], state)
        assert peer.delivered() == ([f"D{expected}"] if kind == "D" else [])


def test_messages_of_a_version_come_as_one_list() -> None:
    peer = logged_on()
    peer.say(f"35=D|34=2|1128=4|{CLIENT_ID}", f"35=D|34=3|{DISPLAYED}")  # their shapes are known now
    peer.events.clear()
    peer.say(*(f"35=D|34={n}|1128=4|{CLIENT_ID}" if n % 2 else f"35=D|34={n}|{DISPLAYED}" for n in range(4, 104)))
    assert [len(event.messages) for event in peer.told(Messages)] == [100]


class SlowLane(Hooks):
    def on_inbound(self, message: Message) -> None:
        return


MESSAGES = st.sampled_from(
    [
        f"35=D|34={{n}}|{said}{order}"
        for said in ("", "1128=4|", "1128=7|", "1128=8|", "1128=9|", "1128=|", "1128=4|1128=9|")
        for order in (ORDER, CLIENT_ID, DISPLAYED)
    ]
    + ["35=0|34={n}", "35=A|34=1|98=0|108=30|141=Y|1137=4", "35=A|34=1|98=0|108=30|141=Y|1137=8"]
)


def run(texts: list[str], cuts: list[int], hooks: Hooks | None) -> tuple[list[str], bytes, list[str]]:
    peer = logged_on(hooks=hooks)
    data = b""
    n = 2
    for text in texts:
        data += peer.write(text.format(n=n))
        n = n + 1 if "{n}" in text else 2
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    for start, end in itertools.pairwise(places):
        peer.send_raw(data[start:end])
    return peer.delivered(), peer.wire(), [repr(event) for event in peer.events if not isinstance(event, Messages)]


@given(texts=st.lists(MESSAGES, max_size=30), cuts=st.lists(st.integers(0, 3000), max_size=4))
def test_runs_decide_as_single_messages_do(texts: list[str], cuts: list[int]) -> None:
    assert run(texts, cuts, None) == run(texts, [], SlowLane())


def test_ours_name_their_version_where_they_are_told_to() -> None:
    peer = logged_on()
    for version in ("4", None):
        header = {} if version is None else {1128: version}
        peer.session.send(Outgoing("D", {11: version or "none"}, header=header), peer.now, peer.at)
    peer.flush()
    assert peer.heard() == ["35=D|34=2|1128=4|11=4", "35=D|34=3|11=none"]
    peer.say("35=2|34=2|7=1|16=0")
    assert [text for text in peer.heard() if text.startswith("35=D")] == [
        "35=D|34=2|43=Y|122=20231114-22:13:20.000|1128=4|11=4",
        "35=D|34=3|43=Y|122=20231114-22:13:20.000|11=none",
    ]


def test_an_echo_is_of_the_version_it_came_in() -> None:
    peer = logged_on().say(f"35=D|34=2|1128=4|{CLIENT_ID}")
    (message,) = peer.told(Messages)[0].messages
    for _ in range(2):  # of a shape that is not known, and of one that is
        assert Outgoing.echo(message).header == ((1128, b"4"),)
        message = Message(message.raw, VALIDATOR.match(message.raw))
