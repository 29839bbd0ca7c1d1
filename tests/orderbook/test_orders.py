"""OrderQueues: priority at each price, and levels that follow the orders, against a naive list of orders."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.errors import BookError, LimitExceeded
from barterpy.model import BookDelta, BookSnapshot, Level, Side
from barterpy.orderbook import OrderBook, OrderQueues, RestingOrder
from barterpy.sync import DigitsChecksum, level_texts

D = Decimal
Queues = OrderQueues[Decimal]


def book() -> Any:  # so that levels compare with plain numbers
    queues: Queues = OrderQueues("BTC")
    queues.add("a", Side.BUY, D(100), D(1))
    queues.add("b", Side.BUY, D(100), D(2))
    queues.add("c", Side.BUY, D(99), D(3))
    queues.add("x", Side.SELL, D(101), D(4))
    return queues


def line(queues: Queues, price: int = 100, side: Side = Side.BUY) -> str:
    return " ".join(f"{order.id}{order.size}" for order in queues.queue(side, D(price)))


CHANGES: list[tuple[Callable[[Queues], Any], str, list[tuple[Any, Any]]]] = [
    (lambda b: b.add("d", Side.BUY, D(100), D(5)), "a1 b2 d5", [(100, 8)]),
    (lambda b: b.modify("b", D(1)), "a1 b1", [(100, 2)]),
    (lambda b: b.modify("a", D("0.5")), "a0.5 b2", [(100, D("2.5"))]),
    (lambda b: b.modify("a", D(3)), "b2 a3", [(100, 5), (100, 5)]),
    (lambda b: b.modify("a", D(0)), "b2", [(100, 2)]),
    (lambda b: b.modify("a", D(1), D(99)), "b2", [(100, 2), (99, 4)]),
    (lambda b: b.modify("c", D(3), D(100)), "a1 b2 c3", [(99, 0), (100, 6)]),
    (lambda b: b.match("a", D("0.25")), "a0.75 b2", [(100, D("2.75"))]),
    (lambda b: b.match("a", D(1)), "b2", [(100, 2)]),
    (lambda b: b.delete("b"), "a1", [(100, 1)]),
    (lambda b: b.put("b", Side.BUY, D(100), D(2)), "a1 b2", [(100, 3)]),
    (lambda b: b.put("n", Side.BUY, D(100), D(2)), "a1 b2 n2", [(100, 5)]),
]


@pytest.mark.parametrize(
    ("change", "queue", "bids"),
    CHANGES,
    ids=["add", "less", "less first", "more", "none", "cheaper", "dearer", "match", "all", "delete", "put", "put new"],
)
def test_a_change_keeps_or_loses_the_place_in_line(
    change: Callable[[Queues], Any], queue: str, bids: list[tuple[Any, Any]]
) -> None:
    queues = book()
    assert change(queues) == (tuple(bids), ())
    assert line(queues) == queue


def test_an_order_that_changes_sides_leaves_one_and_joins_the_other() -> None:
    queues = book()
    assert queues.put("a", Side.SELL, D(101), D(1)) == (((100, 2),), ((101, 5),))
    assert line(queues, 101, Side.SELL) == "x4 a1"


def test_a_venue_may_let_growing_orders_keep_their_place() -> None:
    queues: Queues = OrderQueues("BTC", keep_place=True)
    queues.replace(RestingOrder(name, Side.BUY, D(100), D(1)) for name in "ab")
    queues.modify("a", D(9))
    assert line(queues) == "a9 b1"


STRANGERS: list[tuple[Callable[[Queues], Any], str]] = [
    (lambda b: b.add("a", Side.BUY, D(1), D(1)), "order a is in it already"),
    (lambda b: b.add("n", Side.BUY, D(1), D(0)), "order n has no size"),
    (lambda b: b.modify("n", D(1)), "order n is not in it"),
    (lambda b: b.match("n", D(1)), "order n is not in it"),
    (lambda b: b.match("a", D(2)), "more of order a was traded than there was"),
    (lambda b: b.delete("n"), "order n is not in it"),
    (lambda b: b.ahead("n"), "order n is not in it"),
]


@pytest.mark.parametrize(
    ("change", "reason"),
    STRANGERS,
)
def test_an_order_nobody_knows_shows_a_loss_and_changes_nothing(change: Callable[[Queues], Any], reason: str) -> None:
    queues = book()
    with pytest.raises(BookError, match=reason):
        change(queues)
    assert (queues.bids(), queues.asks(), line(queues)) == ([(100, 3), (99, 3)], [(101, 4)], "a1 b2")


def test_a_snapshot_that_repeats_an_order_is_refused_and_leaves_nothing_to_trust() -> None:
    queues = book()
    with pytest.raises(BookError, match="already"):
        queues.replace([RestingOrder("a", Side.BUY, D(1), D(1))] * 2)
    assert (len(queues), queues.bids()) == (0, [])


def test_the_number_of_orders_is_bounded() -> None:
    queues: Queues = OrderQueues("BTC", max_orders=1)
    queues.add("a", Side.BUY, D(1), D(1))
    with pytest.raises(LimitExceeded, match="max_orders"):
        queues.add("b", Side.BUY, D(1), D(1))


def test_reading() -> None:
    queues = book()
    assert ("a" in queues, "n" in queues, len(queues)) == (True, False, 4)
    assert queues.order("c") == RestingOrder("c", Side.BUY, D(99), D(3))
    assert [order.id for order in queues.orders(Side.BUY)] == ["a", "b", "c"]
    assert [order.id for order in queues.orders(Side.BUY, 1)] == ["a", "b"]
    assert (queues.ahead("a"), queues.ahead("b")) == (0, 1)
    assert queues.queue(Side.SELL, D(5)) == []


def test_a_checksum_over_single_orders_takes_them_in_their_order() -> None:
    queues = book()
    checksum = DigitsChecksum()
    texts = [[(str(one.price), str(one.size)) for one in queues.orders(side, 10)] for side in (Side.BUY, Side.SELL)]
    queued = checksum.compute(*texts)
    queues.modify("a", D(3))
    queues.modify("a", D(1))
    assert level_texts(queues.bids()) == [("100", "3"), ("99", "3")], "the levels are the same as before"
    texts = [[(str(one.price), str(one.size)) for one in queues.orders(side, 10)] for side in (Side.BUY, Side.SELL)]
    assert checksum.compute(*texts) != queued


OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["add", "modify", "move", "match", "delete", "put"]),
        st.integers(0, 7),
        st.sampled_from(list(Side)),
        st.integers(1, 4),
        st.integers(1, 5),
    ),
    max_size=60,
)


@given(OPERATIONS)
def test_levels_are_the_sums_of_the_orders_and_deltas_lead_there(operations: list[Any]) -> None:
    queues: Queues = OrderQueues("BTC")
    naive: list[tuple[str, Side, int, int]] = []  # in the order of priority
    levels: OrderBook[Decimal] = OrderBook("BTC")
    common: dict[str, Any] = {"venue": "v", "instrument": "BTC", "exchange_at": None, "received_at": 1}
    levels.apply(BookSnapshot(bids=(), asks=(), **common))
    for name, number, side, price, size in operations:
        id_ = str(number)
        known = next((order for order in naive if order[0] == id_), None)
        if name == "add" and known is None:
            changes = queues.add(id_, side, D(price), D(size))
            naive.append((id_, side, price, size))
        elif known is None or name == "add":
            continue
        else:
            rest = [order for order in naive if order[0] != id_]
            at = naive.index(known)
            match name:
                case "delete":
                    changes, naive = queues.delete(id_), rest
                case "match":
                    traded = min(size, known[3])
                    changes = queues.match(id_, D(traded))
                    left = known[3] - traded
                    naive = [*naive[:at], (*known[:3], left), *naive[at + 1 :]] if left else rest
                case "put":
                    changes = queues.put(id_, side, D(price), D(size))
                    keeps = (side, price) == known[1:3] and size <= known[3]
                    order = (id_, side, price, size)
                    naive = [*naive[:at], order, *naive[at + 1 :]] if keeps else [*rest, order]
                case _:
                    target = price if name == "move" else known[2]
                    changes = queues.modify(id_, D(size), D(target) if name == "move" else None)
                    order = (id_, known[1], target, size)
                    keeps = target == known[2] and size <= known[3]
                    naive = [*naive[:at], order, *naive[at + 1 :]] if keeps else [*rest, order]
        levels.apply(BookDelta(bids=changes[0], asks=changes[1], **common))
        for one, best_first in ((Side.BUY, True), (Side.SELL, False)):
            prices = sorted({order[2] for order in naive if order[1] is one}, reverse=best_first)
            expected = [Level(D(p), D(sum(order[3] for order in naive if order[1:3] == (one, p)))) for p in prices]
            assert (queues.bids() if one is Side.BUY else queues.asks()) == expected
            assert (levels.bids() if one is Side.BUY else levels.asks()) == expected
            for p in prices:
                line_up = [order[0] for order in naive if order[1:3] == (one, p)]
                assert [order.id for order in queues.queue(one, D(p))] == line_up
