"""Market data over FIX is market data over WebSocket: one market, told in both dialects, is the same events.

The simulated market is the one behind the simulated WebSocket. What it says is written here as the venue's FIX page has
it: sizes in contracts with their multiplier, times in the header, a trade's number in its text.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec

from barterpy import subscription as sub
from barterpy.clock import MILLISECOND
from barterpy.model import BookDelta, BookSnapshot, Liquidation, Trade, decimal_number
from barterpy.protocols.fix import Message
from barterpy.protocols.fix.records import FixParser
from barterpy.protocols.fix.timestamps import format_timestamp
from barterpy.testing.simulated.deribit.contracts import find_contracts
from barterpy.testing.simulated.deribit.market import DeribitMarket
from barterpy.venues.deribit.fix.messages import MarketDataMessage
from barterpy.venues.deribit.fix.transformers import DeribitFixTransformer
from barterpy.venues.deribit.messages import FrameParser
from barterpy.venues.deribit.transformers import ChannelTransformer

AT = 1_767_225_600_000_000_000
NAME = "BTC-PERPETUAL"
MULTIPLIER = Decimal(10)
WANTED = [sub.trades("BTC/USD:BTC"), sub.book("BTC/USD:BTC"), sub.liquidations("BTC/USD:BTC")]
KINDS = (Trade, BookSnapshot, BookDelta, Liquidation)
BOOK, TRADES = f"book.{NAME}.100ms", f"trades.{NAME}.100ms"
ACTIONS = {"new": "0", "change": "1", "delete": "2"}
PARSER: FixParser[Any] = FixParser(MarketDataMessage)


def lots(amount: float) -> str:
    return format(Decimal(repr(amount)) / MULTIPLIER, "f")


def fix_message(msg_type: str, id_: str, at: int, entries: list[str]) -> Any:
    stamp = format_timestamp(at, "ms").decode()
    head = f"35={msg_type}|49=DERIBITSERVER|56=ME|34=2|52={stamp}|55={NAME}|231={MULTIPLIER}|262={id_}|"
    return PARSER.parse(Message.from_text(f"{head}268={len(entries)}|{''.join(entries)}"))


def book_entries(data: dict[str, Any], *, changes: bool) -> list[str]:
    entries: list[str] = []
    for kind, side in (("0", data["bids"]), ("1", data["asks"])):
        for action, price, amount in side:
            size = "" if action == "delete" and changes else f"271={lots(amount)}|"
            entries.append((f"279={ACTIONS[action]}|" if changes else "") + f"269={kind}|270={price!r}|{size}")
    return entries


def trade_entry(row: dict[str, Any]) -> str:
    stamp = format_timestamp(row["timestamp"] * MILLISECOND, "ms").decode()
    side = "1" if row["direction"] == "buy" else "2"
    forced = f"100091={row['liquidation']}|" if "liquidation" in row else ""
    return (
        f"279=0|269=2|270={row['price']!r}|271={lots(row['amount'])}|272={stamp}|100009={row['trade_id']}|54={side}|"
        f"58={row['trade_seq']}|{forced}"
    )


def as_fix(channel: str, data: Any, ids: dict[str, str]) -> Iterator[Any]:
    """What the gateway would say where the WebSocket says ``data``."""
    if channel == TRADES:
        for id_ in (ids["T"], ids["F"]):
            at = max(row["timestamp"] for row in data) * MILLISECOND
            yield fix_message("X", id_, at, [trade_entry(row) for row in data])
        return
    changes = data["type"] == "change"
    entries = book_entries(data, changes=changes)
    if entries or not changes:
        yield fix_message("X" if changes else "W", ids["B"], data["timestamp"] * MILLISECOND, entries)


def stripped(events: list[Any], kind: type[Any]) -> list[Any]:
    """Those of a kind. A book's changes have no numbers over FIX: the session's are without a gap."""
    numbers: dict[str, Any] = {"sequence": None} if kind in (BookSnapshot, BookDelta) else {}
    return [msgspec.structs.replace(event, **numbers) for event in events if isinstance(event, kind)]


def test_deribit() -> None:
    market = DeribitMarket(find_contracts((NAME,)), seed=8, rate=100, now=AT)
    web: ChannelTransformer[Decimal] = ChannelTransformer("deribit", decimal_number, WANTED)
    list(web.on_reset(1, AT))
    fix: DeribitFixTransformer[Decimal] = DeribitFixTransformer("deribit", decimal_number)
    list(fix.on_reset(1, AT))
    ids = {str(request.id)[0]: str(request.id) for request in fix.subscribe(WANTED)}
    parser = FrameParser()
    told: tuple[list[Any], list[Any]] = ([], [])

    def tell(channel: str, data: Any) -> None:
        frame = {"jsonrpc": "2.0", "method": "subscription", "params": {"channel": channel, "data": data}}
        told[0].extend(web.transform(parser.parse(json.dumps(frame)), market.now))
        for message in as_fix(channel, data, ids):
            told[1].extend(fix.transform(message, market.now))

    tell(BOOK, market.snapshot(market.books[NAME]))
    for step in range(1, 600):
        list(market.advance(AT + step * 100 * MILLISECOND))
        for channel, data in market.tell({BOOK, TRADES}):
            if channel in (BOOK, TRADES):
                tell(channel, data)
    for kind in KINDS:
        mine, theirs = (stripped(events, kind) for events in told)
        assert mine == theirs
        assert mine, kind
    assert len(stripped(told[1], Trade)) > 100
