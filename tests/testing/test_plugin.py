"""The plugin in a project of its own, as a user has it."""

import os
import subprocess
import sys
from pathlib import Path

import barterpy

ROOT = Path(barterpy.__file__).resolve().parent.parent

CONFTEST = 'pytest_plugins = ["barterpy.testing.plugin"]\n'

TESTS = """
import anyio
import pytest

from barterpy import market_stream, trades
from barterpy.clock import SECOND
from barterpy.venues import binance

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend(virtual_backend):
    return virtual_backend


async def test_a_day_takes_no_time(virtual_clock):
    before = virtual_clock()
    await anyio.sleep(86400)
    assert virtual_clock() - before == 86400 * SECOND


async def test_a_spot_venue(simulated_spot, virtual_clock):
    async with binance.Spot(**simulated_spot.options) as client:
        async with market_stream(client, [trades("BTC/USDT")], clock=virtual_clock) as events:
            async for trade in events.data():
                assert trade.instrument == "BTC/USDT"
                break


async def test_a_futures_venue(simulated_futures):
    async with binance.Futures(**simulated_futures.options) as client:
        assert len(await client.instruments()) == 3
"""


def test_its_fixtures_work_on_both_backends(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_mine.py").write_text(TESTS)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert "6 passed" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0


def test_it_is_not_registered_behind_a_users_back() -> None:
    program = "from importlib.metadata import entry_points; print(*[e.value for e in entry_points(group='pytest11')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "barterpy" not in done.stdout
