"""Lines of a descriptor: whole, bounded, as they come."""

import os
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from barterpy.cli import lines as module
from barterpy.cli.lines import Line, LineReader, open_input
from barterpy.errors import ConfigurationError

# Reading a regular file blocks, on purpose and in a loop of the command's own: these run as the command does.
BACKENDS = pytest.mark.parametrize("backend", ["asyncio", "trio"])


def all_lines(descriptor: int, backend: str) -> list[Line]:
    async def read() -> list[Line]:
        with LineReader(descriptor) as reader:
            return [line async for line in reader]

    return anyio.run(read, backend=backend)


@BACKENDS
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"a", [(1, b"a")]),
        (b"a\n", [(1, b"a")]),
        (b"a\r\nb\r\n", [(1, b"a"), (2, b"b")]),
        (b"\n \na\n\n\nb\n\n", [(3, b"a"), (6, b"b")]),
        (b"\xff\xfe\n", [(1, b"\xff\xfe")]),
        (b"x" * 70_000 + b"\n" + b"y" * 140_000, [(1, b"x" * 70_000), (2, b"y" * 140_000)]),
    ],
)
def test_lines_of_a_file(backend: str, tmp_path: Path, content: bytes, expected: list[Line]) -> None:
    path = tmp_path / "input"
    path.write_bytes(content)
    descriptor, name = open_input(path)
    assert name == "input"
    assert all_lines(descriptor, backend) == expected


@BACKENDS
def test_a_line_of_a_pipe_comes_before_the_next_is_written(backend: str) -> None:
    read, write = os.pipe()

    async def talk() -> None:
        with LineReader(read) as reader:
            for number in (1, 2):
                os.write(write, b"first half,")
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(anyio.to_thread.run_sync, os.write, write, b" second\n")
                    assert await anext(reader) == (number, b"first half, second")
            os.close(write)
            with pytest.raises(StopAsyncIteration):
                await anext(reader)

    anyio.run(talk, backend=backend)


@BACKENDS
def test_a_line_past_the_bound_is_cut_once_and_the_next_is_whole(
    backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_LINE", 100_000)
    path = tmp_path / "input"
    path.write_bytes(b"x" * 500_000 + b"\nnext\n")
    descriptor, _ = open_input(path)
    assert all_lines(descriptor, backend) == [(1, b"x" * 100_000), (2, b"next")]


@BACKENDS
def test_a_device_is_just_read(backend: str) -> None:
    descriptor, _ = open_input(Path(os.devnull))
    assert all_lines(descriptor, backend) == []


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot read .*: it is a folder"):
        open_input(tmp_path)
    with pytest.raises(ConfigurationError, match=r"cannot read .*: no such file or directory"):
        open_input(tmp_path / "missing")
