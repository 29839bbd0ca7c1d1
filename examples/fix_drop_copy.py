"""Collects every order and fill of an account over a FIX drop copy, as lines of JSON, through any number of cuts.

    BINANCE_API_KEY=… BINANCE_API_SECRET=… python examples/fix_drop_copy.py fills.jsonl [URL]

A key that may only read is enough (FIX_API_READ_ONLY). What happened to the connection stands among the events, so a
reader of the file knows where reports may be missing: Binance sends nothing twice.
"""

import sys
from contextlib import suppress
from decimal import Decimal

import anyio

from barterpy import Credentials
from barterpy.connection import Connection
from barterpy.events import LifecycleEvent
from barterpy.jsonlines import encode_event
from barterpy.market import event_stream
from barterpy.model import Fill, OrderUpdate
from barterpy.protocols.fix.marketdata import News
from barterpy.venues.binance import fix


async def main(
    file: str, url: str | None = None, credentials: Credentials | None = None, fills: int | None = None
) -> dict[str, int]:
    """Collect for ever, or until so many fills came; gives how many events of each kind were written."""
    counts: dict[str, int] = {}
    connection: Connection[OrderUpdate[Decimal] | Fill[Decimal] | News]
    connection = fix.drop_copy(credentials, url=url).connection()
    async with await anyio.open_file(file, "ab") as output, event_stream(connection) as events:
        async for event in events:
            if isinstance(event, News):
                print(f"the venue says: {event.headline}", file=sys.stderr)
            if not isinstance(event, OrderUpdate | Fill | LifecycleEvent):
                continue
            await output.write(encode_event(event) + b"\n")
            await output.flush()
            kind = type(event).__name__
            counts[kind] = counts.get(kind, 0) + 1
            if isinstance(event, Fill):
                print(f"{event.instrument}  {event.side} {event.size} at {event.price}, fee {event.fee}")
            if fills is not None and counts.get("Fill", 0) >= fills:
                break
    return counts


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    with suppress(KeyboardInterrupt):
        anyio.run(main, sys.argv[1], next(iter(sys.argv[2:]), None))
