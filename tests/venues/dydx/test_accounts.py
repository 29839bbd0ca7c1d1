"""Accounts: what each message of the channel means, and their streams against a scripted account."""

import json
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from barterpy.errors import ConfigurationError, LimitExceeded, ParseError, VenueUnavailable
from barterpy.events import Disconnected, Gap, Resynced
from barterpy.model import (
    Balance,
    BlockHeight,
    Fill,
    OrderStatus,
    OrderType,
    OrderUpdate,
    Position,
    Side,
    TimeInForce,
    Transfer,
    TransferKind,
)
from barterpy.reconnect import ReconnectPolicy
from barterpy.transformer import Fetch, Fetched, Reply
from barterpy.venues import dydx
from barterpy.venues.dydx.answers import MarketsAnswer
from barterpy.venues.dydx.transformers import IndexerTransformer

D = Decimal
AT = 1_700_000_000_000_000_000
SECOND = 1_000_000_000
ADDRESS = "dydx155va0m7wz5n8zcqscn9afswwt04n4usj46wvp5"
NAME = f"{ADDRESS}/0"
Make = Callable[..., Any]
Until = Callable[[Any, Callable[[Any], bool]], Awaitable[list[Any]]]

ORDER: dict[str, Any] = {
    "id": "0f0981cb-152e-57d3-bea9-4d8e0dd5ed35",
    "subaccountId": "5113b9c6-0000",
    "clientId": "12345678",
    "clobPairId": "0",
    "side": "BUY",
    "size": "0.5",
    "price": "43000.0",
    "status": "FILLED",
    "type": "LIMIT",
    "timeInForce": "GTT",
    "postOnly": False,
    "reduceOnly": False,
    "orderFlags": "64",
    "goodTilBlockTime": "2024-01-02T00:00:00.000Z",
    "createdAtHeight": "12345678",
    "clientMetadata": "4",
    "totalFilled": "0.5",
    "updatedAt": "2024-01-01T00:00:00.000Z",
    "updatedAtHeight": "12345678",
}
FILL: dict[str, Any] = {
    "id": "6450e369-1dc3-5229-8dc2-fb3b5d1cf2ab",
    "subaccountId": "5113b9c6-0000",
    "side": "BUY",
    "liquidity": "TAKER",
    "type": "LIMIT",
    "market": "BTC-USD",
    "marketType": "PERPETUAL",
    "price": "43000.0",
    "size": "0.5",
    "fee": "10.75",
    "createdAt": "2024-01-01T00:00:00.000Z",
    "createdAtHeight": "12345678",
    "orderId": "0f0981cb",
    "clientMetadata": "4",
}
POSITION: dict[str, Any] = {
    "market": "APE-USD",
    "status": "OPEN",
    "side": "SHORT",
    "size": "8",
    "maxSize": "8",
    "entryPrice": "1.292",
    "exitPrice": None,
    "realizedPnl": "0",
    "unrealizedPnl": "-0.127352144",
    "netFunding": "0",
}
USDC: dict[str, Any] = {"symbol": "USDC", "side": "LONG", "size": "862.675984", "assetId": "0", "subaccountNumber": 0}
EMPTY: dict[str, Any] = {"address": ADDRESS, "subaccountNumber": 0, "openPerpetualPositions": {}, "assetPositions": {}}
MARKETS = msgspec.convert(
    {
        "markets": {
            "BTC-USD": msgspec.Raw(
                b'{"clobPairId":"0","ticker":"BTC-USD","status":"ACTIVE","tickSize":"1","stepSize":"1"}'
            )
        }
    },
    MarketsAnswer,
)


def of(events: list[Any], *kinds: Any) -> list[Any]:
    """Those of these kinds."""
    return [event for event in events if isinstance(event, kinds)]


class Wire:
    """The transformer of an account, and the frames of its connection."""

    def __init__(self, *, parent: bool = False) -> None:
        self.channel = "v4_parent_subaccounts" if parent else "v4_subaccounts"
        account = dydx.Account(ADDRESS, parent=parent)
        self.parser = account.parser()
        self.transformer: IndexerTransformer[Any] = account.transformer([account.subscription])
        self.next: int = 0
        self.now: int = AT

    def take(self, **fields: Any) -> list[Any]:
        message = {"channel": self.channel, "id": NAME, "message_id": self.next, **fields}
        self.next += 1
        outputs = self.transformer.transform(self.parser.parse(json.dumps(message)), self.now)
        return [output for output in outputs if not isinstance(output, Reply)]

    def first(self, subaccount: Any = None, **contents: Any) -> list[Any]:
        return self.take(type="subscribed", contents={"subaccount": subaccount or EMPTY, "orders": [], **contents})

    def later(self, **contents: Any) -> list[Any]:
        return self.take(type="channel_data", contents=contents)

    def fetched(self, fetch: Fetch, error: Exception | None = None) -> list[Any]:
        answer = Fetched(fetch.key, None if error else MARKETS, error)
        return list(self.transformer.transform(answer, self.now))


def test_a_confirmation_tells_all_there_is() -> None:
    row = {**EMPTY, "openPerpetualPositions": {"APE-USD": POSITION}, "assetPositions": {"USDC": USDC}}
    balance, position, update = Wire().first(row, orders=[{**ORDER, "status": "OPEN", "ticker": "BTC-USD"}])
    assert balance == Balance(
        venue="dydx",
        asset="USDC",
        total=D("862.675984"),
        free=D("862.675984"),
        exchange_at=None,
        received_at=AT,
        account=NAME,
    )
    assert (position.instrument, position.size, position.entry_price) == ("APE-USD", D(-8), D("1.292"))
    assert position.unrealised_pnl == D("-0.127352144")
    assert (update.order.instrument, update.order.status) == ("BTC-USD", OrderStatus.PARTIALLY_FILLED)


def test_a_parent_tells_of_each_child() -> None:
    owed = {**USDC, "side": "SHORT", "size": "158.082464", "subaccountNumber": 256}
    children = [
        {**EMPTY, "assetPositions": {"USDC": USDC}},
        {
            **EMPTY,
            "subaccountNumber": 256,
            "assetPositions": {"USDC": owed},
            "openPerpetualPositions": {"APE-USD": POSITION},
        },
    ]
    wire = Wire(parent=True)
    parent = {"address": ADDRESS, "parentSubaccountNumber": 0, "equity": "1", "childSubaccounts": children}
    events = wire.first(parent, orders=[{**ORDER, "status": "OPEN", "ticker": "BTC-USD", "subaccountNumber": 128}])
    assert [(event.account, event.total) for event in of(events, Balance)] == [
        (NAME, D("862.675984")),
        (f"{ADDRESS}/256", D("-158.082464")),
    ]
    assert [event.account for event in of(events, Position)] == [f"{ADDRESS}/256"]
    assert [event.order.account for event in of(events, OrderUpdate)] == [f"{ADDRESS}/128"]
    (update,) = wire.take(type="channel_batch_data", subaccountNumber=384, contents=[{"assetPositions": [
        {"symbol": "USDC", "side": "LONG", "size": "19.6"}]}, {"blockHeight": "15494678"}])  # fmt: skip
    assert (update.account, update.total) == (f"{ADDRESS}/384", D("19.6"))


def test_a_trade_of_the_account() -> None:
    wire = Wire()
    wire.first()
    events = wire.later(
        orders=[{**ORDER, "ticker": "BTC-USD"}], fills=[FILL], perpetualPositions=[{**POSITION, "size": "-8"}]
    )
    update, fill, position = events
    order = update.order
    assert (order.id, order.client_id, order.side) == (ORDER["id"], "12345678", Side.BUY)
    assert (order.type, order.time_in_force) == (OrderType.LIMIT, TimeInForce.GTD)
    assert (order.status, order.size, order.filled, order.price) == (
        OrderStatus.FILLED,
        D("0.5"),
        D("0.5"),
        D("43000.0"),
    )
    assert (order.exchange_at, order.account) == (1_704_067_200 * SECOND, NAME)
    assert fill == Fill(
        venue="dydx",
        instrument="BTC-USD",
        id=FILL["id"],
        order_id="0f0981cb",
        client_id=None,
        side=Side.BUY,
        price=D("43000.0"),
        size=D("0.5"),
        fee=D("10.75"),
        fee_asset="USDC",
        maker=False,
        exchange_at=1_704_067_200 * SECOND,
        received_at=AT,
        account=NAME,
    )
    assert position.size == D(-8), "the sign is sent in some places and left to the side in others"


def test_a_transfer() -> None:
    wire = Wire()
    wire.first()
    row = {
        "sender": {"address": ADDRESS, "subaccountNumber": 0},
        "recipient": {"address": ADDRESS, "subaccountNumber": 128},
        "symbol": "USDC",
        "size": "4.5",
        "type": "TRANSFER_OUT",
        "createdAt": "2024-01-01T00:00:00.000Z",
        "createdAtHeight": "32866",
        "transactionHash": "72E8",
    }
    (event,) = wire.later(transfers=row)
    assert event == Transfer(
        venue="dydx",
        kind=TransferKind.TRANSFER_OUT,
        asset="USDC",
        size=D("4.5"),
        id="72E8",
        sender=NAME,
        recipient=f"{ADDRESS}/128",
        exchange_at=1_704_067_200 * SECOND,
        received_at=AT,
        account=NAME,
    )
    wallet = {**row, "sender": {"address": ADDRESS}, "type": "DEPOSIT"}
    assert wire.later(transfers=wallet)[0].sender == ADDRESS


@pytest.mark.parametrize(
    ("fields", "status", "reason"),
    [
        ({"status": "BEST_EFFORT_OPENED", "totalFilled": "0"}, OrderStatus.OPEN, "BEST_EFFORT_OPENED"),
        ({"status": "OPEN", "totalFilled": "0"}, OrderStatus.OPEN, None),
        ({"status": "OPEN"}, OrderStatus.PARTIALLY_FILLED, None),
        ({"status": "OPEN", "totalFilled": "0", "totalOptimisticFilled": "0.1"}, OrderStatus.PARTIALLY_FILLED, None),
        ({"status": "UNTRIGGERED", "totalFilled": "0"}, OrderStatus.OPEN, None),
        ({"status": "BEST_EFFORT_CANCELED"}, OrderStatus.PENDING_CANCEL, "BEST_EFFORT_CANCELED"),
        ({"status": "CANCELED", "removalReason": "USER_CANCELED"}, OrderStatus.CANCELED, "USER_CANCELED"),
        ({"status": "CANCELED", "removalReason": "INDEXER_EXPIRED"}, OrderStatus.EXPIRED, "INDEXER_EXPIRED"),
        ({"status": "ERROR"}, OrderStatus.REJECTED, None),
    ],
)
def test_every_status_of_an_order(fields: dict[str, str], status: OrderStatus, reason: str | None) -> None:
    wire = Wire()
    wire.first()
    (update,) = wire.later(orders=[{**ORDER, "ticker": "BTC-USD", **fields}])
    assert (update.order.status, update.reason) == (status, reason)


@pytest.mark.parametrize(
    ("word", "type_"),
    [
        ("MARKET", OrderType.MARKET),
        ("STOP_LIMIT", OrderType.STOP_LIMIT),
        ("STOP_MARKET", OrderType.STOP_MARKET),
        ("TAKE_PROFIT", OrderType.TAKE_PROFIT_LIMIT),
        ("TAKE_PROFIT_MARKET", OrderType.TAKE_PROFIT_MARKET),
        ("TRAILING_STOP", OrderType.TRAILING_STOP_MARKET),
        ("TWAP", OrderType.UNKNOWN),
    ],
)
def test_every_type_of_an_order(word: str, type_: OrderType) -> None:
    wire = Wire()
    wire.first()
    (update,) = wire.later(orders=[{**ORDER, "ticker": "BTC-USD", "type": word, "triggerPrice": "44000"}])
    assert (update.order.type, update.order.stop_price) == (type_, D(44000))


def test_an_update_may_say_a_part_of_an_order() -> None:
    wire = Wire()
    wire.first(orders=[{**ORDER, "ticker": "BTC-USD", "status": "OPEN", "totalFilled": "0"}])
    (update,) = wire.later(orders=[{"id": ORDER["id"], "totalOptimisticFilled": "0.2"}])
    assert (update.order.instrument, update.order.filled) == ("BTC-USD", D("0.2"))
    (update,) = wire.later(orders=[{"id": ORDER["id"], "status": "CANCELED"}])
    assert update.order.status is OrderStatus.CANCELED
    with pytest.raises(ParseError, match="nothing was told before"):
        wire.later(orders=[{"id": ORDER["id"], "ticker": "BTC-USD", "totalOptimisticFilled": "0.2"}])


def test_a_market_known_by_its_number_waits_for_its_name_and_so_does_what_follows() -> None:
    wire = Wire()
    wire.first()
    (fetch,) = wire.later(orders=[ORDER])
    assert isinstance(fetch, Fetch)
    assert wire.later(assetPositions=[USDC]) == []
    update, balance = wire.fetched(fetch)
    assert (update.order.instrument, type(balance)) == ("BTC-USD", Balance)
    (update,) = wire.later(orders=[{**ORDER, "id": "another"}])
    assert update.order.instrument == "BTC-USD", "once known, it is known"


def test_a_market_nobody_knows_is_its_number() -> None:
    wire = Wire()
    wire.first()
    (fetch,) = wire.later(orders=[{**ORDER, "clobPairId": "999"}])
    (update,) = wire.fetched(fetch)
    assert update.order.instrument == "999"
    (update,) = wire.later(orders=[{**ORDER, "clobPairId": "999"}])
    assert update.order.instrument == "999", "it is not asked for with every order"


def test_markets_that_cannot_be_had_are_asked_for_some_times() -> None:
    wire = Wire()
    wire.first()
    (fetch,) = wire.later(fills=[{**FILL, "market": None, "clobPairId": "0"}])
    delays: list[float] = []
    outputs: list[Any] = [fetch]
    while isinstance(outputs[0], Fetch):
        delays.append(outputs[0].delay)
        outputs = wire.fetched(outputs[0], VenueUnavailable("down"))
    assert delays == [0.0, 2.0, 4.0]
    assert outputs[0].instrument == "0"


def test_what_waits_is_bounded() -> None:
    wire = Wire()
    wire.first()
    wire.later(orders=[ORDER])
    for _ in range(999):
        wire.later(assetPositions=[USDC])
    with pytest.raises(LimitExceeded, match="wait for its markets"):
        wire.later(assetPositions=[USDC])


def test_what_is_gone_after_a_loss_is_told() -> None:
    wire = Wire()
    row = {**EMPTY, "openPerpetualPositions": {"APE-USD": POSITION}, "assetPositions": {"USDC": USDC}}
    wire.first(row, orders=[{**ORDER, "ticker": "BTC-USD", "status": "OPEN"}])
    wire.transformer.on_reset(2, AT)
    wire.next = 0
    position, balance, update = wire.first()
    assert (position.instrument, position.size, position.epoch) == ("APE-USD", D(0), 2)
    assert (balance.asset, balance.total) == ("USDC", D(0))
    assert update.order.status is OrderStatus.UNKNOWN_OUTCOME
    assert update.reason == "not among the open orders any more"
    wire.transformer.on_reset(3, AT)
    wire.next = 0
    assert wire.first() == [], "each is told once"


def test_a_closed_position_is_zero() -> None:
    wire = Wire()
    wire.first()
    (position,) = wire.later(perpetualPositions=[{**POSITION, "status": "CLOSED", "size": "8"}])
    assert position.size == 0


@pytest.mark.parametrize(
    "contents",
    [
        {"orders": [{**ORDER, "ticker": "BTC-USD", "status": "MELTED"}]},
        {"orders": [{**ORDER, "ticker": "BTC-USD", "side": "HOLD"}]},
        {"fills": [{**FILL, "price": "much"}]},
        {"fills": [{"id": "1"}]},
        {"transfers": {"type": "DEPOSIT"}},
        {"perpetualPositions": {"APE-USD": POSITION}},
    ],
)
def test_contents_that_cannot_be_read(contents: dict[str, Any]) -> None:
    wire = Wire()
    wire.first()
    with pytest.raises(ParseError, match="v4_subaccounts"):
        wire.later(**contents)
    assert len(wire.later(assetPositions=[USDC])) == 1


@pytest.mark.parametrize("address", ["", "0xabc", "dydx1", "dydx1B", "dydx1abc/0"])
def test_what_cannot_be_an_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigurationError, match="the address, and the number"):
        dydx.Account(address)


# Against the simulated venue.


@pytest.mark.anyio
@pytest.mark.parametrize("parent", [False, True])
async def test_a_script_is_told_as_it_happens(
    simulated: Make, until: Until, policy: ReconnectPolicy, parent: bool
) -> None:
    async with simulated(rate=2) as venue:
        owner = venue.account(ADDRESS, 128 if parent else 0, "1000")
        async with dydx.Account(ADDRESS, parent=parent, **venue.options) as account:
            async with account.stream(policy=policy, heights=True) as events:
                seen = await until(events, lambda event: isinstance(event, Balance))
                seen += await until(events, lambda event: isinstance(event, BlockHeight))
                venue.deposit(owner, "500")
                order = venue.place(owner, "ETH-USD", "BUY", "2", "3000")
                venue.fill(owner, order, "0.5", "2999.5")
                venue.fill(owner, order, "1.5", "3000")
                seen += await until(events, lambda event: type(event) is Position and event.size == 2)
                venue.cut()
                seen += await until(events, lambda event: isinstance(event, Position) and event.epoch == 2)
            assert (await account.positions())[0].size == 2
    updates = [event.order for event in of(seen, OrderUpdate)]
    assert [(one.instrument, one.status, one.filled) for one in updates] == [
        ("ETH-USD", OrderStatus.OPEN, D(0)),
        ("ETH-USD", OrderStatus.PARTIALLY_FILLED, D("0.5")),
        ("ETH-USD", OrderStatus.FILLED, D("2.0")),
    ]
    assert [fill.size for fill in of(seen, Fill)] == [D("0.5"), D("1.5")]
    assert [event.kind for event in of(seen, Transfer)] == [TransferKind.DEPOSIT]
    assert {event.account for event in of(seen, Fill)} == {f"{ADDRESS}/{owner.number}"}
    assert any(isinstance(event, Disconnected) for event in seen)


@pytest.mark.anyio
async def test_a_loss_is_told_and_the_account_comes_again(
    simulated: Make, until: Until, policy: ReconnectPolicy
) -> None:
    async with simulated(rate=2) as venue:
        owner = venue.account(ADDRESS)
        account = dydx.Account(ADDRESS, **venue.options)
        async with account.stream(policy=policy) as events:
            await until(events, lambda event: isinstance(event, Balance))
            venue.lose(1)
            venue.deposit(owner, "1")  # nobody hears of it
            venue.deposit(owner, "2")
            seen = await until(events, lambda event: isinstance(event, Balance))
        gap, resynced, balance = seen
        assert (type(gap), type(resynced)) == (Gap, Resynced)
        assert balance.total == D(10003)
