"""Random scripts of faults against streams whose connections are cut by the venue and replaced in time; virtual time.

Whatever happens before, while and after a connection is replaced by the next one:

- A trade that was made while a connection carried its topic is yielded, once; unless of every connection that carried
  it the consumer was told that it was lost (Disconnected, but not "replaced"; Stalled; SubscriptionFailed).
  That a connection was replaced excuses nothing; what its replacement carried as well is the replacement's affair.
- Trades come in order from each connection, and between its Connected and its Disconnected; and in order altogether
  where no connection was behind another.
- A book that is valid is the venue's, as it was after one of its changes.
- No more than two connections at a time are open for each one that is planned, so no more than twice as many as there
  are copies in a group. Limits on connects and sends are kept: as the venue counts, over every window.
- In the end all that is wanted, and not refused for good, is subscribed on one connection of each copy, and flows.
- Closed, no task, no socket and no event is left.
"""

from collections.abc import Sequence
from typing import Any, cast

import anyio
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barterpy.connection import Connection
from barterpy.events import Connected, Disconnected, MessageError, Stalled, SubscriptionFailed
from barterpy.flow import FlowPolicy
from barterpy.model.market import BookDelta, Level, Trade
from barterpy.orderbook import BookBuilder
from barterpy.redundancy import EventStream, RedundantStream
from barterpy.subscription import Subscription
from barterpy.testing import virtual_backend
from tests.redundancy.venue import (
    ALWAYS,
    CONNECTS,
    FAULTS,
    IDLE,
    LIFETIME,
    POLICY,
    REORDERING,
    SENDS,
    TOPICS,
    Leg,
    Venue,
)
from tests.supervision.wire import most_within

UNSURE = 15
"""Trades around a wish of the user that may come or not: a few are on their way, and two connections may carry them."""
WAITS = ("opening", "beside", "alone")
Script = Sequence[tuple[float | str, str, int, str, int]]
"""What to wait for (seconds, or what the connections do), the fault, the connection, the topic, where in a frame."""


class Watch:
    """What a consumer was given, and whether it adds up."""

    def __init__(self, venue: Venue, copies: int) -> None:
        self.venue = venue
        self.copies = copies
        self.events: list[Any] = []
        self.books: BookBuilder[float] = BookBuilder()
        self.wanted = {*ALWAYS, "trades(B)", "book(B)"}
        self.wishes: dict[str, list[int]] = {}
        """The numbers of a topic at which the user began or ceased to want it."""
        self.valid = 0
        self.pause = 0.0
        self.in_step = True

    def take(self, event: Any) -> None:
        self.events.append(event)
        for held in self.books.transform(event, 0):
            if held.valid:
                self.valid += 1
                levels = {int(price): int(size) for price, size in held.bids()}
                # A level's size is the number of the change, so the book itself tells how far it is.
                number = max(levels.values(), default=0)
                assert not number or levels == self.venue.history[held.instrument, number], "a book that lies"

    async def consume(self, stream: EventStream[Any]) -> None:
        async for event in stream:
            self.take(event)
            if self.pause:
                await anyio.sleep(self.pause)
                self.pause = 0.0

    async def wish(self, stream: EventStream[Any], fault: str, name: str) -> None:
        if fault == "want" and name not in self.wanted:
            self.wanted.add(name)
            self.wishes.setdefault(name, []).append(self.venue.numbers[name])
            await stream.subscribe(TOPICS[name])
        elif fault == "unwant" and name in self.wanted.difference(ALWAYS):
            self.wanted.discard(name)
            self.wishes.setdefault(name, []).append(self.venue.numbers[name])
            await stream.unsubscribe(TOPICS[name])

    @property
    def settled(self) -> bool:
        """Whether every topic is carried by as many connections as there are copies, and all of them are well."""
        venue, legs = self.venue, self.venue.open
        carried = [name for leg in legs for name in leg.subscribed | leg.rejected]
        return (
            not self.pause
            and all(leg.well for leg in legs)
            and sorted(carried) == sorted([*self.wanted] * self.copies)
            and sum(venue.opening.values()) == len(legs)
        )

    # What has to hold.

    def check(self) -> None:
        lives = self._lives()
        by_number = {leg.number: leg for leg in self.venue.legs}
        yielded: dict[str, set[int]] = {}
        newest: dict[tuple[int, str], int] = {}
        for place, event in enumerate(self.events):
            if isinstance(event, MessageError):
                assert event.payload == "{not json"
            if not isinstance(event, Trade):
                continue
            trade = cast("Trade[float]", event)
            name, number, leg = trade.instrument, int(trade.id), by_number[int(trade.price)]
            seen = yielded.setdefault(name, set())
            assert number not in seen or self._unsure(name, number), "a trade twice"
            seen.add(number)
            since, until, _ = lives[leg.number]
            assert since < place < until, "a trade outside of the life of its connection"
            key = (leg.number if not self.in_step else 0, name)
            assert number > newest.get(key, 0) or self._unsure(name, number), "out of order"
            newest[key] = number
        for leg in self.venue.legs:
            for name, spans in leg.carried.items():
                if name in self.venue.books or leg.number not in lives or self._told(leg, name, lives[leg.number]):
                    continue
                following = self._following(lives, lives[leg.number])
                taken = [] if following is None else following.carried.get(name, [])
                for after, last in spans:
                    owed = range(after + 1, min(last, self.venue.numbers[name]) + 1)
                    missing = [
                        number
                        for number in owed
                        if number not in yielded.get(name, ())
                        and not self._unsure(name, number)
                        and not any(begin < number <= end for begin, end in taken)
                    ]
                    assert not missing, f"{name} {missing} of {leg.name} is missing, and nobody was told"

    def _unsure(self, name: str, number: int) -> bool:
        return any(abs(number - wish) <= UNSURE for wish in self.wishes.get(name, ()))

    def _lives(self) -> dict[int, tuple[int, int, Disconnected | None]]:
        """Where among the events each connection of the venue begins and ends, and with what."""
        lives: dict[int, tuple[int, int, Disconnected | None]] = {}
        current: dict[str, tuple[Leg, int]] = {}
        for place, event in enumerate(self.events):
            if isinstance(event, Connected):
                assert event.connection not in current, "connected twice"
                leg = next(
                    leg
                    for leg in reversed(self.venue.legs)
                    if (leg.name, leg.born_at) == (event.connection, event.received_at) and leg.number not in lives
                )
                current[event.connection] = leg, place
                lives[leg.number] = place, len(self.events), None
            elif isinstance(event, Disconnected):
                leg, since = current.pop(event.connection)
                lives[leg.number] = since, place, event
        return lives

    def _following(
        self, lives: dict[int, tuple[int, int, Disconnected | None]], life: tuple[int, int, Disconnected | None]
    ) -> Leg | None:
        """The connection that took over: what it carried, too, it has to account for."""
        _, until, end = life
        return next(
            (
                leg
                for leg in reversed(self.venue.legs)
                if end is not None and leg.name == end.replaced_by and leg.number in lives
                if lives[leg.number][0] < until
            ),
            None,
        )

    def _told(self, leg: Leg, name: str, life: tuple[int, int, Disconnected | None]) -> bool:
        """Whether the consumer was told that this connection lost what it carried of the topic."""
        since, until, end = life
        if end is not None and not end.replaced_by:
            return True
        return any(
            (isinstance(event, Stalled) and event.connection == leg.name)
            or (isinstance(event, SubscriptionFailed) and (event.connection, event.subscription) == (leg.name, name))
            for event in self.events[since:until]
        )


async def run_script(script: Script, copies: int, numbered: bool) -> Watch:
    before = len(anyio.get_running_tasks())
    venue = Venue(len(script), numbered=numbered)
    watch = Watch(venue, copies)
    watch.in_step = copies == 1 and not REORDERING.intersection(fault for _, fault, *_ in script)
    topics = [TOPICS[name] for name in sorted(watch.wanted)]

    def plan(more: Sequence[Subscription]) -> list[Connection[Any]]:
        return [venue.plan(more)]

    options: dict[str, Any] = {
        "clock": venue.clock,
        "random": lambda: 0.5,
        "flow": FlowPolicy("block", 64),
        "plan": plan,
    }
    stream: EventStream[Any]
    if copies == 1:
        stream = EventStream([venue.plan(topics)], POLICY, **options)
    else:
        stream = RedundantStream(lambda: [venue.plan(topics)], copies, POLICY, **options)

    async def until(what: float | str) -> None:
        if not isinstance(what, str):
            await anyio.sleep(what)
            return
        with anyio.move_on_after(LIFETIME):
            while True:
                together = max(venue.opening.values(), default=0)
                beside = max((sum(leg.lineage == one.lineage for leg in venue.open) for one in venue.open), default=0)
                if {"opening": together > 1, "beside": beside > 1, "alone": together == beside == 1}[what]:
                    return
                await anyio.sleep(0.25)

    async def play() -> None:
        for what, fault, which, name, at in script:
            await until(what)
            if fault == "pauses":
                watch.pause = 1.0 + at % 9
            else:
                await watch.wish(stream, fault, name)
                venue.strike(fault, which, name, at)
            if fault == "stalled":
                await anyio.sleep(3.0)
                venue.strike("flows again", which, name, at)
        venue.coming.clear()
        venue.quiet.clear()
        with anyio.fail_after(5 * LIFETIME):
            while True:
                if watch.settled:
                    break
                await anyio.sleep(1)
        mark = len(watch.events)
        await anyio.sleep(8)
        refused = {name for leg in venue.open for name in leg.rejected}
        seen = {event.instrument for event in watch.events[mark:] if hasattr(event, "instrument")}
        assert watch.wanted - refused <= seen <= watch.wanted
        # What is on its way arrives, and nobody has been silent for too long.
        venue.running = False
        await anyio.sleep(IDLE - 1.5)

    async with anyio.create_task_group() as world:
        world.start_soon(venue.run)
        async with stream, anyio.create_task_group() as consuming:
            consuming.start_soon(watch.consume, stream)
            await play()
            consuming.cancel_scope.cancel()
        world.cancel_scope.cancel()
    assert stream.flow.held == 0
    assert len(anyio.get_running_tasks()) == before
    assert not venue.open
    assert not any(venue.opening.values())
    assert all(leg.wire.closed for leg in venue.legs)
    assert max(venue.most.values()) <= 2
    assert most_within(venue.connect_times, CONNECTS[1]) <= CONNECTS[0]
    assert all(most_within(leg.send_times, SENDS[1]) <= SENDS[0] for leg in venue.legs)
    watch.check()
    return watch


STEP = st.tuples(
    st.one_of(st.sampled_from([*WAITS, 0.0, 0.1, 1.0, 150.0]), st.floats(0.0, 30.0)),
    st.sampled_from(FAULTS),
    st.integers(0, 3),
    st.sampled_from(sorted(TOPICS)),
    st.integers(0, 80),
)


def run(backend: str, script: Script, copies: int, *, numbered: bool) -> Watch:
    name, options = virtual_backend(backend)
    return anyio.run(run_script, script, copies, numbered, backend=name, backend_options=options)


def ends(watch: Watch) -> list[Disconnected]:
    return [event for event in watch.events if isinstance(event, Disconnected)]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("numbered", [True, False])
@pytest.mark.parametrize("copies", [1, 3])
def test_without_a_fault_nothing_is_missed_for_as_long_as_it_runs(backend: str, copies: int, numbered: bool) -> None:
    """Three copies of a book without numbers: what is told at the end of an overlap was once overtaken by the next
    changes of the book."""
    watch = run(backend, [(370.0, "quiet", 0, "trades(D)", 0)], copies, numbered=numbered)
    assert len(ends(watch)) >= 2 * copies
    assert all(event.replaced_by for event in ends(watch))
    assert watch.valid > 500


@pytest.mark.parametrize(
    "wrong", ["one is missing", "one comes twice", "two are swapped", "of another life", "a book that is another"]
)
def test_what_is_checked_would_be_found(wrong: str) -> None:
    watch = run("asyncio", [(200.0, "quiet", 0, "trades(D)", 0)], 1, numbered=True)
    watch.check()
    events = watch.events
    if wrong == "a book that is another":
        last = next(place for place in reversed(range(len(events))) if isinstance(events[place], BookDelta))
        with pytest.raises(AssertionError, match="a book that lies"):
            watch.take(msgspec.structs.replace(events[last], bids=(Level(1.0, 2.0),)))
        return
    places = [place for place, event in enumerate(events) if getattr(event, "instrument", "") == "trades(A)"]
    first, second = places[170:172]
    if wrong == "one is missing":
        del events[first]
    elif wrong == "one comes twice":
        events.insert(second, events[first])
    elif wrong == "two are swapped":
        events[first], events[second] = events[second], events[first]
    else:
        events.append(events.pop(first))
    with pytest.raises(AssertionError):
        watch.check()


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("ahead", [0, 1])
def test_setting_the_wall_clock_does_not_move_the_time_of_replacing(backend: str, ahead: int) -> None:
    """Set back, it was once so late that the venue cut first."""
    script: Script = [(100.0, "clock steps", 0, "", ahead), (400.0, "clock steps", 0, "", ahead)]
    watch = run(backend, script, 1, numbered=True)
    assert len(ends(watch)) >= 2
    assert all(event.replaced_by for event in ends(watch))


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_notice_that_comes_on_the_new_connection_first_is_not_forgotten(backend: str) -> None:
    script: Script = [(100.0, "notice at once", 0, "", 0), (150.0, "quiet", 0, "trades(D)", 0)]
    watch = run(backend, script, 1, numbered=True)
    assert [event.replaced_by for event in ends(watch)][:2] == ["x-2", "x"]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("before", [5.0, 2.5, 0.5])
def test_one_that_was_dead_before_it_was_replaced_is_told_as_lost(backend: str, before: float) -> None:
    """Its replacement has everything but what was made while nobody knew. This was once told as a replacement."""
    watch = run(backend, [(175.0 - before, "half open", 0, "", 0), (20.0, "garbage", 0, "", 0)], 1, numbered=True)
    assert [event.replaced_by for event in ends(watch)] == [""]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_of_two_copies_one_that_was_alone_is_not_closed_before_it_has_met_another(backend: str) -> None:
    """One copy is lost, the other stalls, and the replacement of the one that stalls is up already."""
    script: Script = [
        (10.0, "never answered", 0, "", 0),
        ("beside", "closed 1000", 2, "", 0),
        (1.0, "stalled for long", 3, "", 0),
        (0.0, "closed 1002", 2, "", 0),
        (0.0, "finished", 0, "", 0),
    ]
    run(backend, script, 2, numbered=True)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@given(script=st.lists(STEP, max_size=8), copies=st.integers(1, 3), numbered=st.booleans())
@settings(max_examples=20)
def test_scripts_of_faults(backend: str, script: Script, copies: int, numbered: bool) -> None:
    run(backend, script, copies, numbered=numbered)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@given(script=st.lists(STEP, max_size=40), copies=st.integers(1, 3), numbered=st.booleans())
@settings(max_examples=200)
def test_many_and_long_scripts_of_faults(backend: str, script: Script, copies: int, numbered: bool) -> None:
    run(backend, script, copies, numbered=numbered)
