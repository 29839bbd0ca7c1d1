"""What Binance sends on its market streams, as typed messages: only the fields that are used, raw payload above each.

Spot: "WebSocket Streams" (2023-12, shapes unchanged in 2026-09). USD-M futures: "Websocket Market Streams" of
2026-09-15. Prices and sizes stay the wire's text here; times are int milliseconds UTC. A symbol is read only where a
stream carries several.
"""

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from barterpy.errors import ParseError

__all__ = [
    "AggTrade",
    "BookTicker",
    "ContractInfo",
    "DepthDiff",
    "ForceOrder",
    "ForceOrderDetail",
    "Frame",
    "FrameParser",
    "Head",
    "Kline",
    "KlineBar",
    "MarkPriceUpdate",
    "MiniTicker",
    "PartialDepth",
    "RawTrade",
    "Refusal",
    "Ticker24h",
    "WireLevels",
]

WireLevels: TypeAlias = list[tuple[str, str]]
"""``[["0.0024","10"]]``: price and total size."""


class Refusal(msgspec.Struct):
    """``{"code":2,"msg":"Invalid request: unknown variant"}``"""

    code: int
    msg: str = ""


class Frame(msgspec.Struct, gc=False):
    """Whatever comes on a connection: a wrapped message, an answer, or a message as it is, put into ``data``.

    ``{"stream":"btcusdt@aggTrade","data":{…}}``; ``{"result":null,"id":1}``; a refusal in either of its two shapes,
    ``{"code":2,"msg":"Invalid request: …","id":1}`` and ``{"error":{"code":2,"msg":"…"},"id":1}``.
    """

    stream: str = ""
    data: msgspec.Raw = msgspec.Raw(b"")
    id: int | str | None = None
    error: Refusal | None = None
    code: int | None = None
    msg: str = ""


class FrameParser:
    """Text or bytes to :class:`Frame`: a :class:`barterpy.parser.BatchParser`. ``data`` is decoded by the transformer,
    which knows from the stream's name what it is."""

    def __init__(self) -> None:
        self._decode = msgspec.json.Decoder(Frame).decode

    def parse(self, message: str | bytes, /) -> Frame:
        """The frame.

        :raises barterpy.errors.ParseError: not JSON, or not a frame
        """
        try:
            frame = self._decode(message)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            # A raw stream of all instruments sends arrays.
            if message[:1] in ("[", b"["):
                return Frame(data=msgspec.Raw(message))
            raise ParseError(str(error), message) from error
        return _whole(frame, message)

    def parse_batch(self, messages: Sequence[str | bytes], /) -> list[Frame]:
        """All of them at once, in C; :meth:`parse` for each if one of them is not an object.

        :raises barterpy.errors.ParseError: one of them is not a frame
        """
        try:
            frames = list(map(self._decode, messages))
        except (msgspec.DecodeError, ValueError, RecursionError):
            return [self.parse(message) for message in messages]
        return [frame if frame.stream else _whole(frame, raw) for frame, raw in zip(frames, messages, strict=True)]


def _whole(frame: Frame, message: str | bytes) -> Frame:
    if frame.stream or frame.id is not None or frame.error is not None or frame.code is not None:
        return frame
    return Frame(data=msgspec.Raw(message))


class Head(msgspec.Struct):
    """What tells a message that came without a stream name apart: event, symbol, and the marks of those without."""

    e: str = ""
    s: str = ""
    u: int | None = None
    lastUpdateId: int | None = None  # noqa: N815 - the wire's name
    k: object = None
    o: object = None


class RawTrade(msgspec.Struct, gc=False):
    """Spot, "Trade Streams", ``<symbol>@trade``::

    {"e":"trade","E":1672515782136,"s":"BNBBTC","t":12345,"p":"0.001","q":"100","T":1672515782136,"m":true,"M":true}
    """

    t: int
    p: str
    q: str
    T: int
    m: bool


class AggTrade(msgspec.Struct, gc=False):
    """Spot and futures, "Aggregate Trade Streams", ``<symbol>@aggTrade``; futures add ``nq`` and ``st``::

    {"e":"aggTrade","E":123456789,"s":"BTCUSDT","a":5933014,"p":"0.001","q":"100","nq":"100","f":100,"l":105,
     "T":123456785,"m":true,"st":1}
    """

    a: int
    p: str
    q: str
    f: int
    l: int  # noqa: E741 - the wire's name
    T: int
    m: bool


class BookTicker(msgspec.Struct, gc=False):
    """Spot and futures, "Individual Symbol Book Ticker Streams", ``<symbol>@bookTicker``; spot sends no times::

    {"u":400900217,"s":"BNBUSDT","b":"25.3519","B":"31.21","a":"25.3652","A":"40.66"}
    {"e":"bookTicker","u":400900217,"s":"BNBUSDT","ps":"BNBUSDT","b":"25.35","B":"31.21","a":"25.36","A":"40.66",
     "T":1568014460891,"E":1568014460893,"st":1}
    """

    u: int
    s: str
    b: str
    B: str
    a: str
    A: str
    T: int | None = None
    st: int = 1


class PartialDepth(msgspec.Struct):
    """Spot, "Partial Book Depth Streams", ``<symbol>@depth5@100ms``; only the stream's name tells the symbol::

    {"lastUpdateId":160,"bids":[["0.0024","10"]],"asks":[["0.0026","100"]]}
    """

    lastUpdateId: int  # noqa: N815 - the wire's name
    bids: WireLevels
    asks: WireLevels


class DepthDiff(msgspec.Struct):
    """Spot and futures, "Diff. Depth Streams", ``<symbol>@depth@100ms``; futures add ``T``, ``pu``, ``ps`` and ``st``,
    and use the same shape for partial books::

        {"e":"depthUpdate","E":123456789,"T":123456788,"s":"BTCUSDT","ps":"BTCUSDT","st":1,"U":157,"u":160,"pu":149,
         "b":[["0.0024","10"]],"a":[["0.0026","0"]]}
    """

    E: int
    U: int
    u: int
    b: WireLevels
    a: WireLevels
    T: int | None = None
    pu: int | None = None


class KlineBar(msgspec.Struct, gc=False):
    """The bar of a :class:`Kline`: ``T`` is its last millisecond, ``V`` and ``Q`` what takers bought."""

    t: int
    T: int
    i: str
    o: str
    c: str
    h: str
    l: str  # noqa: E741 - the wire's name
    v: str
    n: int
    x: bool
    q: str
    V: str
    Q: str


class Kline(msgspec.Struct):
    """Spot and futures, "Kline/Candlestick Streams", ``<symbol>@kline_1m``::

    {"e":"kline","E":1672515782136,"s":"BNBBTC","k":{"t":1672515780000,"T":1672515839999,"s":"BNBBTC","i":"1m",
     "f":100,"L":200,"o":"0.0010","c":"0.0020","h":"0.0025","l":"0.0015","v":"1000","n":100,"x":false,"q":"1.0",
     "V":"500","Q":"0.500","B":"0"}}
    """

    E: int
    k: KlineBar


class Ticker24h(msgspec.Struct, gc=False):
    """Spot and futures, "Individual Symbol Ticker Streams", ``<symbol>@ticker``, and spot's rolling windows,
    ``<symbol>@ticker_1h``; best bid and ask only in spot's ``@ticker``::

        {"e":"24hrTicker","E":1672515782136,"s":"BNBBTC","p":"0.0015","P":"250.00","w":"0.0018","x":"0.0009",
         "c":"0.0025","Q":"10","b":"0.0024","B":"10","a":"0.0026","A":"100","o":"0.0010","h":"0.0025","l":"0.0010",
         "v":"10000","q":"18","O":0,"C":86400000,"F":0,"L":18150,"n":18151}
    """

    E: int
    s: str
    p: str
    w: str
    c: str
    o: str
    h: str
    l: str  # noqa: E741 - the wire's name
    v: str
    q: str
    n: int
    b: str = ""
    B: str = ""
    a: str = ""
    A: str = ""
    st: int = 1


class MiniTicker(msgspec.Struct, gc=False):
    """Spot and futures, "All Market Mini Tickers Stream", ``!miniTicker@arr``, an array of::

    {"e":"24hrMiniTicker","E":1672515782136,"s":"BNBBTC","c":"0.0025","o":"0.0010","h":"0.0025","l":"0.0010",
     "v":"10000","q":"18"}
    """

    E: int
    s: str
    c: str
    o: str
    h: str
    l: str  # noqa: E741 - the wire's name
    v: str
    q: str
    st: int = 1


class MarkPriceUpdate(msgspec.Struct, gc=False):
    """Futures, "Mark Price Stream", ``<symbol>@markPrice@1s``; ``r`` is empty where there is no funding::

    {"e":"markPriceUpdate","E":1562305380000,"s":"BTCUSDT","p":"11794.15","ap":"11794.0","i":"11784.62",
     "P":"11784.25","r":"0.00038167","T":1562306400000,"st":1}
    """

    E: int
    s: str
    p: str
    i: str = ""
    P: str = ""
    r: str = ""
    T: int = 0
    st: int = 1


class ForceOrderDetail(msgspec.Struct, gc=False):
    """The order of a :class:`ForceOrder`. ``S`` is its side: SELL closes a long position."""

    s: str
    S: str
    q: str
    p: str
    ap: str
    X: str
    z: str
    T: int
    st: int = 1


class ForceOrder(msgspec.Struct):
    """Futures, "Liquidation Order Streams", ``<symbol>@forceOrder`` and ``!forceOrder@arr``::

    {"e":"forceOrder","E":1568014460893,"o":{"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC","q":"0.014",
     "p":"9910","ap":"9910","X":"FILLED","l":"0.014","z":"0.014","T":1568014460893}}
    """

    E: int
    o: ForceOrderDetail
    st: int = 1


class ContractInfo(msgspec.Struct):
    """Futures, "Contract Info Stream", ``!contractInfo``::

    {"e":"contractInfo","E":1669647330368,"s":"IOTAUSDT","ps":"IOTAUSDT","ct":"PERPETUAL","dt":4133404800000,
     "ot":1569398400000,"cs":"TRADING","bks":[{"bs":1,"bnf":0,"bnc":5000,"mmr":0.01,"cf":0,"mi":21,"ma":50}]}
    """

    E: int
    s: str
    cs: str
    st: int = 1
