"""Every state, every input, both roles: nothing but what the table says, and always an answer or a close."""

import itertools

import pytest

from barterpy.errors import ProtocolError
from barterpy.protocols.fix.session import Closed, LoggedOn, Messages, Role, State
from barterpy.protocols.fix.session.transitions import LIVE, TRANSITIONS, Action, Input, transition
from tests.protocols.fix.session.counterparty import Counterparty, frame, settings

MESSAGES = {
    "logon": "35=A|34={n}|98=0|108=30",
    "reset logon": "35=A|34=1|98=0|108=30|141=Y",
    "logout": "35=5|34={n}|58=bye",
    "reject": "35=3|34={n}|45=1",
    "gap fill": "35=4|34={n}|36=9|123=Y",
    "sequence reset": "35=4|34=0|36=9",
    "heartbeat": "35=0|34={n}",
    "test request": "35=1|34={n}|112=x",
    "resend request": "35=2|34={n}|7=1|16=0",
    "order": "35=D|34={n}|11=x",
    "too high": "35=D|34=40|11=x",
    "too low": "35=D|34=0|11=x",
    "duplicate": "35=D|34=0|43=Y|122=20231114-22:13:20|11=x",
    "wrong comp id": "35=D|34={n}|49=WHO|11=x",
    "bad time": "35=D|34={n}|52=20010101-00:00:00|11=x",
    "missing field": "35=1|34={n}",
    "no number": "35=D|11=x",
}
OTHERS = ("garbled", "wrong version", "eof", "leave", "abort", "time")


def in_state(state: State, role: Role) -> Counterparty:
    """A session of that role in that state; IDLE and CLOSED are in both."""
    peer = Counterparty(settings(role=role))
    if state is State.IDLE:
        return peer
    peer.connect()
    if state in LIVE or state is State.CLOSED:
        peer.say("35=A|34=1|98=0|108=30")
    if state is State.LOGGING_OUT:
        peer.session.logout(peer.now, peer.at)
    if state is State.CLOSED:
        peer.hang_up()
    peer.pump()
    peer.heard()
    peer.events.clear()
    assert peer.session.state is state
    return peer


def feed(peer: Counterparty, kind: str) -> None:
    session = peer.session
    if kind in MESSAGES:
        peer.say(MESSAGES[kind].format(n=session.next_in))
    elif kind == "garbled":
        peer.send_raw(b"8=FIX.4.4\x019=5\x0135=D\x0110=000\x01")
    elif kind == "wrong version":
        peer.send_raw(frame(f"35=0|34={session.next_in}|49=THEM|52=20231114-22:13:20|56=US", "FIX.4.1"))
    elif kind == "eof":
        peer.hang_up()
    elif kind == "leave":
        session.logout(peer.now, peer.at)
        peer.pump()
    elif kind == "abort":
        session.abort(ProtocolError("enough"), peer.now, peer.at)
        peer.pump()
    else:
        peer.pass_time(1000)


STATES = [
    (State.IDLE, Role.ACCEPTOR),
    (State.IDLE, Role.INITIATOR),
    (State.AWAITING_LOGON, Role.ACCEPTOR),
    (State.LOGGING_ON, Role.INITIATOR),
    (State.LOGGED_ON, Role.ACCEPTOR),
    (State.LOGGED_ON, Role.INITIATOR),
    (State.LOGGING_OUT, Role.ACCEPTOR),
    (State.LOGGING_OUT, Role.INITIATOR),
    (State.CLOSED, Role.ACCEPTOR),
    (State.CLOSED, Role.INITIATOR),
]
Follows = tuple[State, list[str]]
CLOSE: Follows = (State.CLOSED, [])
ON, OUT = State.LOGGED_ON, State.LOGGING_OUT

# What follows in each state, and the types of what is sent. LOGGING_OUT answers as LOGGED_ON does, but for Logouts.
BEFORE_LOGON: dict[str, Follows] = {
    **dict.fromkeys((*MESSAGES, *OTHERS), CLOSE),
    "logon": (ON, ["A"]),
    "reset logon": (ON, ["A"]),
}
WHILE_LOGGING_ON: dict[str, Follows] = {
    **dict.fromkeys((*MESSAGES, *OTHERS), CLOSE),
    "logon": (ON, []),
    "reset logon": (ON, ["A"]),
    "logout": (State.CLOSED, ["5"]),
    "gap fill": (State.LOGGING_ON, []),
    "sequence reset": (State.LOGGING_ON, []),
}
LOGGED_ON: dict[str, Follows] = {
    "logon": CLOSE,
    "reset logon": (ON, ["A"]),
    "logout": (State.CLOSED, ["5"]),
    "reject": (ON, []),
    "gap fill": (ON, []),
    "sequence reset": (ON, []),
    "heartbeat": (ON, []),
    "test request": (ON, ["0"]),
    "resend request": (ON, ["4"]),
    "order": (ON, []),
    "too high": (ON, ["2"]),
    "too low": (State.CLOSED, ["5"]),
    "duplicate": (ON, []),
    "wrong comp id": (OUT, ["3", "5"]),
    "bad time": (OUT, ["3", "5"]),
    "missing field": (ON, ["3"]),
    "no number": (ON, ["3"]),
    "garbled": (ON, []),
    "wrong version": (OUT, ["5"]),
    "eof": CLOSE,
    "leave": (OUT, ["5"]),
    "abort": CLOSE,
    "time": (State.CLOSED, ["0", "1"]),
}
LOGGING_OUT: dict[str, Follows] = {
    kind: (OUT if state is ON else state, [sent for sent in said if sent != "5" or kind == "too low"])
    for kind, (state, said) in LOGGED_ON.items()
} | {"reset logon": CLOSE, "time": CLOSE}
EXPECTED: dict[State, dict[str, Follows]] = {
    State.IDLE: {kind: (State.IDLE, []) for kind in MESSAGES}
    | {"garbled": (State.IDLE, []), "wrong version": (State.IDLE, []), "time": (State.IDLE, [])}
    | dict.fromkeys(("eof", "leave", "abort"), CLOSE),
    State.AWAITING_LOGON: BEFORE_LOGON,
    State.LOGGING_ON: WHILE_LOGGING_ON,
    State.LOGGED_ON: LOGGED_ON,
    State.LOGGING_OUT: LOGGING_OUT,
    State.CLOSED: dict.fromkeys((*MESSAGES, *OTHERS), CLOSE),
}


@pytest.mark.parametrize(("state", "role"), STATES)
@pytest.mark.parametrize("kind", [*MESSAGES, *OTHERS])
def test_whole_product(state: State, role: Role, kind: str) -> None:
    peer = in_state(state, role)
    before = (peer.session.next_in, peer.session.next_out)
    feed(peer, kind)
    follows, said = EXPECTED[state][kind]
    assert (peer.session.state, [text[3:4] for text in peer.heard()]) == (follows, said)
    assert len(peer.told(Closed)) == (follows is State.CLOSED and state is not State.CLOSED)
    assert len(peer.told(LoggedOn)) == (follows is State.LOGGED_ON and kind in ("logon", "reset logon"))
    assert len(peer.told(Messages)) == (kind == "order" and state in LIVE)
    if kind != "reset logon":
        assert peer.session.next_in >= before[0]
        assert peer.session.next_out >= before[1]
    if follows is State.CLOSED:
        assert peer.session.next_deadline() is None
        assert peer.session.next_events(peer.now, peer.at) == []
        assert bool(peer.session.close_reason)


@pytest.mark.parametrize(("first", "second"), list(itertools.product([*MESSAGES, *OTHERS], repeat=2)))
def test_every_two_in_a_row(first: str, second: str) -> None:
    """Whatever came before: the table holds, the session stays itself, and after the end there is silence."""
    peer = in_state(State.LOGGED_ON, Role.ACCEPTOR)
    feed(peer, first)
    was_closed = peer.session.is_closed
    peer.heard()
    feed(peer, second)
    said = peer.heard()
    if was_closed:
        assert said == []
    assert len(peer.told(Closed)) <= 1
    assert peer.session.state in (State.LOGGED_ON, State.LOGGING_OUT, State.CLOSED)
    peer.pass_time(1000)
    assert peer.session.is_closed


@pytest.mark.parametrize(("state", "input_"), list(itertools.product(State, Input)))
def test_the_table_is_whole(state: State, input_: Input) -> None:
    step = transition(state, input_)
    if step is None:
        assert state in (State.IDLE, State.CLOSED) or input_ in (Input.DIALLED, Input.ACCEPTED)
        return
    following, action = step
    assert (following is State.CLOSED) == (action in (Action.CLOSE, Action.ANSWER_LOGOUT))
    assert TRANSITIONS[State.CLOSED] == {}
