# pyright: basic
# pyarrow ships no types, which the strict mode takes for an error of ours.
"""A market-data collector: trades and quotes of several instruments into one Parquet file each.

Prices stay exact (decimal128), times are int64 nanoseconds. What happens to the connection is printed, so that a hole
in the file has its reason in the log. Needs the extra ``parquet``. Run it with

    python examples/collect_to_parquet.py FOLDER [SECONDS [WS_URL [REST_URL]]]
"""

import sys
from pathlib import Path
from typing import Any

import anyio
import pyarrow as pa
import pyarrow.parquet as pq

from barterpy import Quote, Trade, market_stream, quotes, trades
from barterpy.venues import binance

SYMBOLS = ("BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT")
ROWS = 10_000
DECIMAL = pa.decimal128(38, 18)
SCHEMAS: dict[type[Any], pa.Schema] = {
    Trade: pa.schema(
        [
            ("instrument", pa.string()),
            ("price", DECIMAL),
            ("size", DECIMAL),
            ("side", pa.string()),
            ("id", pa.string()),
            ("exchange_at", pa.int64()),
            ("received_at", pa.int64()),
            ("epoch", pa.int32()),
        ]
    ),
    Quote: pa.schema(
        [
            ("instrument", pa.string()),
            ("bid_price", DECIMAL),
            ("bid_size", DECIMAL),
            ("ask_price", DECIMAL),
            ("ask_size", DECIMAL),
            ("exchange_at", pa.int64()),
            ("received_at", pa.int64()),
            ("epoch", pa.int32()),
        ]
    ),
}


class Table:
    """Rows of one type, written in groups: memory holds one group at most."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.rows = 0
        self._schema = schema
        self._pending: list[dict[str, Any]] = []
        self._writer = pq.ParquetWriter(path, schema, compression="zstd")

    def append(self, event: Any) -> bool:
        """Keep one row; true when it is time to write."""
        self._pending.append({name: getattr(event, name) for name in self._schema.names})
        self.rows += 1
        return len(self._pending) >= ROWS

    def write(self) -> None:
        if self._pending:
            self._writer.write_table(pa.Table.from_pylist(self._pending, schema=self._schema))
            self._pending.clear()

    def close(self) -> None:
        self.write()
        self._writer.close()


async def main(
    folder: str, seconds: float = 60, ws_url: str | None = None, rest_url: str | None = None
) -> dict[str, int]:
    """Collect for ``seconds``; returns the rows of each file."""
    tables = {type_: Table(Path(folder) / f"{type_.__name__.lower()}s.parquet", s) for type_, s in SCHEMAS.items()}
    venue = binance.Futures(ws_url=ws_url, rest_url=rest_url)
    wanted = [channel(symbol) for symbol in SYMBOLS for channel in (trades, quotes)]
    try:
        with anyio.move_on_after(float(seconds)):
            async with market_stream(venue, wanted) as events:
                async for event in events:
                    table = tables.get(type(event))
                    if table is None:
                        print(event, file=sys.stderr)
                    elif table.append(event):
                        await anyio.to_thread.run_sync(table.write)
    finally:
        for table in tables.values():
            table.close()
    return {type_.__name__: table.rows for type_, table in tables.items()}


if __name__ == "__main__":
    folder, seconds, websocket, rest = (*sys.argv[1:5], None, None, None, None)[:4]
    print(anyio.run(main, folder or ".", float(seconds or 60), websocket, rest))
