"""State saved, restored and gone on with: everything that remembers goes on as if nothing had happened."""

import random
from collections.abc import Callable, Iterable
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy import combinators
from barterpy.analytics import (
    ExponentialStatistics,
    Imbalances,
    MicroPrices,
    RollingStatistics,
    RollingVolume,
    Spreads,
    TickBars,
    TimeBars,
    ValueBars,
    VolumeBars,
    Vwap,
    price_of,
)
from barterpy.combinators import chain, conflate, keyed, of_type, tee, throttle
from barterpy.errors import ConfigurationError
from barterpy.events import Disconnected, Gap
from barterpy.model import BookDelta, BookSnapshot, Level, Quote, Side, Trade
from barterpy.orderbook import BookBuilder, OrderBook
from barterpy.state import restore, save
from barterpy.transformer import FunctionTransformer


def number_of(kind: Any, value: int) -> Any:
    return kind(value) / kind(4)


def stream(seed: int, instruments: str = "AB") -> list[Any]:
    """Events of every kind; a seed and not a strategy, as drawing them one by one takes longer than all the rest."""
    draw = random.Random(seed)
    kind: Any = draw.choice([Decimal, float])
    now = 0
    messages: list[Any] = []
    for _ in range(draw.randint(0, 40)):
        now += draw.randint(0, 9)
        what = draw.choice(["trade", "trade", "quote", "snapshot", "delta", "gap", "disconnected"])
        price, size = number_of(kind, draw.randint(1, 40)), number_of(kind, draw.randint(0, 9))
        where: dict[str, Any] = {"venue": "v", "instrument": draw.choice(instruments)}
        times: dict[str, Any] = {"exchange_at": draw.choice([None, now, now - 2]), "received_at": now}
        levels = (Level(price, size), Level(price + 1, size))
        if what == "trade":
            side = draw.choice([None, *Side])
            messages.append(Trade(**where, **times, price=price, size=size, side=side, id="1"))
        elif what == "quote":
            messages.append(Quote(**where, **times, bid_price=price, bid_size=size, ask_price=None, ask_size=None))
        elif what == "snapshot":
            messages.append(BookSnapshot(**where, **times, bids=levels, asks=levels[::-1]))
        elif what == "delta":
            messages.append(BookDelta(**where, **times, bids=levels, asks=()))
        elif what == "gap":
            messages.append(Gap(**where, epoch=1, received_at=now, reason="test"))
        else:
            messages.append(Disconnected(venue="v", connection="c", epoch=1, received_at=now, reason="test"))
    return messages


seeds = st.integers(0, 2**32)


def is_trade(message: object) -> bool:
    return isinstance(message, Trade)


def instrument_of(message: Any) -> Any:
    return ("key", message.instrument)


def frozen(book: OrderBook[Any]) -> Any:
    return (book.peek(), book.reason)


def trades(factory: Callable[[], Any]) -> Callable[[], Any]:
    return lambda: chain(of_type(Trade), keyed(factory))


FACTORIES: dict[str, Callable[[], Any]] = {
    "rolling volume by time": trades(lambda: RollingVolume[Any](duration=10)),
    "rolling volume by count": trades(lambda: RollingVolume[Any](count=3)),
    "vwap": trades(Vwap[Any]),
    "vwap by time": trades(lambda: Vwap[Any](duration=12)),
    "time bars": trades(lambda: TimeBars[Any](10, lateness=3)),
    "time bars with empty ones": trades(lambda: TimeBars[Any](7, lateness=0, emit_empty=True)),
    "tick bars": trades(lambda: TickBars[Any](3)),
    "volume bars": trades(lambda: VolumeBars[Any](4)),
    "value bars": trades(lambda: ValueBars[Any](20)),
    "rolling statistics": trades(lambda: RollingStatistics[Any, Any](price_of, count=4)),
    "rolling statistics by time": trades(lambda: RollingStatistics[Any, Any](price_of, duration=9)),
    "exponential statistics": trades(lambda: ExponentialStatistics[Any, Any](price_of, duration=9)),
    "exponential statistics by count": trades(lambda: ExponentialStatistics[Any, Any](price_of, count=2)),
    "books": lambda: chain(BookBuilder[Any](), combinators.map(frozen)),
    "measures of books": lambda: chain(BookBuilder[Any](), tee(Spreads[Any](), Imbalances[Any](2), MicroPrices[Any]())),
    "conflate": lambda: chain(of_type(Trade, Quote), conflate(7)),
    "throttle": lambda: chain(of_type(Quote, BookSnapshot), throttle(7, instrument_of)),
    "tee": trades(lambda: tee(Vwap[Any](), TickBars[Any](2))),
    "functions": lambda: chain(combinators.filter(is_trade), FunctionTransformer[Any, Any](lambda trade: [trade])),
}


def steps(transformer: Any, messages: list[Any]) -> Iterable[Any]:
    for message in messages:
        now = message.received_at
        while (
            deadline := transformer.next_timer() if hasattr(transformer, "next_timer") else None
        ) is not None and deadline <= now:
            yield from transformer.on_timer(deadline)
        yield from transformer.transform(message, now)


@pytest.mark.parametrize("name", FACTORIES)
@given(seed=seeds, cut=st.floats(0, 1))
def test_going_on_after_a_restart_gives_what_an_uninterrupted_run_gives(name: str, seed: int, cut: float) -> None:
    factory, messages = FACTORIES[name], stream(seed)
    split = round(cut * len(messages))
    whole = factory()
    expected = [*whole.on_reset(1, 0), *steps(whole, messages), *whole.on_end(10**6)]
    first = factory()
    got = [*first.on_reset(1, 0), *steps(first, messages[:split])]
    saved = save(first)
    second = factory()
    restore(second, saved)
    assert save(second) == saved
    got += [*steps(second, messages[split:]), *second.on_end(10**6)]
    assert got == expected
    assert list(map(repr, got)) == list(map(repr, expected))  # to the last bit, and of the same types


@pytest.mark.parametrize("name", FACTORIES)
@given(seed=seeds)
def test_a_replay_gives_the_same(name: str, seed: int) -> None:
    messages = stream(seed)
    one, other = FACTORIES[name](), FACTORIES[name]()
    assert list(map(repr, steps(one, messages))) == list(map(repr, steps(other, messages)))


def test_a_transformer_without_state_methods_is_named() -> None:
    class Mine:
        def transform(self, message: Any, received_at: int, /) -> Iterable[Any]:
            return ()

    for transformer in (Mine(), chain(Mine(), Mine()), tee(Vwap[Any](), Mine())):
        with pytest.raises(ConfigurationError, match="Mine cannot be saved: give it save_state and restore_state"):
            save(transformer)


class Holding:
    """Its state is whatever it is given."""

    def __init__(self, held: Any = None) -> None:
        self.held = held

    def transform(self, message: Any, received_at: int, /) -> Iterable[Any]:
        return ()

    def save_state(self) -> Any:
        return self.held

    def restore_state(self, state: Any, /) -> None:
        self.held = state


class Colour(Enum):
    RED = 1


class Pair(NamedTuple):
    left: int
    right: str


class Mine(msgspec.Struct):
    pair: Pair
    colour: Colour


def round_trip(value: Any, types: Any = ()) -> Any:
    holder = Holding()
    restore(holder, save(Holding(value), types=types), types=types)
    return holder.held


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        2**63 - 1,
        -(2**63),
        2**63,
        -(2**200),
        1.5,
        float("inf"),
        "text",
        b"bytes",
        Decimal("1.10"),
        Decimal("-1E+400"),
        [1, [2.0, ()]],
        (1, ("a", Decimal(1))),
        {1: "a", ("k", 2): [3], "s": {}},
        Side.BUY,
        Level(Decimal(1), Decimal(2)),
        Gap(venue="v", instrument="i", epoch=1, received_at=2, reason="r"),
    ],
    ids=repr,
)
def test_plain_data_comes_back_as_it_was(value: Any) -> None:
    back = round_trip(value)
    assert repr(back) == repr(value)
    assert back == value
    assert type(back) is type(value)


def test_types_of_yours_are_named() -> None:
    value = Mine(Pair(1, "a"), Colour.RED)
    assert round_trip(value, [Mine, Pair, Colour]) == value
    with pytest.raises(ConfigurationError, match="a Mine is part of the state"):
        save(Holding(value))
    saved = save(Holding(value), types=[Mine, Pair, Colour])
    with pytest.raises(ConfigurationError, match="not among the known types"):
        restore(Holding(), saved, types=[Mine, Pair])


def test_what_cannot_be_saved_is_named() -> None:
    with pytest.raises(ConfigurationError, match="a object is part of the state"):
        save(Holding(object()))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "not a saved state"),
        (b"\xc1\xff", "not a saved state"),
        (msgspec.msgpack.encode(7), "not a saved state"),
        (msgspec.msgpack.encode(["x", 1, None]), "not a saved state"),
        (msgspec.msgpack.encode(["barterpy-state", 1]), "not a saved state"),
        (msgspec.msgpack.encode(["barterpy-state", 2, None]), "version 2 of the format, this library reads 1"),
        (msgspec.msgpack.encode(["barterpy-state", 1, 5]), "damaged"),
        (msgspec.msgpack.encode(["barterpy-state", 1, ["Chain", None]]), "that of Chain, and this is Vwap"),
        (msgspec.msgpack.encode(["barterpy-state", 1, ["Vwap", 5]]), "does not fit how it is built"),
        (msgspec.msgpack.encode(["barterpy-state", 1, msgspec.msgpack.Ext(0, b"\xa1x")]), "not a saved state"),
        (msgspec.msgpack.encode(["barterpy-state", 1, msgspec.msgpack.Ext(77, b"\xa1x")]), "not a saved state"),
    ],
    ids=[
        "empty",
        "no msgpack",
        "number",
        "other format",
        "short",
        "version",
        "damaged",
        "class",
        "shape",
        "bad",
        "ext",
    ],
)
def test_bytes_that_are_no_state_of_this(data: bytes, text: str) -> None:
    with pytest.raises(ConfigurationError, match=text):
        restore(Vwap[Any](), data)


@pytest.mark.parametrize(
    ("saved", "restored"),
    [
        (lambda: Vwap[Any](), lambda: Vwap[Any](count=1)),
        (lambda: Vwap[Any](count=1), lambda: Vwap[Any]()),
        (lambda: chain(of_type(Trade), Vwap[Any]()), lambda: chain(of_type(Trade), TickBars[Any](1))),
        (lambda: tee(Vwap[Any](), Vwap[Any]()), lambda: tee(Vwap[Any](), Vwap[Any](), Vwap[Any]())),
    ],
    ids=["no window", "window", "other part", "more parts"],
)
def test_the_state_of_something_built_otherwise(saved: Any, restored: Any) -> None:
    with pytest.raises(ConfigurationError):
        restore(restored(), save(saved()))


@given(data=st.binary(max_size=60))
def test_any_bytes_are_a_state_or_a_configuration_error(data: bytes) -> None:
    with pytest.raises(ConfigurationError):
        restore(Vwap[Any](), data)
