"""Combinators: outputs, hooks, directives and limits of each."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy import combinators
from barterpy.combinators import Conflate, Throttle, chain, conflate, keyed, of_type, tee, throttle
from barterpy.errors import ConfigurationError, LimitExceeded
from barterpy.model import Quote, Trade
from barterpy.transformer import Fetch, Fetched, FunctionTransformer, Reply, Send


class Probe:
    """Says what happened to it, marked with its name; asks, sends and sets a timer when told to."""

    def __init__(self, name: str, timer: int | None = None) -> None:
        self.name = name
        self.timer = timer

    def transform(self, message: Any, received_at: int, /) -> Iterable[Any]:
        if isinstance(message, Fetched):
            return [f"{self.name} fetched {message.result}"]
        if message == f"{self.name} send":
            return ["before", Send(self.name), "after"]
        if message == f"{self.name} fetch":
            return [Fetch("key", self.name)]
        if message == f"{self.name} fail":
            return self._fail()
        return [f"{self.name}({message})@{received_at}"]

    def _fail(self) -> Iterable[Any]:
        yield f"{self.name} before"
        raise ValueError(self.name)

    def on_reset(self, epoch: int, now: int, /) -> Iterable[Any]:
        return [f"{self.name} reset {epoch}@{now}"]

    def on_end(self, now: int, /) -> Iterable[Any]:
        return [f"{self.name} end@{now}"]

    def next_timer(self) -> int | None:
        return self.timer

    def on_timer(self, deadline: int, /) -> Iterable[Any]:
        assert deadline == self.timer
        self.timer = None
        return [f"{self.name} timer@{deadline}"]


class Bare:
    """Has no hooks."""

    def transform(self, message: Any, received_at: int, /) -> Iterable[Any]:
        return [f"bare({message})"]


def outputs(result: Iterable[Any] | None) -> list[Any]:
    return list(result or ())


# chain


def test_chain_feeds_each_with_the_outputs_of_the_one_before() -> None:
    pipeline = chain(Probe("a"), Probe("b"), Probe("c"))
    assert outputs(pipeline.transform("x", 5)) == ["c(b(a(x)@5)@5)@5"]


def test_chain_of_five_and_of_six() -> None:
    five = chain(Bare(), Bare(), Bare(), Bare(), Bare())
    assert outputs(five.transform("x", 0)) == ["bare(" * 5 + "x" + ")" * 5]
    six = chain(Bare(), Bare(), Bare(), Bare(), Bare(), Bare())
    assert outputs(six.transform("x", 0)) == ["bare(" * 6 + "x" + ")" * 6]


def above_one(number: int) -> bool:
    return number > 1


def tenfold(number: int) -> int:
    return number * 10


def nothing(message: object) -> None:
    return None


def test_chain_expands_and_drops() -> None:
    doubled: FunctionTransformer[int, int] = FunctionTransformer(lambda n: [n, n])
    pipeline = chain(doubled, combinators.filter(above_one), combinators.map(tenfold))
    assert [out for n in (1, 2, 3) for out in pipeline.transform(n, 0)] == [20, 20, 30, 30]


def test_directives_bypass_the_rest_and_keep_their_place() -> None:
    pipeline = chain(Probe("a"), Probe("b"), Probe("c"))
    assert outputs(pipeline.transform("a send", 1)) == ["c(b(before)@1)@1", Send("a"), "c(b(after)@1)@1"]
    reply = Reply(7)
    replying: FunctionTransformer[Any, Any] = FunctionTransformer(lambda _: [reply])
    (passed,) = outputs(chain(replying, Probe("b")).transform("x", 1))
    assert passed is reply


@pytest.mark.parametrize("asking", ["a", "b", "c"])
def test_an_answer_goes_to_the_part_that_asked(asking: str) -> None:
    # A part passes on what it does not know, wrapped; the plain request reaches only the head, so ask there.
    parts = {name: Probe(name) for name in "abc"}
    asker: FunctionTransformer[Any, Any] = FunctionTransformer(lambda message: [message])
    stages: dict[str, Any] = {name: parts[name] if name == asking else _PassThrough() for name in "abc"}
    pipeline = chain(asker, stages["a"], stages["b"], stages["c"])
    assert outputs(pipeline.transform(f"{asking} fetch", 1)) == [Fetch("key", asking)]
    assert outputs(pipeline.transform(Fetched("key", "answer"), 2)) == [f"{asking} fetched answer"]


class _PassThrough:
    """Passes plain messages on, and gives itself away when an answer reaches it."""

    def transform(self, message: Any, received_at: int, /) -> Iterable[Any]:
        return ["an answer that was not asked for"] if isinstance(message, Fetched) else [message]


def test_an_answer_nobody_asked_for_goes_to_the_head() -> None:
    pipeline = chain(Probe("a"), Probe("b"))
    assert outputs(pipeline.transform(Fetched("other", 1), 2)) == ["b(a fetched 1)@2"]


def test_a_newer_request_of_the_same_key_takes_the_answer() -> None:
    pipeline = chain(_AskingOn("first"), Probe("b"))
    assert outputs(pipeline.transform("b fetch", 1)) == [Fetch("key", "b")]
    assert outputs(pipeline.transform("first", 1)) == [Fetch("key", "first")]
    assert outputs(pipeline.transform(Fetched("key", "it"), 1)) == ["b(first fetched it)@1"]


class _AskingOn:
    def __init__(self, word: str) -> None:
        self.word = word

    def transform(self, message: Any, received_at: int, /) -> Iterable[Any]:
        if isinstance(message, Fetched):
            return [f"{self.word} fetched {message.result}"]
        return [Fetch("key", self.word)] if message == self.word else [message]


def test_chain_hooks() -> None:
    pipeline = chain(Probe("a", timer=30), Probe("b", timer=20), Probe("c", timer=30))
    assert outputs(pipeline.on_reset(2, 9)) == ["c reset 2@9", "c(b reset 2@9)@9", "c(b(a reset 2@9)@9)@9"]
    assert pipeline.next_timer() == 20
    assert outputs(pipeline.on_timer(20)) == ["c(b timer@20)@20"]
    assert pipeline.next_timer() == 30
    # Its own timer first, then what the timers of the parts before make of it.
    assert outputs(pipeline.on_timer(30)) == ["c timer@30", "c(b(a timer@30)@30)@30"]
    assert pipeline.next_timer() is None
    assert outputs(pipeline.on_end(40)) == ["c(b(a end@40)@40)@40", "c(b end@40)@40", "c end@40"]


def test_chain_of_parts_without_hooks() -> None:
    pipeline = chain(Bare(), Bare())
    assert outputs(pipeline.on_reset(1, 1)) == []
    assert outputs(pipeline.on_end(1)) == []
    assert pipeline.next_timer() is None
    assert outputs(pipeline.on_timer(1)) == []


def test_what_came_before_an_error_is_kept() -> None:
    got: list[Any] = []
    with pytest.raises(ValueError, match="a"):
        got.extend(chain(Probe("a"), Probe("b")).transform("a fail", 1))
    assert got == ["b(a before)@1"]


def test_a_hook_may_return_none() -> None:
    class Careless(Bare):
        def on_reset(self, epoch: int, now: int, /) -> Any:
            return None

        def on_end(self, now: int, /) -> Any:
            return None

        def next_timer(self) -> int | None:
            return 1

        def on_timer(self, deadline: int, /) -> Any:
            return None

    for composite in (chain(Careless(), Careless()), tee(Careless(), Careless())):
        assert outputs(composite.on_reset(1, 1)) == []
        assert outputs(composite.on_timer(1)) == []
        assert outputs(composite.on_end(1)) == []


@pytest.mark.parametrize("compose", [chain, tee])
def test_one_transformer_is_not_a_composition(compose: Any) -> None:
    with pytest.raises(ConfigurationError, match="two transformers"):
        compose(Bare())


# tee


def test_tee_gives_the_same_to_all_in_order() -> None:
    both = tee(Probe("a"), Probe("b"), Bare())
    assert outputs(both.transform("x", 3)) == ["a(x)@3", "b(x)@3", "bare(x)"]


def test_tee_hooks() -> None:
    both = tee(Probe("a", timer=20), Probe("b", timer=10), Probe("c", timer=20), Bare())
    assert outputs(both.on_reset(1, 5)) == ["a reset 1@5", "b reset 1@5", "c reset 1@5"]
    assert both.next_timer() == 10
    assert outputs(both.on_timer(10)) == ["b timer@10"]
    assert both.next_timer() == 20
    assert outputs(both.on_timer(20)) == ["a timer@20", "c timer@20"]
    assert both.next_timer() is None
    assert outputs(both.on_end(9)) == ["a end@9", "b end@9", "c end@9"]


def test_tee_gives_an_answer_to_the_one_that_asked() -> None:
    both = tee(Probe("a"), Probe("b"))
    assert outputs(both.transform("b fetch", 1)) == ["a(b fetch)@1", Fetch("key", "b")]
    assert outputs(both.transform(Fetched("key", 1), 1)) == ["b fetched 1"]
    assert outputs(both.transform(Fetched("key", 1), 1)) == ["a fetched 1", "b fetched 1"]


@pytest.mark.parametrize("compose", [chain, tee])
def test_a_reset_forgets_who_asked(compose: Any) -> None:
    composite = compose(_AskingOn("nobody"), Probe("b"))
    outputs(composite.transform("b fetch", 1))
    outputs(composite.on_reset(2, 1))
    assert any("nobody fetched" in str(out) for out in composite.transform(Fetched("key", 1), 1))


# map, filter, of_type


def test_map_and_filter() -> None:
    assert outputs(combinators.map(tenfold).transform(1, 0)) == [10]
    assert outputs(combinators.map(nothing).transform(1, 0)) == [None]
    assert outputs(combinators.filter(above_one).transform(2, 0)) == [2]
    assert outputs(combinators.filter(above_one).transform(1, 0)) == []


def trade(instrument: str = "BTC", price: str = "1") -> Trade[Decimal]:
    return Trade(
        venue="v",
        instrument=instrument,
        price=Decimal(price),
        size=Decimal(1),
        side=None,
        id="1",
        exchange_at=None,
        received_at=1,
    )


def quote(instrument: str = "BTC", bid: int = 1) -> Quote[Decimal]:
    return Quote(
        venue="v",
        instrument=instrument,
        bid_price=Decimal(bid),
        bid_size=Decimal(1),
        ask_price=None,
        ask_size=None,
        exchange_at=None,
        received_at=1,
    )


def test_of_type() -> None:
    events: list[object] = [trade(), quote(), "text", 3]
    assert [out for event in events for out in of_type(Trade).transform(event, 0)] == [events[0]]
    assert [out for event in events for out in of_type(Trade[float]).transform(event, 0)] == [events[0]]
    assert [out for event in events for out in of_type(Quote, str).transform(event, 0)] == events[1:3]
    with pytest.raises(ConfigurationError, match="needs a type"):
        of_type()


# keyed


def numbered(timer: int | None = None) -> Any:
    made: list[Probe] = []

    def factory() -> Probe:
        made.append(Probe(str(len(made)), timer))
        return made[-1]

    return factory


def first_letter(message: str) -> str:
    return message[0]


def test_keyed_makes_one_a_key() -> None:
    by_letter = keyed(numbered(), first_letter)
    assert [out for message in ("ax", "bx", "ay") for out in by_letter.transform(message, 1)] == [
        "0(ax)@1",
        "1(bx)@1",
        "0(ay)@1",
    ]
    assert len(by_letter) == 2


def test_keyed_by_instrument_is_the_default() -> None:
    by_instrument = keyed(numbered())
    events = [trade("BTC"), quote("ETH"), quote("BTC")]
    assert [str(out)[0] for event in events for out in by_instrument.transform(event, 1)] == ["0", "1", "0"]


def test_keyed_is_bounded() -> None:
    by_letter = keyed(numbered(), first_letter, max_keys=2)
    for message in ("a", "b", "a"):
        outputs(by_letter.transform(message, 1))
    with pytest.raises(LimitExceeded, match="max_keys allows 2, got 3"):
        outputs(by_letter.transform("c", 1))
    assert outputs(by_letter.transform("b", 1)) == ["1(b)@1"]
    with pytest.raises(ConfigurationError, match="max_keys"):
        keyed(numbered(), max_keys=0)


def test_keyed_tells_a_reset_to_all_and_to_those_made_later() -> None:
    by_letter = keyed(numbered(), first_letter)
    assert outputs(by_letter.transform("a", 1)) == ["0(a)@1"]
    assert outputs(by_letter.on_reset(2, 5)) == ["0 reset 2@5"]
    assert outputs(by_letter.transform("b", 6)) == ["1 reset 2@5", "1(b)@6"]
    assert outputs(by_letter.on_end(9)) == ["0 end@9", "1 end@9"]


def test_keyed_timers_are_the_earliest_of_all() -> None:
    made: list[Probe] = []

    def factory() -> Probe:
        made.append(Probe(str(len(made)), timer=[30, 20, 20][len(made)]))
        return made[-1]

    by_letter = keyed(factory, first_letter)
    assert by_letter.next_timer() is None
    for message in "abc":
        outputs(by_letter.transform(message, 1))
    assert by_letter.next_timer() == 20
    assert outputs(by_letter.on_timer(20)) == ["1 timer@20", "2 timer@20"]
    assert by_letter.next_timer() == 30
    made[1].timer = 25
    outputs(by_letter.transform("b", 2))  # a timer set while taking a message
    assert by_letter.next_timer() == 25
    made[1].timer = None
    outputs(by_letter.transform("b", 3))  # and given up again
    assert by_letter.next_timer() == 30
    assert outputs(by_letter.on_timer(30)) == ["0 timer@30"]
    assert by_letter.next_timer() is None


def test_keyed_keeps_the_timers_behind_one_that_fails() -> None:
    class Failing(Probe):
        def on_timer(self, deadline: int, /) -> Iterable[Any]:
            super().on_timer(deadline)
            raise ValueError("bad timer")

    parts = iter([Failing("0", timer=10), Probe("1", timer=10)])
    by_letter = keyed(lambda: next(parts), first_letter)
    outputs(by_letter.transform("a", 1))
    outputs(by_letter.transform("b", 1))
    with pytest.raises(ValueError, match="bad timer"):
        outputs(by_letter.on_timer(10))
    assert by_letter.next_timer() == 10
    assert outputs(by_letter.on_timer(10)) == ["1 timer@10"]


def test_keyed_memory_of_timers_is_bounded() -> None:
    class Moving(Bare):
        timer = 0

        def next_timer(self) -> int | None:
            return self.timer or None

        def transform(self, message: Any, received_at: int, /) -> Iterable[Any]:
            self.timer = received_at + 100_000
            return ()

    by_letter: Any = keyed(Moving, first_letter)
    for now in range(2_000):
        outputs(by_letter.transform("ab"[now % 2], now))
    assert by_letter.next_timer() == 1_998 + 100_000
    assert len(by_letter._timers) <= 2 * 2 + 64


def test_keyed_gives_an_answer_to_the_one_that_asked() -> None:
    by_letter = keyed(lambda: _AskingOn("bfetch"), first_letter)
    outputs(by_letter.transform("a", 1))
    assert outputs(by_letter.transform("bfetch", 1)) == [Fetch("key", "bfetch")]
    answer: Any = Fetched("key", 1)
    assert outputs(by_letter.transform(answer, 1)) == ["bfetch fetched 1"]
    assert outputs(by_letter.transform(answer, 1)) == []


# conflate, throttle


def test_conflate_gives_the_latest_of_each_key_an_interval() -> None:
    latest: Conflate[Quote[Decimal]] = conflate(10)
    for at, event in [(1, quote("A", 1)), (2, quote("B", 2)), (9, quote("A", 3))]:
        assert outputs(latest.transform(event, at)) == []
    assert latest.next_timer() == 10
    assert outputs(latest.on_timer(10)) == [quote("A", 3), quote("B", 2)]
    assert latest.next_timer() is None
    assert latest.merged == 1
    assert outputs(latest.transform(quote("A", 4), 25)) == []
    assert latest.next_timer() == 30
    # No timer came: the message itself shows that the interval is over.
    assert outputs(latest.transform(quote("A", 5), 30)) == [quote("A", 4)]
    assert latest.next_timer() == 40
    assert outputs(latest.on_end(31)) == [quote("A", 5)]
    assert outputs(latest.on_end(32)) == []


def test_conflate_takes_an_older_message_as_the_latest() -> None:
    latest: Conflate[Quote[Decimal]] = conflate(10)
    outputs(latest.transform(quote("A", 1), 25))
    assert outputs(latest.transform(quote("A", 2), 5)) == []
    assert outputs(latest.on_timer(20)) == []  # not its deadline
    assert outputs(latest.on_timer(30)) == [quote("A", 2)]


def test_conflate_is_bounded() -> None:
    latest: Conflate[Quote[Decimal]] = conflate(10, max_keys=1)
    outputs(latest.transform(quote("A"), 1))
    with pytest.raises(LimitExceeded, match="max_keys"):
        latest.transform(quote("B"), 2)
    assert outputs(latest.transform(quote("B"), 12)) == [quote("A")]


@given(
    messages=st.lists(st.tuples(st.integers(0, 5), st.sampled_from("ABC"), st.integers(1, 9)), max_size=40),
    live=st.booleans(),
)
def test_conflate_is_the_same_with_and_without_timers(messages: list[tuple[int, str, int]], live: bool) -> None:
    latest: Conflate[Quote[Decimal]] = conflate(7)
    got: list[Any] = []
    naive: dict[int, dict[str, Quote[Decimal]]] = {}
    now = 0
    for step, name, bid in messages:
        now += step
        while live and (timer := latest.next_timer()) is not None and timer <= now:
            got.extend(latest.on_timer(timer))
        got.extend(latest.transform(quote(name, bid), now))
        naive.setdefault(now // 7, {})[name] = quote(name, bid)
    got.extend(latest.on_end(now))
    assert got == [event for interval in naive.values() for event in interval.values()]


def test_throttle_gives_the_first_then_is_quiet() -> None:
    first: Throttle[Quote[Decimal]] = throttle(10)
    passed = [
        (at, out.instrument)
        for at, name in [(1, "A"), (2, "B"), (5, "A"), (10, "A"), (11, "A"), (11, "B"), (12, "B")]
        for out in first.transform(quote(name), at)
    ]
    assert passed == [(1, "A"), (2, "B"), (11, "A"), (12, "B")]
    assert first.dropped == 3


def test_throttle_is_bounded() -> None:
    first: Throttle[Quote[Decimal]] = throttle(10, max_keys=1)
    outputs(first.transform(quote("A"), 1))
    with pytest.raises(LimitExceeded, match="max_keys"):
        first.transform(quote("B"), 2)


@pytest.mark.parametrize("make", [conflate, throttle])
@pytest.mark.parametrize("arguments", [{"interval": 0}, {"interval": 1, "max_keys": 0}])
def test_arguments_that_cannot_work(make: Any, arguments: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError):
        make(**arguments)
