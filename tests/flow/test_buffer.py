"""Buffers that wait, or fail: bounded, whole batches, in order."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.errors import BufferOverflow, ConfigurationError
from barterpy.flow import Buffer, FlowCounters, FlowPolicy, conflation_key
from barterpy.model.market import Candle

NOW = 9


def drain(buffer: Buffer[Any]) -> list[Any]:
    taken: list[Any] = []
    while (batch := buffer.take(NOW)) is not None:
        assert batch
        taken.extend(batch)
    return taken


def test_batches_come_out_as_they_went_in() -> None:
    buffer: Buffer[int] = Buffer(FlowPolicy("block", 4))
    first, second = [1, 2], [3]
    assert buffer.put(first)
    assert buffer.put(second)
    assert buffer.take(NOW) is first
    assert buffer.take(NOW) is second
    assert buffer.take(NOW) is None


def test_a_full_buffer_takes_nothing_of_a_batch_that_does_not_fit() -> None:
    buffer: Buffer[int] = Buffer(FlowPolicy("block", 4))
    assert buffer.put([1, 2, 3])
    assert not buffer.put([4, 5])
    assert buffer.put([4])
    assert not buffer.put([5])
    assert drain(buffer) == [1, 2, 3, 4]
    assert buffer.counters == FlowCounters(held=0, high_water=4, dropped=0, conflated=0)


@pytest.mark.parametrize("mode", ["block", "fail"])
def test_a_batch_larger_than_the_buffer_is_taken_when_it_is_empty(mode: Any) -> None:
    buffer: Buffer[int] = Buffer(FlowPolicy(mode, 2))
    assert buffer.put([1, 2, 3])
    assert not buffer.failed
    assert buffer.held == 3
    assert buffer.take(NOW) == [1, 2, 3]


def test_an_empty_batch_is_no_batch() -> None:
    buffer: Buffer[int] = Buffer(FlowPolicy("block", 1))
    assert buffer.put([1])
    assert buffer.put([])
    assert drain(buffer) == [1]


def test_failing_hands_over_what_waits_and_then_names_the_limit() -> None:
    buffer: Buffer[int] = Buffer(FlowPolicy("fail", 2))
    assert buffer.put([1, 2])
    assert not buffer.put([3, 4])
    assert buffer.failed
    assert not buffer.put([5])
    assert buffer.take(NOW) == [1, 2]
    with pytest.raises(BufferOverflow, match=r"flow\.size allows 2, got 4") as caught:
        buffer.take(NOW)
    assert (caught.value.limit, caught.value.allowed, caught.value.actual) == ("flow.size", 2, 4)
    assert buffer.take(NOW) is None


def test_an_error_is_raised_in_its_turn_and_what_follows_it_stays() -> None:
    buffer: Buffer[int] = Buffer(FlowPolicy("block", 4))
    buffer.put([1])
    buffer.put_error(ValueError("first"))
    buffer.put([2])
    buffer.put_error(ValueError("second"))
    assert buffer.held == 2
    assert buffer.take(NOW) == [1]
    with pytest.raises(ValueError, match="first"):
        buffer.take(NOW)
    assert buffer.take(NOW) == [2]
    with pytest.raises(ValueError, match="second"):
        buffer.take(NOW)
    assert buffer.take(NOW) is None


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("drop_newest", 1), "block, drop_oldest, conflate, fail, not 'drop_newest'"),
        (("block", 0), "from 1, not 0"),
    ],
)
def test_a_policy_that_cannot_work_is_refused(arguments: Any, text: str) -> None:
    with pytest.raises(ConfigurationError, match=text):
        FlowPolicy(*arguments)


def test_the_default_blocks() -> None:
    assert (FlowPolicy().mode, FlowPolicy().size) == ("block", 10_000)


def test_what_a_later_event_makes_worthless(make: SimpleNamespace) -> None:
    assert conflation_key(make.quote("A", 1)) == conflation_key(make.quote("A", 2))
    assert conflation_key(make.quote("A", 1)) != conflation_key(make.quote("B", 1))
    assert conflation_key(make.quote("A", 1)) != conflation_key(make.delta("A", 1, {}))
    for kept in (make.trade("A", 1), make.connected(), 7, "text"):
        assert conflation_key(kept) is None


def test_a_closed_bar_is_not_replaced_by_the_next() -> None:
    def bar(open_at: int, close: int) -> Candle[float]:
        return Candle(
            venue="test",
            instrument="A",
            interval="1m",
            open_at=open_at,
            close_at=open_at + 60,
            open=1,
            high=close,
            low=1,
            close=close,
            volume=1,
            quote_volume=None,
            trades=None,
            closed=False,
            exchange_at=None,
            received_at=0,
        )

    assert conflation_key(bar(0, 5)) == conflation_key(bar(0, 6))
    assert conflation_key(bar(0, 5)) != conflation_key(bar(60, 5))


PUT = st.lists(st.integers(), max_size=7)
STEPS = st.lists(PUT | st.none(), max_size=60)


@given(st.integers(1, 10), STEPS)
def test_a_blocking_buffer_is_a_bounded_queue(size: int, steps: list[list[int] | None]) -> None:
    """Against a plain list: everything accepted comes out once, in order; the bound holds but for a single batch."""
    buffer: Buffer[int] = Buffer(FlowPolicy("block", size))
    model: list[list[int]] = []
    for step in steps:
        if step is None:
            assert buffer.take(NOW) == (model.pop(0) if model else None)
        elif buffer.put(step):
            model += [step] if step else []
        else:
            assert sum(map(len, model)) + len(step) > size
        assert buffer.held == sum(map(len, model))
        assert buffer.held <= size or len(model) == 1
        assert buffer.high_water >= buffer.held
    assert drain(buffer) == [item for batch in model for item in batch]


@given(st.integers(1, 10), STEPS)
def test_a_failing_buffer_hands_over_all_it_took(size: int, steps: list[list[int] | None]) -> None:
    buffer: Buffer[int] = Buffer(FlowPolicy("fail", size))
    model = [step for step in steps if step and buffer.put(step)]
    for batch in model:
        assert buffer.take(NOW) == batch
    if buffer.failed:
        with pytest.raises(BufferOverflow):
            buffer.take(NOW)
    assert buffer.take(NOW) is None
