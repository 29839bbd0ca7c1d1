"""Random scripts of faults against supervised connections, in virtual time; and what has to hold whatever happens.

The connections are WebSockets over wires of bytes, so that faults may happen within a frame.

- Every message the venue sent was yielded once and in the order in which it was sent, up to where the consumer was told
  that its connection has ended; and what the venue could not send lies within a gap the consumer was told of.
- Data of a life lies between its Connected and its Disconnected.
- In the end all that is wanted, and not refused for good, is confirmed and known to the venue, on one open connection.
- Closed, no task, no socket and no byte is left.
- Limits on connects, sends and REST requests, shared or not, were kept: as the venue counts, over every window. Nobody
  asks while banned.
"""

from collections.abc import Sequence
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barterpy.limits import Limiter, RequestLimits, RollingWindow
from barterpy.rest import JsonHttpParser, RestClient
from barterpy.supervision import State
from barterpy.testing import VirtualClock, virtual_backend
from tests.supervision.line import ALWAYS, FAULTS, SENDS, TICK, TOPICS, Api, Line
from tests.supervision.wire import most_within

LINES = 3
CONNECTS = (6, 10.0)  # of all lines together in so many seconds
REQUESTS = (8, 10.0)  # of all lines together

Script = Sequence[tuple[str, int, str, float, int]]
"""Fault, line, topic, seconds until the next, and where within a frame."""


async def run_script(script: Script) -> list[Line]:
    clock = VirtualClock()
    before = len(anyio.get_running_tasks())
    connects: list[float] = []
    limiter = Limiter("connects", RollingWindow(*CONNECTS))
    api = Api(clock)
    limits = RequestLimits(Limiter("requests", RollingWindow(*REQUESTS)))
    client = RestClient("https://venue", None, JsonHttpParser(), api, clock=clock, limits=limits)
    lines = [Line(number, limiter, connects, api, client, clock) for number in range(LINES)]

    async def tick() -> None:
        while True:
            await anyio.sleep(TICK)
            for line in lines:
                line.publish()
                if line.fault == "subscribe late" and line.held is not None:
                    line.fault = ""
                    line.release()

    async def play() -> None:
        for fault, number, name, seconds, at in script:
            lines[number].strike(fault, name, at)
            await anyio.sleep(seconds)
            if fault == "stalled":
                lines[number].release()
        with anyio.fail_after(1_000):
            while not all(line.settled for line in lines):
                await anyio.sleep(1)
                for line in lines:
                    if not line.coming:
                        line.release()
        marks = [len(line.events) for line in lines]
        await anyio.sleep(2)
        for line, mark in zip(lines, marks, strict=True):
            messages: list[dict[str, Any]] = [event for event in line.events[mark:] if isinstance(event, dict)]
            seen = {message["name"] for message in messages}
            assert seen == line.wanted - line.refused

    async with anyio.create_task_group() as world:
        world.start_soon(tick)
        async with anyio.create_task_group() as running:
            for line in lines:
                running.start_soon(line.connection.run)
            await play()
            for line in lines:
                line.connection.close()
            running.cancel_scope.deadline = anyio.current_time() + 60
        world.cancel_scope.cancel()
    assert {line.connection.supervisor.state for line in lines} == {State.CLOSED}
    assert most_within(connects, CONNECTS[1]) <= CONNECTS[0]
    assert most_within(api.times, REQUESTS[1]) <= REQUESTS[0]
    assert api.offences == 0
    assert len(anyio.get_running_tasks()) == before
    for line in lines:
        assert line.open == 0
        assert all(wire.closed for wire in line.wires)
        assert most_within(line.send_times, SENDS[1]) <= SENDS[0]
        line.check()
    return lines


@pytest.mark.anyio
@pytest.mark.parametrize("fault", FAULTS)
async def test_each_fault_by_itself_and_twice(fault: str) -> None:
    script = [(fault, 0, "trades(C)", 3.0, 5), (fault, 1, "trades(B)", 0.0, 0), (fault, 1, "trades(C)", 20.0, 1)]
    lines = await run_script(script)
    # What happens to one connection is no business of the others.
    assert [type(event).__name__ for event in lines[2].events].count("Disconnected") == 1


@pytest.mark.anyio
@pytest.mark.parametrize("wrong", ["one is missing", "one comes twice", "two are swapped", "of another life"])
async def test_what_is_checked_would_be_found(wrong: str) -> None:
    (line, *_) = await run_script([("closed 1001" if wrong == "of another life" else "burst", 0, ALWAYS, 30.0, 0)])
    places = [place for place, event in enumerate(line.events) if isinstance(event, dict)]
    assert len(places) > 60
    assert any(isinstance(event, tuple) and event == ("fetched", None) for event in line.events)
    line.check()
    first, second = places[20:22]
    match wrong:
        case "one is missing":
            del line.events[first]
        case "one comes twice":
            line.events.insert(second, line.events[first])
        case "two are swapped":
            line.events[first], line.events[second] = line.events[second], line.events[first]
        case _:
            line.events.append(line.events.pop(first))
    with pytest.raises(AssertionError):
        line.check()


FAULT = st.tuples(
    st.sampled_from(FAULTS),
    st.integers(0, LINES - 1),
    st.sampled_from(sorted(TOPICS)),
    st.one_of(st.sampled_from([0.0, 0.1, TICK, 12.0]), st.floats(0.0, 9.0)),
    st.integers(0, 80),
)


def run(backend: str, script: Script) -> None:
    name, options = virtual_backend(backend)
    anyio.run(run_script, script, backend=name, backend_options=options)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@given(script=st.lists(FAULT, max_size=12))
@settings(max_examples=20)
def test_scripts_of_faults(backend: str, script: Script) -> None:
    run(backend, script)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@given(script=st.lists(FAULT, max_size=60))
@settings(max_examples=300)
def test_many_and_long_scripts_of_faults(backend: str, script: Script) -> None:
    run(backend, script)
