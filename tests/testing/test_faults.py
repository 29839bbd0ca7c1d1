"""Faults as values: they fall on the same bytes however the bytes were read."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.errors import ConfigurationError
from barterpy.testing.faults import (
    DIRECTIONS,
    Corrupt,
    Cut,
    Delay,
    Fault,
    FaultPlan,
    Faults,
    HalfClose,
    HalfOpen,
    Noise,
    Piece,
    Split,
    Stall,
)

DATA = bytes(range(256)) * 2


def run(faults: tuple[Fault, ...], reads: list[bytes], seed: int = 0) -> tuple[list[Piece], list[tuple[int, Fault]]]:
    """Drive a plan as a proxy does: what was delivered, and what stopped it where (stalls are released at once)."""
    plan = FaultPlan(faults, seed)
    pieces: list[Piece] = []
    stops: list[tuple[int, Fault]] = []
    for read in reads:
        held = read
        while True:
            while (stop := plan.due()) is not None:
                stops.append((plan.position, stop))
                if not isinstance(stop, Stall):
                    return pieces, stops
            if not held:
                break
            piece = plan.take(held)
            assert piece.data
            pieces.append(piece)
            held = held[len(piece.data) :]
    return pieces, stops


def joined(pieces: list[Piece]) -> bytes:
    return b"".join(piece.data for piece in pieces)


def chunks(data: bytes, sizes: list[int]) -> list[bytes]:
    reads: list[bytes] = []
    while data:
        size = sizes[len(reads) % len(sizes)]
        reads.append(data[:size])
        data = data[size:]
    return reads


def test_no_fault_is_one_piece_a_read() -> None:
    assert run((), [b"abc", b"d"]) == ([Piece(b"abc", 0.0), Piece(b"d", 0.0)], [])


@pytest.mark.parametrize("stop", [Cut(3), Cut(3, reset=True), HalfClose(3), HalfOpen(3)])
def test_a_stop_falls_behind_its_byte(stop: Fault) -> None:
    pieces, stops = run((stop,), [b"ab", b"cdef"])
    assert joined(pieces) == b"abc"
    assert stops == [(3, stop)]


def test_a_stop_at_zero_needs_no_byte() -> None:
    assert FaultPlan((Cut(),), 0).due() == Cut()


def test_each_stop_is_given_once_and_in_the_order_of_positions() -> None:
    pieces, stops = run((Cut(6), Stall(2), Stall(4)), [b"abcdefgh"])
    assert [piece.data for piece in pieces] == [b"ab", b"cd", b"ef"]
    assert stops == [(2, Stall(2)), (4, Stall(4)), (6, Cut(6))]


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        (Split(), [b"a", b"b", b"c", b"d", b"e", b"f"]),
        (Split(4), [b"abcd", b"ef"]),
        (Split(2, after=3), [b"abc", b"de", b"f"]),
        (Split(2, until=4), [b"ab", b"cd", b"ef"]),
        (Split(3, until=4), [b"abc", b"d", b"ef"]),
    ],
)
def test_split(split: Split, expected: list[bytes]) -> None:
    pieces, _ = run((split,), [b"abcdef"])
    assert [piece.data for piece in pieces] == expected


def test_delay_in_its_range_only() -> None:
    pieces, _ = run((Delay(2.0, after=2, until=4),), [b"abcdef"])
    assert pieces == [Piece(b"ab", 0.0), Piece(b"cd", 2.0), Piece(b"ef", 0.0)]


def test_delays_add_up_and_jitter_stays_within_its_bound() -> None:
    pieces, _ = run((Split(), Delay(1.0), Delay(2.0, jitter=0.5)), [DATA])
    delays = [piece.delay for piece in pieces]
    assert all(3.0 <= delay < 3.5 for delay in delays)
    assert len(set(delays)) > 100


def test_corrupt_changes_its_byte_and_no_other() -> None:
    pieces, _ = run((Corrupt(2, 0x01), Corrupt(300)), chunks(DATA, [7]))
    changed = [at for at, byte in enumerate(joined(pieces)) if byte != DATA[at]]
    assert changed == [2, 300]
    assert joined(pieces)[2] == DATA[2] ^ 0x01
    assert joined(pieces)[300] == DATA[300] ^ 0xFF


def test_two_corruptions_of_one_byte_both_count() -> None:
    pieces, _ = run((Corrupt(0, 0x0F), Corrupt(0, 0xF0)), [b"\x00"])
    assert joined(pieces) == b"\xff"


def test_noise_of_rate_one_changes_every_byte_of_its_range() -> None:
    pieces, _ = run((Noise(1.0, after=3, until=6),), [DATA])
    assert [at for at, byte in enumerate(joined(pieces)) if byte != DATA[at]] == [3, 4, 5]


def test_noise_has_about_its_rate() -> None:
    pieces, _ = run((Noise(0.1),), [bytes(20_000)])
    assert 1_700 < sum(1 for byte in joined(pieces) if byte) < 2_300


@given(
    st.lists(st.integers(1, 90), min_size=1, max_size=8),
    st.lists(st.integers(1, 90), min_size=1, max_size=8),
    st.integers(0, 5),
)
def test_how_the_bytes_were_read_changes_nothing(first: list[int], second: list[int], seed: int) -> None:
    """Damage, boundaries of pieces, and stops are functions of the position."""
    faults: tuple[Fault, ...] = (Split(3, most=9, after=5), Noise(0.05), Corrupt(40), Stall(77), HalfClose(400))
    one, one_stops = run(faults, chunks(DATA, first), seed)
    other, other_stops = run(faults, chunks(DATA, second), seed)
    assert joined(one) == joined(other)
    assert len(joined(one)) == 400
    assert one_stops == other_stops


@given(st.lists(st.integers(1, 50), min_size=1, max_size=8), st.integers(1, 9), st.integers(0, 9))
def test_boundaries_of_pieces_are_kept_whatever_the_reads(sizes: list[int], size: int, more: int) -> None:
    whole, _ = run((Split(size, most=size + more),), [DATA])
    ends = {sum(len(piece.data) for piece in whole[: index + 1]) for index in range(len(whole))}
    parts, _ = run((Split(size, most=size + more),), chunks(DATA, sizes))
    position, reached = 0, {0}
    for piece in parts:
        position += len(piece.data)
        reached.add(position)
        assert len(piece.data) <= size + more
    assert ends <= reached
    assert joined(parts) == DATA


def test_the_seed_decides() -> None:
    faults = (Noise(0.1), Split(1, most=9))
    assert run(faults, [DATA], seed=1) == run(faults, [DATA], seed=1)
    assert run(faults, [DATA], seed=1) != run(faults, [DATA], seed=2)


def test_another_fault_does_not_move_the_random_ones() -> None:
    alone, _ = run((Noise(0.1),), [DATA])
    together, _ = run((Noise(0.1), Split(1, most=9), Delay(1.0, jitter=1.0)), [DATA])
    assert joined(alone) == joined(together)


def test_added_faults_count_from_where_the_plan_is() -> None:
    plan = FaultPlan((), 0)
    plan.take(b"abcd")
    plan.add((Corrupt(1, 0x20), Cut(2)))
    assert plan.take(b"efgh") == Piece(b"eF", 0.0)
    assert plan.due() == Cut(2)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: Cut(-1), "after"),
        (lambda: Stall(-1), "after"),
        (lambda: HalfClose(-1), "after"),
        (lambda: HalfOpen(-1), "after"),
        (lambda: Split(0), "size"),
        (lambda: Split(3, most=2), "most"),
        (lambda: Split(after=3, until=3), "until"),
        (lambda: Delay(-1.0), "seconds"),
        (lambda: Delay(1.0, jitter=-1.0), "jitter"),
        (lambda: Delay(1.0, after=-1), "after"),
        (lambda: Corrupt(-1), "at "),
        (lambda: Corrupt(0, 0), "mask"),
        (lambda: Corrupt(0, 256), "mask"),
        (lambda: Noise(0.0), "rate"),
        (lambda: Noise(1.5), "rate"),
        (lambda: Noise(0.5, after=2, until=1), "until"),
    ],
)
def test_a_fault_that_cannot_be_is_refused(make: Callable[[], Fault], text: str) -> None:
    with pytest.raises(ConfigurationError, match=text):
        make()


def test_a_script_is_immutable_and_hashable() -> None:
    script = Faults(to_client=(Cut(1),), to_server=(Split(),))
    assert script == Faults(to_client=(Cut(1),), to_server=(Split(),))
    assert hash(script)
    with pytest.raises(AttributeError):
        script.to_client = ()  # type: ignore[misc]
    assert [script.of(direction) for direction in DIRECTIONS] == [(Split(),), (Cut(1),)]
