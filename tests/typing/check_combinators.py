"""What the type checkers must infer of parsers, streams and combinators. Checked by mypy and pyright, run by nobody."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, assert_type

import msgspec

from barterpy import combinators
from barterpy.analytics import (
    AveragePrice,
    Bar,
    RollingStatistics,
    Spread,
    Spreads,
    Statistics,
    TimeBars,
    Vwap,
    price_of,
)
from barterpy.clock import MINUTE, SECOND
from barterpy.combinators import chain, conflate, keyed, of_type, tee
from barterpy.errors import ParseError
from barterpy.model import BookDelta, BookSnapshot, Quote, Trade
from barterpy.orderbook import BookBuilder, OrderBook
from barterpy.parser import JsonParser
from barterpy.socket import ReceiveSocket
from barterpy.stream import ExchangeStream
from barterpy.transformer import Directive, FunctionTransformer, Send, Transformer


class AggTrade(msgspec.Struct):
    quantity: Decimal


class Ack(msgspec.Struct):
    id: int


class Notice(msgspec.Struct):
    text: str


class VolumeSum:
    def transform(self, message: AggTrade, received_at: int, /) -> Iterable[Decimal]:
        return [message.quantity]


class NamedLikeTheProtocol:
    def transform(self, message: AggTrade, received_at: int) -> Iterable[Decimal]:
        return [message.quantity]


class Ponging:
    def transform(self, message: AggTrade | Ack, received_at: int, /) -> Iterable[Trade | Send]:
        return [Send("pong")]


class Directing:
    def transform(self, message: AggTrade, received_at: int, /) -> Iterable[Decimal | Directive]:
        return []


class FloatTrades:
    def transform(self, message: AggTrade, received_at: int, /) -> Iterable[Trade[float]]:
        return []


def parsers() -> None:
    assert_type(JsonParser(), JsonParser[Any])
    assert_type(JsonParser(AggTrade), JsonParser[AggTrade])
    assert_type(JsonParser(AggTrade, Ack), JsonParser[AggTrade | Ack])
    assert_type(JsonParser(AggTrade, Ack, Notice), JsonParser[AggTrade | Ack | Notice])
    assert_type(JsonParser(AggTrade).parse(b""), AggTrade)
    assert_type(JsonParser(AggTrade, Ack).parse_batch([b""]), list[AggTrade | Ack])


async def streams(socket: ReceiveSocket[bytes], text: ReceiveSocket[str | bytes]) -> None:
    sums = ExchangeStream(socket, JsonParser(AggTrade), VolumeSum())
    assert_type(sums, ExchangeStream[Decimal])
    async for total in sums:
        assert_type(total, Decimal)
    async for totals in sums.batches():
        assert_type(totals, list[Decimal])
    assert_type(ExchangeStream(text, JsonParser(AggTrade), NamedLikeTheProtocol()), ExchangeStream[Decimal])
    assert_type(ExchangeStream(socket, JsonParser(), VolumeSum()), ExchangeStream[Decimal])
    assert_type(ExchangeStream(socket, JsonParser(AggTrade), FloatTrades()), ExchangeStream[Trade[float]])
    assert_type(
        ExchangeStream(socket, JsonParser(AggTrade), VolumeSum(), on_error="yield"),
        ExchangeStream[Decimal | ParseError],
    )
    assert_type(ExchangeStream(socket, JsonParser(AggTrade), VolumeSum(), on_error="skip"), ExchangeStream[Decimal])


class Several:
    def transform(self, message: AggTrade, received_at: int, /) -> Iterable[Trade | Quote]:
        yield Send("a directive fits among outputs of any type")


class Skipping:
    def parse(self, message: bytes, /) -> AggTrade | None:
        return None


async def outputs_of_several_types(socket: ReceiveSocket[bytes]) -> None:
    assert_type(ExchangeStream(socket, JsonParser(AggTrade), Several()), ExchangeStream[Trade | Quote])
    assert_type(ExchangeStream(socket, Skipping(), Several()), ExchangeStream[Trade | Quote])
    assert_type(ExchangeStream(socket, Skipping(), VolumeSum()), ExchangeStream[Decimal])


def venue() -> Transformer[AggTrade, Decimal]:
    return Directing()


async def annotated_directives(socket: ReceiveSocket[bytes]) -> None:
    assert_type(ExchangeStream(socket, JsonParser(AggTrade), venue()), ExchangeStream[Decimal])
    assert_type(ExchangeStream(socket, JsonParser(AggTrade, Ack), Ponging()), ExchangeStream[Trade | Send])
    without: ExchangeStream[Trade] = ExchangeStream(socket, JsonParser(AggTrade, Ack), Ponging())
    assert_type(ExchangeStream[Decimal](socket, JsonParser(AggTrade), Directing()), ExchangeStream[Decimal])
    async for trade in without:
        assert_type(trade, Trade)


def big(trade: Trade) -> bool:
    return trade.size > 1


def price(trade: Trade) -> Decimal:
    return trade.price


def name(quote: Quote) -> str:
    return quote.instrument


def combined(socket: ReceiveSocket[bytes]) -> None:
    assert_type(of_type(Trade[float]), combinators.Filter[object, Trade[float]])
    assert_type(of_type(Trade[float], Quote[float]), combinators.Filter[object, Trade[float] | Quote[float]])
    assert_type(combinators.map(price), combinators.Map[Trade, Decimal])
    assert_type(combinators.filter(big), combinators.Filter[Trade, Trade])
    prices = chain(of_type(Trade[Decimal]), combinators.filter(big), combinators.map(price))
    assert_type(prices, combinators.Chain[object, Decimal])
    assert_type(ExchangeStream(socket, JsonParser(), prices), ExchangeStream[Decimal])
    bars = chain(of_type(Trade[Decimal]), keyed(lambda: TimeBars[Decimal](MINUTE)))
    assert_type(bars, combinators.Chain[object, Bar[Decimal]])
    both = tee(TimeBars[Decimal](MINUTE), Vwap[Decimal]())
    assert_type(both, combinators.Tee[Trade, Bar[Decimal] | AveragePrice[Decimal]])
    assert_type(ExchangeStream(socket, JsonParser(Trade[Decimal]), both), ExchangeStream[Bar | AveragePrice])
    latest = chain(of_type(Quote[Decimal]), conflate(SECOND, key=name))
    assert_type(latest, combinators.Chain[object, Quote[Decimal]])
    statistics = RollingStatistics[Trade, Decimal](price_of, count=5)
    assert_type(chain(of_type(Trade[Decimal]), statistics), combinators.Chain[object, Statistics[Decimal]])
    ponging = chain(Ponging(), combinators.map(price))
    assert_type(ponging, combinators.Chain[AggTrade | Ack, Decimal])
    spreads = chain(BookBuilder[Decimal](), Spreads[Decimal]())
    assert_type(spreads, combinators.Chain[object, Spread[Decimal]])
    transformer: Transformer[AggTrade, Decimal] = chain(
        VolumeSum(), FunctionTransformer[Decimal, Decimal](lambda d: [d])
    )
    assert_type(ExchangeStream(socket, JsonParser(AggTrade), transformer), ExchangeStream[Decimal])


def books(builder: BookBuilder[float], event: BookDelta[float] | BookSnapshot[float], book: OrderBook) -> None:
    for live in builder.transform(event, 0):
        assert_type(live.mid_price(), float | None)
    assert_type(book.mid_price(), Decimal | None)
