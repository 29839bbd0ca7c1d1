"""The store that is memory, by the interface every store has."""

import time

import pytest

from barterpy.protocols.fix.session import MemoryStore, Received, Reset, Sent, Store, Stored

pytestmark = pytest.mark.anyio


async def test_a_session_that_never_was() -> None:
    store: Store = MemoryStore()
    assert await store.load() is None
    assert await store.messages(1, 100) == []
    await store.aclose()
    await store.aclose()


async def test_numbers_and_messages() -> None:
    store = MemoryStore()
    await store.apply([Reset(5), Sent(1, b"", 2), Sent(2, b"two", 3), Received(2), Sent(3, b"three", 4)])
    assert await store.load() == Stored(4, 2, 5)
    assert await store.messages(1, 3) == [(2, b"two"), (3, b"three")]
    assert await store.messages(3, 1000) == [(3, b"three")]
    await store.apply([Reset(9)])
    assert await store.load() == Stored(1, 1, 9)
    assert await store.messages(1, 3) == []


async def test_the_oldest_are_forgotten() -> None:
    store = MemoryStore(max_messages=2)
    await store.apply([Sent(n, b"x", n + 1) for n in range(1, 6)])
    assert await store.messages(1, 5) == [(4, b"x"), (5, b"x")]
    assert await store.messages(4, 4) == [(4, b"x")]


async def test_a_store_that_is_full_takes_no_longer_than_one_that_is_not() -> None:
    """The oldest was looked for by passing over all that had been forgotten: hundreds of times as long. One measure of
    the other, by far: nothing absolute."""
    store = MemoryStore(max_messages=100_000)

    def fill(begin: int, end: int) -> float:
        began = time.process_time()
        for number in range(begin, end):
            store.apply_at_once([Sent(number, b"x", number + 1)])
        return (time.process_time() - began) / (end - begin)

    room = fill(1, 100_001)
    fill(100_001, 130_001)
    assert fill(130_001, 132_001) < 20 * room
    assert (await store.messages(1, 32_001))[0][0] == 32_001


async def test_numbers_that_wrapped() -> None:
    store = MemoryStore(max_messages=3)
    await store.apply([Sent(6, b"six", 7), Sent(7, b"seven", 0), Sent(0, b"zero", 1), Sent(1, b"one", 2)])
    assert await store.messages(7, 1) == [(7, b"seven"), (0, b"zero"), (1, b"one")]
    await store.apply([Sent(7, b"new", 0)])
    assert await store.messages(0, 7) == [(0, b"zero"), (1, b"one"), (7, b"new")]
