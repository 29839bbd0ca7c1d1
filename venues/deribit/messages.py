"""What Deribit sends on its public channels, as typed messages: only the fields that are used, raw payload above each.

docs.deribit.com, API 2.1.1 ("Notifications", 2026-09). Prices and amounts are JSON numbers and are decoded to the
number type of the venue object without a detour over binary floats; times are int milliseconds UTC.
"""

from collections.abc import Sequence
from typing import Generic, TypeAlias

import msgspec

from barterpy.errors import ParseError
from barterpy.model.number import N
from barterpy.venues.deribit.errors import Refusal

__all__ = [
    "BookMessage",
    "ChartBar",
    "Frame",
    "FrameParser",
    "Greeks",
    "GroupedBook",
    "IndexMessage",
    "InstrumentState",
    "MarkRow",
    "Params",
    "PerpetualMessage",
    "QuoteMessage",
    "TickerMessage",
    "TickerStats",
    "TradeRow",
    "VolatilityMessage",
    "WireChanges",
]

WireChanges: TypeAlias = list[tuple[str, N, N]]
"""``[["new",42500.0,1000.0]]``: action, price and total amount."""


class Params(msgspec.Struct, gc=False):
    """Of a notification: the channel with its data, or the type of a heartbeat."""

    channel: str = ""
    data: msgspec.Raw = msgspec.Raw(b"")
    type: str = ""


class Frame(msgspec.Struct, gc=False):
    """Whatever comes on a connection, JSON-RPC 2.0::

    {"jsonrpc":"2.0","method":"subscription","params":{"channel":"quote.BTC-PERPETUAL","data":{…}}}
    {"jsonrpc":"2.0","method":"heartbeat","params":{"type":"test_request"}}
    {"jsonrpc":"2.0","id":1,"result":["quote.BTC-PERPETUAL"],"testnet":true,"usIn":1,"usOut":2,"usDiff":1}
    {"jsonrpc":"2.0","id":2,"error":{"code":10028,"message":"too_many_requests","data":null}}
    """

    method: str = ""
    params: Params | None = None
    id: int | str | None = None
    result: msgspec.Raw = msgspec.Raw(b"")
    error: Refusal | None = None


class FrameParser:
    """Text or bytes to :class:`Frame`: a :class:`barterpy.parser.BatchParser`. Data and results are decoded by the
    transformer, which knows what they are."""

    def __init__(self) -> None:
        self._decode = msgspec.json.Decoder(Frame).decode

    def parse(self, message: str | bytes, /) -> Frame:
        """The frame.

        :raises barterpy.errors.ParseError: not JSON, or not a frame
        """
        try:
            return self._decode(message)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise ParseError(str(error), message) from error

    def parse_batch(self, messages: Sequence[str | bytes], /) -> list[Frame]:
        """All of them at once, in C.

        :raises barterpy.errors.ParseError: one of them is not a frame
        """
        try:
            return list(map(self._decode, messages))
        except (msgspec.DecodeError, ValueError, RecursionError):
            return [self.parse(message) for message in messages]


class TradeRow(msgspec.Struct, Generic[N], gc=False):
    """``trades.{instrument}.{interval}``, an array of them. ``direction`` is the taker's; ``liquidation`` says which
    side was forced ("M", "T" or "MT")::

        {"timestamp":1765531356452,"price":92294.5,"amount":10.0,"direction":"sell","index_price":92276.75,
         "instrument_name":"BTC-PERPETUAL","trade_seq":271252854,"mark_price":92287.11,"tick_direction":2,
         "contracts":1.0,"trade_id":"403691824"}
    """

    trade_id: str
    trade_seq: int
    timestamp: int
    instrument_name: str
    price: N
    amount: N
    direction: str
    liquidation: str = ""


class BookMessage(msgspec.Struct, Generic[N]):
    """``book.{instrument}.{interval}``; ``prev_change_id`` is not in a snapshot, which what says neither
    is as well::

        {"type":"snapshot","instrument_name":"BTC-PERPETUAL","timestamp":1699999999000,"change_id":123456789,
         "bids":[["new",42500.0,1000.0]],"asks":[["new",42501.0,800.0]]}
        {"type":"change","instrument_name":"BTC-PERPETUAL","timestamp":1699999999500,"change_id":123456790,
         "prev_change_id":123456789,"bids":[["change",42500.0,950.0]],"asks":[["delete",42501.0,0.0]]}
    """

    timestamp: int
    change_id: int
    bids: list[tuple[str, N, N]]
    asks: list[tuple[str, N, N]]
    type: str = ""
    prev_change_id: int | None = None


class GroupedBook(msgspec.Struct, Generic[N]):
    """``book.{instrument}.{group}.{depth}.{interval}``, every message a whole picture::

    {"timestamp":1554375447971,"instrument_name":"ETH-PERPETUAL","change_id":109615,"bids":[[160,40]],"asks":[[161,20]]}
    """

    timestamp: int
    change_id: int
    bids: list[tuple[N, N]]
    asks: list[tuple[N, N]]


class QuoteMessage(msgspec.Struct, Generic[N], gc=False):
    """``quote.{instrument}``; an empty side has no price, or an amount of zero::

    {"timestamp":1765541767174,"instrument_name":"BTC-PERPETUAL","best_ask_price":92288.5,"best_bid_price":92288.0,
     "best_ask_amount":99470.0,"best_bid_amount":133440.0}
    """

    timestamp: int
    best_bid_price: N | None = None
    best_bid_amount: N | None = None
    best_ask_price: N | None = None
    best_ask_amount: N | None = None


class TickerStats(msgspec.Struct, Generic[N], gc=False):
    """The last 24 hours of a :class:`TickerMessage`; all null when nothing was traded."""

    high: N | None = None
    low: N | None = None
    volume: N | None = None
    volume_usd: N | None = None
    volume_notional: N | None = None


class Greeks(msgspec.Struct, Generic[N], gc=False):
    """``{"delta":0.03127,"gamma":0.0002,"vega":0.20072,"theta":-1.64029,"rho":0.01188}``"""

    delta: N
    gamma: N
    vega: N
    theta: N
    rho: N | None = None


class TickerMessage(msgspec.Struct, Generic[N]):
    """``ticker.{instrument}.{interval}``; greeks, volatilities and the underlying only for options::

    {"timestamp":1765541474086,"state":"open","stats":{"high":93612.0,"low":89277.5,"price_change":2.3275,
     "volume":11897.27,"volume_usd":1092371540.0},"index_price":92263.55,"instrument_name":"BTC-PERPETUAL",
     "last_price":92283.5,"settlement_price":92464.66,"open_interest":1132329370.0,"mark_price":92281.78,
     "best_ask_price":92284.0,"best_bid_price":92283.5,"best_ask_amount":186520.0,"best_bid_amount":117660.0,
     "estimated_delivery_price":92263.55,"current_funding":0.0,"funding_8h":1.742e-05}
    """

    timestamp: int
    mark_price: N | None = None
    last_price: N | None = None
    index_price: N | None = None
    estimated_delivery_price: N | None = None
    open_interest: N | None = None
    best_bid_price: N | None = None
    best_bid_amount: N | None = None
    best_ask_price: N | None = None
    best_ask_amount: N | None = None
    stats: TickerStats[N] | None = None
    greeks: Greeks[N] | None = None
    mark_iv: N | None = None
    bid_iv: N | None = None
    ask_iv: N | None = None
    underlying_price: N | None = None
    underlying_index: str | None = None
    interest_rate: N | None = None


class ChartBar(msgspec.Struct, Generic[N], gc=False):
    """``chart.trades.{instrument}.{resolution}``; ``tick`` is when the bar opened, and a new one ends the last::

    {"tick":1767200040000,"open":87490.0,"high":87500.0,"low":87465.0,"close":87474.0,"volume":0.95,"cost":83970.0}
    """

    tick: int
    open: N
    high: N
    low: N
    close: N
    volume: N
    cost: N | None = None


class PerpetualMessage(msgspec.Struct, Generic[N], gc=False):
    """``perpetual.{instrument}.{interval}``: ``{"timestamp":1571386349530,"interest":0.004999511380756577,
    "index_price":7872.88}``"""

    timestamp: int
    interest: N


class IndexMessage(msgspec.Struct, Generic[N], gc=False):
    """``deribit_price_index.{index}``: ``{"timestamp":1550588002899,"price":3937.89,"index_name":"btc_usd"}``"""

    timestamp: int
    price: N


class VolatilityMessage(msgspec.Struct, Generic[N], gc=False):
    """``deribit_volatility_index.{index}``: ``{"timestamp":1619777946007,"volatility":129.36,
    "index_name":"btc_usd"}``"""

    timestamp: int
    volatility: N


class MarkRow(msgspec.Struct, Generic[N], gc=False):
    """``markprice.options.{index}``, an array of: ``{"timestamp":1622470378005,"mark_price":0.0333,"iv":0.9,
    "instrument_name":"BTC-2JUN21-37000-P"}``"""

    instrument_name: str
    mark_price: N
    timestamp: int | None = None


class InstrumentState(msgspec.Struct, gc=False):
    """``instrument.state.{kind}.{currency}``: ``{"timestamp":1553080940000,"state":"created",
    "instrument_name":"BTC-22MAR19"}``"""

    timestamp: int
    state: str
    instrument_name: str
