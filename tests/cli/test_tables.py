"""The live table and what feeds it: the right numbers, on one line each, at any width."""

import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console

from barterpy.cli.monitor import Meter, Monitor
from barterpy.cli.tables import CHANNEL_COLUMNS, DEMO_COLUMNS, Column, LiveTable
from barterpy.events import Connected, Disconnected, Gap, MessageError, Resynced, Subscribed
from barterpy.model import (
    BookDelta,
    BookSnapshot,
    Candle,
    FundingRate,
    IndexPrice,
    InstrumentStatus,
    Level,
    Liquidation,
    MarkPrice,
    OpenInterest,
    OptionGreeks,
    Quote,
    Side,
    Ticker,
    Trade,
    VenueNotice,
    VolatilityIndex,
)
from barterpy.subscription import Channel

MS = 1_000_000


def level(price: str, size: str) -> Level[Decimal]:
    return Level(Decimal(price), Decimal(size))


def where(instrument: str = "BTCUSDT", lag: int = 2 * MS) -> dict[str, Any]:
    return {"venue": "test", "instrument": instrument, "exchange_at": 1000 * MS, "received_at": 1000 * MS + lag}


def trade(price: str, size: str, side: Side = Side.BUY, **options: Any) -> Trade:
    return Trade(**where(**options), price=Decimal(price), size=Decimal(size), side=side, id="1")


CONNECTION: dict[str, Any] = {"venue": "test", "connection": "test/1", "epoch": 1, "received_at": 1000 * MS}
SNAPSHOT = BookSnapshot(
    **where(), bids=(level("100.10", "1"), level("100.00", "5")), asks=(level("100.30", "2"),), sequence=7
)
D = Decimal
ONE_OF_EACH: dict[Channel, tuple[Any, str]] = {
    Channel.TRADES: (trade("100.25", "0.500"), "BTCUSDT 100.25 0.500 buy 0.500 100.250 0 2.0 ms"),
    Channel.QUOTES: (
        Quote(**where(), bid_price=D("99.9"), bid_size=D(3), ask_price=D("100.1"), ask_size=D(4)),
        "BTCUSDT 3 99.9 100.1 4 0.2 0 2.0 ms",
    ),
    Channel.BOOK: (SNAPSHOT, "BTCUSDT 100.10 100.30 0.20 valid 2/1 0 0 2.0 ms"),
    Channel.CANDLES: (
        Candle(
            **where(), interval="5m", open_at=3_600 * 10**9, close_at=3_900 * 10**9, open=D(1), high=D(4), low=D("0.5"),
            close=D(2), volume=D("10.0"), quote_volume=None, trades=None, closed=True,
        ),
        "BTCUSDT 01:00 5m 1 4 0.5 2 10.0",
    ),
    Channel.TICKERS: (
        Ticker(**where(), last=D("9.50"), change=D("-1"), low=D(9), high=None, volume=D(1000)),
        "BTCUSDT 9.50 -1 9 - 1000",
    ),
    Channel.MARK_PRICES: (MarkPrice(**where(), price=D("1.5"), index_price=D("1.4")), "BTCUSDT 1.5 1.4 0 2.0 ms"),
    Channel.FUNDING_RATES: (
        FundingRate(**where(), rate=D("0.00010"), next_at=3_600 * 10**9),
        "BTCUSDT 0.00010 01:00:00 0 2.0 ms",
    ),
    Channel.LIQUIDATIONS: (
        Liquidation(**where(), side=Side.SELL, price=D(10), size=D("0.1")),
        "BTCUSDT sell 10 0.1 2.0 ms",
    ),
    Channel.INSTRUMENT_STATUS: (
        InstrumentStatus(**where(), status="halted", venue_status="BREAK"),
        "BTCUSDT halted BREAK",
    ),
    Channel.OPEN_INTEREST: (OpenInterest(**where(), size=D("12.5")), "BTCUSDT 12.5 2.0 ms"),
    Channel.OPTION_GREEKS: (
        OptionGreeks(
            **where(), delta=D("0.5"), gamma=D("0.01"), vega=D(3), theta=D(-2), rho=None,
            mark_price=D("0.05"), mark_volatility=D("61.5"),
        ),
        "BTCUSDT 0.05 61.5 0.5 0.01 3 -2 2.0 ms",
    ),
    Channel.INDEX_PRICES: (IndexPrice(**where(), price=D("65000.5")), "BTCUSDT 65000.5 2.0 ms"),
    Channel.VOLATILITY_INDEX: (VolatilityIndex(**where(), volatility=D("44.1")), "BTCUSDT 44.1 2.0 ms"),
    Channel.NATIVE: (VenueNotice(**where(), channel="a.b", data={"c": 1}), "BTCUSDT 0 2.0 ms"),
}  # fmt: skip


def picture(monitor: Monitor, columns: Sequence[Column], width: int, height: int = 24) -> list[str]:
    file = io.StringIO()
    console = Console(file=file, width=width, height=height, color_system=None)
    console.print(LiveTable(console, monitor, columns, "test").render(0.0))
    return file.getvalue().splitlines()


@pytest.mark.parametrize("channel", Channel)
def test_a_row_of_each_channel(channel: Channel) -> None:
    event, row = ONE_OF_EACH[channel]
    monitor = Monitor()
    assert monitor.update([event]) == 1
    title, heading, line = picture(monitor, CHANNEL_COLUMNS[channel], 80)
    assert title.split() == ["test", "down", "1", "events", "0/s"]
    assert heading.split()[0] == "symbol"
    assert " ".join(line.split()) == row


@pytest.mark.parametrize("width", [40, 80, 100, 140])
@pytest.mark.parametrize("columns", [DEMO_COLUMNS, *CHANNEL_COLUMNS.values()])
def test_nothing_is_wider_than_the_terminal(columns: Sequence[Column], width: int) -> None:
    monitor = Monitor()
    monitor.update([event for event, _ in ONE_OF_EACH.values()])
    monitor.update([trade("12345.12345678", "98765.12345678", instrument=f"LONGNAME{n}USDT") for n in range(9)])
    monitor.update([MessageError(**CONNECTION, reason="x" * 300, payload="y" * 300)])
    lines = picture(monitor, columns, width)
    assert max(map(len, lines)) <= width
    assert len(lines) == 2 + 10 + 1 + 1


def test_the_demo_fits_into_eighty_columns_and_shows_more_when_there_is_room() -> None:
    monitor = Monitor()
    monitor.update([SNAPSHOT, trade("100.25", "0.500"), trade("100.35", "1.500", Side.SELL)])
    _, heading, line = picture(monitor, DEMO_COLUMNS, 80)
    assert heading.split("  ")[0] == "symbol"
    assert " ".join(line.split()) == "BTCUSDT 100.35 2.000 100.325 0.20 valid 0 0 2.0 ms"
    _, heading, line = picture(monitor, DEMO_COLUMNS, 140)
    assert " ".join(line.split()) == "BTCUSDT 100.35 2.000 100.325 0.20 100.10 100.30 valid 2/1 0 0 2.0 ms"


def test_more_rows_than_the_terminal_has_are_counted() -> None:
    monitor = Monitor()
    monitor.update([trade("1", "1", instrument=f"S{n:03}") for n in range(50)])
    lines = picture(monitor, DEMO_COLUMNS, 80, height=15)
    assert lines[-1] == "… and 46 more"
    assert len(lines) < 15


def test_the_log_tells_what_happened_last() -> None:
    monitor = Monitor()
    monitor.update(
        [
            Connected(**CONNECTION),
            Subscribed(**CONNECTION, subscriptions=("trades(BTCUSDT)",)),
            trade("1", "1"),
            Disconnected(**CONNECTION, reason="cut", error="ConnectionLost", code=1006),
        ]
    )
    assert picture(monitor, DEMO_COLUMNS, 80)[-4:] == [
        "",
        "00:00:01.000  connected      test/1  life 1",
        "00:00:01.000  subscribed     test/1  trades(BTCUSDT)",
        "00:00:01.000  disconnected   test/1  ConnectionLost: cut",
    ]


def test_a_book_is_valid_or_says_that_it_is_not() -> None:
    monitor = Monitor()
    gap = Gap(venue="test", instrument="BTCUSDT", epoch=1, received_at=1, reason="lost", last=1, next=5)
    resynced = Resynced(venue="test", instrument="BTCUSDT", epoch=1, received_at=1, downtime=5)
    rows: list[str] = []
    for event in (trade("1", "1"), SNAPSHOT, gap, resynced, SNAPSHOT):
        monitor.update([event])
        rows.append(" ".join(picture(monitor, CHANNEL_COLUMNS[Channel.BOOK], 80)[2].split()))
    assert rows == [
        "BTCUSDT waiting 0 0 2.0 ms",
        "BTCUSDT 100.10 100.30 0.20 valid 2/1 0 0 2.0 ms",
        "BTCUSDT invalid 2/1 1 0 2.0 ms",
        "BTCUSDT invalid 2/1 1 0 2.0 ms",
        "BTCUSDT 100.10 100.30 0.20 valid 2/1 1 0 2.0 ms",
    ]
    view = monitor.instruments["BTCUSDT"]
    assert (view.gaps, monitor.resynced) == (1, 1)
    assert view.spread is not None
    assert view.spread.absolute == Decimal("0.20")


def test_a_delta_moves_the_spread_and_an_invalid_book_has_none() -> None:
    monitor = Monitor()
    monitor.update([SNAPSHOT, BookDelta(**where(), bids=(level("100.20", "1"),), asks=())])
    view = monitor.instruments["BTCUSDT"]
    assert view.spread is not None
    assert view.spread.absolute == Decimal("0.10")
    monitor.update([Gap(venue="test", instrument="BTCUSDT", epoch=1, received_at=1, reason="lost")])
    assert view.spread is None


def test_connections_are_counted() -> None:
    monitor = Monitor()
    again: dict[str, Any] = {**CONNECTION, "epoch": 2}
    monitor.update([Connected(**CONNECTION)])
    assert monitor.up == {"test/1": 1}
    monitor.update([Disconnected(**CONNECTION, reason="cut")])
    assert monitor.up == {}
    monitor.update([Connected(**again, downtime=5), MessageError(**again, reason="r", payload="p")])
    assert (monitor.up, monitor.reconnections, monitor.problems) == ({"test/1": 2}, 1, 1)
    assert monitor.kinds == {"connected": 2, "disconnected": 1, "message_error": 1}
    title = picture(monitor, DEMO_COLUMNS, 80)[0]
    assert title == "test  up  0 events  0/s  1 reconnects  1 not understood"


def test_instruments_are_bounded() -> None:
    monitor = Monitor()
    monitor.update([trade("1", "1", instrument=str(n)) for n in range(1_500)])
    assert len(monitor.instruments) == 1_000
    assert monitor.messages.count == 1_500


def test_the_lag_is_the_median() -> None:
    monitor = Monitor()
    monitor.update([trade("1", "1", lag=lag * MS) for lag in (1, 2, 500)])
    assert monitor.instruments["BTCUSDT"].lag() == 2 * MS


def test_a_rate_is_over_the_last_seconds_only() -> None:
    meter = Meter(seconds=3.0)
    rates: list[float] = []
    for now, count in ((0.0, 0), (1.0, 100), (2.0, 200), (3.0, 300), (4.0, 300), (5.0, 300), (6.0, 300)):
        meter.count = count
        rates.append(meter.rate(now))
    assert rates[0] == 0
    assert rates[1:4] == [100, 100, 100]
    assert rates[-1] == 0
