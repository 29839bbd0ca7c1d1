"""What every store has to do, run against each: numbers and messages come back as they were, in order and at once."""

from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from barterpy.protocols.fix.session.store import MemoryStore, Received, Reset, Sent, Store, Stored
from barterpy.protocols.fix.stores import FileStore, SqliteStore, StoreError

pytestmark = pytest.mark.anyio

MAKERS: dict[str, Callable[[Path], Store]] = {
    "memory": lambda path: MemoryStore(),
    "file": lambda path: FileStore(path / "deep" / "session.store"),
    "file, synchronised": lambda path: FileStore(path / "session.store", fsync="batch"),
    "sqlite": lambda path: SqliteStore(path / "deep" / "sessions.db", "one"),
    "sqlite, synchronised": lambda path: SqliteStore(path / "sessions.db", "one", fsync="batch"),
}


@pytest.fixture(params=MAKERS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Store]:
    made = MAKERS[request.param](tmp_path)
    yield made
    await made.aclose()


def sent(*numbers: int) -> list[Sent]:
    return [Sent(number, b"message %d" % number, number + 1) for number in numbers]


async def test_a_session_that_never_was_is_none(store: Store) -> None:
    assert await store.load() is None
    assert await store.load() is None


async def test_numbers_and_messages_are_kept(store: Store) -> None:
    await store.load()
    await store.apply([Reset(77)])
    await store.apply([*sent(1, 2), Received(5)])
    await store.apply([])
    await store.apply(sent(3))
    assert await store.load() == Stored(4, 5, 77)
    assert await store.messages(1, 2) == [(1, b"message 1"), (2, b"message 2")]
    assert await store.messages(2, 99) == [(2, b"message 2"), (3, b"message 3")]
    assert await store.messages(4, 9) == []


async def test_what_is_never_sent_again_counts_as_a_number_alone(store: Store) -> None:
    await store.load()
    await store.apply([*sent(1), Sent(2, b"", 3), *sent(3)])
    assert await store.messages(1, 3) == [(1, b"message 1"), (3, b"message 3")]
    assert await store.load() == Stored(4, 1, 0)


async def test_a_reset_forgets_what_came_before_it(store: Store) -> None:
    await store.load()
    await store.apply([*sent(1, 2, 3), Received(9)])
    await store.apply([*sent(4), Reset(123), Sent(1, b"fresh", 2), Received(2)])
    assert await store.load() == Stored(2, 2, 123)
    assert await store.messages(1, 99) == [(1, b"fresh")]


async def test_the_last_of_two_resets_counts(store: Store) -> None:
    await store.load()
    await store.apply([Reset(1), *sent(1, 2), Reset(2), Sent(1, b"last", 2)])
    assert await store.load() == Stored(2, 1, 2)
    assert await store.messages(1, 9) == [(1, b"last")]


async def test_a_number_that_came_twice_has_its_last_message(store: Store) -> None:
    await store.load()
    await store.apply(sent(1, 2, 3))
    await store.apply([Sent(2, b"again", 3)])
    assert await store.messages(1, 3) == [(1, b"message 1"), (2, b"again"), (3, b"message 3")]
    assert await store.load() == Stored(3, 1, 0)


async def test_numbers_that_wrapped_come_in_the_order_they_were_sent(store: Store) -> None:
    await store.load()
    await store.apply(
        [Sent(4294967294, b"a", 4294967295), Sent(4294967295, b"b", 0), Sent(0, b"c", 1), Sent(1, b"d", 2)]
    )
    assert [raw for _, raw in await store.messages(4294967294, 1)] == [b"a", b"b", b"c", b"d"]
    assert [raw for _, raw in await store.messages(0, 1)] == [b"c", b"d"]


async def test_messages_hold_any_byte_and_may_be_large(store: Store) -> None:
    await store.load()
    raw = bytes(range(256)) * 4096
    await store.apply([Sent(1, raw, 2)])
    assert await store.messages(1, 1) == [(1, raw)]


async def test_many_messages_are_found_from_anywhere(store: Store) -> None:
    await store.load()
    for start in range(1, 6001, 300):
        await store.apply([Sent(number, b"%06d" % number * 20, number + 1) for number in range(start, start + 300)])
    for begin, end in ((1, 1), (299, 302), (2950, 3050), (5999, 9999), (6000, 6000)):
        wanted = [(number, b"%06d" % number * 20) for number in range(begin, min(end, 6000) + 1)]
        assert await store.messages(begin, end) == wanted


async def test_closing_twice_is_fine(store: Store) -> None:
    await store.load()
    await store.aclose()
    await store.aclose()


async def test_a_task_that_is_cancelled_leaves_the_store_whole(store: Store) -> None:
    await store.load()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await store.apply(sent(1, 2))
    stored = await store.load()
    messages = await store.messages(1, 9)
    assert (stored is None and messages == []) or (stored == Stored(3, 1, 0) and len(messages) == 2)
    await store.apply([Sent(3, b"on", 4)])
    assert (await store.messages(3, 3)) == [(3, b"on")]


DISK: list[Any] = [name for name in MAKERS if name != "memory"]


@pytest.mark.parametrize("name", DISK)
async def test_another_run_of_the_program_finds_it(name: str, tmp_path: Path) -> None:
    first = MAKERS[name](tmp_path)
    await first.load()
    await first.apply([Reset(5), *sent(1, 2), Received(8)])
    await first.aclose()
    second = MAKERS[name](tmp_path)
    assert await second.load() == Stored(3, 8, 5)
    assert await second.messages(1, 9) == [(1, b"message 1"), (2, b"message 2")]
    await second.apply(sent(3))
    await second.aclose()
    third = MAKERS[name](tmp_path)
    assert await third.load() == Stored(4, 8, 5)
    await third.aclose()


@pytest.mark.parametrize("name", DISK)
async def test_a_store_that_is_not_open_says_so(name: str, tmp_path: Path) -> None:
    store = MAKERS[name](tmp_path)
    with pytest.raises(anyio.ClosedResourceError):
        await store.apply(sent(1))
    with pytest.raises(anyio.ClosedResourceError):
        await store.messages(1, 2)


@pytest.mark.parametrize("name", DISK)
async def test_a_place_where_nothing_can_be_kept(name: str, tmp_path: Path) -> None:
    (tmp_path / "deep").write_bytes(b"no folder")
    (tmp_path / "session.store").mkdir()
    (tmp_path / "sessions.db").mkdir()
    store = MAKERS[name](tmp_path)
    with pytest.raises(StoreError) as caught:
        await store.load()
    assert caught.value.fatal
    assert str(tmp_path) in str(caught.value)


async def test_sessions_of_one_database_do_not_see_each_other(tmp_path: Path) -> None:
    one, two = (SqliteStore(tmp_path / "sessions.db", name) for name in ("one", "two"))
    await one.load()
    await two.load()
    await one.apply([*sent(1, 2), Received(3)])
    await two.apply([Sent(1, b"other", 2)])
    await one.apply([Reset(4)])
    assert await one.load() == Stored(1, 1, 4)
    assert await two.load() == Stored(2, 1, 0)
    assert await two.messages(1, 9) == [(1, b"other")]
    await one.aclose()
    await two.aclose()


async def test_a_database_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"not a database, but long enough to be taken for one" * 100)
    store = SqliteStore(tmp_path / "x.db")
    with pytest.raises(StoreError, match="not a database"):
        await store.load()


async def test_a_database_that_was_mended_is_used_by_who_loads_it_again(tmp_path: Path) -> None:
    """An acceptor keeps the store for as long as it runs, and loads it for each connection."""
    path = tmp_path / "a"
    store = SqliteStore(path)
    await store.load()
    await store.apply([Sent(number, b"x" * 3000, number + 1) for number in range(1, 50)])
    await store.aclose()  # so that all of it is in the one file
    good = await anyio.Path(path).read_bytes()
    await store.load()
    await anyio.Path(path).write_bytes(good[:4096] + b"\x55" * (len(good) - 4096))
    with pytest.raises(StoreError):
        await store.messages(1, 49)
    await anyio.Path(path).unlink()
    await anyio.Path(path).write_bytes(good)
    assert await store.load() == Stored(50, 1, 0)
    assert len(await store.messages(1, 49)) == 49
    await store.aclose()
