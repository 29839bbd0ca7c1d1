"""The cache: found under either name, never changed behind a reader's back, and every change of status told once."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.errors import ConfigurationError, LimitExceeded, UnknownInstrument
from barterpy.instruments import InstrumentCache, InstrumentSnapshot
from barterpy.model import Instrument, InstrumentKind, InstrumentStatus, TradingStatus

Make = Callable[..., Instrument]


def told(changes: list[InstrumentStatus]) -> list[tuple[str, str, str]]:
    return [(change.instrument, change.status, change.venue_status) for change in changes]


def test_an_instrument_is_found_by_either_name(make: Make) -> None:
    cache = InstrumentCache("venue")
    cache.cache_instruments([make("BTCUSDT"), make("ETHUSDT")], 1)
    assert cache.get_instrument("BTCUSDT") is cache.get_instrument("BTC/USDT")
    assert "ETH/USDT" in cache
    assert "SOLUSDT" not in cache
    assert cache.find_instrument("SOLUSDT") is None
    assert (len(cache), list(cache.snapshot)) == (2, ["BTCUSDT", "ETHUSDT"])


@pytest.mark.parametrize(
    ("symbol", "near"),
    [("BTC-USDT", "BTCUSDT"), ("btcusdt", "BTCUSDT"), ("btc/usdt", "BTC/USDT"), ("ETHUSD", "ETHUSDT"), ("?", None)],
)
def test_an_unknown_one_is_told_with_those_that_look_like_it(make: Make, symbol: str, near: str | None) -> None:
    cache = InstrumentCache("venue")
    cache.cache_instruments([make("BTCUSDT"), make("ETHUSDT"), make("SOLUSDT")], 1)
    with pytest.raises(UnknownInstrument) as raised:
        cache.get_instrument(symbol)
    assert (raised.value.venue, raised.value.symbol) == ("venue", symbol)
    assert raised.value.near[:1] == (() if near is None else (near,))


def test_of_two_with_one_unified_name_the_one_that_trades_is_found(make: Make) -> None:
    old, new = make("BTCUSDT1", "HALT", unified="BTC/USDT"), make("BTCUSDT2", unified="BTC/USDT")
    for order in ([old, new], [new, old]):
        assert InstrumentSnapshot("venue", order).get_instrument("BTC/USDT") is new


def test_the_first_list_is_no_news(make: Make) -> None:
    assert InstrumentCache("venue").cache_instruments([make("BTCUSDT"), make("ETHUSDT", "HALT")], 5) == []


def test_a_changed_status_a_new_one_and_a_vanished_one_are_told(make: Make) -> None:
    cache = InstrumentCache("venue")
    cache.cache_instruments([make("BTCUSDT"), make("ETHUSDT"), make("SOLUSDT"), make("XRPUSDT")], 5)
    changes = cache.cache_instruments([make("BTCUSDT"), make("ETHUSDT", "HALT"), make("ADAUSDT"), make("XRPUSDT")], 9)
    assert told(changes) == [
        ("ETHUSDT", "halted", "HALT"),
        ("ADAUSDT", "trading", "TRADING"),
        ("SOLUSDT", "closed", ""),
    ]
    assert {(change.venue, change.received_at, change.exchange_at) for change in changes} == {("venue", 9, None)}
    assert "SOLUSDT" not in cache
    assert cache.cache_instruments(list(cache.snapshot.values()), 10) == []


def test_the_venues_other_word_for_the_same_is_told(make: Make) -> None:
    cache = InstrumentCache("venue")
    cache.cache_instruments([make("BTCUSDT", "HALT")], 5)
    assert told(cache.cache_instruments([make("BTCUSDT", "BREAK")], 6)) == [("BTCUSDT", "halted", "BREAK")]


def test_a_rule_that_changes_is_no_change_of_status(make: Make) -> None:
    cache = InstrumentCache("venue")
    cache.cache_instruments([make("BTCUSDT")], 5)
    assert cache.cache_instruments([make("BTCUSDT", settle="BTC")], 6) == []
    assert cache.get_instrument("BTCUSDT").settle == "BTC"


def test_one_that_was_closed_vanishes_without_a_word(make: Make) -> None:
    cache = InstrumentCache("venue")
    cache.cache_instruments([make("BTCUSDT", "DELIVERED", status=TradingStatus.CLOSED), make("ETHUSDT")], 5)
    assert cache.cache_instruments([make("ETHUSDT")], 6) == []


def test_one_is_put_in_or_replaced(make: Make) -> None:
    cache = InstrumentCache("venue")
    cache.cache_instruments([make("BTCUSDT"), make("ETHUSDT")], 5)
    assert told(cache.cache_instrument(make("SOLUSDT"), 6)) == [("SOLUSDT", "trading", "TRADING")]
    assert told(cache.cache_instrument(make("BTCUSDT", "HALT"), 7)) == [("BTCUSDT", "halted", "HALT")]
    assert cache.cache_instrument(make("BTCUSDT", "HALT"), 8) == []
    assert list(cache.snapshot) == ["BTCUSDT", "ETHUSDT", "SOLUSDT"]


def test_what_was_read_stays_as_it_was(make: Make) -> None:
    cache = InstrumentCache("venue")
    cache.cache_instruments([make("BTCUSDT")], 5)
    before = cache.snapshot
    cache.cache_instrument(make("ETHUSDT"), 6)
    cache.cache_instruments([], 7)
    assert (list(before), before.taken_at, len(cache)) == (["BTCUSDT"], 5, 0)
    with pytest.raises(TypeError):
        before["ETHUSDT"] = make("ETHUSDT")  # type: ignore[index]


def test_a_status_from_a_stream_is_taken_over_and_not_told_again(make: Make) -> None:
    cache = InstrumentCache("venue")
    cache.cache_instruments([make("BTCUSDT"), make("ETHUSDT")], 5)
    event = InstrumentStatus(
        venue="venue", instrument="BTC/USDT", status="halted", venue_status="HALT", exchange_at=6, received_at=7
    )
    assert cache.apply(event) is True
    assert cache.apply(event) is False
    assert cache.get_instrument("BTCUSDT").status is TradingStatus.HALTED
    assert cache.snapshot.taken_at == 7
    assert cache.cache_instruments([make("BTCUSDT", "HALT"), make("ETHUSDT")], 8) == []


@pytest.mark.parametrize(("venue", "instrument"), [("other", "BTCUSDT"), ("venue", "SOLUSDT")])
def test_a_status_of_something_else_changes_nothing(make: Make, venue: str, instrument: str) -> None:
    cache = InstrumentCache("venue")
    cache.cache_instruments([make("BTCUSDT")], 5)
    before = cache.snapshot
    event = InstrumentStatus(
        venue=venue, instrument=instrument, status="halted", venue_status="HALT", exchange_at=None, received_at=7
    )
    assert cache.apply(event) is False
    assert cache.snapshot is before


def test_a_word_that_is_no_status_of_ours_is_unknown(make: Make) -> None:
    cache = InstrumentCache("venue")
    cache.cache_instruments([make("BTCUSDT")], 5)
    event = InstrumentStatus(
        venue="venue", instrument="BTCUSDT", status="dreaming", venue_status="Z", exchange_at=None, received_at=7
    )
    assert cache.apply(event)
    assert cache.get_instrument("BTCUSDT").status is TradingStatus.UNKNOWN


def test_another_venues_instrument_is_refused_and_nothing_changes(make: Make) -> None:
    cache = InstrumentCache("venue")
    cache.cache_instruments([make("BTCUSDT")], 5)
    with pytest.raises(ConfigurationError, match="is an instrument of other"):
        cache.cache_instruments([make("ETHUSDT"), make("BTCUSDT", venue="other")], 6)
    assert list(cache.snapshot) == ["BTCUSDT"]


def test_more_than_allowed_is_refused_and_nothing_changes(make: Make) -> None:
    cache = InstrumentCache("venue", max_instruments=2)
    cache.cache_instruments([make("BTCUSDT"), make("ETHUSDT")], 5)
    with pytest.raises(LimitExceeded, match="max_instruments allows 2"):
        cache.cache_instrument(make("SOLUSDT"), 6)

    def endless() -> Iterator[Instrument]:
        number = 0
        while True:
            number += 1
            yield make(f"{number:06}")

    with pytest.raises(LimitExceeded):
        cache.cache_instruments(endless(), 6)
    assert len(cache) == 2


lists = st.dictionaries(st.sampled_from(["A", "B", "C", "D"]), st.sampled_from(list(TradingStatus)))


@given(st.lists(lists, min_size=1, max_size=8))
def test_whoever_hears_every_change_knows_the_status_of_everything(steps: list[dict[str, TradingStatus]]) -> None:
    """The first list and the changes together say what the last list says; what is not in it is closed."""
    cache = InstrumentCache("venue")
    known = {symbol: str(status) for symbol, status in steps[0].items()}
    for now, step in enumerate(steps, 1):
        listed = [
            Instrument(
                venue="venue",
                symbol=symbol,
                unified=symbol,
                kind=InstrumentKind.SPOT,
                base=symbol,
                quote="Q",
                status=status,
                venue_status=status.upper(),
            )
            for symbol, status in step.items()
        ]
        changes = cache.cache_instruments(listed, now)
        assert len({change.instrument for change in changes}) == len(changes)
        known.update({change.instrument: change.status for change in changes})
        assert {symbol: known[symbol] for symbol in step} == step
        assert all(known[symbol] == "closed" for symbol in known.keys() - step.keys())
