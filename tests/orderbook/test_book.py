"""OrderBook and BookBuilder, against tables and against a naive book."""

from collections.abc import Sequence
from decimal import Decimal, localcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.errors import BookError, ConfigurationError, LimitExceeded
from barterpy.events import Connected, Disconnected, Gap, Resynced
from barterpy.model import BookDelta, BookSnapshot, Level, Side, Trade
from barterpy.orderbook import BookBuilder, OrderBook

Pairs = Sequence[tuple[str, str]]


def levels(pairs: Pairs) -> tuple[Level[Decimal], ...]:
    return tuple(Level(Decimal(price), Decimal(size)) for price, size in pairs)


def snapshot(
    bids: Pairs = (), asks: Pairs = (), *, instrument: str = "BTC", venue: str = "v", epoch: int = 1, at: int = 10
) -> BookSnapshot[Decimal]:
    return BookSnapshot(
        venue=venue,
        instrument=instrument,
        bids=levels(bids),
        asks=levels(asks),
        exchange_at=at - 1,
        received_at=at,
        epoch=epoch,
        sequence=at * 10,
    )


def delta(
    bids: Pairs = (), asks: Pairs = (), *, instrument: str = "BTC", venue: str = "v", epoch: int = 1, at: int = 20
) -> BookDelta[Decimal]:
    return BookDelta(
        venue=venue,
        instrument=instrument,
        bids=levels(bids),
        asks=levels(asks),
        exchange_at=at - 1,
        received_at=at,
        epoch=epoch,
        sequence=at * 10,
    )


BIDS: Pairs = [("100", "1"), ("99", "2"), ("98", "3")]
ASKS: Pairs = [("101", "4"), ("102", "5"), ("103", "6")]


def book_of(bids: Pairs = BIDS, asks: Pairs = ASKS, **kwargs: Any) -> OrderBook[Decimal]:
    book: OrderBook[Decimal] = OrderBook("BTC", **kwargs)
    book.apply(snapshot(bids, asks))
    return book


def test_a_snapshot_makes_it_valid_and_stamps_it() -> None:
    book: OrderBook[Decimal] = OrderBook("BTC")
    assert not book.valid
    book.apply(snapshot(BIDS, ASKS))
    assert book.valid
    assert (book.venue, book.epoch, book.sequence, book.exchange_at, book.received_at) == ("v", 1, 100, 9, 10)
    assert book.best_bid() == (Decimal(100), Decimal(1))
    assert book.best_ask() == (Decimal(101), Decimal(4))


@pytest.mark.parametrize(
    ("bids", "asks", "best_bid", "best_ask"),
    [
        ([("100", "0")], [], "99", "101"),
        ([("100.5", "1")], [], "100.5", "101"),
        ([("50", "0")], [("200", "0")], "100", "101"),
        ([], [("101", "0"), ("102", "0")], "100", "103"),
        ([("100.00", "0")], [("101.0", "0.0")], "99", "102"),
        ([("100", "0"), ("100", "7")], [], "100", "101"),
        ([("100", "7"), ("100", "0")], [], "99", "101"),
    ],
    ids=["delete", "insert", "unknown", "delete two", "other exponents", "gone and back", "twice, last wins"],
)
def test_a_delta_sets_absolute_sizes(bids: Pairs, asks: Pairs, best_bid: str, best_ask: str) -> None:
    book = book_of()
    book.apply(delta(bids, asks))
    bid, ask = book.best_bid(), book.best_ask()
    assert bid is not None
    assert bid.price == Decimal(best_bid)
    assert ask is not None
    assert ask.price == Decimal(best_ask)
    assert book.sequence == 200


def test_depth_is_best_first() -> None:
    book = book_of()
    assert [level.price for level in book.bids()] == [100, 99, 98]
    assert [level.price for level in book.asks()] == [101, 102, 103]
    assert [level.price for level in book.bids(2)] == [100, 99]
    assert [level.price for level in book.asks(1)] == [101]
    assert book.bids(0) == []
    assert len(book.asks(50)) == 3


def test_measures() -> None:
    book = book_of()
    assert book.mid_price() == Decimal("100.5")
    assert book.spread() == Decimal(1)
    assert book.micro_price() == Decimal("100.2")  # (100 * 4 + 101 * 1) / 5
    assert book.imbalance() == Decimal("-0.6")
    assert book.imbalance(3) == Decimal(6 - 15) / 21
    assert book.size_at(Side.BUY, Decimal("99.0")) == 2
    assert book.size_at(Side.SELL, Decimal(99)) is None
    assert not book.crossed()


def test_measures_in_float() -> None:
    book: OrderBook[float] = OrderBook("BTC")
    book.apply(
        BookSnapshot(
            venue="v",
            instrument="BTC",
            bids=(Level(100.0, 1.0),),
            asks=(Level(101.0, 3.0),),
            exchange_at=None,
            received_at=1,
        )
    )
    assert (book.mid_price(), book.spread(), book.micro_price(), book.imbalance()) == (100.5, 1.0, 100.25, -0.5)


@pytest.mark.parametrize(("bids", "asks"), [([], ASKS), (BIDS, []), ([], [])], ids=["no bids", "no asks", "empty"])
def test_a_side_without_orders(bids: Pairs, asks: Pairs) -> None:
    book = book_of(bids, asks)
    assert book.mid_price() is None
    assert book.spread() is None
    assert book.micro_price() is None
    assert not book.crossed()
    assert book.imbalance() == (1 if bids else -1 if asks else None)


@pytest.mark.parametrize(("ask", "crossed"), [("100", True), ("99.9", True), ("100.1", False)])
def test_crossed(ask: str, crossed: bool) -> None:
    assert book_of([("100", "1")], [(ask, "1")]).crossed() is crossed


def test_an_invalid_book_raises_on_every_read_of_prices() -> None:
    book = book_of()
    book.invalidate("checksum")
    reads: list[Any] = [
        book.best_bid,
        book.best_ask,
        book.bids,
        book.asks,
        book.mid_price,
        book.spread,
        book.micro_price,
        book.imbalance,
        book.crossed,
        book.snapshot,
        lambda: book.size_at(Side.BUY, Decimal(100)),
    ]
    for read in reads:
        with pytest.raises(BookError, match="BTC: checksum") as caught:
            read()
        assert (caught.value.instrument, caught.value.reason) == ("BTC", "checksum")
    assert book.peek(1).bids == levels([("100", "1")])
    with pytest.raises(BookError, match="checksum"):
        book.apply(delta())
    book.apply(snapshot(BIDS, ASKS))
    assert book.valid
    assert book.best_bid() is not None


def test_before_the_first_snapshot_there_is_nothing_to_change_or_read() -> None:
    book: OrderBook[Decimal] = OrderBook("BTC")
    with pytest.raises(BookError, match="no snapshot yet"):
        book.apply_delta(delta())
    with pytest.raises(BookError, match="no snapshot yet"):
        book.best_bid()
    assert book.peek().bids == ()


@pytest.mark.parametrize("event", [snapshot(instrument="ETH"), delta(instrument="ETH"), snapshot(venue="w")])
def test_another_books_event_is_refused_and_changes_nothing(event: Any) -> None:
    book = book_of()
    before = book.peek()
    with pytest.raises(BookError, match="was applied to it"):
        book.apply(event)
    assert book.peek() == before
    assert book.valid


def test_a_snapshot_is_a_value_of_its_own() -> None:
    book = book_of()
    taken = book.snapshot(2)
    book.apply(delta([("100", "0")]))
    assert [level.price for level in taken.bids] == [100, 99]
    assert taken.depth == 2
    assert taken.sequence == 100
    again: OrderBook[Decimal] = OrderBook("BTC")
    again.apply(book.snapshot())
    assert again.peek() == book.peek()


def test_a_snapshot_in_any_order_with_empty_levels() -> None:
    book = book_of([("98", "3"), ("100", "1"), ("99", "0")], [("103", "1"), ("101", "2")])
    assert [level.price for level in book.bids()] == [100, 98]
    assert [level.price for level in book.asks()] == [101, 103]


def test_max_depth_keeps_the_best() -> None:
    book = book_of(max_depth=2)
    assert [level.price for level in book.bids()] == [100, 99]
    book.apply(delta([("100.5", "1")], [("100.8", "1")]))
    assert [level.price for level in book.bids()] == [Decimal("100.5"), 100]
    assert [level.price for level in book.asks()] == [Decimal("100.8"), 101]
    assert book.size_at(Side.SELL, Decimal(102)) is None


def test_max_depth_must_leave_something() -> None:
    with pytest.raises(ConfigurationError, match="max_depth"):
        OrderBook("BTC", max_depth=0)


def test_prices_of_more_digits_than_the_context_stay_exact() -> None:
    price = "1234567890123456789012345678901234567890.123456789"
    with localcontext(prec=6):
        book = book_of([], [(price, "1")])
        assert book.best_ask() == (Decimal(price), Decimal(1))
        book.apply(delta([], [(price, "0")]))
        assert book.best_ask() is None


def test_its_repr_is_short_and_says_the_state() -> None:
    book = book_of()
    assert repr(book) == "OrderBook('BTC', 3 bids, 3 asks, valid)"
    book.invalidate("gap")
    assert repr(book) == "OrderBook('BTC', 3 bids, 3 asks, not valid: gap)"


price_sizes = st.lists(
    st.tuples(
        st.integers(1, 30).map(lambda n: Decimal(n) / 10), st.sampled_from([Decimal(0), Decimal(1), Decimal("2.5")])
    ),
    max_size=12,
)


@given(start=st.tuples(price_sizes, price_sizes), changes=st.lists(st.tuples(price_sizes, price_sizes), max_size=15))
def test_equals_a_naive_book(start: Any, changes: Any) -> None:
    def event(kind: Any, sides: Any) -> Any:
        bids, asks = (tuple(Level(*pair) for pair in side) for side in sides)
        return kind(venue="v", instrument="BTC", bids=bids, asks=asks, exchange_at=None, received_at=0)

    book: OrderBook[Decimal] = OrderBook("BTC")
    naive: tuple[dict[Decimal, Decimal], dict[Decimal, Decimal]] = ({}, {})
    book.apply(event(BookSnapshot, start))
    for step in [start, *changes]:
        for side, pairs in zip(naive, step, strict=True):
            for price, size in pairs:
                if step is start and not size:
                    continue  # a level of no size in a snapshot is not there
                side[price] = size
        if step is not start:
            book.apply(event(BookDelta, step))
        expected_bids = sorted(((p, s) for p, s in naive[0].items() if s), reverse=True)
        expected_asks = sorted((p, s) for p, s in naive[1].items() if s)
        assert book.bids() == expected_bids
        assert book.asks() == expected_asks
        assert book.best_bid() == (expected_bids[0] if expected_bids else None)
        assert book.best_ask() == (expected_asks[0] if expected_asks else None)


# BookBuilder


def gap(instrument: str = "BTC", epoch: int = 1) -> Gap:
    return Gap(venue="v", instrument=instrument, epoch=epoch, received_at=30, reason="sequence")


def disconnected(epoch: int = 1, venue: str = "v") -> Disconnected:
    return Disconnected(venue=venue, connection="c", epoch=epoch, received_at=30, reason="eof")


def run(builder: BookBuilder[Decimal], *events: object) -> list[tuple[str, bool, int]]:
    return [(book.instrument, book.valid, book.received_at) for event in events for book in builder.transform(event, 1)]


def test_builder_keeps_a_book_an_instrument_and_yields_the_live_one() -> None:
    builder: BookBuilder[Decimal] = BookBuilder()
    events = [snapshot(BIDS, ASKS), snapshot(BIDS, ASKS, instrument="ETH", at=11), delta([("100", "9")], at=12)]
    assert run(builder, *events) == [("BTC", True, 10), ("ETH", True, 11), ("BTC", True, 12)]
    (book,) = builder.transform(delta([("100", "8")]), 1)
    assert book is builder.books["v", "BTC"]
    assert book.size_at(Side.BUY, Decimal(100)) == 8


def test_builder_ignores_what_is_not_about_books() -> None:
    trade = Trade(
        venue="v",
        instrument="BTC",
        price=Decimal(1),
        size=Decimal(1),
        side=None,
        id="1",
        exchange_at=None,
        received_at=1,
    )
    connected = Connected(venue="v", connection="c", epoch=1, received_at=1)
    assert run(BookBuilder(), trade, connected, delta(), gap(), disconnected(), object()) == []


def test_a_gap_invalidates_until_a_snapshot() -> None:
    builder: BookBuilder[Decimal] = BookBuilder()
    resynced = Resynced(venue="v", instrument="BTC", epoch=1, received_at=33, downtime=3)
    events = [snapshot(BIDS, ASKS), gap(), gap(), delta(at=31), resynced, snapshot(BIDS, ASKS, at=34), delta(at=35)]
    assert run(builder, *events) == [("BTC", True, 10), ("BTC", False, 10), ("BTC", True, 34), ("BTC", True, 35)]


def test_a_gap_is_of_one_instrument() -> None:
    builder: BookBuilder[Decimal] = BookBuilder()
    run(builder, snapshot(BIDS, ASKS), snapshot(BIDS, ASKS, instrument="ETH"), gap("ETH"))
    assert builder.books["v", "BTC"].valid
    assert builder.books["v", "ETH"].reason == "gap: sequence"


def test_a_disconnect_invalidates_the_books_of_its_venue_and_epoch() -> None:
    builder: BookBuilder[Decimal] = BookBuilder()
    run(
        builder,
        snapshot(BIDS, ASKS),
        snapshot(BIDS, ASKS, instrument="ETH", epoch=2),
        snapshot(BIDS, ASKS, venue="w"),
    )
    assert run(builder, disconnected()) == [("BTC", False, 10)]
    assert builder.books["v", "ETH"].valid
    assert builder.books["w", "BTC"].valid
    assert run(builder, delta(epoch=2)) == []  # the new life begins with a snapshot
    assert run(builder, snapshot(BIDS, ASKS, epoch=2, at=40), delta(epoch=2, at=41)) == [
        ("BTC", True, 40),
        ("BTC", True, 41),
    ]


def test_a_delta_of_the_same_epoch_shows_that_another_connection_ended() -> None:
    builder: BookBuilder[Decimal] = BookBuilder()
    run(builder, snapshot(BIDS, ASKS), disconnected())
    assert run(builder, delta([("100", "9")], at=31)) == [("BTC", True, 31)]
    assert builder.books["v", "BTC"].size_at(Side.BUY, Decimal(100)) == 9


def test_a_gap_after_a_disconnect_needs_a_snapshot() -> None:
    builder: BookBuilder[Decimal] = BookBuilder()
    assert run(builder, snapshot(BIDS, ASKS), disconnected(), gap(), delta(at=31)) == [
        ("BTC", True, 10),
        ("BTC", False, 10),
    ]


def test_the_number_of_books_is_bounded() -> None:
    builder: BookBuilder[Decimal] = BookBuilder(max_books=1)
    run(builder, snapshot(), snapshot())
    with pytest.raises(LimitExceeded, match="max_books allows 1, got 2"):
        run(builder, snapshot(instrument="ETH"))


def test_builder_passes_max_depth_on() -> None:
    builder: BookBuilder[Decimal] = BookBuilder(max_depth=1)
    (book,) = builder.transform(snapshot(BIDS, ASKS), 1)
    assert len(book.bids()) == 1
