"""What goes out at once: stored before it is sent, but for a store that ends with the process."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from barterpy.protocols.fix.outlet import Outlet
from barterpy.protocols.fix.session import Change, MemoryStore, Received
from barterpy.protocols.fix.stores import FileStore, SqliteStore


class Kept:
    """A store that says when it is asked."""

    def __init__(self, done: list[str], *, volatile: bool, ready: bool = True) -> None:
        self.done = done
        self.volatile = volatile
        self.ready = ready

    async def apply(self, changes: Sequence[Change]) -> None:
        raise AssertionError("not at once")

    def apply_at_once(self, changes: Sequence[Change]) -> bool:
        if self.ready:
            self.done.append("stored")
        return self.ready


def made(store: Kept, done: list[str], *, room: bool = True) -> tuple[Outlet, Any]:
    def send_nowait(data: bytes) -> bool:
        if room:
            done.append(f"sent {data.decode()}")
        return room

    outbound = SimpleNamespace(changes=[Received(2)], chunks=[b"a", b"b"])
    wire, session = SimpleNamespace(send_nowait=send_nowait), SimpleNamespace(outbound=outbound)
    return Outlet(cast("Any", wire), cast("Any", session), cast("Any", store), None, 1.0, lambda: 0), outbound


@pytest.mark.parametrize(("volatile", "order"), [(False, ["stored", "sent ab"]), (True, ["sent ab", "stored"])])
def test_what_outlives_the_process_is_stored_first(volatile: bool, order: list[str]) -> None:
    done: list[str] = []
    outlet, outbound = made(Kept(done, volatile=volatile), done)
    assert outlet.at_once()
    assert done == order
    assert (outbound.changes, outbound.chunks) == ([], [])


def test_what_cannot_be_stored_at_once_is_not_sent() -> None:
    done: list[str] = []
    outlet, outbound = made(Kept(done, volatile=False, ready=False), done)
    assert not outlet.at_once()
    assert (done, outbound.changes, outbound.chunks) == ([], [Received(2)], [b"a", b"b"])


@pytest.mark.parametrize("volatile", [False, True])
def test_what_cannot_be_sent_at_once_is_left_whole(volatile: bool) -> None:
    done: list[str] = []
    outlet, outbound = made(Kept(done, volatile=volatile), done, room=False)
    assert not outlet.at_once()
    assert outbound.chunks == [b"ab"]
    assert done == ([] if volatile else ["stored"])
    assert outbound.changes == ([Received(2)] if volatile else [])


def test_only_memory_is_volatile() -> None:
    assert MemoryStore.volatile
    assert not any(hasattr(store, "volatile") for store in (FileStore, SqliteStore))
