"""The FIX examples, against the simulated venue over real sockets."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import anyio
import pytest

from barterpy.jsonlines import decode_event
from barterpy.protocols.fix.initiator import initiate
from barterpy.protocols.fix.outgoing import Outgoing
from barterpy.protocols.fix.session import SessionSettings
from barterpy.testing.simulated import SimulatedVenue
from barterpy.testing.simulated.fix import Gateway, SimulatedFix
from barterpy.venues.binance import fix

pytestmark = pytest.mark.anyio
Load = Callable[[str], ModuleType]


@asynccontextmanager
async def simulated() -> AsyncGenerator[SimulatedFix, None]:
    async with (
        SimulatedVenue("spot", symbols=("BTCUSDT",), history=0) as venue,
        SimulatedFix(venue, drop_copy_delay=0) as gateways,
    ):
        yield gateways


async def test_an_order_is_placed_made_smaller_and_cancelled(example: Load, capsys: pytest.CaptureFixture[str]) -> None:
    async with simulated() as venue:
        steps = await example("fix_orders").main(Decimal(60000), str(venue.order_entry), venue.credentials())
    assert steps == ["open 0.010", "open 0.005", "canceled 0.005"]
    assert "canceled" in capsys.readouterr().out


async def test_an_order_at_a_price_that_is_none_is_refused(example: Load, capsys: pytest.CaptureFixture[str]) -> None:
    async with simulated() as venue:
        module = example("fix_orders")
        steps = await module.main(Decimal("60000.03"), str(venue.order_entry), venue.credentials())
    assert [step.split()[0] for step in steps] == ["rejected"]
    assert "Filter failure: PRICE_FILTER" in capsys.readouterr().out


async def test_a_drop_copy_is_collected_through_the_end_of_a_session(
    example: Load, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "fills.jsonl"
    found: list[dict[str, int]] = []
    async with simulated() as venue:
        key = venue.credentials()

        async def collect() -> None:
            found.append(await example("fix_drop_copy").main(str(file), str(venue.drop_copy), key, 2))

        async def trade(id_: str) -> None:
            async with fix.order_entry(key, url=str(venue.order_entry)).connect() as socket:
                await socket.send(Outgoing("D", {11: id_, 55: "BTCUSDT", 54: "1", 40: "1", 38: "0.001"}))
                while not any(message.get(39) == "2" for message in (await socket.receive()).messages):
                    pass

        with anyio.fail_after(30):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(collect)
                await venue.when(lambda: venue.sessions(Gateway.DROP_COPY) == 1)
                await trade("first")
                venue.announce()
                venue.end_sessions()
                await venue.when(lambda: venue.sessions(Gateway.DROP_COPY) == 0)
                await venue.when(lambda: venue.sessions(Gateway.DROP_COPY) == 1)
                await trade("second")
    (counts,) = found
    assert counts["Fill"] == 2
    assert counts["Connected"] == 2
    events = [decode_event(line) for line in file.read_bytes().splitlines()]
    assert len(events) == sum(counts.values())
    assert [type(event).__name__ for event in events].count("Disconnected") == 1
    assert "the venue says: Your connection is about to be closed." in capsys.readouterr().err


def test_the_acceptor_has_forty_lines(example: Load) -> None:
    program = Path(example("fix_acceptor").__file__ or "").read_text().partition('"""\n\n')[2].splitlines()
    assert sum(bool(line) and not line.startswith(("import", "from")) for line in program) <= 40


async def test_an_acceptor_takes_orders_and_nothing_else(example: Load) -> None:
    module = example("fix_acceptor")
    async with anyio.create_task_group() as tasks:
        port = await tasks.start(module.main)
        settings = SessionSettings(begin_string="FIX.4.4", sender="ME", target="FLOOR", reset_on_logon=True)
        async with initiate(settings, "127.0.0.1", port) as socket:
            order: dict[int, Any] = {11: "1", 55: "ABC", 54: "1", 38: "5", 40: "2", 44: "9.5", 60: "20260102-03:04:05"}
            await socket.send(Outgoing("D", order))
            (report,) = (await socket.receive()).messages
            assert (report.text(39), report.decimal(31), report.text(11)) == ("2", Decimal("9.5"), "1")
            await socket.send(Outgoing("B", {148: "hello", 33: 0}))
            (reject,) = (await socket.receive()).messages
            assert (reject.msg_type, reject.integer(380)) == ("j", 3)
        tasks.cancel_scope.cancel()
