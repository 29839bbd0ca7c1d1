"""What the REST API answers, as typed messages: only the fields that are used, raw payload above each.

Prices and sizes stay the wire's text here; times are int milliseconds UTC. Field names are the wire's.
"""
# ruff: noqa: N815 - camel case is the wire's own

import msgspec

__all__ = [
    "AggTradeRow",
    "AssetBalance",
    "Depth",
    "ExchangeInfo",
    "FundingRow",
    "FuturesAccount",
    "FuturesAsset",
    "FuturesBalance",
    "FuturesPosition",
    "KlineRow",
    "OpenInterestRow",
    "PremiumIndex",
    "RateLimit",
    "ServerTime",
    "SpotAccount",
    "TickerRow",
    "TradeRow",
]


class ServerTime(msgspec.Struct):
    """``{"serverTime":1565246363776}``"""

    serverTime: int


class RateLimit(msgspec.Struct):
    """``{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":6000}``"""

    rateLimitType: str
    interval: str
    intervalNum: int
    limit: int


class ExchangeInfo(msgspec.Struct):
    """``{"timezone":"UTC","serverTime":1565246363776,"rateLimits":[…],"symbols":[…]}``; the symbols are decoded one by
    one, see :mod:`barterpy.venues.binance.instruments`."""

    symbols: list[msgspec.Raw]
    serverTime: int = 0
    rateLimits: list[RateLimit] = []


class Depth(msgspec.Struct):
    """Spot has no times: ``{"lastUpdateId":1027024,"bids":[["4.0","431.0"]],"asks":[["4.0000020","12.0"]]}``;
    futures do: ``{"lastUpdateId":1027024,"E":1589436922972,"T":1589436922959,"bids":[…],"asks":[…]}``"""

    lastUpdateId: int
    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]
    T: int | None = None


class TradeRow(msgspec.Struct):
    """``{"id":28457,"price":"4.00000100","qty":"12","quoteQty":"48.000012","time":1499865549590,
    "isBuyerMaker":true,"isBestMatch":true}``"""

    id: int
    price: str
    qty: str
    time: int
    isBuyerMaker: bool


class AggTradeRow(msgspec.Struct):
    """``{"a":26129,"p":"0.01633102","q":"4.70443515","f":27781,"l":27781,"T":1498793709153,"m":true,"M":true}``"""

    a: int
    p: str
    q: str
    f: int
    l: int  # noqa: E741 - the wire's name
    T: int
    m: bool


class KlineRow(msgspec.Struct, array_like=True):
    """``[1499040000000,"0.0163","0.8000","0.0157","0.0157","148976.1",1499644799999,"2434.1",308,"1756.8","28.4","0"]``"""

    open_time: int
    open: str
    high: str
    low: str
    close: str
    volume: str
    close_time: int
    quote_volume: str
    trades: int
    taker_buy_volume: str
    taker_buy_quote_volume: str


class TickerRow(msgspec.Struct):
    """``{"symbol":"BNBBTC","priceChange":"-94.99","weightedAvgPrice":"0.29","lastPrice":"4.00","openPrice":"99.00",
    "highPrice":"100.00","lowPrice":"0.10","volume":"8913.30","quoteVolume":"15.30","closeTime":1499869899040,
    "count":76,"bidPrice":"4.00","bidQty":"100.0","askPrice":"4.20","askQty":"100.0"}``; no bid and ask on futures"""

    symbol: str
    priceChange: str
    weightedAvgPrice: str
    lastPrice: str
    openPrice: str
    highPrice: str
    lowPrice: str
    volume: str
    quoteVolume: str
    closeTime: int
    count: int
    bidPrice: str = ""
    bidQty: str = ""
    askPrice: str = ""
    askQty: str = ""


class PremiumIndex(msgspec.Struct):
    """``{"symbol":"BTCUSDT","markPrice":"11793.63","indexPrice":"11781.80","estimatedSettlePrice":"11781.16",
    "lastFundingRate":"0.00038246","interestRate":"0.0001","nextFundingTime":1597392000000,"time":1597370495002}``"""

    symbol: str
    markPrice: str
    indexPrice: str
    estimatedSettlePrice: str
    lastFundingRate: str
    nextFundingTime: int
    time: int


class FundingRow(msgspec.Struct):
    """``{"symbol":"BTCUSDT","fundingRate":"0.0001","fundingTime":1570608000000,"markPrice":"34287.54"}``"""

    symbol: str
    fundingRate: str
    fundingTime: int


class OpenInterestRow(msgspec.Struct):
    """``{"openInterest":"10659.509","symbol":"BTCUSDT","time":1589437530011}``"""

    openInterest: str
    symbol: str
    time: int


class AssetBalance(msgspec.Struct):
    """``{"asset":"BTC","free":"4723846.89208129","locked":"0.00000000"}``"""

    asset: str
    free: str
    locked: str


class SpotAccount(msgspec.Struct):
    """``{"canTrade":true,"updateTime":123456789,"accountType":"SPOT","balances":[…]}``"""

    balances: list[AssetBalance]
    updateTime: int = 0


class FuturesBalance(msgspec.Struct):
    """``{"accountAlias":"SgsR","asset":"USDT","balance":"122607.35137903","availableBalance":"23.72469206",
    "updateTime":1617939110373}``"""

    asset: str
    balance: str
    availableBalance: str
    updateTime: int = 0


class FuturesAsset(msgspec.Struct):
    """``{"asset":"USDT","walletBalance":"23.72469206","availableBalance":"23.72469206","updateTime":1625474304765}``"""

    asset: str
    walletBalance: str
    availableBalance: str
    updateTime: int = 0


class FuturesPosition(msgspec.Struct):
    """``{"symbol":"BTCUSDT","positionSide":"BOTH","positionAmt":"1.000","unrealizedProfit":"0.50",
    "updateTime":1625474304765}``"""

    symbol: str
    positionAmt: str
    unrealizedProfit: str = ""
    updateTime: int = 0


class FuturesAccount(msgspec.Struct):
    """``{"totalWalletBalance":"23.72469206","assets":[…],"positions":[…]}``"""

    assets: list[FuturesAsset]
    positions: list[FuturesPosition] = []
