"""What the simulated venue says, field by field, as Binance's documentation of 2026-09 has it.

Written from the documentation and not from this library's own venue, so that one checks the other.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from barterpy.testing.simulated.candles import Bar, close_time
from barterpy.testing.simulated.instrument import SimulatedInstrument, SimulatedTrade
from barterpy.testing.simulated.symbols import SimulatedSymbol

__all__ = [
    "MarketName",
    "agg_trade",
    "agg_trade_row",
    "book_ticker",
    "depth",
    "depth_update",
    "exchange_symbol",
    "force_order",
    "kline",
    "kline_row",
    "mark_price",
    "mini_ticker",
    "next_funding",
    "partial_depth",
    "premium_index",
    "ticker",
    "ticker_row",
    "trade",
    "trade_rows",
]

MarketName: TypeAlias = Literal["spot", "futures"]
Payload: TypeAlias = dict[str, Any]

_CONTINGENT = ("STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT")
_FUNDING_INTERVAL = 8 * 3_600_000


def trade(instrument: SimulatedInstrument, traded: SimulatedTrade, index: int, now: int) -> Payload:
    """``<symbol>@trade``, spot: one of the single trades."""
    symbol = instrument.symbol
    return {
        "e": "trade",
        "E": now,
        "s": symbol.name,
        "t": traded.first_id + index,
        "p": symbol.price_text(traded.price),
        "q": symbol.size_text(traded.sizes[index]),
        "T": traded.at,
        "m": traded.taker_sold,
        "M": True,
    }


def agg_trade_row(market: MarketName, symbol: SimulatedSymbol, traded: SimulatedTrade) -> Payload:
    """A row of ``aggTrades``."""
    row: Payload = {
        "a": traded.id,
        "p": symbol.price_text(traded.price),
        "q": symbol.size_text(traded.size),
        "f": traded.first_id,
        "l": traded.last_id,
        "T": traded.at,
        "m": traded.taker_sold,
    }
    return {**row, "M": True} if market == "spot" else {**row, "nq": row["q"]}


def agg_trade(market: MarketName, symbol: SimulatedSymbol, traded: SimulatedTrade, now: int) -> Payload:
    """``<symbol>@aggTrade``."""
    event = {"e": "aggTrade", "E": now, "s": symbol.name, **agg_trade_row(market, symbol, traded)}
    return event if market == "spot" else {**event, "st": 1}


def trade_rows(symbol: SimulatedSymbol, traded: SimulatedTrade) -> Iterable[Payload]:
    """Rows of ``trades``."""
    for index, size in enumerate(traded.sizes):
        yield {
            "id": traded.first_id + index,
            "price": symbol.price_text(traded.price),
            "qty": symbol.size_text(size),
            "quoteQty": symbol.notional_text(traded.price * size),
            "time": traded.at,
            "isBuyerMaker": traded.taker_sold,
            "isBestMatch": True,
        }


def book_ticker(market: MarketName, instrument: SimulatedInstrument, now: int) -> Payload:
    """``<symbol>@bookTicker``: spot sends neither an event's name nor a time."""
    symbol, bid, ask = instrument.symbol, instrument.best_bid, instrument.best_ask
    best: Payload = {
        "u": instrument.update_id,
        "s": symbol.name,
        "b": symbol.price_text(bid),
        "B": symbol.size_text(instrument.bids[bid]),
        "a": symbol.price_text(ask),
        "A": symbol.size_text(instrument.asks[ask]),
    }
    return best if market == "spot" else {"e": "bookTicker", **best, "ps": symbol.name, "T": now, "E": now, "st": 1}


def depth_update(market: MarketName, instrument: SimulatedInstrument, pace: int, now: int) -> Payload | None:
    """``<symbol>@depth``: what changed since this pace's last one, or None. Asking takes it."""
    taken = instrument.feeds[pace].take(instrument.update_id)
    if taken is None:
        return None
    first_id, previous_id, bids, asks = taken
    symbol = instrument.symbol
    event: Payload = {"e": "depthUpdate", "E": now, "s": symbol.name, "U": first_id, "u": instrument.update_id}
    if market == "spot":
        # Spot counts without a hole: an update covers every number since the one before it.
        event["U"] = previous_id + 1
    else:
        event |= {"T": now, "pu": previous_id, "ps": symbol.name, "st": 1}
    for key, prices, side, best_first in (("b", bids, instrument.bids, True), ("a", asks, instrument.asks, False)):
        event[key] = [
            [symbol.price_text(price), symbol.size_text(side[price]) if price in side else "0"]
            for price in sorted(prices, reverse=best_first)
        ]
    return event


def partial_depth(market: MarketName, instrument: SimulatedInstrument, levels: int, previous: int, now: int) -> Payload:
    """``<symbol>@depth5``, 10 or 20; on futures it has the shape of a change."""
    bids, asks = instrument.depth(levels)
    last = instrument.update_id
    if market == "spot":
        return {"lastUpdateId": last, "bids": bids, "asks": asks}
    return {
        "e": "depthUpdate",
        "E": now,
        "T": now,
        "s": instrument.symbol.name,
        "ps": instrument.symbol.name,
        "st": 1,
        "U": min(previous + 1, last),
        "u": last,
        "pu": previous,
        "b": bids,
        "a": asks,
    }


def depth(market: MarketName, instrument: SimulatedInstrument, limit: int, now: int) -> Payload:
    """``GET depth``."""
    bids, asks = instrument.depth(limit)
    times: Payload = {} if market == "spot" else {"E": now, "T": now}
    return {"lastUpdateId": instrument.update_id, **times, "bids": bids, "asks": asks}


def kline(symbol: SimulatedSymbol, interval: str, bar: Bar, *, closed: bool, now: int) -> Payload:
    """``<symbol>@kline_<interval>``."""
    return {
        "e": "kline",
        "E": now,
        "s": symbol.name,
        "k": {
            "t": bar.opened,
            "T": close_time(interval, bar.opened),
            "s": symbol.name,
            "i": interval,
            "f": bar.first_id,
            "L": bar.last_id,
            "o": symbol.price_text(bar.open),
            "c": symbol.price_text(bar.close),
            "h": symbol.price_text(bar.high),
            "l": symbol.price_text(bar.low),
            "v": symbol.size_text(bar.volume),
            "n": bar.trades,
            "x": closed,
            "q": symbol.notional_text(bar.quote),
            "V": symbol.size_text(bar.bought),
            "Q": symbol.notional_text(bar.bought_quote),
            "B": "0",
        },
    }


def kline_row(symbol: SimulatedSymbol, interval: str, bar: Bar) -> list[Any]:
    """A row of ``klines``."""
    return [
        bar.opened,
        symbol.price_text(bar.open),
        symbol.price_text(bar.high),
        symbol.price_text(bar.low),
        symbol.price_text(bar.close),
        symbol.size_text(bar.volume),
        close_time(interval, bar.opened),
        symbol.notional_text(bar.quote),
        bar.trades,
        symbol.size_text(bar.bought),
        symbol.notional_text(bar.bought_quote),
        "0",
    ]


def _day(instrument: SimulatedInstrument, now: int) -> Bar:
    start = max(instrument.candles.first, now - 86_400_000)
    whole: Bar | None = None
    for bar in instrument.candles.bars("1m", start, now):
        if whole is None:
            whole = Bar(bar.opened, bar.open)
        whole.append(bar)
    return whole or Bar(now, instrument.last_price)


def _vwap(symbol: SimulatedSymbol, bar: Bar) -> str:
    if not bar.volume:
        return symbol.price_text(bar.close)
    return format((Decimal(bar.quote) / bar.volume * Decimal(symbol.tick)).quantize(Decimal("1e-8")), "f")


def ticker(market: MarketName, instrument: SimulatedInstrument, now: int) -> Payload:
    """``<symbol>@ticker``: 24 hours. Only spot has bid and ask in it."""
    symbol, bar = instrument.symbol, _day(instrument, now)
    change = Decimal(bar.close - bar.open)
    event: Payload = {
        "e": "24hrTicker",
        "E": now,
        "s": symbol.name,
        "p": format(change * Decimal(symbol.tick), "f"),
        "P": format((change * 100 / bar.open).quantize(Decimal("0.001")), "f"),
        "w": _vwap(symbol, bar),
        "c": symbol.price_text(bar.close),
        "Q": symbol.size_text(instrument.trades[-1].size if instrument.trades else 0),
        "o": symbol.price_text(bar.open),
        "h": symbol.price_text(bar.high),
        "l": symbol.price_text(bar.low),
        "v": symbol.size_text(bar.volume),
        "q": symbol.notional_text(bar.quote),
        "O": bar.opened,
        "C": now,
        "F": bar.first_id,
        "L": bar.last_id,
        "n": bar.trades,
    }
    if market == "futures":
        return {**event, "st": 1}
    best = book_ticker(market, instrument, now)
    return {**event, "x": symbol.price_text(bar.open), **{key: best[key] for key in "bBaA"}}


def mini_ticker(market: MarketName, instrument: SimulatedInstrument, now: int) -> Payload:
    """``<symbol>@miniTicker``."""
    whole = ticker(market, instrument, now)
    return {**{key: whole[key] for key in whole if key in "Escohlvq" or key == "st"}, "e": "24hrMiniTicker"}


def ticker_row(market: MarketName, instrument: SimulatedInstrument, now: int) -> Payload:
    """A row of ``ticker/24hr``."""
    whole = ticker(market, instrument, now)
    names = {
        "symbol": "s",
        "priceChange": "p",
        "priceChangePercent": "P",
        "weightedAvgPrice": "w",
        "lastPrice": "c",
        "lastQty": "Q",
        "openPrice": "o",
        "highPrice": "h",
        "lowPrice": "l",
        "volume": "v",
        "quoteVolume": "q",
        "openTime": "O",
        "closeTime": "C",
        "firstId": "F",
        "lastId": "L",
        "count": "n",
    }
    if market == "spot":
        names |= {"prevClosePrice": "x", "bidPrice": "b", "bidQty": "B", "askPrice": "a", "askQty": "A"}
    return {name: whole[key] for name, key in names.items()}


def next_funding(now: int) -> int:
    """When funding is paid next, int milliseconds UTC."""
    return (now // _FUNDING_INTERVAL + 1) * _FUNDING_INTERVAL


def _mark(instrument: SimulatedInstrument) -> tuple[str, str]:
    """Mark and index price: the fair price, and the middle of the book."""
    symbol = instrument.symbol
    middle = (instrument.best_bid + instrument.best_ask) * Decimal(symbol.tick) / 2
    mark = Decimal(round(instrument.fair * 100)) * Decimal(symbol.tick) / 100
    return format(mark.quantize(Decimal("1e-8")), "f"), format(middle.quantize(Decimal("1e-8")), "f")


def mark_price(instrument: SimulatedInstrument, now: int) -> Payload:
    """``<symbol>@markPrice``, futures."""
    mark, index = _mark(instrument)
    return {
        "e": "markPriceUpdate",
        "E": now,
        "s": instrument.symbol.name,
        "p": mark,
        "ap": mark,
        "i": index,
        "P": index,
        "r": "0.00010000",
        "T": next_funding(now),
        "st": 1,
    }


def premium_index(instrument: SimulatedInstrument, now: int) -> Payload:
    """``GET premiumIndex``, futures."""
    mark, index = _mark(instrument)
    return {
        "symbol": instrument.symbol.name,
        "markPrice": mark,
        "indexPrice": index,
        "estimatedSettlePrice": index,
        "lastFundingRate": "0.00010000",
        "interestRate": "0.00010000",
        "nextFundingTime": next_funding(now),
        "time": now,
    }


def force_order(symbol: SimulatedSymbol, traded: SimulatedTrade, now: int) -> Payload:
    """``<symbol>@forceOrder``, futures."""
    price, size = symbol.price_text(traded.price), symbol.size_text(traded.size)
    return {
        "e": "forceOrder",
        "E": now,
        "o": {
            "s": symbol.name,
            "S": "SELL" if traded.taker_sold else "BUY",
            "o": "LIMIT",
            "f": "IOC",
            "q": size,
            "p": price,
            "ap": price,
            "X": "FILLED",
            "l": size,
            "z": size,
            "T": traded.at,
        },
        "st": 1,
    }


def exchange_symbol(market: MarketName, instrument: SimulatedInstrument) -> Payload:
    """A row of ``exchangeInfo``'s symbols."""
    symbol = instrument.symbol
    lot = {"minQty": symbol.lot, "maxQty": "100000", "stepSize": symbol.lot}
    filters: list[Payload] = [
        {"filterType": "PRICE_FILTER", "minPrice": symbol.tick, "maxPrice": "10000000", "tickSize": symbol.tick},
        {"filterType": "LOT_SIZE", **lot},
        {"filterType": "MARKET_LOT_SIZE", **lot},
    ]
    common: Payload = {
        "symbol": symbol.name,
        "status": instrument.status,
        "baseAsset": symbol.base,
        "quoteAsset": symbol.quote,
        "filters": filters,
    }
    if market == "spot":
        filters.append({"filterType": "NOTIONAL", "minNotional": symbol.min_notional, "maxNotional": "9000000"})
        return {
            **common,
            "baseAssetPrecision": 8,
            "quoteAssetPrecision": 8,
            "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET", *_CONTINGENT],
            "ocoAllowed": True,
            "otoAllowed": True,
            "opoAllowed": False,
            "allowTrailingStop": False,
            "cancelReplaceAllowed": True,
            "amendAllowed": True,
            "isSpotTradingAllowed": True,
            "permissions": [],
            "permissionSets": [["SPOT"]],
        }
    filters.append({"filterType": "MIN_NOTIONAL", "notional": symbol.min_notional})
    return {
        **common,
        "pair": symbol.name,
        "contractType": "PERPETUAL",
        "deliveryDate": 4133404800000,
        "onboardDate": 1569398400000,
        "marginAsset": symbol.quote,
        "underlyingType": "COIN",
        "orderTypes": ["LIMIT", "MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
    }
