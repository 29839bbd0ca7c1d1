"""The output of a running command: in one piece, whoever writes it, and to anything that stdout can be."""

import io
import os
import sys
import threading
from pathlib import Path
from typing import Literal

import anyio
import pytest

from barterpy.cli.options import Common
from barterpy.cli.session import Session, run
from barterpy.events import Connected

Backend = Literal["asyncio", "trio"]
BACKENDS = pytest.mark.parametrize("backend", ["asyncio", "trio"])


@BACKENDS
def test_lines_of_several_tasks_are_not_mixed(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    seen: list[bytes] = []

    def drain() -> None:
        with os.fdopen(read, "rb") as file:
            seen.extend(file)

    reader = threading.Thread(target=drain)
    reader.start()

    async def work(session: Session) -> int:
        async with anyio.create_task_group() as tasks:
            for letter in "abc":
                tasks.start_soon(session.lines, [letter * 30_000] * 5)
        return 0

    with os.fdopen(write, "w") as stdout:
        monkeypatch.setattr(sys, "stdout", stdout)
        assert run(work, Common(backend=backend)) == 0
    reader.join()
    assert sorted(seen) == [letter.encode() * 30_000 + b"\n" for letter in "abc" for _ in range(5)]


@BACKENDS
def test_output_to_a_file_and_to_memory(backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    event = Connected(venue="t", connection="c", epoch=1, received_at=1)

    async def work(session: Session) -> int:
        await session.events([])
        await session.events([event, event])
        await session.lines(["first", "ž"])
        return 7

    texts: list[str] = []
    with (tmp_path / "out").open("w+", encoding="utf-8") as file:
        for stdout in (file, io.StringIO()):
            monkeypatch.setattr(sys, "stdout", stdout)
            assert run(work, Common(backend=backend)) == 7
            stdout.seek(0)
            texts.append(stdout.read())
    assert texts[0] == texts[1]
    assert texts[0].endswith('"downtime":null}\nfirst\nž\n')


@BACKENDS
def test_an_error_of_the_work_passes_as_it_is(backend: Backend) -> None:
    async def work(session: Session) -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(work, Common(backend=backend))


@BACKENDS
def test_it_runs_outside_of_the_main_thread_where_no_signal_comes(backend: Backend) -> None:
    codes: list[int] = []

    async def work(session: Session) -> int:
        with session.until(0.01):
            await anyio.sleep_forever()
        return 5

    def in_thread() -> None:
        codes.append(run(work, Common(backend=backend)))

    thread = threading.Thread(target=in_thread)
    thread.start()
    thread.join()
    assert codes == [5]
