"""The examples which compose the primitives by hand, against small servers."""

import json
from collections.abc import Callable
from decimal import Decimal
from types import ModuleType
from typing import Any, cast

import pytest

from barterpy import Quote, Side, Trade
from barterpy.errors import SubscriptionRefused
from barterpy.protocols import websocket

pytestmark = pytest.mark.anyio
Load = Callable[[str], ModuleType]

MATCH: dict[str, Any] = {
    "type": "match", "trade_id": 10, "maker_order_id": "a", "taker_order_id": "b", "side": "sell", "size": "5.23512",
    "price": "400.23", "product_id": "BTC-USD", "sequence": 50, "time": "2026-11-07T08:19:27.028459Z",
}  # fmt: skip
TICKER: dict[str, Any] = {
    "type": "ticker", "sequence": 51, "product_id": "ETH-USD", "price": "1285.22", "best_bid": "1285.04",
    "best_bid_size": "0.46688654", "best_ask": "1285.27", "best_ask_size": "1.56637040", "side": "buy",
    "time": "2026-11-07T08:19:28.464459Z", "trade_id": 11, "last_size": "11.4396987",
}  # fmt: skip


async def test_volume_sum_adds_up(example: Load, capsys: pytest.CaptureFixture[str]) -> None:
    async def blast(socket: websocket.WebSocket) -> None:
        for quantity in ("1.5", "0.25", "10"):
            await socket.send(json.dumps({"e": "aggTrade", "E": 1, "s": "BTCUSDT", "q": quantity, "p": "1"}))
        await socket.receive()  # answers the close

    async with websocket.serve(blast, "127.0.0.1", 0) as server:
        total = await example("volume_sum").main(f"ws://127.0.0.1:{server.port}/market/ws/btcusdt@aggTrade", 3)
    assert total == Decimal("11.75")
    assert capsys.readouterr().out.split() == ["1.5", "1.75", "11.75"]


async def test_a_new_venue_is_supervised_and_normalised(example: Load) -> None:
    module = example("new_venue")
    subscribed: list[object] = []

    async def feed(socket: websocket.WebSocket) -> None:
        subscribed.append(json.loads((await socket.receive()).messages[0]))
        answer: dict[str, Any] = {"type": "subscriptions", "channels": []}
        for message in (answer, MATCH | {"type": "last_match"}, MATCH, TICKER):
            await socket.send(json.dumps(message))
        await socket.aclose(1001, "bye")

    seen: list[Any] = []
    async with websocket.serve(feed, "127.0.0.1", 0) as server:
        connection = module.connection("BTC-USD", "ETH-USD", url=f"ws://127.0.0.1:{server.port}")
        async with module.event_stream(connection) as events:
            async for event in events:
                seen.append(event)
                if len(subscribed) == 2 and isinstance(event, Quote):
                    break
    assert subscribed[0] == {
        "type": "subscribe",
        "product_ids": ["BTC-USD", "ETH-USD"],
        "channels": ["matches", "ticker"],
    }
    names = [type(event).__name__ for event in seen]
    assert names[:5] == ["Connected", "Subscribed", "Trade", "Quote", "Disconnected"]
    assert names[-3:] == ["Subscribed", "Trade", "Quote"]
    trade = cast("Trade", seen[2])
    assert (trade.side, trade.price, trade.size) == (Side.BUY, Decimal("400.23"), Decimal("5.23512"))
    assert trade.exchange_at == 1794039567028459000


async def test_a_new_venue_that_refuses_names_what_it_refuses(example: Load) -> None:
    module = example("new_venue")

    async def refuse(socket: websocket.WebSocket) -> None:
        await socket.receive()
        await socket.send('{"type":"error","message":"Failed to subscribe","reason":"NOPE-USD is not a product"}')
        await socket.receive()  # answers the close

    async with websocket.serve(refuse, "127.0.0.1", 0) as server:
        with pytest.raises(SubscriptionRefused, match="NOPE-USD is not a product"):
            await module.main(f"ws://127.0.0.1:{server.port}")


def test_a_new_venue_takes_less_than_a_hundred_lines(example: Load) -> None:
    source = example("new_venue").__file__
    assert source is not None
    with open(source, encoding="utf-8") as file:
        assert sum(1 for _ in file) < 100
