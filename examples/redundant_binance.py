"""Every trade once over two connections at a time: what one of them loses, the other one has. Run it with

python examples/redundant_binance.py [WS_URL REST_URL]
"""

import sys
from collections.abc import Iterable
from contextlib import suppress

import anyio

from barterpy import Disconnected, Trade, trades
from barterpy.redundancy import RedundancyReport, redundant_stream
from barterpy.venues import binance


def rows(report: RedundancyReport) -> Iterable[str]:
    """One line a connection."""
    for row in report.connections:
        lead = "-" if row.lead_p50 is None else f"{row.lead_p50 / 1e6:.3f} ms"
        yield f"{row.connection:<12} first {row.won:>6}   late {row.late:>6}   ahead by {lead}"


async def main(
    ws_url: str | None = None, rest_url: str | None = None, count: int = 1000, connections: int = 2
) -> list[Trade]:
    """Collect ``count`` trades, then print which connection was faster."""
    collected: list[Trade] = []
    async with (
        binance.Futures(ws_url=ws_url, rest_url=rest_url) as venue,
        redundant_stream(venue, [trades("BTC/USDT:USDT")], connections=connections) as events,
    ):
        async for event in events:
            if isinstance(event, Disconnected):
                print(f"{event.connection} is down, {len(events.up)} up: {event.reason}")
            elif isinstance(event, Trade):
                collected.append(event)
                if len(collected) == count:
                    break
        for row in rows(events.report):
            print(row)
    return collected


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        anyio.run(main, next(iter(sys.argv[1:]), None), next(iter(sys.argv[2:]), None))
