"""The file store where it is cut, damaged, full or taken: what is left is a whole number of batches, or an error."""

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.protocols.fix.session.store import Change, Received, Reset, Sent, Stored
from barterpy.protocols.fix.stores import FileStore, StoreError
from barterpy.protocols.fix.stores.journal import Journal
from barterpy.protocols.fix.stores.records import MAGIC, Damaged, decode_changes, encode_record

BATCHES: list[list[Change]] = [
    [Reset(10), Sent(1, b"8=FIX.4.4\x01", 2), Received(2)],
    [Sent(2, b"", 3)],
    [Received(3)],
    [Sent(3, b"second" * 5, 4), Sent(4, b"third", 5), Received(4)],
]

changes = st.lists(
    st.one_of(
        st.builds(Sent, st.integers(0, 2**64 - 1), st.binary(max_size=40), st.integers(0, 2**64 - 1)),
        st.builds(Received, st.integers(0, 2**64 - 1)),
        st.builds(Reset, st.integers(-(2**63), 2**63 - 1)),
    )
)


def opened(path: Path) -> Journal:
    return Journal(path, fsync=False)


def written(path: Path) -> tuple[bytes, list[int], list[Stored | None]]:
    """The file with all batches; where each ends, and what was stored then."""
    journal = opened(path)
    ends, states = [path.stat().st_size], [journal.stored]
    for batch in BATCHES:
        journal.append(batch)
        ends.append(path.stat().st_size)
        states.append(journal.stored)
    journal.close()
    return path.read_bytes(), ends, states


@given(changes)
def test_changes_come_back_from_their_bytes(batch: list[Change]) -> None:
    assert decode_changes(encode_record(batch)[12:]) == batch


def test_a_kill_at_any_byte_leaves_the_batches_before_it(tmp_path: Path) -> None:
    content, ends, states = written(tmp_path / "a")
    for cut in range(len(content) + 1):
        path = tmp_path / "b"
        path.write_bytes(content[:cut])
        journal = opened(path)
        whole = max((index for index, end in enumerate(ends) if end <= cut), default=0)
        assert journal.stored == states[whole], cut
        journal.append([Sent(9, b"after", 10)])
        assert journal.find(9, 9) == [(9, b"after")]
        journal.close()
        again = opened(path)
        assert again.stored is not None
        assert again.stored.next_out == 10, cut
        again.close()
        path.unlink()


def test_zeros_behind_the_end_are_space_that_was_not_filled(tmp_path: Path) -> None:
    content, ends, states = written(tmp_path / "a")
    for index, end in enumerate(ends):
        for zeros in (1, 12, 5000):
            (tmp_path / "b").write_bytes(content[:end] + bytes(zeros))
            journal = opened(tmp_path / "b")
            assert journal.stored == states[index]
            journal.close()
            assert (tmp_path / "b").stat().st_size == end


def test_no_flipped_bit_is_believed(tmp_path: Path) -> None:
    content, ends, states = written(tmp_path / "a")
    path = tmp_path / "b"
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 0x10
        path.write_bytes(damaged)
        if place < ends[-2]:
            with pytest.raises(Damaged) as caught:
                opened(path)
            assert caught.value.offset <= place
            continue
        try:  # the last record may be one that was not written whole
            journal = opened(path)
        except Damaged as error:
            found = error.offset
        else:
            found = ends[-2]
            assert journal.stored == states[-2]
            journal.close()
        assert found == ends[-2]


@pytest.mark.parametrize("content", [b"x", b"barterpy FIX store 2\n", b"8=FIX.4.4\x01" * 10])
def test_a_file_that_is_something_else_is_not_touched(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    with pytest.raises(Damaged):
        opened(path)
    assert path.read_bytes() == content


def test_a_record_of_what_is_no_change(tmp_path: Path) -> None:
    path = tmp_path / "a"
    record = encode_record([Received(1)])
    wrong = record.replace(b"R", b"Q")
    head = len(wrong[12:]).to_bytes(4, "little") + crc32(wrong[12:]).to_bytes(4, "little")
    path.write_bytes(MAGIC + head + crc32(head).to_bytes(4, "little") + wrong[12:] + record)
    with pytest.raises(Damaged):
        opened(path)


@pytest.mark.parametrize("payload", [b"S", b"R\1", b"S" + bytes(16) + b"\xff\0\0\0", b"?"])
def test_half_a_change_is_none(payload: bytes) -> None:
    with pytest.raises(ValueError):
        decode_changes(payload)


def test_a_reset_makes_the_file_short_again(tmp_path: Path) -> None:
    path = tmp_path / "a"
    journal = opened(path)
    journal.append([Sent(1, b"x" * 100_000, 2)])
    journal.restart([Reset(3), Sent(1, b"y", 2)])
    assert path.stat().st_size < 200
    journal.append([Sent(2, b"z", 3)])
    assert journal.find(1, 9) == [(1, b"y"), (2, b"z")]
    journal.close()


def test_a_kill_while_a_reset_is_written(tmp_path: Path) -> None:
    content, _, states = written(tmp_path / "a")
    (tmp_path / "a.new").write_bytes(content[:40])
    journal = opened(tmp_path / "a")
    assert journal.stored == states[-1]
    assert not (tmp_path / "a.new").exists()
    journal.close()


def test_a_second_process_is_kept_away(tmp_path: Path) -> None:
    journal = opened(tmp_path / "a")
    with pytest.raises(BlockingIOError):
        opened(tmp_path / "a")
    journal.close()
    opened(tmp_path / "a").close()


@pytest.mark.anyio
async def test_a_store_that_another_has_says_so(tmp_path: Path) -> None:
    one, two = FileStore(tmp_path / "a"), FileStore(tmp_path / "a")
    await one.load()
    with pytest.raises(StoreError, match="another process has it"):
        await two.load()
    await one.aclose()
    await two.load()
    await two.aclose()


class FullDisk:
    """``os.write`` on a disk with ``room`` bytes left."""

    def __init__(self, room: int) -> None:
        self.room = room
        self._write = os.write

    def __call__(self, descriptor: int, data: Any) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        count = min(self.room, len(data))
        self.room -= count
        return self._write(descriptor, bytes(data[:count]))


@pytest.mark.anyio
async def test_a_full_disk_ends_it_and_leaves_the_batches_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileStore(tmp_path / "a")
    await store.load()
    await store.apply([Sent(1, b"first", 2)])
    size = (tmp_path / "a").stat().st_size
    monkeypatch.setattr(os, "write", FullDisk(20))
    with pytest.raises(StoreError, match="No space left on device"):
        await store.apply([Sent(2, b"second" * 100, 3)])
    monkeypatch.undo()
    with pytest.raises(StoreError, match="No space left on device"):  # not until it was looked at
        await store.apply([Sent(2, b"second", 3)])
    await store.aclose()
    assert (tmp_path / "a").stat().st_size == size
    assert await store.load() == Stored(2, 1, 0)
    await store.apply([Sent(2, b"second", 3)])
    assert await store.messages(1, 2) == [(1, b"first"), (2, b"second")]
    await store.aclose()


@pytest.mark.anyio
async def test_a_disk_that_has_room_again_is_used_by_who_loads_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An acceptor keeps the store for as long as it runs, and loads it for each connection."""
    store = FileStore(tmp_path / "a")
    await store.load()
    await store.apply([Sent(1, b"first", 2)])
    monkeypatch.setattr(os, "write", FullDisk(20))
    with pytest.raises(StoreError, match="No space left on device"):
        store.apply_at_once([Sent(2, b"second" * 100, 3)])
    monkeypatch.undo()
    assert await store.load() == Stored(2, 1, 0)
    await store.apply([Sent(2, b"second", 3)])
    assert await store.messages(1, 2) == [(1, b"first"), (2, b"second")]
    await store.aclose()


@pytest.fixture
def damaged(tmp_path: Path) -> tuple[Path, int]:
    """A store with a bit flipped in its second record, and where that begins."""
    content, ends, _ = written(tmp_path / "a")
    wrong = bytearray(content)
    wrong[ends[1] + 14] ^= 1
    (tmp_path / "a").write_bytes(wrong)
    return tmp_path / "a", ends[1]


@pytest.mark.anyio
async def test_a_damaged_store_says_where(damaged: tuple[Path, int]) -> None:
    path, offset = damaged
    with pytest.raises(StoreError, match=f"damaged at byte {offset}"):
        await FileStore(path).load()


@pytest.mark.anyio
async def test_damage_that_comes_later_is_met_when_it_is_read(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "a")
    await store.load()
    await store.apply([Sent(1, b"first", 2)])
    await store.apply([Sent(2, b"second", 3)])
    content = (tmp_path / "a").read_bytes()
    (tmp_path / "a").write_bytes(content.replace(b"first", b"fIrst"))
    with pytest.raises(StoreError, match="damaged"):
        await store.messages(1, 2)
    await store.aclose()


PROGRAM = """
import anyio, os, sys
from barterpy.protocols.fix.session.store import Received, Sent
from barterpy.protocols.fix.stores import FileStore

async def main():
    store = FileStore(sys.argv[1])
    await store.load()
    for number in range(1, 1000000, 3):
        await store.apply([Sent(one, b"%d" % one * 50, one + 1) for one in range(number, number + 3)])
        os.write(1, b"%d\\n" % (number + 2))

anyio.run(main)
"""


def test_a_process_that_is_killed_has_stored_all_it_told_of(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with subprocess.Popen([sys.executable, "-c", PROGRAM, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        told = 0
        while told < 300:
            told = int(process.stdout.readline())
        process.kill()
        told = max([told, *(int(line) for line in process.stdout.read().splitlines(True) if line.endswith(b"\n"))])
    journal = opened(path)
    assert journal.stored is not None
    end = journal.stored.next_out
    assert end > told
    assert end % 3 == 1  # whole batches
    assert journal.find(1, end) == [(number, b"%d" % number * 50) for number in range(1, end)]
    journal.close()
