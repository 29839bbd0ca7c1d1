"""The dYdX examples, against the simulated venue over real sockets."""

from collections.abc import Callable
from decimal import Decimal
from types import ModuleType
from typing import Any

import anyio
import pytest

from barterpy.testing.simulated.dydx import SimulatedDydx

pytestmark = pytest.mark.anyio
Load = Callable[[str], ModuleType]
ADDRESS = "dydx155va0m7wz5n8zcqscn9afswwt04n4usj46wvp5"


async def test_the_watcher_knows_the_account_after_a_cut(example: Load, capsys: pytest.CaptureFixture[str]) -> None:
    async with SimulatedDydx(rate=5, history=0) as venue:
        owner = venue.account(ADDRESS)
        order = venue.place(owner, "ETH-USD", "BUY", "3", "3000")
        found: list[Any] = []

        async def watch() -> None:
            module = example("dydx_subaccount_watcher")
            found.append(await module.main(ADDRESS, 0, venue.ws_url, venue.rest_url, 3))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch)
            await venue.when(lambda: venue.subscriptions)
            venue.fill(owner, order, "1", "2999")
            venue.cut()
            venue.fill(owner, order, "1.5", "2999.5")  # while nobody listens
            await venue.when(lambda: venue.connections == 2 and venue.subscriptions)
            venue.fill(owner, order, "0.5", "3000")
    (watcher,) = found
    assert [fill.size for fill in watcher.fills.values()] == [Decimal(1), Decimal("1.5"), Decimal("0.5")]
    assert watcher.connects == 2
    assert "fill      ETH-USD  buy 0.5 at 3000" in capsys.readouterr().out
