"""What the Indexer sends on its channels, as typed messages: only the fields that are used, raw payload above each.

docs.dydx.xyz, "Indexer API / WebSocket", 2026. Numbers are decimal text, times ISO-8601 UTC text; field names are the
wire's. Of most channels the first contents (with ``subscribed``) have another shape than the later ones
(``channel_data``); in batches (``channel_batch_data``) contents are a list of the latter, to be applied in order. What
an account is told is in :mod:`barterpy.venues.dydx.answers`, as REST says the same.
"""
# ruff: noqa: N815 - camel case is the wire's own

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from barterpy.errors import ParseError

__all__ = [
    "Block",
    "BookChanges",
    "BookContents",
    "BookLevel",
    "CandleList",
    "CandleRow",
    "Frame",
    "FrameParser",
    "MarketRow",
    "MarketsContents",
    "OraclePrice",
    "TradeList",
    "TradeRow",
    "WireLevels",
]

WireLevels: TypeAlias = list[tuple[str, str]]
"""``[["43240.0","2.0"]]``: price and new total size; zero takes the level away."""


class Frame(msgspec.Struct, gc=False):
    """Whatever comes on a connection. ``message_id`` counts the messages of the connection from 0, and is all there is
    to notice a loss by::

        {"type":"connected","connection_id":"c1","message_id":0}
        {"type":"subscribed","connection_id":"c1","message_id":1,"channel":"v4_trades","id":"BTC-USD","contents":{…}}
        {"type":"channel_data","connection_id":"c1","message_id":2,"channel":"v4_trades","id":"BTC-USD",
         "version":"2.1.0","contents":{…}}
        {"type":"channel_batch_data",…,"contents":[{…},{…}]}
        {"type":"unsubscribed","connection_id":"c1","message_id":4,"channel":"v4_trades","id":"BTC-USD"}
        {"type":"error","message":"Invalid subscribe message: already subscribed (v4_trades-BTC-USD)",
         "connection_id":"c1","message_id":5}
        {"type":"pong","connection_id":"c1","message_id":6}
    """

    type: str = "channel_data"
    channel: str = ""
    id: str = ""
    message_id: int | None = None
    contents: msgspec.Raw = msgspec.Raw(b"")
    message: str = ""
    subaccountNumber: int | None = None
    """Of which child a message to the parent account is."""


class FrameParser:
    """Text or bytes to :class:`Frame`: a :class:`barterpy.parser.BatchParser`. ``contents`` are decoded by the
    transformer, which knows from the channel what they are."""

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


class TradeRow(msgspec.Struct, gc=False):
    """``v4_trades`` and REST. ``side`` is the taker's; ``type`` is LIMIT, MARKET, LIQUIDATED, DELEVERAGED or
    TWAP_SUBORDER::

        {"id":"03f89a550000000200000002","side":"SELL","size":"1.2","price":"43248.0","type":"LIMIT",
         "createdAt":"2024-01-01T00:00:01.000Z","createdAtHeight":"12345678"}
    """

    id: str
    side: str
    size: str
    price: str
    createdAt: str
    type: str = ""
    createdAtHeight: str = ""


class TradeList(msgspec.Struct):
    """First contents (the last trades, newest first) and every later one: ``{"trades":[{…}]}``"""

    trades: list[TradeRow]


class BookLevel(msgspec.Struct, gc=False):
    """A level as the first contents have it: ``{"price":"43240.0","size":"1.5"}``"""

    price: str
    size: str


class BookContents(msgspec.Struct):
    """First contents of ``v4_orderbook``, and REST: up to 100 levels a side::

    {"bids":[{"price":"43240.0","size":"1.5"}],"asks":[{"price":"43250.0","size":"1.2"}]}
    """

    bids: list[BookLevel] = []
    asks: list[BookLevel] = []


class BookChanges(msgspec.Struct):
    """Later contents, whose levels are pairs: ``{"bids":[["43240.0","2.0"]],"asks":[["43250.0","0.0"]]}``"""

    bids: WireLevels = []
    asks: WireLevels = []


class CandleRow(msgspec.Struct, gc=False):
    """Later contents of ``v4_candles``, and a row of REST. The forming bar is sent again and again, and nothing says
    that it is closed::

        {"startedAt":"2024-01-01T00:01:00.000Z","ticker":"BTC-USD","resolution":"1MIN","low":"43350.0",
         "high":"43600.0","open":"43400.0","close":"43550.0","baseTokenVolume":"8.765","usdVolume":"381000.25",
         "trades":98,"startingOpenInterest":"1000100.0","id":"candle-002"}
    """

    startedAt: str
    resolution: str
    low: str
    high: str
    open: str
    close: str
    baseTokenVolume: str
    usdVolume: str
    trades: int


class CandleList(msgspec.Struct):
    """First contents of ``v4_candles``, and REST, newest first: ``{"candles":[{…}]}``"""

    candles: list[CandleRow]


class MarketRow(msgspec.Struct):
    """What changed of a market, and in the first contents all of it; see :mod:`barterpy.venues.dydx.instruments` for
    a whole description::

        {"status":"PAUSED","nextFundingRate":"0.0001","openInterest":"381.7348","oraclePrice":"89919.2"}
    """

    status: str | None = None
    oraclePrice: str | None = None
    nextFundingRate: str | None = None
    openInterest: str | None = None


class OraclePrice(msgspec.Struct, gc=False):
    """``{"oraclePrice":"43300.00","effectiveAt":"2024-01-01T00:01:00.000Z","effectiveAtHeight":"12345679"}``"""

    oraclePrice: str
    effectiveAt: str | None = None


class MarketsContents(msgspec.Struct):
    """Contents of ``v4_markets``: ``markets`` in the first, ``trading`` and ``oraclePrices`` later, by ticker::

    {"oraclePrices":{"BTC-USD":{"oraclePrice":"43300.00","effectiveAt":"2024-01-01T00:01:00.000Z"}}}
    {"trading":{"BTC-USD":{"status":"PAUSED","nextFundingRate":"0.0001"}}}
    """

    markets: dict[str, MarketRow] = {}
    trading: dict[str, MarketRow] = {}
    oraclePrices: dict[str, OraclePrice] = {}


class Block(msgspec.Struct, gc=False):
    """``v4_block_height``: ``{"height":"12345678","time":"…"}`` first, ``{"blockHeight":"12345679","time":"…"}`` then.
    REST has the former."""

    time: str
    height: str = ""
    blockHeight: str = ""
