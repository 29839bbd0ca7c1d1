"""Two sessions and a wire between them that is cut at any byte, and programs that are killed at any step.

What must hold however it went: each message that one side's store has as sent reaches the other side's application
once, and in order. An application's own memory is as old as its store: what it did with a message and its having asked
for the next one are one step, as they are for a program that keeps both in one transaction.
"""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.protocols.fix.outgoing import Outgoing
from barterpy.protocols.fix.session import (
    Closed,
    Messages,
    Role,
    Session,
    SessionSettings,
    State,
)
from tests.protocols.fix.session.counterparty import AT, SECOND, MemoryOfStore


class Side:
    """One program: a store and what its application did survive a kill, nothing else does."""

    def __init__(self, settings: SessionSettings) -> None:
        self.settings = settings
        self.store = MemoryOfStore()
        self.session: Session | None = None
        self.out = b""
        self.sent: list[str] = []
        self.done: list[str] = []
        self.in_hand: list[str] = []
        self.closed: list[Closed] = []

    def start(self, now: float, at: int) -> None:
        self.session = Session(self.settings, self.store.stored)
        self.out = b""
        self.in_hand = []
        self.session.connected(now, at)
        self.flush()

    def flush(self) -> None:
        """Store, then send."""
        assert self.session is not None
        self.store.apply(self.session.changes())
        self.out += self.session.data_to_send()

    def send(self, text: str, now: float, at: int) -> None:
        if self.session is not None and self.session.is_logged_on:
            self.session.send(Outgoing("D", {11: text, 55: "BTC"}), now, at)
            self.sent.append(text)  # one step with the store's
            self.flush()

    def ask(self, now: float, at: int) -> bool:
        """One turn of the adapter's loop; False where there is nothing to do."""
        session = self.session
        if session is None:
            return False
        events = session.next_events(now, at)
        self.done += self.in_hand
        self.in_hand = []
        self.flush()
        if (part := session.wanted()) is not None:
            session.provide(self.store.read(*part), now, at)
            self.flush()
            return True
        for event in events:
            if isinstance(event, Messages):
                self.in_hand += [message.text(11) for message in event.messages]
            elif isinstance(event, Closed):
                self.closed.append(event)
        return bool(events)


class World:
    """Both programs, the wire and the time."""

    def __init__(self, **changes: Any) -> None:
        begin = changes.pop("begin_string", "FIX.4.4")
        one: dict[str, Any] = {"begin_string": begin, "default_appl_ver_id": "9" if begin == "FIXT.1.1" else ""}
        self.a = Side(SessionSettings(sender="A", target="B", **one, **changes))
        self.b = Side(SessionSettings(sender="B", target="A", role=Role.ACCEPTOR, **one, **changes))
        self.now = 0.0
        self.at = AT
        self.count = 0
        self.connect()

    def connect(self) -> None:
        for side in (self.b, self.a):
            side.start(self.now, self.at)

    def move(self, source: Side, target: Side, size: int) -> bool:
        """So many bytes arrive."""
        if target.session is None or not source.out:
            return False
        data, source.out = source.out[:size], source.out[size:]
        target.session.receive_data(data, self.now, self.at)
        return True

    def cut(self, first: int, second: int) -> None:
        """The connection breaks: so many bytes still arrive, the others are gone. Both sides notice and come back."""
        self.move(self.a, self.b, first)
        self.move(self.b, self.a, second)
        for side in (self.a, self.b):
            if side.session is not None:
                side.session.receive_eof(self.now, self.at)
                while side.ask(self.now, self.at):
                    pass
                assert side.session.is_closed
        self.wait(1.0)
        self.connect()

    def kill(self, side: Side, asks: int) -> None:
        """A program dies with messages in hand and is started again; the other one sees the connection break."""
        self.move(self.b if side is self.a else self.a, side, 10**9)
        for _ in range(asks):
            side.ask(self.now, self.at)
        side.session = None
        self.cut(10**9, 10**9)

    def say(self, side: Side, count: int = 1) -> None:
        for _ in range(count):
            self.count += 1
            side.send(str(self.count), self.now, self.at)

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.at += round(seconds * SECOND)
        for side in (self.a, self.b):
            if side.session is not None and not side.session.is_closed:
                side.session.handle_deadline(self.now, self.at)
                side.flush()

    def settle(self) -> None:
        """Until nobody has anything to say."""
        busy = True
        while busy:
            busy = False
            for source, target in ((self.a, self.b), (self.b, self.a)):
                busy |= source.ask(self.now, self.at)
                busy |= self.move(source, target, 10**9)
                busy |= target.ask(self.now, self.at)

    def check(self) -> None:
        """A last, quiet time: everything has arrived, once, in order."""
        self.cut(10**9, 10**9)
        self.settle()
        self.wait(31)
        self.settle()
        self.wait(31)
        self.settle()
        for side in (self.a, self.b):
            assert side.session is not None
            assert side.session.state is State.LOGGED_ON, side.closed[-1:]
        assert self.a.done == self.b.sent
        assert self.b.done == self.a.sent
        assert all(closed.error is None or "too low" not in closed.reason for closed in self.a.closed + self.b.closed)


KINDS = [
    {},
    {"begin_string": "FIX.4.0"},
    {"begin_string": "FIX.4.2"},
    {"begin_string": "FIXT.1.1"},
    {"resend_chunk": 3, "resend_batch": 2},
    {"next_expected": True},
    {"max_early": 2},
    {"sequence_wrap": 255},
    {"redundant_resend_requests": True},
    {"show_inbound": True},
]
STEPS = st.one_of(
    st.tuples(st.just("say"), st.sampled_from("ab"), st.integers(1, 6)),
    st.tuples(st.just("move"), st.sampled_from("ab"), st.integers(1, 400)),
    st.tuples(st.just("ask"), st.sampled_from("ab"), st.integers(1, 3)),
    st.tuples(st.just("cut"), st.integers(0, 500), st.integers(0, 500)),
    st.tuples(st.just("kill"), st.sampled_from("ab"), st.integers(0, 3)),
    st.tuples(st.just("wait"), st.integers(1, 25), st.just(0)),
    st.tuples(st.just("settle"), st.just(0), st.just(0)),
)


def take(world: World, step: tuple[str, Any, Any]) -> None:
    kind, which, two = step
    one: Any = which
    side, other = (world.a, world.b) if which == "a" else (world.b, world.a)
    if kind == "say":
        world.say(side, two)
    elif kind == "move":
        world.move(side, other, two)
    elif kind == "ask":
        for _ in range(two):
            side.ask(world.now, world.at)
    elif kind == "cut":
        world.cut(one, two)
    elif kind == "kill":
        world.kill(side, two)
    elif kind == "wait":
        world.wait(one)
        if any(s.session is None or s.session.is_closed for s in (world.a, world.b)):
            world.cut(0, 0)
    else:
        world.settle()


@pytest.mark.parametrize("changes", KINDS, ids=str)
@given(steps=st.lists(STEPS, max_size=25))
def test_nothing_is_lost_and_nothing_comes_twice(changes: dict[str, Any], steps: list[tuple[str, Any, Any]]) -> None:
    world = World(**changes)
    world.settle()
    for step in steps:
        take(world, step)
    world.check()


def test_ten_thousand_each_way_through_cuts_and_kills() -> None:
    rng = random.Random(20261121)
    world = World(resend_batch=64)
    while min(len(world.a.sent), len(world.b.sent)) < 10_000:
        world.say(rng.choice((world.a, world.b)), rng.randrange(1, 120))
        world.say(world.a if len(world.a.sent) < len(world.b.sent) else world.b, rng.randrange(60))
        chance = rng.random()
        if chance < 0.06:
            world.cut(rng.randrange(4000), rng.randrange(4000))
        elif chance < 0.1:
            world.kill(rng.choice((world.a, world.b)), rng.randrange(3))
        elif chance < 0.3:
            world.move(world.a, world.b, rng.randrange(1, 4000))
            world.b.ask(world.now, world.at)
        else:
            world.settle()
        if rng.random() < 0.3:
            world.wait(rng.random())
    world.check()
    assert len(world.a.closed) > 20


@pytest.mark.parametrize("at_byte", range(0, 700, 9))
def test_a_cut_at_each_place_of_a_short_conversation(at_byte: int) -> None:
    world = World()
    world.settle()
    world.say(world.a, 3)
    world.say(world.b, 3)
    world.cut(at_byte, 700 - at_byte)
    world.say(world.a, 2)
    world.say(world.b, 2)
    world.check()
    assert len(world.a.sent) >= 3
