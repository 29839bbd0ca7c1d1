"""A collector that survives cuts: trades and books of Deribit as lines of JSON, with every gap among them.

    python examples/deribit_collector.py deribit.jsonl 60

`barterpy.jsonlines.decode_event` reads its lines back. What was lost while a connection was down is not in the file,
but that it was lost, is: `disconnected`, `gap` and `resynced` stand where it happened.
"""

import sys

import anyio

from barterpy import Gap, market_stream
from barterpy.jsonlines import encode_event
from barterpy.subscription import book, instrument_status, option_greeks, trades
from barterpy.venues.deribit import Deribit

WANTED = [
    trades("BTC/USD:BTC"),
    trades("ETH/USD:ETH"),
    book("BTC/USD:BTC"),
    book("ETH/USD:ETH"),
    option_greeks("BTC/USD:BTC-261225-100000-C"),
    instrument_status(),
]


async def main(file: str, seconds: float, ws_url: str | None = None, rest_url: str | None = None) -> dict[str, int]:
    """Collect for so long; gives how many events of each kind were written."""
    counts: dict[str, int] = {}
    async with Deribit(ws_url=ws_url, rest_url=rest_url) as venue, await anyio.open_file(file, "ab") as output:
        with anyio.move_on_after(seconds):
            async with market_stream(venue, WANTED) as events:
                # One write for all that one read of the connection brought.
                async for batch in events.batches():
                    await output.write(b"".join(encode_event(event) + b"\n" for event in batch))
                    for event in batch:
                        counts[type(event).__name__] = counts.get(type(event).__name__, 0) + 1
                        if isinstance(event, Gap):
                            print(f"{event.instrument}: {event.reason}", file=sys.stderr)
    return counts


if __name__ == "__main__":
    target, duration = (*sys.argv[1:3], None, None)[:2]
    print(anyio.run(main, target or "deribit.jsonl", float(duration or 60)))
