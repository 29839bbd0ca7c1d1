"""What REST answers, and what a channel of an account says in the same words, as typed messages: only the fields that
are used, raw payload above each.

docs.dydx.xyz, "Indexer API / HTTP", 2026. Numbers are decimal text, times ISO-8601 UTC text; field names are the
wire's. Of an order or a position an update may say a part alone; what it does not say is None.
"""
# ruff: noqa: N815 - camel case is the wire's own

import msgspec

from barterpy.venues.dydx.messages import CandleRow, TradeRow

__all__ = [
    "AccountContents",
    "AddressAnswer",
    "AssetPositionRow",
    "AssetPositionsAnswer",
    "CandlesAnswer",
    "FillRow",
    "FillsAnswer",
    "FundingAnswer",
    "FundingPaymentRow",
    "FundingPaymentsAnswer",
    "FundingRow",
    "HeightAnswer",
    "MarketsAnswer",
    "OrderRow",
    "Party",
    "PnlAnswer",
    "PnlRow",
    "PositionRow",
    "PositionsAnswer",
    "SubaccountAnswer",
    "SubaccountRow",
    "TimeAnswer",
    "TradesAnswer",
    "TransferRow",
    "TransfersAnswer",
]


class TimeAnswer(msgspec.Struct):
    """``{"iso":"2025-12-08T15:38:36.125Z","epoch":1765208316.125}``"""

    iso: str


class HeightAnswer(msgspec.Struct):
    """``{"height":"66624132","time":"2025-12-08T15:38:35.804Z"}``"""

    height: str
    time: str


class MarketsAnswer(msgspec.Struct):
    """``{"markets":{"BTC-USD":{…}}}``; markets are decoded one by one, see
    :mod:`barterpy.venues.dydx.instruments`."""

    markets: dict[str, msgspec.Raw]


class TradesAnswer(msgspec.Struct):
    """``{"trades":[{…}]}``, newest first."""

    trades: list[TradeRow]


class CandlesAnswer(msgspec.Struct):
    """``{"candles":[{…}]}``, newest first."""

    candles: list[CandleRow]


class FundingRow(msgspec.Struct):
    """``{"ticker":"BTC-USD","rate":"0.0000125","price":"89910.5","effectiveAt":"2025-12-08T15:00:00.351Z",
    "effectiveAtHeight":"66620000"}``"""

    ticker: str
    rate: str
    price: str
    effectiveAt: str
    effectiveAtHeight: str


class FundingAnswer(msgspec.Struct):
    """``{"historicalFunding":[{…}]}``, newest first."""

    historicalFunding: list[FundingRow]


class PositionRow(msgspec.Struct):
    """Of ``openPerpetualPositions``, ``perpetualPositions`` and REST; ``size`` has a sign in some places only, ``side``
    tells everywhere::

        {"market":"ETH-USD","status":"OPEN","side":"SHORT","size":"-0.5","maxSize":"-0.5","entryPrice":"2500.5",
         "exitPrice":null,"realizedPnl":"0","unrealizedPnl":"-0.12","createdAt":"2024-05-22T20:18:18.080Z",
         "createdAtHeight":"12905490","closedAt":null,"sumOpen":"0.5","sumClose":"0","netFunding":"0",
         "subaccountNumber":0}
    """

    market: str
    status: str
    side: str
    size: str
    entryPrice: str | None = None
    unrealizedPnl: str | None = None
    realizedPnl: str | None = None
    netFunding: str | None = None
    createdAt: str | None = None
    closedAt: str | None = None
    createdAtHeight: str | None = None
    subaccountNumber: int | None = None


class AssetPositionRow(msgspec.Struct):
    """``{"symbol":"USDC","side":"LONG","size":"862.675984","assetId":"0","subaccountNumber":0}``"""

    symbol: str
    side: str
    size: str
    subaccountNumber: int | None = None


class SubaccountRow(msgspec.Struct):
    """A subaccount, or with ``childSubaccounts`` a parent::

    {"address":"dydx1…","subaccountNumber":0,"equity":"10000","freeCollateral":"9500","marginEnabled":true,
     "openPerpetualPositions":{"ETH-USD":{…}},"assetPositions":{"USDC":{…}},"updatedAtHeight":"12906107"}
    """

    address: str
    subaccountNumber: int = 0
    parentSubaccountNumber: int | None = None
    equity: str = ""
    freeCollateral: str = ""
    openPerpetualPositions: dict[str, PositionRow] = {}
    assetPositions: dict[str, AssetPositionRow] = {}
    childSubaccounts: "list[SubaccountRow]" = []


class SubaccountAnswer(msgspec.Struct):
    """``{"subaccount":{…}}``"""

    subaccount: SubaccountRow


class AddressAnswer(msgspec.Struct):
    """``{"subaccounts":[{…}],"totalTradingRewards":"0"}``"""

    subaccounts: list[SubaccountRow]
    totalTradingRewards: str = ""


class OrderRow(msgspec.Struct):
    """REST, and updates, which may leave out what did not change, the ticker first of all::

    {"id":"0f0981cb-152e-57d3-bea9-4d8e0dd5ed35","subaccountId":"5113b9c6-…","clientId":"12345678","clobPairId":"0",
     "side":"BUY","size":"0.5","totalFilled":"0.5","price":"43000.0","type":"LIMIT","status":"FILLED",
     "timeInForce":"GTT","postOnly":false,"reduceOnly":false,"orderFlags":"64",
     "goodTilBlockTime":"2024-01-02T00:00:00.000Z","createdAtHeight":"12345678","clientMetadata":"4",
     "updatedAt":"2024-01-01T00:00:00.000Z","updatedAtHeight":"12345678","ticker":"BTC-USD","subaccountNumber":0}
    """

    id: str
    clientId: str | None = None
    clobPairId: str | None = None
    ticker: str | None = None
    side: str | None = None
    size: str | None = None
    totalFilled: str | None = None
    totalOptimisticFilled: str | None = None
    price: str | None = None
    triggerPrice: str | None = None
    type: str | None = None
    status: str | None = None
    timeInForce: str | None = None
    postOnly: bool | None = None
    reduceOnly: bool | None = None
    orderFlags: str | None = None
    goodTilBlock: str | None = None
    updatedAt: str | None = None
    updatedAtHeight: str | None = None
    removalReason: str | None = None
    subaccountNumber: int | None = None


class FillRow(msgspec.Struct):
    """REST says ``market``, channels may say ``ticker`` or the pair's number alone::

    {"id":"6450e369-1dc3-5229-8dc2-fb3b5d1cf2ab","side":"BUY","liquidity":"TAKER","type":"LIMIT","market":"BTC-USD",
     "marketType":"PERPETUAL","price":"43000.0","size":"0.5","fee":"10.75","createdAt":"2024-01-01T00:00:00.000Z",
     "createdAtHeight":"12345678","orderId":"0f0981cb-…","clientMetadata":"4","subaccountNumber":0}
    """

    id: str
    side: str
    liquidity: str
    price: str
    size: str
    createdAt: str
    fee: str | None = None
    type: str = ""
    market: str | None = None
    ticker: str | None = None
    clobPairId: str | None = None
    orderId: str | None = None
    createdAtHeight: str = ""
    subaccountNumber: int | None = None


class FillsAnswer(msgspec.Struct):
    """``{"fills":[{…}]}``, newest first."""

    fills: list[FillRow]


class Party(msgspec.Struct):
    """``{"address":"dydx1…","subaccountNumber":0}``; a wallet has no number."""

    address: str
    subaccountNumber: int | None = None


class TransferRow(msgspec.Struct):
    """``{"id":"…","sender":{"address":"dydx1…"},"recipient":{"address":"dydx1…","subaccountNumber":0},"symbol":"USDC",
    "size":"4.5","type":"DEPOSIT","createdAt":"2024-05-17T04:02:07.208Z","createdAtHeight":"32866",
    "transactionHash":"72E8…"}``; a channel says no ``id``"""

    sender: Party
    recipient: Party
    symbol: str
    size: str
    type: str
    createdAt: str
    createdAtHeight: str = ""
    transactionHash: str = ""
    id: str = ""


class TransfersAnswer(msgspec.Struct):
    """``{"transfers":[{…}]}``, newest first."""

    transfers: list[TransferRow]


class PositionsAnswer(msgspec.Struct):
    """``{"positions":[{…}]}``, newest first."""

    positions: list[PositionRow]


class AssetPositionsAnswer(msgspec.Struct):
    """``{"positions":[{…}]}``"""

    positions: list[AssetPositionRow]


class PnlRow(msgspec.Struct):
    """``{"equity":"10000","totalPnl":"12.5","netTransfers":"100","createdAt":"2024-05-17T04:00:00.000Z",
    "blockHeight":"32866","blockTime":"2024-05-17T03:59:59.500Z"}``"""

    equity: str
    totalPnl: str
    netTransfers: str
    createdAt: str
    blockHeight: str = ""


class PnlAnswer(msgspec.Struct):
    """``{"historicalPnl":[{…}]}``, newest first."""

    historicalPnl: list[PnlRow]


class FundingPaymentRow(msgspec.Struct):
    """``{"createdAt":"2025-12-08T15:00:00.351Z","createdAtHeight":"66620000","perpetualId":"0","ticker":"BTC-USD",
    "oraclePrice":"89910.5","size":"0.5","side":"LONG","rate":"0.0000125","payment":"-0.56","subaccountNumber":"0",
    "fundingIndex":"…"}``"""

    createdAt: str
    ticker: str
    size: str
    side: str
    rate: str
    payment: str
    createdAtHeight: str = ""


class FundingPaymentsAnswer(msgspec.Struct):
    """``{"fundingPayments":[{…}]}``, newest first."""

    fundingPayments: list[FundingPaymentRow]


class AccountContents(msgspec.Struct):
    """Contents of ``v4_subaccounts`` and ``v4_parent_subaccounts``: all of an account first, any part of it later::

    {"subaccount":{…},"orders":[{…}],"blockHeight":"12345678"}
    {"orders":[{…}],"fills":[{…}],"perpetualPositions":[{…}],"assetPositions":[{…}],"transfers":{…},
     "tradingReward":{…},"blockHeight":"12345679"}
    """

    subaccount: SubaccountRow | None = None
    orders: list[OrderRow] | None = None
    fills: list[FillRow] | None = None
    perpetualPositions: list[PositionRow] | None = None
    assetPositions: list[AssetPositionRow] | None = None
    transfers: TransferRow | None = None
