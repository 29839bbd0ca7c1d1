"""The collector, with the network against it: what it wrote is the server's, or lies where the file says so."""

import importlib.util
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

import anyio
import pytest

from barterpy.events import Connected, Disconnected, Gap, Resynced
from barterpy.jsonlines import decode_event
from barterpy.model import BookDelta, BookSnapshot, Trade
from barterpy.orderbook import OrderBook
from barterpy.testing import Cut, FaultInjector, Faults, SimulatedDeribit

pytestmark = pytest.mark.anyio
EXAMPLE = Path(__file__).parents[3] / "examples" / "deribit_collector.py"


@pytest.fixture(scope="module")
def collector() -> ModuleType:
    spec = importlib.util.spec_from_file_location("example_deribit_collector", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def test_it_survives_cuts(collector: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "deribit.jsonl"
    # Far enough for the first snapshots; the fourth connection shows that the third has had as much.
    script = [Faults(to_client=(Cut(after=15_000, reset=number == 1),)) for number in range(3)]
    async with SimulatedDeribit(rate=100) as venue:
        target = urlsplit(venue.ws_url)
        async with (
            FaultInjector(target.hostname or "", target.port or 0, script) as proxy,
            anyio.create_task_group() as tasks,
        ):
            tasks.start_soon(collector.main, str(file), 50.0, f"ws://127.0.0.1:{proxy.port}", venue.rest_url)
            await proxy.wait_accepted(4)
            tasks.cancel_scope.cancel()
        sent = {trade.id for symbol in ("BTC-PERPETUAL", "ETH-PERPETUAL") for trade in venue.trades(symbol)}
    events = [decode_event(line) for line in file.read_bytes().splitlines()]
    ids = [event.id for event in events if isinstance(event, Trade)]
    assert ids
    assert len(ids) == len(set(ids))
    assert set(ids) <= sent
    # Books are whole from each snapshot on, and each interruption is told for each of them.
    books: dict[str, OrderBook[Decimal]] = {}
    for event in events:
        if isinstance(event, BookSnapshot | BookDelta):
            book = books.setdefault(event.instrument, OrderBook(event.instrument))
            book.apply(event)
            assert not book.crossed()
        elif isinstance(event, Gap):
            books[event.instrument].invalidate(event.reason)
    order = [type(event) for event in events if isinstance(event, Connected | Disconnected | Resynced)]
    assert order.count(Connected) >= 3
    assert order.index(Disconnected) < order.index(Resynced)
    assert set(books) == {"BTC/USD:BTC", "ETH/USD:ETH"}
