"""Single orders in step with their venue: what is told, what shows a loss, and any faults against a simulated feed."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barterpy.backoff import Backoff
from barterpy.clock import SECOND
from barterpy.errors import BookError, ConfigurationError, VenueUnavailable
from barterpy.events import BookFailed, Gap, Resynced
from barterpy.model import Level, OrdersDelta, OrdersSnapshot, RestingOrder, Side
from barterpy.orderbook import OrderQueues
from barterpy.sync import (
    Consecutive,
    DigitsChecksum,
    OrderAction,
    OrderChange,
    OrdersSynchroniser,
    QueueSnapshot,
    QueueUpdate,
    SyncPolicy,
    SyncState,
    Unnumbered,
    level_texts,
)
from barterpy.transformer import Fetch, Send

D = Decimal
NOW = 1_700_000_000 * SECOND
ADD, MODIFY, DELETE, MATCH, PUT = OrderAction
_POLICY = SyncPolicy(backoff=Backoff(initial=0.5, cap=4, jitter=0, stable_after=10, max_attempts=4), snapshot_timeout=5)


def order(id_: str, side: Side, price: int, size: int) -> RestingOrder[Decimal]:
    return RestingOrder(id_, side, D(price), D(size))


WHOLE = (
    order("a", Side.BUY, 100, 1),
    order("b", Side.BUY, 100, 2),
    order("c", Side.BUY, 99, 3),
    order("x", Side.SELL, 101, 4),
)


def change(
    action: OrderAction, id_: str, *, side: Side | None = None, price: int | None = None, size: int | None = None
) -> OrderChange[Decimal]:
    exact = None if price is None else D(price)
    return OrderChange(action=action, id=id_, side=side, price=exact, size=None if size is None else D(size))


def update(number: int, *changes: OrderChange[Decimal], checksum: int | None = None) -> QueueUpdate[Decimal]:
    return QueueUpdate(first_id=number, last_id=number, changes=changes, exchange_at=None, checksum=checksum)


def snapshot(
    last: int, orders: Sequence[RestingOrder[Decimal]] = WHOLE, checksum: int | None = None
) -> QueueSnapshot[Decimal]:
    return QueueSnapshot(last_id=last, orders=tuple(orders), exchange_at=None, checksum=checksum)


def synced(rule: Any = None, **options: Any) -> OrdersSynchroniser[Decimal]:
    book: OrdersSynchroniser[Decimal] = OrdersSynchroniser(
        "venue", "BTC", rule or Consecutive(), lambda delay: Fetch("orders", None, delay), _POLICY, **options
    )
    book.on_start(NOW)
    book.on_snapshot(snapshot(10), NOW)
    assert book.state is SyncState.SYNCED
    return book


def told(event: Any) -> list[tuple[str, int, int]]:
    return [(one.id, int(one.price), int(one.size)) for one in delta(event).orders]


def delta(event: Any) -> OrdersDelta[Decimal]:
    assert isinstance(event, OrdersDelta)
    return cast("OrdersDelta[Decimal]", event)


TOLD: list[tuple[list[OrderChange[Decimal]], list[tuple[str, int, int]]]] = [
    ([change(ADD, "n", side=Side.SELL, price=102, size=5)], [("n", 102, 5)]),
    ([change(MODIFY, "b", size=1)], [("b", 100, 1)]),
    ([change(MODIFY, "b", size=1, price=98)], [("b", 98, 1)]),
    ([change(MODIFY, "b", size=0)], [("b", 100, 0)]),
    ([change(DELETE, "c")], [("c", 99, 0)]),
    ([change(MATCH, "x", size=3)], [("x", 101, 1)]),
    ([change(MATCH, "x", size=4)], [("x", 101, 0)]),
    ([change(PUT, "n", side=Side.BUY, price=98, size=5)], [("n", 98, 5)]),
    ([change(PUT, "a", side=Side.SELL, price=103, size=5)], [("a", 103, 5)]),
    ([change(MATCH, "a", size=1), change(ADD, "n", side=Side.BUY, price=100, size=7)], [("a", 100, 0), ("n", 100, 7)]),
]


@pytest.mark.parametrize(("changes", "expected"), TOLD)
def test_each_order_is_told_as_it_is_now(
    changes: list[OrderChange[Decimal]], expected: list[tuple[str, int, int]]
) -> None:
    book = synced()
    follower: OrderQueues[Decimal] = OrderQueues("BTC")
    follower.replace(WHOLE)
    (event,) = book.on_update(update(11, *changes), NOW)
    assert told(event) == expected
    follower.update(delta(event).orders)
    for side in Side:
        assert list(follower.orders(side)) == list(book.queues.orders(side))


def test_the_snapshot_is_told_best_first_and_by_priority() -> None:
    book: OrdersSynchroniser[Decimal] = OrdersSynchroniser("venue", "BTC", Consecutive(), Send, streamed=True)
    (event,) = book.on_snapshot(snapshot(10, tuple(reversed(WHOLE))), NOW)
    assert isinstance(event, OrdersSnapshot)
    assert [one.id for one in event.bids] == ["b", "a", "c"]
    assert ([one.id for one in event.asks], event.sequence, event.received_at) == (["x"], 10, NOW)


WRONG = {
    "an update is missing": update(12, change(DELETE, "a")),
    "order nobody is not in it": update(11, change(DELETE, "nobody")),
    "order a is in it already": update(11, change(ADD, "a", side=Side.BUY, price=100, size=1)),
    "more of order a was traded than there was": update(11, change(MATCH, "a", size=2)),
    "the book is crossed": update(11, change(ADD, "n", side=Side.BUY, price=101, size=1)),
    "the checksum differs": update(11, change(DELETE, "a"), checksum=1),
    "max_orders": update(
        11, *(change(ADD, f"n{number}", side=Side.BUY, price=90, size=1) for number in range(9)), change(DELETE, "a")
    ),
}


@pytest.mark.parametrize("reason", WRONG)
def test_whatever_contradicts_the_orders_is_a_gap_and_the_next_snapshot_resyncs(reason: str) -> None:
    book = synced(checksum=DigitsChecksum(), max_orders=10)
    gap, fetch = book.on_update(WRONG[reason], NOW)
    assert isinstance(gap, Gap)
    assert reason in gap.reason
    assert fetch == Fetch("orders", None, 0.5)
    with pytest.raises(BookError, match="syncing"):
        _ = book.queues
    resynced, whole = book.on_snapshot(snapshot(20), NOW + SECOND)
    assert isinstance(resynced, Resynced)
    assert isinstance(whole, OrdersSnapshot)
    assert len(book.queues) == 4


def test_a_snapshot_that_contradicts_itself_is_asked_for_again_and_attempts_are_bounded() -> None:
    book = synced()
    book.on_gap("lost", NOW)
    outputs: Sequence[Any] = []
    for _ in range(4):
        outputs = book.on_snapshot(snapshot(20, (*WHOLE, WHOLE[0])), NOW)
    assert len(outputs) == 1
    failed = outputs[0]
    assert isinstance(failed, BookFailed)
    assert "order a is in it already" in failed.reason
    assert book.on_update(update(21, change(DELETE, "a")), NOW) == []
    (gap,) = synced().on_reset(2, NOW)
    assert isinstance(gap, Gap)


def test_orders_that_fall_out_of_the_depth_are_taken_away() -> None:
    book = synced(depth=2)
    (event,) = book.on_update(update(11, change(ADD, "n", side=Side.BUY, price=98, size=5)), NOW)
    assert told(event) == [("n", 98, 5), ("n", 98, 0)]
    (event,) = book.on_update(update(12, change(PUT, "m", side=Side.SELL, price=100, size=5)), NOW)[:1]
    assert isinstance(event, Gap), "crossed"
    book.on_snapshot(snapshot(12, (*WHOLE, order("z", Side.BUY, 97, 1))), NOW)
    assert "z" not in book.queues
    with pytest.raises(ConfigurationError):
        synced(depth=0)


@pytest.mark.parametrize(
    "said", [{"action": ADD, "size": D(1)}, {"action": PUT, "price": D(1), "size": D(1)}, {"action": MATCH}]
)
def test_a_change_that_says_too_little_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="needs"):
        OrderChange(id="a", **said)


# Any faults, against a feed that keeps its orders in plain lists.


class Feed:
    """A venue's orders by price, in line, and every state there was."""

    def __init__(self, *, checksums: bool) -> None:
        self.checksums = checksums
        self.id = 100
        self.orders: list[RestingOrder[Decimal]] = [order("first", Side.BUY, 90, 1)]
        self.history: dict[int, list[RestingOrder[Decimal]]] = {100: list(self.orders)}

    def act(self, kind: int, which: int, price: int, size: int) -> QueueUpdate[Decimal]:
        self.id += 1
        chosen = self.orders[which % len(self.orders)] if self.orders and kind else None
        if chosen is None:
            side = Side.BUY if price < 100 else Side.SELL
            new = RestingOrder(f"o{self.id}", side, D(price), D(size))
            self.orders.append(new)
            done = change(ADD, new.id, side=side, price=price, size=size)
        else:
            place = self.orders.index(chosen)
            left = chosen.size - size if kind == 1 else D(size) if kind == 2 else D(0)
            if left <= 0:
                del self.orders[place]
                done = change(DELETE, chosen.id)
            elif kind == 1:
                self.orders[place] = RestingOrder(chosen.id, chosen.side, chosen.price, left)
                done = change(MATCH, chosen.id, size=size)
            else:
                changed = RestingOrder(chosen.id, chosen.side, chosen.price, left)
                if left > chosen.size:
                    del self.orders[place]
                    self.orders.append(changed)
                else:
                    self.orders[place] = changed
                done = change(MODIFY, chosen.id, size=size)
        self.history[self.id] = list(self.orders)
        return update(self.id, done, checksum=self.checksum(self.orders))

    def snapshot(self, id_: int) -> QueueSnapshot[Decimal]:
        return snapshot(id_, self.history[id_], self.checksum(self.history[id_]))

    def checksum(self, orders: list[RestingOrder[Decimal]]) -> int | None:
        if not self.checksums:
            return None
        bids, asks = (level_texts(Level(o.price, o.size) for o in sorted_side(orders, side)) for side in Side)
        return DigitsChecksum(depth=1000).compute(bids, asks)


def sorted_side(orders: list[RestingOrder[Decimal]], side: Side) -> list[RestingOrder[Decimal]]:
    sign = -1 if side is Side.BUY else 1
    return sorted((o for o in orders if o.side is side), key=lambda o: sign * o.price)  # stable: priority stays


@pytest.mark.parametrize("way", ["REST, ids", "stream, ids", "stream, checksums alone"])
@settings(max_examples=settings.default.max_examples // 3 if settings.default else 20)
@given(
    steps=st.lists(
        st.tuples(
            st.integers(0, 3),
            st.integers(0, 30),
            st.one_of(st.integers(90, 98), st.integers(102, 110)),
            st.integers(1, 5),
            st.sampled_from(["fine"] * 8 + ["drop", "double", "swap"]),
            st.sampled_from(["fine"] * 4 + ["old", "fails"]),
        ),
        min_size=5,
        max_size=30,
    )
)
def test_the_follower_has_the_venues_orders_or_was_told(way: str, steps: list[Any]) -> None:
    feed = Feed(checksums="checksums" in way)
    streamed = "stream" in way
    rule: Any = Unnumbered() if feed.checksums else Consecutive()
    book: OrdersSynchroniser[Decimal] = OrdersSynchroniser(
        "venue",
        "BTC",
        rule,
        lambda delay: Send("again") if streamed else Fetch("orders", None, delay),
        _POLICY,
        streamed=streamed,
        checksum=DigitsChecksum(depth=1000) if feed.checksums else None,
    )
    follower: OrderQueues[Decimal] | None = None
    due: list[int] = []
    held: QueueUpdate[Decimal] | None = None
    now = NOW

    def take(outputs: Sequence[Any]) -> None:
        nonlocal follower
        for output in outputs:
            if isinstance(output, (Send, Fetch)):
                due.append(now + (SECOND if isinstance(output, Send) else int(output.delay * SECOND)))
            elif isinstance(output, (Gap, BookFailed)):
                follower = None
            elif isinstance(output, OrdersSnapshot):
                whole = cast("OrdersSnapshot[Decimal]", output)
                follower = OrderQueues("BTC")
                follower.replace((*whole.bids, *whole.asks))
                check(whole.sequence)
            elif isinstance(output, OrdersDelta):
                assert follower is not None, "a change of a book that is not valid"
                follower.update(delta(output).orders)
                check(output.sequence)

    def check(sequence: int | None) -> None:
        assert follower is not None
        held = {side: list(follower.orders(side)) for side in Side}
        states = [feed.history[sequence]] if sequence is not None else reversed(feed.history.values())
        assert any(held == {side: sorted_side(state, side) for side in Side} for state in states)

    def step(kind: int, which: int, price: int, size: int, fault: str, snapshot_fault: str) -> None:
        nonlocal now, held
        now += SECOND
        deadline = book.next_deadline()
        if deadline is not None and deadline <= now:
            take(book.on_deadline(deadline))
        if due and due[0] <= now:
            del due[0]
            if snapshot_fault == "fails":
                take(book.on_error(VenueUnavailable("busy"), now))
            else:
                back = 3 if snapshot_fault == "old" and not streamed else 0
                take(book.on_snapshot(feed.snapshot(max(100, feed.id - back)), now))
        sent = feed.act(kind, which, price, size)
        if fault == "drop":
            return
        if fault == "swap" and held is None:
            held = sent
            return
        for _ in range(2 if fault == "double" else 1):
            take(book.on_update(sent, now))
        if held is not None:
            late, held = held, None
            take(book.on_update(late, now))

    take(book.on_start(now))
    if streamed:
        due.append(now)
    for arguments in steps:
        step(*arguments)
    for number in range(35):
        step(0, 0, 90 + number % 5, 1, "fine", "fine")
    assert book.state in (SyncState.SYNCED, SyncState.FAILED)
    assert (follower is not None) == (book.state is SyncState.SYNCED)
    if follower is not None:
        assert len(follower) == len(feed.orders)


def test_every_fault_of_the_feed_is_told() -> None:
    """The property above would hold of a synchroniser that never tells anything."""
    for checksums in (False, True):
        feed = Feed(checksums=checksums)
        book: OrdersSynchroniser[Decimal] = OrdersSynchroniser(
            "venue",
            "BTC",
            Unnumbered() if checksums else Consecutive(),
            lambda delay: Send("again"),
            _POLICY,
            streamed=True,
            checksum=DigitsChecksum(depth=1000) if checksums else None,
        )
        assert [type(one) for one in book.on_snapshot(feed.snapshot(100), NOW)] == [OrdersSnapshot]
        feed.act(0, 0, 95, 2)  # lost
        (gap,) = book.on_update(feed.act(0, 0, 96, 2), NOW)
        assert isinstance(gap, Gap)
        assert book.on_deadline(NOW + SECOND) == [Send("again")]
        outputs = book.on_snapshot(feed.snapshot(feed.id), NOW + SECOND)
        assert [type(one) for one in outputs] == [Resynced, OrdersSnapshot]
