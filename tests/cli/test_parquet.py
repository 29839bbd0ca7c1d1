"""Events in Parquet: exact, typed, and readable after the writer has gone."""

import sys
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from barterpy.cli import parquet as module
from barterpy.cli.failures import DataProblem
from barterpy.cli.parquet import ParquetSink
from barterpy.errors import MissingExtraError
from barterpy.model import BookSnapshot, Candle, Level, Quote, Side, Trade

arrow: Any = import_module("pyarrow")
reader: Any = import_module("pyarrow.parquet")


def trade(number: int, price: str = "37000.10") -> Trade:
    return Trade(
        venue="test",
        instrument="BTCUSDT",
        price=Decimal(price),
        size=Decimal("0.00100000"),
        side=Side.BUY if number % 2 else None,
        id=str(number),
        exchange_at=1_700_000_000_000_000_000 + number,
        received_at=1_700_000_000_000_000_001 + number,
        sequence=number,
    )


def test_trades_come_back_exact_in_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ROWS", 4)
    path = tmp_path / "trades.parquet"
    quote = Quote(
        venue="test", instrument="A", bid_price=None, bid_size=None, ask_price=None, ask_size=None,
        exchange_at=None, received_at=1,
    )  # fmt: skip
    with ParquetSink(path, "trade") as sink:
        for number in range(10):
            sink.write(trade(number))
            sink.write(quote)
    assert sink.rows == 10
    file = reader.ParquetFile(path)
    assert file.metadata.num_row_groups == 3
    table = file.read()
    assert table.column("price").to_pylist() == [Decimal("37000.10")] * 10
    assert table.schema.field("price").type == arrow.decimal128(38, 18)
    assert table.schema.field("exchange_at").type == arrow.timestamp("ns", tz="UTC")
    assert table.column("received_at").cast(arrow.int64()).to_pylist() == [
        1_700_000_000_000_000_001 + number for number in range(10)
    ]
    assert table.column("side").to_pylist() == [None, "buy"] * 5
    assert table.column("sequence").to_pylist() == list(range(10))
    assert table.column("first_id").to_pylist() == [None] * 10


def test_sides_of_a_book_are_lists_of_price_and_size(tmp_path: Path) -> None:
    path = tmp_path / "books.parquet"
    levels = (Level(Decimal("1.5"), Decimal(2)),)
    book = BookSnapshot(venue="t", instrument="A", bids=levels, asks=(), exchange_at=None, received_at=1)
    with ParquetSink(path, "book_snapshot") as sink:
        sink.write(book)
    (row,) = reader.read_table(path, columns=["bids", "asks"]).to_pylist()
    assert row["bids"] == [{"price": Decimal("1.5"), "size": Decimal(2)}]
    assert row["asks"] == []


def test_booleans_and_counts_have_types_of_their_own(tmp_path: Path) -> None:
    with ParquetSink(tmp_path / "candles.parquet", "candle") as sink:
        one = Decimal(1)
        sink.write(
            Candle(
                venue="t", instrument="A", interval="1m", open_at=0, close_at=60, open=one, high=one, low=one,
                close=one, volume=one, quote_volume=None, trades=3, closed=True, exchange_at=None, received_at=1,
            )
        )  # fmt: skip
    schema = reader.read_schema(tmp_path / "candles.parquet")
    assert (schema.field("closed").type, schema.field("trades").type) == (arrow.bool_(), arrow.int64())


def test_a_file_without_events_is_still_a_file(tmp_path: Path) -> None:
    with ParquetSink(tmp_path / "empty.parquet", "quote") as sink:
        pass
    assert sink.rows == 0
    assert reader.read_table(tmp_path / "empty.parquet").num_rows == 0


def test_a_number_that_does_not_fit_is_told_and_what_was_written_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_ROWS", 1)
    path = tmp_path / "trades.parquet"
    with ParquetSink(path, "trade") as sink:
        sink.write(trade(1))
        with pytest.raises(DataProblem, match="a number does not fit"):
            sink.write(trade(2, "0.0000000000000000001"))
    assert reader.read_table(path).num_rows == 1


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"pyarrow is not installed; run: pip install 'barterpy\[parquet\]'"):
        ParquetSink(tmp_path / "x.parquet", "trade")
