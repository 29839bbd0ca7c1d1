"""The alarm itself: a blocking call below the library has to fail a test, on either backend, through the links too."""

import threading
import time
from pathlib import Path

import anyio.to_thread
import pytest
from blockbuster import BlockingError

import barterpy

pytestmark = pytest.mark.anyio

PACKAGE = Path(barterpy.__file__).parent


def call_from(path: Path, source: str) -> None:
    """Run ``source`` as if it stood in the file ``path``: that is how blockbuster knows whose call it is."""
    exec(compile(source, str(path), "exec"), {"time": time})


@pytest.mark.parametrize("module", ["imaginary.py", "protocols/websocket/imaginary.py", "venues/binance/imaginary.py"])
@pytest.mark.parametrize("source", ["time.sleep(0)", "import os; os.listdir('.')"])
async def test_a_blocking_call_of_the_library_is_an_error(module: str, source: str) -> None:
    with pytest.raises(BlockingError):
        call_from(PACKAGE / module, source)


async def test_a_call_of_somebody_else_is_not_our_affair(tmp_path: Path) -> None:
    call_from(tmp_path / "foreign.py", "time.sleep(0)")


async def test_a_worker_thread_may_block() -> None:
    thread = await anyio.to_thread.run_sync(_block_in_a_thread)
    assert thread is not threading.current_thread()


def _block_in_a_thread() -> threading.Thread:
    call_from(PACKAGE / "imaginary.py", "time.sleep(0)")
    return threading.current_thread()


def test_outside_the_event_loop_the_library_may_block() -> None:
    call_from(PACKAGE / "imaginary.py", "time.sleep(0)")
