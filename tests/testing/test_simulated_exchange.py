"""Whatever the simulated market says agrees with itself, and is a function of its seed."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.clock import SECOND
from barterpy.errors import ConfigurationError
from barterpy.testing.simulated import SYMBOLS, SimulatedExchange, SimulatedSymbol
from barterpy.testing.simulated.candles import Candles, close_time, open_time
from barterpy.testing.simulated.exchange import family_of
from barterpy.testing.simulated.matching import Match, SimulatedOrder
from barterpy.testing.simulated.payloads import MarketName
from barterpy.testing.simulated.symbols import find_symbols

NOW = 1_767_225_605 * SECOND
STREAMS = (
    *("trade", "aggTrade", "bookTicker", "depth", "depth@100ms", "depth5@100ms"),
    *("kline_1m", "kline_1s", "ticker", "miniTicker", "forceOrder"),
)
BOTH: tuple[MarketName, MarketName] = ("spot", "futures")


def exchange(market: MarketName, seed: int = 1, rate: float = 50, history: float = 2) -> SimulatedExchange:
    return SimulatedExchange(market, SYMBOLS[:2], seed=seed, rate=rate, now=NOW, history=history)


def everything(one: SimulatedExchange) -> set[str]:
    names = {f"{symbol.lower()}@{stream}" for symbol in one.instruments for stream in [*STREAMS, "markPrice@1s"]}
    return names | {"!miniTicker@arr", "!ticker@arr", "!markPrice@arr", "!bookTicker", "!forceOrder@arr"}


def said(one: SimulatedExchange, seconds: float) -> list[tuple[str, Any]]:
    outputs = one.advance(one.now + int(seconds * SECOND), everything(one))
    return [(name, msgspec.json.decode(text)) for name, text in outputs]


def book_of(one: SimulatedExchange, symbol: str) -> tuple[dict[str, str], dict[str, str]]:
    bids, asks = one.instruments[symbol].depth(10_000)
    return dict(bids), dict(asks)


@pytest.mark.parametrize("market", BOTH)
def test_the_same_seed_says_the_same_however_time_is_cut(market: MarketName) -> None:
    whole = said(exchange(market), 4)
    one = exchange(market)
    pieces = [output for n in range(1, 401) for output in said(one, (NOW - one.now) / SECOND + n / 100)]
    assert pieces == whole
    assert len(whole) > 100
    assert said(exchange(market, seed=2), 4) != whole


@pytest.mark.parametrize("market", BOTH)
def test_who_listens_changes_nothing(market: MarketName) -> None:
    heard, unheard = exchange(market), exchange(market)
    said(heard, 4)
    assert list(unheard.advance(unheard.now + 4 * SECOND, ())) == []
    assert book_of(heard, "BTCUSDT") == book_of(unheard, "BTCUSDT")


@pytest.mark.parametrize("market", BOTH)
@pytest.mark.parametrize("suffix", ["", "@100ms"])
def test_the_changes_of_a_book_give_the_servers_book_exactly(market: MarketName, suffix: str) -> None:
    one = exchange(market)
    for symbol in one.instruments:
        bids, asks = book_of(one, symbol)
        last = one.instruments[symbol].update_id
        checked = 0
        for _ in range(4):
            for name, event in said(one, 4):
                if name != f"{symbol.lower()}@depth{suffix}":
                    continue
                assert (event["U"] == last + 1) if market == "spot" else (event["pu"] == last)
                assert event["U"] <= event["u"]
                last = event["u"]
                for side, changes in ((bids, event["b"]), (asks, event["a"])):
                    for price, size in changes:
                        if size == "0":
                            side.pop(price, None)
                        else:
                            side[price] = size
                checked += 1
            for name, text in one.flush({f"{symbol.lower()}@depth{suffix}"}):
                event = msgspec.json.decode(text)
                assert name == f"{symbol.lower()}@depth{suffix}"
                last = event["u"]
                for side, changes in ((bids, event["b"]), (asks, event["a"])):
                    for price, size in changes:
                        if size == "0":
                            side.pop(price, None)
                        else:
                            side[price] = size
            assert (bids, asks) == book_of(one, symbol)
            assert last == one.instruments[symbol].update_id
        assert checked > 10


@pytest.mark.parametrize("market", BOTH)
def test_a_book_is_never_crossed_nor_empty(market: MarketName) -> None:
    one = exchange(market, rate=1000)
    for _ in range(2000):
        said(one, 0.001)
        for instrument in one.instruments.values():
            assert instrument.best_bid < instrument.best_ask
            assert min(instrument.bids.values()) > 0
            assert min(instrument.asks.values()) > 0
            assert min(len(instrument.bids), len(instrument.asks)) > 5


@pytest.mark.parametrize("market", BOTH)
def test_the_best_prices_are_those_of_the_book(market: MarketName) -> None:
    one = exchange(market, rate=10)
    seen = 0
    for _ in range(300):
        for name, event in said(one, 0.1):
            if name == "btcusdt@bookTicker":
                bids, asks = one.instruments["BTCUSDT"].depth(1)
                assert [(event["b"], event["B"])] == bids
                assert [(event["a"], event["A"])] == asks
                assert event["u"] == one.instruments["BTCUSDT"].update_id
                seen += 1
            if name == "btcusdt@depth5@100ms":
                levels = one.instruments["BTCUSDT"].depth(5)
                keys = ("bids", "asks") if market == "spot" else ("b", "a")
                assert [[tuple(level) for level in event[key]] for key in keys] == list(levels)
    assert seen > 30


def test_single_trades_make_up_the_aggregated_ones() -> None:
    sizes: dict[int, Decimal] = {}
    last: int | None = None
    aggregated = 0
    for name, event in said(exchange("spot"), 4):
        if name == "btcusdt@trade":
            sizes[event["t"]] = Decimal(event["q"])
        elif name == "btcusdt@aggTrade":
            assert last is None or event["f"] == last + 1
            last = int(event["l"])
            assert sum(sizes[id_] for id_ in range(event["f"], last + 1)) == Decimal(event["q"])
            aggregated += 1
    assert aggregated > 10
    assert len(sizes) > aggregated


@pytest.mark.parametrize("market", BOTH)
def test_trades_take_from_the_book_what_they_trade(market: MarketName) -> None:
    one = exchange(market, rate=1)
    instrument = one.instruments["BTCUSDT"]
    hits = 0
    for _ in range(200):
        before = dict(instrument.bids), dict(instrument.asks)
        count = len(instrument.trades)
        said(one, 1)
        for trade in list(instrument.trades)[count:]:
            side, after = (before[0], instrument.bids) if trade.taker_sold else (before[1], instrument.asks)
            assert after.get(trade.price, 0) == side[trade.price] - trade.size
            hits += 1
    assert hits > 20


@pytest.mark.parametrize("market", BOTH)
def test_candles_are_made_of_the_trades(market: MarketName) -> None:
    one = exchange(market, rate=5)
    bars: dict[int, Any] = {}
    trades: dict[int, list[Any]] = defaultdict(list)
    closed: list[int] = []
    for _ in range(35):
        for name, event in said(one, 4):
            if name == "ethusdt@kline_1m":
                bars[event["k"]["t"]] = event["k"]
                if event["k"]["x"]:
                    closed.append(event["k"]["t"])
            elif name == "ethusdt@aggTrade":
                trades[open_time("1m", event["T"])].append(event)
    assert len(closed) >= 2
    whole = closed[1]
    bar, mine = bars[whole], trades[whole]
    prices = [Decimal(event["p"]) for event in mine]
    assert Decimal(bar["o"]) == prices[0]
    assert Decimal(bar["c"]) == prices[-1]
    assert (Decimal(bar["h"]), Decimal(bar["l"])) == (max(prices), min(prices))
    assert Decimal(bar["v"]) == sum(Decimal(event["q"]) for event in mine)
    assert Decimal(bar["q"]) == sum(Decimal(event["q"]) * Decimal(event["p"]) for event in mine)
    assert Decimal(bar["V"]) == sum(Decimal(event["q"]) for event in mine if not event["m"])
    assert (bar["f"], bar["L"]) == (mine[0]["f"], mine[-1]["l"])
    assert bar["n"] == bar["L"] - bar["f"] + 1
    assert bar["T"] == whole + 59_999
    assert closed == sorted(closed)


def test_numbers_are_written_as_a_venue_writes_them() -> None:
    tiny = SimulatedSymbol(name="PEPEUSDT", base="PEPE", quote="USDT", price="0.00001000", tick="0.00000001", lot="1")
    one = SimulatedExchange("spot", [tiny], seed=1, rate=100, now=NOW, history=1)
    names = {f"pepeusdt@{stream}" for stream in STREAMS}
    texts = [text for _, text in one.advance(NOW + 4 * SECOND, names)]
    assert len(texts) > 50
    assert not [text for text in texts if "E-" in text or "e-" in text or "E+" in text]


@pytest.mark.parametrize(
    ("market", "absent"), [("spot", ["markPrice", "forceOrder", "nq", '"st"']), ("futures", ["@trade"])]
)
def test_each_market_has_its_own_streams(market: MarketName, absent: list[str]) -> None:
    one = exchange(market)
    outputs = [part for _ in range(20) for part in one.advance(one.now + 4 * SECOND, everything(one))]
    names = {name.partition("@")[2] or name for name, _ in outputs}
    wanted = {"aggTrade", "bookTicker", "depth", "depth@100ms", "depth5@100ms", "kline_1m", "ticker", "miniTicker"}
    assert wanted <= names
    assert ({"markPrice@1s", "forceOrder", "!bookTicker"} <= names) == (market == "futures")
    text = "".join(name + text for name, text in outputs)
    assert not [word for word in absent if word in text]


def test_a_paused_market_stands_still_and_candles_go_on() -> None:
    one = exchange("spot")
    one.running = False
    before = book_of(one, "BTCUSDT")
    outputs = said(one, 4)
    assert book_of(one, "BTCUSDT") == before
    assert {name.partition("@")[2] for name, _ in outputs if "kline" in name} == {"kline_1m", "kline_1s"}
    assert not [name for name, _ in outputs if "depth" in name or "rade" in name]


def test_a_machine_that_slept_does_not_hear_it_all() -> None:
    one = exchange("spot")
    outputs = said(one, 3600)
    assert len(outputs) < 2000
    assert one.now > NOW + 3599 * SECOND


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("btcusdt@bookTicker", "public"),
        ("!bookTicker", "public"),
        ("btcusdt@depth@100ms", "public"),
        ("btcusdt@depth5", "public"),
        ("btcusdt@rpiDepth@500ms", "public"),
        ("btcusdt@aggTrade", "market"),
        ("btcusdt@kline_1m", "market"),
        ("!markPrice@arr@1s", "market"),
        ("!contractInfo", "market"),
        ("nonsense", "market"),
    ],
)
def test_families_of_futures_streams(name: str, family: str) -> None:
    assert family_of(name) == family


@pytest.mark.parametrize(
    ("interval", "at", "opened", "closed"),
    [
        ("1m", "2026-01-01T00:01:30", "2026-01-01T00:01:00", "2026-01-01T00:02:00"),
        ("4h", "2026-01-01T05:00:00", "2026-01-01T04:00:00", "2026-01-01T08:00:00"),
        ("1w", "2026-01-01T05:00:00", "2025-12-29T00:00:00", "2026-01-05T00:00:00"),
        ("1M", "2026-02-28T23:59:59", "2026-02-01T00:00:00", "2026-03-01T00:00:00"),
        ("1M", "2025-12-31T23:59:59", "2025-12-01T00:00:00", "2026-01-01T00:00:00"),
    ],
)
def test_bars_open_and_close_when_they_should(interval: str, at: str, opened: str, closed: str) -> None:
    def millis(text: str) -> int:
        return int(datetime.fromisoformat(f"{text}+00:00").timestamp() * 1000)

    assert open_time(interval, millis(at)) == millis(opened)
    assert close_time(interval, millis(opened)) == millis(closed) - 1


def test_a_minute_without_trades_is_flat_at_the_price_before_it() -> None:
    candles = Candles(100, 0)
    candles.trade(1_000, 1, 105, 3, bought=True)
    bars = list(candles.bars("1m", 0, 180_000))
    assert [bar.opened for bar in bars] == [0, 60_000, 120_000, 180_000]
    assert (bars[0].open, bars[0].volume, bars[0].trades) == (105, 3, 1)
    assert [(bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in bars[1:]] == [(105, 105, 105, 105, 0)] * 3
    assert [bar.opened for bar in candles.bars("1m", 60_001, 120_000)] == [120_000]


def test_arguments_that_cannot_work_are_refused() -> None:
    with pytest.raises(ConfigurationError):
        exchange("spot", rate=0)
    with pytest.raises(ConfigurationError, match="knows BTCUSDT"):
        find_symbols(("NOPE",))
    with pytest.raises(ConfigurationError, match="needs a symbol"):
        find_symbols(())


def client_order(number: int, *, buys: bool, price: int | None, size: int, time: str) -> SimulatedOrder:
    return SimulatedOrder(
        id=str(number), owner="client", buys=buys, price=price, size=size, created_at=0, time_in_force=time
    )


@given(
    st.lists(
        st.tuples(
            st.booleans(),
            st.one_of(st.none(), st.integers(-60, 60)),
            st.integers(1, 30_000),
            st.sampled_from(["good_til_cancelled", "immediate_or_cancel", "fill_or_kill"]),
        ),
        max_size=12,
    )
)
def test_clients_and_the_crowd_trade_in_one_book(orders: list[tuple[bool, int | None, int, str]]) -> None:
    """Whatever clients do, the book is neither crossed nor empty, its changes are told, and lots are conserved."""
    one = exchange("spot", history=0)
    instrument = one.instruments["BTCUSDT"]
    list(one.flush(()))
    mirror = book_of(one, "BTCUSDT")
    matched: list[Match] = []
    instrument.matched = lambda _, match: matched.append(match)
    placed: list[SimulatedOrder] = []
    outputs: list[tuple[str, Any]] = []
    for number, (buys, distance, size, time) in enumerate(orders):
        price = None if distance is None else instrument.best_bid + distance
        if distance is None and time == "good_til_cancelled":
            time = "immediate_or_cancel"
        order = client_order(number, buys=buys, price=price, size=size, time=time)
        list(one.place("BTCUSDT", order, ()))
        placed.append(order)
        assert order.ended or (order.left > 0 and order.price is not None)
        if time == "fill_or_kill":
            assert order.filled in (0, size)
        outputs += said(one, 0.2)
        assert instrument.best_bid < instrument.best_ask
        assert min(len(instrument.bids), len(instrument.asks)) > 5
    for order in placed:
        mine = [match for match in matched if order in (match.maker, match.taker)]
        assert sum(match.size for match in mine) == order.filled
        assert sum(match.size * match.price for match in mine) == order.cost
        if not order.ended:
            list(one.cancel("BTCUSDT", order, ()))
    sizes = {trade.first_id + n: size for trade in instrument.trades for n, size in enumerate(trade.sizes)}
    assert all(sizes[match.seq] == match.size for match in matched)
    outputs += [(name, msgspec.json.decode(text)) for name, text in one.flush({"btcusdt@depth@100ms"})]
    for name, event in outputs:
        if name != "btcusdt@depth@100ms":
            continue
        for side, changes in zip(mirror, (event["b"], event["a"]), strict=True):
            for level, lots in changes:
                if lots == "0":
                    side.pop(level, None)
                else:
                    side[level] = lots
    assert mirror == book_of(one, "BTCUSDT")


def test_a_clients_trades_are_told_like_any_others() -> None:
    one = exchange("spot", history=0)
    order = client_order(1, buys=True, price=None, size=5000, time="immediate_or_cancel")
    outputs = [(name, msgspec.json.decode(text)) for name, text in one.place("BTCUSDT", order, everything(one))]
    trades = [event for name, event in outputs if name == "btcusdt@trade"]
    assert sum(Decimal(event["q"]) for event in trades) == Decimal("5.000")
    assert all(event["m"] is False for event in trades)
    assert [event["t"] for event in trades] == list(range(trades[0]["t"], trades[0]["t"] + len(trades)))
    assert outputs[-1][0] == "btcusdt@bookTicker"


def test_a_client_waits_in_line_and_is_hit_by_the_crowd() -> None:
    one = exchange("spot", history=0)
    instrument = one.instruments["BTCUSDT"]
    matched: list[Match] = []
    instrument.matched = lambda _, match: matched.append(match)
    order = client_order(1, buys=True, price=instrument.best_bid, size=10, time="good_til_cancelled")
    list(one.place("BTCUSDT", order, ()))
    assert not matched
    for _ in range(200):
        said(one, 1)
        if order.ended:
            break
    assert order.state == "filled"
    assert sum(match.size for match in matched) == 10
    assert all(match.maker is order for match in matched)
