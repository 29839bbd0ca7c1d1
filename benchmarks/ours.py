"""Our clients, written as the documentation shows them."""

import time
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import accumulate
from operator import attrgetter
from typing import Any

from barterpy.model import decimal_number
from barterpy.parser import JsonParser
from barterpy.protocols import websocket
from barterpy.protocols.websocket import Deflate
from barterpy.stream import ExchangeStream
from barterpy.transformer import FunctionTransformer
from benchmarks.messages import AggTrade, AggTradeText
from benchmarks.target import Outcome, Target

__all__ = [
    "BatchVolumeSum",
    "ExactVolumeSum",
    "VolumeSum",
    "ours_arrivals",
    "ours_batches",
    "ours_batches_decimal",
    "ours_batches_single",
    "ours_items",
    "ours_items_decimal",
    "ours_items_single",
]


_quantity = attrgetter("quantity")
_price = attrgetter("price")


class VolumeSum:
    """The running sum of the volume, one total a trade."""

    def __init__(self) -> None:
        self.total = 0.0

    def transform(self, trade: AggTrade, received_at: int) -> Iterable[float]:
        self.total += trade.quantity
        return (self.total,)


class BatchVolumeSum(VolumeSum):
    """The same, which also takes all trades of a read at once."""

    def transform_batch(self, trades: Sequence[AggTrade], received_at: int) -> Iterable[float]:
        totals = list(accumulate(map(_quantity, trades), initial=self.total))
        self.total = totals[-1]
        return totals[1:]


class ExactVolumeSum:
    """The same in exact numbers: the price too is made one, as a normalised trade would have it."""

    def __init__(self) -> None:
        self.price = Decimal(0)
        self.total = Decimal(0)

    def transform(self, trade: AggTradeText, received_at: int) -> Iterable[Decimal]:
        self.price = decimal_number(trade.price)
        self.total += decimal_number(trade.quantity)
        return (self.total,)

    def transform_batch(self, trades: Sequence[AggTradeText], received_at: int) -> Iterable[Decimal]:
        prices = list(map(decimal_number, map(_price, trades)))
        totals = list(accumulate(map(decimal_number, map(_quantity, trades)), initial=self.total))
        self.price, self.total = prices[-1], totals[-1]
        return totals[1:]


def connect(target: Target) -> websocket.connect:
    """With every default in place, limits and keep-alive included: what a user gets is what is measured."""
    compression = Deflate() if target.compressed else None
    return websocket.connect(target.url, ssl_context=target.ssl_context(), compression=compression)


async def ours_items(target: Target) -> Outcome:
    return await _items(target, BatchVolumeSum())


async def ours_items_single(target: Target) -> Outcome:
    return await _items(target, VolumeSum())


async def _items(target: Target, transformer: VolumeSum) -> Outcome:
    async with connect(target) as socket:
        stream = ExchangeStream(socket, JsonParser(AggTrade), transformer)
        count = 0
        total = 0.0
        async for total in stream:  # noqa: B007 - the last one is what is asked for
            count += 1
    return Outcome(count, repr(total))


async def ours_batches(target: Target) -> Outcome:
    return await _batches(target, BatchVolumeSum())


async def ours_batches_single(target: Target) -> Outcome:
    return await _batches(target, VolumeSum())


async def _batches(target: Target, transformer: VolumeSum) -> Outcome:
    async with connect(target) as socket:
        stream = ExchangeStream(socket, JsonParser(AggTrade), transformer)
        count = 0
        total = 0.0
        async for totals in stream.batches():
            count += len(totals)
            total = totals[-1]
    return Outcome(count, repr(total))


async def ours_items_decimal(target: Target) -> Outcome:
    async with connect(target) as socket:
        stream = ExchangeStream(socket, JsonParser(AggTradeText), ExactVolumeSum())
        count = 0
        total = Decimal(0)
        async for total in stream:  # noqa: B007 - the last one is what is asked for
            count += 1
    return Outcome(count, str(total))


async def ours_batches_decimal(target: Target) -> Outcome:
    async with connect(target) as socket:
        stream = ExchangeStream(socket, JsonParser(AggTradeText), ExactVolumeSum())
        count = 0
        total = Decimal(0)
        async for totals in stream.batches():
            count += len(totals)
            total = totals[-1]
    return Outcome(count, str(total))


async def ours_arrivals(target: Target) -> Outcome:
    delays: list[int] = []
    now = time.perf_counter_ns
    async with connect(target) as socket:
        passing: FunctionTransformer[Any, AggTrade] = FunctionTransformer(lambda trade: (trade,))
        async for trade in ExchangeStream(socket, JsonParser(AggTrade), passing):
            delays.append(now() - trade.time)  # noqa: PERF401 - each when it arrives
    return Outcome(len(delays), delays=delays)
