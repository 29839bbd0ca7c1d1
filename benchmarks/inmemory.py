"""What needs no connection: the ceiling of parsing and transforming, and the price of a book update."""

import random
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from barterpy.model import BookDelta, BookSnapshot, Level, Trade, decimal_number
from barterpy.orderbook import OrderBook
from barterpy.parser import JsonParser
from barterpy.subscription import trades
from barterpy.venues import binance
from benchmarks.messages import AggTrade, AggTradeText
from benchmarks.ours import BatchVolumeSum, ExactVolumeSum
from benchmarks.target import Outcome

__all__ = [
    "Prepared",
    "prepare_binance_decimal",
    "prepare_binance_float",
    "prepare_book",
    "prepare_decimal",
    "prepare_float",
]

_ROUND = 32
"""Messages parsed at once. Few, so that they stay in the processor's cache: the ceiling is to be a high one."""

Prepared = Callable[[], Outcome]
"""The part which is measured."""


def prepare_float(messages: Sequence[bytes]) -> Prepared:
    """The same parser and transformer over the same messages, in a bare loop with no socket at all."""
    return _prepare(messages, JsonParser(AggTrade), BatchVolumeSum(), repr)


def prepare_decimal(messages: Sequence[bytes]) -> Prepared:
    """The same with exact numbers."""
    return _prepare(messages, JsonParser(AggTradeText), ExactVolumeSum(), str)


def _prepare(messages: Sequence[bytes], parser: Any, transformer: Any, shown: Callable[[Any], str]) -> Prepared:
    texts = [message.decode("ascii") for message in messages]
    rounds = [texts[start : start + _ROUND] for start in range(0, len(texts), _ROUND)]

    def run() -> Outcome:
        parse, transform = parser.parse_batch, transformer.transform_batch
        count = 0
        total: Any = 0
        for batch in rounds:
            totals = transform(parse(batch), 0)
            count += len(totals)
            total = totals[-1]
        return Outcome(count, shown(total))

    return run


def prepare_book(messages: Sequence[bytes]) -> Prepared:
    """Deltas of up to ten levels near the top of a book of 1,000 levels; both best prices are read after each."""
    generator = random.Random(2)
    middle = 6_500_000

    def level(cents: int, thousandths: int) -> Level[Decimal]:
        return Level(decimal_number(f"{cents / 100:.2f}"), decimal_number(f"{thousandths / 1000:.3f}"))

    def side(direction: int) -> tuple[Level[Decimal], ...]:
        return tuple(level(middle + direction * (step + 1), generator.randrange(1, 5000)) for step in range(1000))

    common: dict[str, Any] = {
        "venue": "benchmark",
        "instrument": "BTCUSDT",
        "epoch": 1,
        "exchange_at": 1,
        "received_at": 1,
    }
    snapshot: BookSnapshot[Decimal] = BookSnapshot(bids=side(-1), asks=side(1), sequence=0, **common)

    def changes(direction: int) -> tuple[Level[Decimal], ...]:
        count = generator.randrange(0, 6)
        steps = {1 + min(999, int(generator.expovariate(0.05))) for _ in range(count)}
        return tuple(
            level(middle + direction * step, 0 if generator.random() < 0.3 else generator.randrange(1, 5000))
            for step in steps
        )

    deltas: list[BookDelta[Decimal]] = [
        BookDelta(bids=changes(-1), asks=changes(1), sequence=sequence, **common)
        for sequence in range(1, len(messages) + 1)
    ]

    def run() -> Outcome:
        book: OrderBook[Decimal] = OrderBook("BTCUSDT")
        book.apply(snapshot)
        apply = book.apply
        count = 0
        for delta in deltas:
            apply(delta)
            if book.best_bid() is not None and book.best_ask() is not None:
                count += 1
        return Outcome(count)

    return run


def prepare_binance_decimal(messages: Sequence[bytes]) -> Prepared:
    """Frames of a combined stream to normalised trades, by the venue's own parser and transformer."""
    return _prepare_binance(messages, binance.Futures(), str)


def prepare_binance_float(messages: Sequence[bytes]) -> Prepared:
    """The same with ``float`` numbers."""
    return _prepare_binance(messages, binance.Futures(number=float), repr)


def _prepare_binance(messages: Sequence[bytes], venue: Any, shown: Callable[[Any], str]) -> Prepared:
    parser, transformer = venue.parser(), venue.transformer([trades("BTCUSDT")])
    texts = [f'{{"stream":"btcusdt@aggTrade","data":{message.decode("ascii")}}}' for message in messages]
    rounds = [texts[start : start + _ROUND] for start in range(0, len(texts), _ROUND)]

    def run() -> Outcome:
        parse, transform = parser.parse_batch, transformer.transform
        count = 0
        total: Any = 0
        for batch in rounds:
            events: list[Any] = []
            extend = events.extend
            for frame in parse(batch):
                extend(transform(frame, 0))
            for event in events:
                assert type(event) is Trade
                total += event.size
            count += len(events)
        return Outcome(count, shown(total))

    return run
