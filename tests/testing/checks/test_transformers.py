"""The kit for transformers passes the library's own, and names the clause that a broken one breaks."""

import random
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

import pytest

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
from barterpy.clock import SECOND, wall_clock
from barterpy.combinators import chain, conflate, keyed, of_type, tee, throttle
from barterpy.errors import ParseError
from barterpy.model import BookDelta, BookSnapshot, Level, Quote, Side, Trade
from barterpy.orderbook import BookBuilder
from barterpy.testing.checks import check_transformer
from barterpy.transformer import FunctionTransformer
from barterpy.venues import binance


def market(instruments: str = "AB") -> list[tuple[Any, int]]:
    """Trades, quotes and books of a few instruments."""
    draw = random.Random(7)
    now = 1000 * SECOND
    messages: list[tuple[Any, int]] = []
    for number in range(120):
        now += draw.randint(0, SECOND)
        where: dict[str, Any] = {
            "venue": "v",
            "instrument": draw.choice(instruments),
            "exchange_at": now - draw.randint(0, SECOND),
            "received_at": now,
        }
        price, size = Decimal(draw.randint(90, 110)), Decimal(draw.randint(1, 9))
        levels = (Level(price, size), Level(price - 1, size))
        messages.append(
            (
                draw.choice(
                    [
                        Trade(**where, price=price, size=size, side=Side.BUY, id=str(number)),
                        Quote(**where, bid_price=price, bid_size=size, ask_price=price + 1, ask_size=size),
                        BookSnapshot(**where, bids=levels, asks=()),
                        BookDelta(**where, bids=levels, asks=()),
                    ]
                ),
                now,
            )
        )
    return messages


def of_trades(factory: Callable[[], Any]) -> Callable[[], Any]:
    return lambda: chain(of_type(Trade), keyed(factory))


TRANSFORMERS: dict[str, Callable[[], Any]] = {
    "rolling volume": of_trades(lambda: RollingVolume[Any](duration=10 * SECOND)),
    "vwap": of_trades(Vwap[Any]),
    "time bars": of_trades(lambda: TimeBars[Any](5 * SECOND, emit_empty=True)),
    "time bars of receipt": of_trades(lambda: TimeBars[Any](5 * SECOND, basis="received", lateness=0)),
    "tick bars": of_trades(lambda: TickBars[Any](3)),
    "volume bars": of_trades(lambda: VolumeBars[Any](Decimal(9))),
    "value bars": of_trades(lambda: ValueBars[Any](Decimal(999))),
    "statistics": of_trades(lambda: RollingStatistics[Any, Any](price_of, count=4)),
    "fading statistics": of_trades(lambda: ExponentialStatistics[Any, Any](price_of, duration=9 * SECOND)),
    "books": lambda: chain(BookBuilder[Any](), tee(Spreads[Any](), Imbalances[Any](2), MicroPrices[Any]())),
    "conflate": lambda: chain(of_type(Trade, Quote), conflate(7 * SECOND)),
    "throttle": lambda: chain(of_type(Quote), throttle(7 * SECOND)),
    "tee": of_trades(lambda: tee(Vwap[Any](), TickBars[Any](2))),
    "elements": lambda: chain(combinators.filter(bool), combinators.map(repr)),
    "function": lambda: FunctionTransformer[Any, Any](lambda message: [message]),
    "binance spot": lambda: binance.Spot().transformer(),
    "binance futures": lambda: binance.Futures().transformer(),
}

AGG_TRADE = (
    '{"e":"aggTrade","E":123456789,"s":"BNBBTC","a":12345,"p":"0.001","q":"100","f":100,"l":105,"T":123456785,"m":true}'
)


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_transformers_of_the_library_keep_the_contract(name: str) -> None:
    messages = market()
    if name.startswith("binance"):
        messages = [(binance.Spot().parser().parse(AGG_TRADE), now) for _, now in messages]
    check_transformer(TRANSFORMERS[name], messages)


class Total:
    """Good by itself: gives the sum so far, and once more at a timer and at the end."""

    def __init__(self) -> None:
        self.total = 0
        self.due: int | None = None

    def transform(self, message: Any, received_at: int, /) -> Any:
        self.total += message
        self.due = received_at + 5
        return [self.total]

    def next_timer(self) -> int | None:
        return self.due

    def on_timer(self, deadline: int, /) -> Any:
        self.due = None
        return [("timer", deadline, self.total)]

    def on_reset(self, epoch: int, now: int, /) -> Any:
        return [epoch]

    def on_end(self, now: int, /) -> Any:
        return None

    def save_state(self) -> Any:
        return [self.total, self.due]

    def restore_state(self, state: Any, /) -> None:
        self.total, self.due = state


class ReadsTheClock(Total):
    def transform(self, message: Any, received_at: int, /) -> Any:
        return [wall_clock()]


class SharesState(Total):
    shared: list[int] = []  # noqa: RUF012 - the mistake under test

    def transform(self, message: Any, received_at: int, /) -> Any:
        self.shared.append(message)
        return [sum(self.shared)]

    def on_reset(self, epoch: int, now: int, /) -> Any:
        self.shared.clear()
        return ()


class ReturnsNone(Total):
    def transform(self, message: Any, received_at: int, /) -> Any:
        return None


class RaisesUndocumented(Total):
    def transform(self, message: Any, received_at: int, /) -> Any:
        return [{}[message]]


class RaisesLate(Total):
    def transform(self, message: Any, received_at: int, /) -> Any:
        yield 1
        raise KeyError(message)


class TimerStuck(Total):
    def on_timer(self, deadline: int, /) -> Any:
        return ()


class TimerGoesBack(Total):
    def on_timer(self, deadline: int, /) -> Any:
        self.due = deadline - 1
        return ()


class TimerAsFloat(Total):
    def next_timer(self) -> Any:
        return 1.5


class TimerMovesWhenAsked(Total):
    def next_timer(self) -> int | None:
        self.due = (self.due or 10**9) + 1
        return self.due


class ResetFails(Total):
    def on_reset(self, epoch: int, now: int, /) -> Any:
        if epoch > 1:
            raise RuntimeError("again")
        return ()


class EndFailsWithoutMessages(Total):
    def on_end(self, now: int, /) -> Any:
        return [1 // self.total] if self.total == 0 else ()


class ForgetsAPart(Total):
    def save_state(self) -> Any:
        return [self.total, None]


class CannotRestore(Total):
    def restore_state(self, state: Any, /) -> None:
        raise RuntimeError("lost")


class TotalBatches(Total):
    """Good by itself as well."""

    def transform_batch(self, messages: Sequence[Any], received_at: int, /) -> Any:
        outputs = [self.total + sum(messages[: number + 1]) for number in range(len(messages))]
        self.total = outputs[-1]
        self.due = received_at + 5
        return outputs


class BatchForgetsTheTimer(TotalBatches):
    def transform_batch(self, messages: Sequence[Any], received_at: int, /) -> Any:
        due = self.due
        outputs = super().transform_batch(messages, received_at)
        self.due = due
        return outputs


class BatchGivesTheLastAlone(TotalBatches):
    def transform_batch(self, messages: Sequence[Any], received_at: int, /) -> Any:
        return super().transform_batch(messages, received_at)[-1:]


class BatchFailsHalfway(TotalBatches):
    def transform_batch(self, messages: Sequence[Any], received_at: int, /) -> Any:
        self.total += messages[0]
        raise ParseError("halfway", messages)


class BatchRaisesUndocumented(TotalBatches):
    def transform_batch(self, messages: Sequence[Any], received_at: int, /) -> Any:
        raise KeyError(received_at)


BROKEN_TRANSFORMERS: dict[type[Total], str] = {
    BatchForgetsTheTimer: "transform_batch must give what transform gives",
    BatchGivesTheLastAlone: "transform_batch must give what transform gives",
    BatchFailsHalfway: "and raise only while nothing has changed",
    BatchRaisesUndocumented: "transform_batch must raise the documented exceptions and no others",
    ReadsTheClock: "the same inputs must give the same outputs; output 1 was int",
    SharesState: "two transformers must share no state",
    ReturnsNone: "transform must return an iterable of outputs, not NoneType",
    RaisesUndocumented: "transform must raise the documented exceptions and no others, and it raised KeyError",
    RaisesLate: "transform must raise the documented exceptions and no others, and it raised KeyError",
    TimerStuck: "on_timer must move next_timer on",
    TimerGoesBack: "next_timer must not go back behind a deadline that was called",
    TimerAsFloat: "next_timer must be int nanoseconds UTC or None",
    TimerMovesWhenAsked: "next_timer must not change by being asked",
    ResetFails: "on_reset must raise the documented exceptions and no others",
    EndFailsWithoutMessages: "on_end must raise the documented exceptions and no others, and it raised ZeroDivision",
    ForgetsAPart: "a restored state must go on as if nothing had happened",
    CannotRestore: "restore must take what save gave",
}

NUMBERS = [(number, 100 + 10 * ((number + 1) // 2)) for number in range(1, 9)]


@pytest.mark.parametrize("kind", BROKEN_TRANSFORMERS, ids=lambda kind: kind.__name__)
def test_a_broken_transformer_is_told_its_clause(kind: type[Total]) -> None:
    check_transformer(Total, NUMBERS)
    check_transformer(TotalBatches, NUMBERS)
    with pytest.raises(AssertionError, match=BROKEN_TRANSFORMERS[kind]):
        check_transformer(kind, NUMBERS)


def test_a_transformer_that_changes_its_messages_is_told_so() -> None:
    class Clears:
        def transform(self, message: list[int], received_at: int, /) -> Iterable[int]:
            message.clear()
            return ()

    with pytest.raises(AssertionError, match="must not change the messages"):
        check_transformer(Clears, [([1], 1)])


def test_half_of_the_timer_hooks_is_told_so() -> None:
    class Half:
        def transform(self, message: Any, received_at: int, /) -> Iterable[int]:
            return ()

        def next_timer(self) -> None:
            return None

    with pytest.raises(AssertionError, match="next_timer and on_timer must come together"):
        check_transformer(Half, [(1, 1)])


def test_documented_errors_are_outputs_like_others() -> None:
    def refuse(message: int) -> Iterable[int]:
        if message % 2:
            raise ParseError("odd", message)
        return [message]

    check_transformer(lambda: FunctionTransformer(refuse), NUMBERS)
