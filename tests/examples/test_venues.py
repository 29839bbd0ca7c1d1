"""The examples which use a venue, against the simulated one over real sockets."""

from collections.abc import Callable
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from barterpy.credentials import Credentials
from barterpy.errors import CredentialsError, VenueError
from barterpy.testing import Cut, FaultInjector, Faults, SimulatedVenue
from barterpy.testing.faults import NO_FAULTS

pytestmark = pytest.mark.anyio
Load = Callable[[str], ModuleType]


async def test_signed_balances_are_the_accounts(example: Load, capsys: pytest.CaptureFixture[str]) -> None:
    async with SimulatedVenue("spot", seed=1, rate=1) as venue:
        balances = await example("signed_balances").main(venue.rest_url, venue.keys.create())
    assert {balance.asset for balance in balances} >= {"BTC", "USDT"}
    assert all(isinstance(balance.free, Decimal) for balance in balances)
    assert "USDT" in capsys.readouterr().out


async def test_a_wrong_secret_is_what_the_venue_says_and_shows_nowhere(example: Load) -> None:
    async with SimulatedVenue("spot", seed=1, rate=1) as venue:
        known = venue.keys.create()
        with pytest.raises(VenueError) as caught:
            await example("signed_balances").main(venue.rest_url, Credentials(known.key, "not-the-secret"))
    assert caught.value.code == -1022
    assert "not-the-secret" not in f"{caught.value!r} {caught.value}"


async def test_no_credentials_name_the_variable(example: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BINANCE_API_KEY", raising=False)
    with pytest.raises(CredentialsError, match="BINANCE_API_KEY is not set"):
        await example("signed_balances").main("http://127.0.0.1:1")


async def test_custom_analytics_finds_large_trades(example: Load, capsys: pytest.CaptureFixture[str]) -> None:
    async with SimulatedVenue("futures", seed=3, rate=200) as venue:
        found = await example("custom_analytics").main(venue.ws_url, venue.rest_url, 3)
    assert len(found) == 3
    assert all(Decimal("0.1") < large.share < 1 for large in found)
    assert {large.instrument for large in found} <= {"BTC/USDT:USDT", "ETH/USDT:USDT"}
    assert capsys.readouterr().out.count("% of the minute's volume") == 3


async def test_the_collector_writes_exact_parquet(example: Load, tmp_path: Path) -> None:
    parquet: Any = import_module("pyarrow.parquet")
    async with SimulatedVenue("futures", seed=4, rate=200) as venue:
        rows = await example("collect_to_parquet").main(str(tmp_path), 2.0, venue.ws_url, venue.rest_url)
        sent = {str(trade.id) for symbol in venue.symbols for trade in venue.trades(symbol)}
    trades = parquet.read_table(tmp_path / "trades.parquet").to_pylist()
    quotes = parquet.read_table(tmp_path / "quotes.parquet").to_pylist()
    assert (len(trades), len(quotes)) == (rows["Trade"], rows["Quote"])
    assert trades
    assert quotes
    assert {trade["id"] for trade in trades} <= sent
    assert all(isinstance(trade["price"], Decimal) for trade in trades)
    assert all(quote["bid_price"] < quote["ask_price"] for quote in quotes)


async def test_redundant_trades_come_once_though_connections_are_cut(
    example: Load, capsys: pytest.CaptureFixture[str]
) -> None:
    async with SimulatedVenue("futures", seed=5, rate=200) as venue:
        port = int(venue.ws_url.rsplit(":", 1)[1])
        # Of the three connections, two are cut on their way; the third has everything.
        faults = [Faults(to_client=(Cut(after=20_000),)), NO_FAULTS, Faults(to_client=(Cut(after=40_000),))]
        async with FaultInjector("127.0.0.1", port, faults) as proxy:
            url = f"ws://127.0.0.1:{proxy.port}"
            collected = await example("redundant_binance").main(url, venue.rest_url, 400, 3)
            assert proxy.accepted >= 5
    ids = [int(trade.id) for trade in collected]
    assert len(set(ids)) == 400
    # A connection that is new may be ahead of the others at first, so the very last need not be whole when it stops.
    missing = set(range(min(ids), max(ids) + 1)).difference(ids)
    assert all(id_ > max(ids) - 50 for id_ in missing)
    printed = capsys.readouterr().out
    assert printed.count("is down") >= 2
    assert printed.count("ahead by") == 3
