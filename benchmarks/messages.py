"""The workload: aggregate trades as Binance sends them, made from a seed, and the types every client decodes them to.

The price is a walk of cents in which most trades happen at the price before or at the other side of a spread of one
tick; sizes are mostly small with a long tail, in thousandths. Every message has its own id and times. That matters for
the rows with ``Decimal`` numbers, whose cache lives from prices and sizes which come back: :class:`Workload` says how
many distinct ones there are.
"""

import random
from dataclasses import dataclass
from decimal import Decimal

import msgspec

__all__ = ["AggTrade", "AggTradeText", "Workload", "make_workload", "stamped"]

_FIRST_ID = 3_000_000_000
_FIRST_TIME = 1_767_225_600_000  # ms UTC, 2026-01-01

_TEMPLATE = '{"e":"aggTrade","E":%d,"a":%d,"s":"BTCUSDT","p":"%d.%02d","q":"%d.%03d","f":%d,"l":%d,"T":%d,"m":%s}'


class AggTrade(msgspec.Struct, tag_field="e", tag="aggTrade", frozen=True, gc=False):
    """The typed trade: price and quantity as ``float``."""

    event_time: int = msgspec.field(name="E")
    id: int = msgspec.field(name="a")
    symbol: str = msgspec.field(name="s")
    price: float = msgspec.field(name="p")
    quantity: float = msgspec.field(name="q")
    first_trade_id: int = msgspec.field(name="f")
    last_trade_id: int = msgspec.field(name="l")
    time: int = msgspec.field(name="T")
    buyer_is_maker: bool = msgspec.field(name="m")


class AggTradeText(msgspec.Struct, tag_field="e", tag="aggTrade", frozen=True, gc=False):
    """The same with the numbers as the venue wrote them, for a transformer which makes exact ones of them."""

    event_time: int = msgspec.field(name="E")
    id: int = msgspec.field(name="a")
    symbol: str = msgspec.field(name="s")
    price: str = msgspec.field(name="p")
    quantity: str = msgspec.field(name="q")
    first_trade_id: int = msgspec.field(name="f")
    last_trade_id: int = msgspec.field(name="l")
    time: int = msgspec.field(name="T")
    buyer_is_maker: bool = msgspec.field(name="m")


@dataclass(frozen=True, slots=True)
class Workload:
    """The messages, and what a client must find in them."""

    messages: list[bytes]
    volume: float
    """The quantities added up as ``float``, in order: every client does the same and must find the very same number."""
    exact_volume: Decimal
    distinct_prices: int
    distinct_quantities: int


def make_workload(count: int, seed: int = 1) -> Workload:
    """``count`` messages; the same ones for the same seed, on every machine."""
    generator = random.Random(seed)
    chance, gauss, size_of = generator.random, generator.gauss, generator.lognormvariate
    messages: list[bytes] = []
    prices: set[int] = set()
    quantities: set[int] = set()
    volume = 0.0
    thousandths = 0
    bid = 6_500_000  # cents
    trade_id = _FIRST_ID
    for index in range(count):
        if chance() < 0.2:
            bid = max(100_000, bid + round(gauss(0.0, 60.0)))
        buyer_is_maker = chance() < 0.5
        price = bid if buyer_is_maker else bid + 1
        quantity = min(50_000, 1 + int(size_of(3.0, 1.6)))
        trades = 1 + int(quantity / 300)
        time = _FIRST_TIME + index
        message = _TEMPLATE % (
            time + 3,
            _FIRST_ID + index,
            price // 100,
            price % 100,
            quantity // 1000,
            quantity % 1000,
            trade_id,
            trade_id + trades - 1,
            time,
            "true" if buyer_is_maker else "false",
        )
        messages.append(message.encode("ascii"))
        trade_id += trades
        volume += quantity / 1000
        thousandths += quantity
        prices.add(price)
        quantities.add(quantity)
    return Workload(messages, volume, Decimal(thousandths) / 1000, len(prices), len(quantities))


def stamped(message: bytes, at: int) -> bytes:
    """The message with its trade time replaced by ``at``, for measuring how long it takes to arrive."""
    head, _, rest = message.rpartition(b'"T":')
    return b'%b"T":%d%b' % (head, at, rest[rest.index(b",") :])
