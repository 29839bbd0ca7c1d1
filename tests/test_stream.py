"""ExchangeStream: order, errors, directives, timers, cancellation."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.clock import SECOND
from barterpy.errors import ConfigurationError, ConnectionLost, ParseError
from barterpy.rounds import ErrorPolicy
from barterpy.socket import Batch
from barterpy.stream import ExchangeStream
from barterpy.testing import VIRTUAL_START, VirtualClock, virtual_backends
from barterpy.transformer import Directive, Fetch, FunctionTransformer, Reply, Send

pytestmark = pytest.mark.anyio


class ListSocket:
    """Batches from a list: the messages of one, an error to raise, or seconds of silence. Then the end."""

    def __init__(self, *script: list[Any] | BaseException | float, event_time: bool = False) -> None:
        self.script = list(script)
        self.sent: list[Any] = []
        self.send_error: Exception | None = None
        self.gate: anyio.Event | None = None
        self.closed = 0
        self.reads = 0
        self.clock: Callable[[], int] = lambda: self.reads
        self.event_time = event_time

    async def receive(self) -> Batch[Any]:
        await anyio.lowlevel.checkpoint()
        while self.script and isinstance(self.script[0], float):
            until = anyio.current_time() + self.script[0]
            try:
                await anyio.sleep_until(until)
            except BaseException:
                self.script[0] = until - anyio.current_time()  # cancelled: the rest of the silence is still to come
                raise
            del self.script[0]
        if not self.script:
            raise anyio.EndOfStream
        step = self.script.pop(0)
        if isinstance(step, BaseException):
            raise step
        assert isinstance(step, list)
        self.reads += 1
        return Batch(step, self.clock())

    async def send(self, message: Any) -> None:
        if self.gate is not None:
            await self.gate.wait()
        if self.send_error is not None:
            raise self.send_error
        self.sent.append(message)

    async def aclose(self) -> None:
        self.closed += 1


class Plain:
    """Passes everything on but None; a message that begins with "bad" is one it cannot parse."""

    def parse(self, message: Any, /) -> Any:
        if str(message).startswith("bad"):
            raise ParseError("bad message", message)
        return None if message == "skip" else message


class Batching(Plain):
    """The same, a batch at a time."""

    def __init__(self) -> None:
        self.batches = 0

    def parse_batch(self, messages: Sequence[Any], /) -> Sequence[Any]:
        self.batches += 1
        return [self.parse(message) for message in messages]


def outputs_of(message: Any) -> Iterable[Any]:
    """What the tests' messages stand for: ``a2`` gives two outputs, ``fail`` fails after one, directives themselves."""
    if isinstance(message, Directive):
        yield message
    elif message == "fail":
        yield "before"
        raise ValueError("transformer")
    elif message == "unfit":
        yield "before"
        raise ParseError("unfit", message)
    elif isinstance(message, list):
        yield from message  # pyright: ignore[reportUnknownVariableType]
    else:
        for number in range(int(message[1:] or 1)):
            yield f"{message[0]}{number}"


def stream(socket: ListSocket, parser: Any = None, transformer: Any = None, **kwargs: Any) -> ExchangeStream[Any]:
    transformer = transformer or FunctionTransformer[Any, Any](outputs_of)
    return ExchangeStream(socket, parser or Plain(), transformer, **kwargs)


async def collect(source: ExchangeStream[Any], *, batches: bool = False) -> list[Any]:
    """Everything until the end; errors where they were raised, as text."""
    got: list[Any] = []
    while True:
        try:
            if batches:
                async for outputs in source.batches():
                    assert outputs
                    got += outputs
            else:
                async for output in source:
                    got.append(output)
        except (ParseError, ValueError, ConfigurationError, ConnectionLost) as error:
            got.append(f"{type(error).__name__}")
        else:
            return got


both_parsers = pytest.mark.parametrize("parser", [Plain, Batching])
both_ways = pytest.mark.parametrize("batches", [False, True], ids=["items", "batches"])


# Order.


@both_parsers
@both_ways
async def test_first_in_first_out_across_batches(parser: Any, batches: bool) -> None:
    socket = ListSocket(["a2", "b1"], ["c0", "skip"], ["d3"])
    source = stream(socket, parser())
    assert await collect(source, batches=batches) == ["a0", "a1", "b0", "d0", "d1", "d2"]
    assert (source.received, source.errors, source.skipped) == (5, 0, 0)


async def test_one_batch_of_outputs_a_read() -> None:
    source = stream(ListSocket(["a2", "b1"], ["skip"], ["c1"]))
    assert [outputs async for outputs in source.batches()] == [["a0", "a1", "b0"], ["c0"]]


async def test_items_and_batches_can_be_mixed() -> None:
    source = stream(ListSocket(["a3"], ["b2"], ["c1"]))
    assert await anext(source) == "a0"
    by_batch = source.batches()
    assert await anext(by_batch) == ["a1", "a2"]
    assert await anext(source) == "b0"
    assert await anext(by_batch) == ["b1"]
    assert await anext(by_batch) == ["c0"]
    with pytest.raises(StopAsyncIteration):
        await anext(by_batch)


async def test_the_end_stays_the_end() -> None:
    source = stream(ListSocket(["a1"]))
    assert await collect(source) == ["a0"]
    assert await collect(source) == []
    assert await collect(source, batches=True) == []


async def test_messages_that_are_parsed_already_do_not_meet_the_parser() -> None:
    class Answers(ListSocket):
        async def receive(self) -> Batch[Any]:
            batch = await super().receive()
            return Batch([f"{m}1" for m in batch.messages], batch.received_at, parsed=True)

    class Never(Batching):
        def parse(self, message: Any, /) -> Any:
            raise AssertionError("parsed")

    assert await collect(stream(Answers(["a", "b"]), Never())) == ["a0", "b0"]


async def test_the_transformer_gets_the_time_of_the_read() -> None:
    class Times:
        def transform(self, message: Any, received_at: int, /) -> Iterable[Any]:
            return [(message, received_at)]

    assert await collect(stream(ListSocket(["a", "b"], ["c"]), transformer=Times())) == [("a", 1), ("b", 1), ("c", 2)]


# Errors.

STREAM = (["a1", "bad", "b1"], ["bad", "bad"], ["c1"])


@both_parsers
@both_ways
@pytest.mark.parametrize(
    ("policy", "expected", "skipped"),
    [
        ("raise", ["a0", "ParseError", "b0", "ParseError", "ParseError", "c0"], 0),
        ("reconnect", ["a0", "ParseError", "b0", "ParseError", "ParseError", "c0"], 0),
        ("skip", ["a0", "b0", "c0"], 3),
        ("yield", ["a0", "error", "b0", "error", "error", "c0"], 0),
    ],
)
async def test_each_policy_for_a_bad_message(
    parser: Any, batches: bool, policy: ErrorPolicy, expected: list[str], skipped: int
) -> None:
    source = stream(ListSocket(*STREAM), parser(), on_error=policy)
    got = await collect(source, batches=batches)
    assert ["error" if isinstance(output, ParseError) else output for output in got] == expected
    assert (source.received, source.errors, source.skipped) == (6, 3, skipped)


@pytest.mark.parametrize(("policy", "needed"), [("raise", False), ("reconnect", True)])
async def test_reconnect_marks_the_error(policy: ErrorPolicy, needed: bool) -> None:
    source = stream(ListSocket(["bad"]), on_error=policy)
    with pytest.raises(ParseError) as caught:
        await anext(source)
    assert caught.value.needs_reconnect is needed
    assert caught.value.payload == "bad"
    assert ParseError.needs_reconnect is False


@both_ways
@pytest.mark.parametrize("parser", [Plain, Batching])
async def test_outputs_before_an_error_come_before_it_and_messages_behind_it_after(batches: bool, parser: Any) -> None:
    source = stream(ListSocket(["a2", "fail", "b1", "unfit", "c1"], ["d1"]), parser())
    assert await collect(source, batches=batches) == [
        *("a0", "a1", "before", "ValueError", "b0", "before", "ParseError", "c0", "d0")
    ]


async def test_the_policy_holds_for_a_transformers_parse_error() -> None:
    source = stream(ListSocket(["unfit", "a1"]), on_error="skip")
    assert await collect(source) == ["before", "a0"]
    assert (source.errors, source.skipped) == (1, 1)


async def test_a_batch_parser_that_fails_in_its_own_way_loses_nothing() -> None:
    class Odd(Plain):
        def parse_batch(self, messages: Sequence[Any], /) -> Sequence[Any]:
            raise KeyError("batch")

    assert await collect(stream(ListSocket(["a1", "b1"]), Odd())) == ["a0", "b0"]


@both_parsers
@both_ways
async def test_a_long_batch_keeps_its_order_around_every_error(parser: Any, batches: bool) -> None:
    messages: list[str] = [f"{'bad' if number % 40 == 7 else 'a'}" for number in range(200)]
    messages[33] = messages[199] = "fail"
    expected = {"a": ["a0"], "bad": ["ParseError"], "fail": ["before", "ValueError"]}
    source = stream(ListSocket(messages), parser())
    assert await collect(source, batches=batches) == [output for m in messages for output in expected[m]]
    assert (source.received, source.errors) == (200, 5)


@both_parsers
@both_ways
@pytest.mark.parametrize("policy", ["raise", "reconnect", "skip", "yield"])
async def test_each_policy_over_a_batch_of_many_pieces(parser: Any, batches: bool, policy: ErrorPolicy) -> None:
    """Failures in each piece, at its ends and in a row, one of them the transformer's own."""
    messages = ["a1", "bad", *["a1"] * 29, "bad", "bad", "a2", *["a1"] * 40, "unfit", *["a0", "bad"] * 20, "c1", "bad"]
    error = {"raise": ["ParseError"], "reconnect": ["ParseError"], "skip": [], "yield": ["error"]}[policy]
    expected = {"a0": [], "a1": ["a0"], "a2": ["a0", "a1"], "c1": ["c0"], "bad": error, "unfit": ["before", *error]}
    source = stream(ListSocket(messages, ["c1"]), parser(), on_error=policy)
    got = await collect(source, batches=batches)
    assert ["error" if isinstance(output, ParseError) else output for output in got] == [
        output for message in (*messages, "c1") for output in expected[message]
    ]
    assert (source.received, source.errors) == (len(messages) + 1, 25)
    assert source.skipped == (25 if policy == "skip" else 0)


@pytest.mark.parametrize("end", [StopIteration, StopAsyncIteration])
@pytest.mark.parametrize("where", ["parser", "batch parser", "transformer", "on_reset", "on_directive"])
@both_ways
async def test_what_would_end_an_iteration_in_silence_is_an_error(
    where: str, end: type[Exception], batches: bool
) -> None:
    class Spent(Plain):
        def parse(self, message: Any, /) -> Any:
            if message == "spent":
                raise end
            return message

    class SpentBatch(Spent):
        def parse_batch(self, messages: Sequence[Any], /) -> Sequence[Any]:
            return [self.parse(message) for message in messages]

    class SpentTransformer:
        def on_reset(self, epoch: int, at: int, /) -> Iterable[Any]:
            if where == "on_reset":
                raise end
            return ()

        def transform(self, message: Any, at: int, /) -> Iterable[Any]:
            if message == "spent" and where == "on_directive":
                return [Reply("1")]
            if message == "spent":
                raise end
            return outputs_of(message)

    def on_directive(directive: Directive) -> Iterable[Any]:
        raise end

    parser = {"parser": Spent(), "batch parser": SpentBatch()}.get(where, Plain())
    messages = ["a1", "b1"] if where == "on_reset" else ["a1", *["a1"] * 40, "spent", "b1"]
    source = stream(ListSocket(messages, ["c1"]), parser, SpentTransformer(), on_directive=on_directive)
    got: list[str] = []
    errors: list[RuntimeError] = []
    while True:
        try:
            if batches:
                async for outputs in source.batches():
                    got += outputs
            else:
                async for output in source:
                    got.append(output)
        except RuntimeError as error:
            errors.append(error)
        else:
            break
    assert [(type(error), end.__name__ in str(error)) for error in errors] == [(RuntimeError, True)]
    assert got == [*["a0"] * (len(messages) - (1 if where == "on_reset" else 2)), "b0", "c0"]


@pytest.mark.parametrize("end", [StopIteration, StopAsyncIteration])
async def test_a_socket_says_its_end_by_the_right_exception(end: type[Exception]) -> None:
    source = stream(ListSocket(["a1"], end(), ["b1"]))
    assert await anext(source) == "a0"
    with pytest.raises(RuntimeError, match=end.__name__):
        await anext(source)
    assert await collect(source) == ["b0"]


async def test_an_error_of_the_socket_is_raised_and_iteration_may_go_on() -> None:
    source = stream(ListSocket(["a1"], ConnectionLost("cut", 1006), ["b1"]))
    assert await anext(source) == "a0"
    with pytest.raises(ConnectionLost, match="1006"):
        await anext(source)
    assert await collect(source) == ["b0"]


async def test_a_foreign_error_of_the_socket_passes() -> None:
    source = stream(ListSocket(anyio.ClosedResourceError()))
    with pytest.raises(anyio.ClosedResourceError):
        await anext(source)


# Directives.


@both_ways
async def test_a_send_is_sent_before_its_rounds_outputs_and_never_yielded(batches: bool) -> None:
    socket = ListSocket(["a1", Send("one"), "b1", Send("two")], ["c1"])
    source = stream(socket)
    assert await anext(source) == "a0"
    assert socket.sent == ["one", "two"]
    assert await collect(source, batches=batches) == ["b0", "c0"]


async def test_a_round_of_sends_alone_gives_nothing_empty() -> None:
    socket = ListSocket([Send(1)], [Send(2), "a1"])
    assert [outputs async for outputs in stream(socket).batches()] == [["a0"]]
    assert socket.sent == [1, 2]


async def test_cancelling_a_send_loses_neither_it_nor_the_outputs() -> None:
    socket = ListSocket(["a1", Send("one"), Send("two"), "b1"])
    socket.gate = anyio.Event()
    source = stream(socket)
    with anyio.move_on_after(0.01) as scope:
        await anext(source)
    assert scope.cancelled_caught
    socket.gate.set()
    assert await collect(source) == ["a0", "b0"]
    assert socket.sent == ["one", "two"]


async def test_a_send_that_fails_is_raised_after_the_outputs_before_it() -> None:
    socket = ListSocket(["a1", Send("one"), "bad", "b1"], ["c1"])
    socket.send_error = ConnectionLost("cut")
    assert await collect(stream(socket)) == ["a0", "ConnectionLost", "ParseError", "b0", "c0"]


async def test_a_send_on_a_socket_that_only_receives() -> None:
    class Receiving:
        def __init__(self) -> None:
            self.receive = ListSocket(["a1", Send(1)]).receive

        async def aclose(self) -> None:
            pass

    source: ExchangeStream[Any] = ExchangeStream(Receiving(), Plain(), FunctionTransformer[Any, Any](outputs_of))
    assert await anext(source) == "a0"
    with pytest.raises(ConfigurationError, match="only receive"):
        await anext(source)


async def test_other_directives_go_to_on_directive_and_its_outputs_stand_in_their_place() -> None:
    seen: list[Directive] = []

    def act(directive: Directive) -> Iterable[Any] | None:
        seen.append(directive)
        return [f"for {type(directive).__name__}"] if isinstance(directive, Fetch) else None

    socket = ListSocket(["a1", Fetch("k", 1), "b1", Reply(7), Send("x"), "c1"])
    assert await collect(stream(socket, on_directive=act)) == ["a0", "for Fetch", "b0", "c0"]
    assert seen == [Fetch("k", 1), Reply(7)]
    assert socket.sent == ["x"]


async def test_a_directive_nobody_acts_on_is_an_error_and_hides_no_other() -> None:
    socket = ListSocket(["a1", Fetch("k", 1), "b1", Reply(1), "bad", "c1"])
    assert await collect(stream(socket)) == [
        *("a0", "b0", "ConfigurationError", "ConfigurationError", "ParseError", "c0")
    ]


async def test_an_on_directive_that_fails_hides_nothing() -> None:
    def act(directive: Directive) -> None:
        raise ValueError("no")

    socket = ListSocket(["a1", Fetch("k", 1), "b1", "fail", "c1"])
    assert await collect(stream(socket, on_directive=act)) == ["a0", "b0", "before", "ValueError", "ValueError", "c0"]


# Hooks.


class Hooked:
    """Says what was called, and keeps the timers it is given."""

    def __init__(self, *timers: int) -> None:
        self.timers = list(timers)

    def transform(self, message: Any, received_at: int, /) -> Iterable[Any]:
        return outputs_of(message)

    def on_reset(self, epoch: int, now: int, /) -> Iterable[Any]:
        return [f"reset {epoch}", Send("hello")]

    def on_end(self, now: int, /) -> Iterable[Any]:
        return [f"end {now}"]

    def next_timer(self) -> int | None:
        return self.timers[0] if self.timers else None

    def on_timer(self, deadline: int, /) -> Iterable[Any]:
        assert self.timers.pop(0) == deadline
        return [f"timer {deadline}"]


@both_ways
async def test_hooks_in_their_order(batches: bool) -> None:
    socket = ListSocket(["a1"], ["b1"], ["c1"], event_time=True)
    source = stream(socket, transformer=Hooked(2, 3, 9), epoch=4, initial=["first", Send("early")])
    assert await collect(source, batches=batches) == [
        *("first", "reset 4", "a0", "timer 2", "b0", "timer 3", "c0", "end 3")
    ]
    assert socket.sent == ["early", "hello"]


async def test_the_end_is_told_the_time() -> None:
    assert await collect(stream(ListSocket(), transformer=Hooked(), clock=lambda: 77)) == ["reset 1", "end 77"]


@pytest.mark.parametrize("hook", ["on_reset", "on_end", "on_timer"])
@both_parsers
async def test_a_hook_that_fails_loses_nothing(hook: str, parser: Any) -> None:
    class Failing(Hooked):
        pass

    def fail() -> Iterable[Any]:
        yield f"{hook} begins"
        raise ValueError(hook)

    failing: Any = Failing(2)
    normal = getattr(failing, hook)

    def called(*args: Any) -> Iterable[Any]:
        normal(*args)
        return fail()

    setattr(failing, hook, called)
    expected = ["reset 1", "a0", "timer 2", "b0", "c0", "end 2"]
    failed = {"on_reset": "reset 1", "on_end": "end 2", "on_timer": "timer 2"}[hook]
    place = expected.index(failed)
    expected[place : place + 1] = [f"{hook} begins", "ValueError"]
    socket = ListSocket(["a1"], ["b1", "c1"], event_time=True)
    assert await collect(stream(socket, parser(), transformer=failing)) == expected


async def test_a_bad_message_in_a_timer_follows_the_policy() -> None:
    class Failing(Hooked):
        def on_timer(self, deadline: int, /) -> Iterable[Any]:
            super().on_timer(deadline)
            raise ParseError("unfit", "payload")

    source = stream(ListSocket(["a1"], ["b1"], event_time=True), transformer=Failing(2, 2), on_error="skip")
    assert await collect(source) == ["reset 1", "a0", "b0", "end 2"]
    assert (source.errors, source.skipped) == (2, 2)


async def test_a_timer_that_does_not_move_on_is_an_error_and_no_endless_loop() -> None:
    class Stuck(Hooked):
        def on_timer(self, deadline: int, /) -> Iterable[Any]:
            return ()

    source = stream(ListSocket(["a1"], event_time=True), transformer=Stuck(1))
    assert await anext(source) == "reset 1"
    with pytest.raises(ConfigurationError, match="timer"):
        await anext(source)
    assert await anext(source) == "a0"


@pytest.mark.parametrize("anyio_backend", virtual_backends())
async def test_live_timers_fire_while_no_message_comes() -> None:
    clock = VirtualClock()
    start = VIRTUAL_START
    socket = ListSocket(["a1"], 10.0, ["b1"], 1.0)
    socket.clock = clock
    hooked = Hooked(start + 3 * SECOND, start + 5 * SECOND, start + 10 * SECOND + 1, start + 60 * SECOND)
    got = [(output, (clock() - start) // SECOND) async for output in stream(socket, transformer=hooked, clock=clock)]
    assert got == [
        ("reset 1", 0),
        ("a0", 0),
        (f"timer {start + 3 * SECOND}", 3),
        (f"timer {start + 5 * SECOND}", 5),
        ("b0", 10),
        (f"timer {start + 10 * SECOND + 1}", 10),
        (f"end {start + 11 * SECOND}", 11),
    ]


@pytest.mark.parametrize("anyio_backend", virtual_backends())
async def test_a_timer_does_not_fire_before_the_wall_clock_shows_its_deadline() -> None:
    clock = VirtualClock()
    socket = ListSocket(4.0, ["a1"], 4.0, ["b1"])
    socket.clock = clock
    source = stream(socket, transformer=Hooked(VIRTUAL_START + 3 * SECOND), clock=clock)
    assert await anext(source) == "reset 1"
    async with anyio.create_task_group() as tasks:

        async def set_back() -> None:
            await anyio.sleep(2)
            clock.step(-2)

        tasks.start_soon(set_back)
        # Four seconds later the clock shows two.
        assert [await anext(source), await anext(source)] == ["a0", f"timer {VIRTUAL_START + 3 * SECOND}"]


@pytest.mark.parametrize("anyio_backend", virtual_backends())
async def test_event_time_leaves_timers_to_the_messages() -> None:
    socket = ListSocket(["a1"], 100.0, ["b1"], event_time=True)
    clock = VirtualClock()
    got = await collect(stream(socket, transformer=Hooked(2, 50), clock=clock))
    assert got == ["reset 1", "a0", "timer 2", "b0", "end 2"]


@given(
    steps=st.lists(st.tuples(st.integers(0, 5), st.sampled_from("ab")), max_size=12),
    timers=st.lists(st.integers(1, 40), max_size=6),
)
def test_live_and_replayed_runs_give_the_same(steps: list[tuple[int, str]], timers: list[int]) -> None:
    deadlines = sorted(VIRTUAL_START + timer * SECOND + SECOND // 2 for timer in timers)

    async def live() -> tuple[list[Any], list[tuple[int, str]]]:
        clock = VirtualClock()
        recorded: list[tuple[int, str]] = []
        script: list[Any] = []
        for seconds, message in steps:
            script += [float(seconds), [message]]

        class Recording(ListSocket):
            async def receive(self) -> Batch[Any]:
                batch = await super().receive()
                recorded.extend((batch.received_at, message) for message in batch.messages)
                return batch

        socket = Recording(*script)
        socket.clock = clock
        return await collect(stream(socket, transformer=Hooked(*deadlines), clock=clock)), recorded

    async def replayed(recorded: list[tuple[int, str]]) -> list[Any]:
        socket = ListSocket(*([message] for _, message in recorded), event_time=True)
        times = iter([at for at, _ in recorded])
        socket.clock = lambda: next(times)
        return await collect(stream(socket, transformer=Hooked(*deadlines)))

    backend, options = virtual_backends()[0].values[0]
    first, recorded = anyio.run(live, backend=backend, backend_options=options)
    second = anyio.run(replayed, recorded, backend=backend, backend_options=options)
    assert first[:-1] == second[:-1]  # but for the time of the end, which no message tells


# A read of one message takes a shorter way.


@given(
    messages=st.lists(
        st.sampled_from(["a1", "b2", "c0", "skip", "fail", "unfit", "bad", Send("x"), Fetch("k", 1)]), max_size=8
    ),
    policy=st.sampled_from(["raise", "yield", "skip", "reconnect"]),
    batches=st.booleans(),
)
def test_one_message_a_read_gives_what_many_give(messages: list[Any], policy: ErrorPolicy, batches: bool) -> None:
    async def run(reads: list[list[Any]]) -> tuple[list[str], list[Any], tuple[int, int, int]]:
        socket = ListSocket(*reads, event_time=True)
        source = stream(socket, Plain(), on_error=policy)
        got = [str(output) for output in await collect(source, batches=batches)]
        return got, socket.sent, (source.received, source.errors, source.skipped)

    backend, options = virtual_backends()[0].values[0]
    alone = anyio.run(run, [[message] for message in messages], backend=backend, backend_options=options)
    # A skipped message beside each makes reads of two.
    paired = anyio.run(run, [[message, "skip"] for message in messages], backend=backend, backend_options=options)
    (got, sent, (received, *counts)), (paired_got, paired_sent, (paired_received, *paired_counts)) = alone, paired
    assert (got, sent, counts) == (paired_got, paired_sent, paired_counts)
    assert (received, paired_received) == (len(messages), 2 * len(messages))


async def test_a_transform_that_gives_no_iterable_is_explained_for_one_message_too() -> None:
    class Wrong:
        def transform(self, message: Any, received_at: int, /) -> Any:
            return 1.5

    with pytest.raises(ConfigurationError, match="must take"):
        await anext(stream(ListSocket(["a1"]), Plain(), Wrong()))


# Whole batches.


class Numbering(Hooked):
    """Numbers what it gives."""

    def __init__(self, *timers: int) -> None:
        super().__init__(*timers)
        self.count = 0

    def transform(self, message: Any, received_at: int, /) -> Iterable[Any]:
        for output in outputs_of(message):
            if isinstance(output, Directive):
                yield output
            else:
                self.count += 1
                yield f"{self.count} {output} {received_at}"


class NumberingBatches(Numbering):
    """The same, a batch at a time."""

    def __init__(self, *timers: int) -> None:
        super().__init__(*timers)
        self.batches: list[list[Any]] = []

    def transform_batch(self, messages: Sequence[Any], received_at: int, /) -> Iterable[Any]:
        before = self.count
        try:
            for message in messages:
                yield from self.transform(message, received_at)
        except BaseException:
            self.count = before
            raise
        self.batches.append(list(messages))


@both_ways
async def test_a_batch_transformer_gets_what_was_read_together(batches: bool) -> None:
    transformer = NumberingBatches()
    source = stream(ListSocket(["a1", "skip", "b2"], ["skip"], ["c1"], event_time=True), Batching(), transformer)
    assert await collect(source, batches=batches) == ["reset 1", "1 a0 1", "2 b0 1", "3 b1 1", "4 c0 3", "end 3"]
    assert transformer.batches == [["a1", "b2"], ["c1"]]


async def test_messages_go_one_by_one_when_the_batch_fails() -> None:
    transformer = NumberingBatches()
    source = stream(ListSocket(["a1", "fail", "b1"], ["c1"], event_time=True), Batching(), transformer)
    assert await collect(source) == ["reset 1", "1 a0 1", "2 before 1", "ValueError", "3 b0 1", "4 c0 2", "end 2"]
    assert transformer.batches == [["c1"]]


async def test_a_timer_that_is_due_comes_before_the_batch() -> None:
    transformer = NumberingBatches(2, 9)
    source = stream(ListSocket(["a1"], ["b1"], ["c1"], event_time=True), Batching(), transformer)
    assert await collect(source) == ["reset 1", "1 a0 1", "timer 2", "2 b0 2", "3 c0 3", "end 3"]
    assert transformer.batches == [["a1"], ["c1"]]


async def test_a_parser_that_never_skips_is_believed() -> None:
    class Total(Batching):
        never_skips = True

    transformer = NumberingBatches()
    assert await collect(stream(ListSocket(["a1"], ["b1"], event_time=True), Total(), transformer)) == [
        "reset 1",
        "1 a0 1",
        "2 b0 2",
        "end 2",
    ]


async def test_transform_batch_must_not_be_asynchronous() -> None:
    class Asynchronous(Numbering):
        async def transform_batch(self, messages: Sequence[Any], received_at: int, /) -> list[Any]:
            return []

    with pytest.raises(ConfigurationError, match="transform_batch is async"):
        stream(ListSocket(), Batching(), Asynchronous())


READS = st.lists(
    st.lists(st.sampled_from(["a1", "b2", "c0", "skip", "fail", "unfit", "bad", Send("x")]), min_size=1, max_size=6),
    max_size=6,
)


@given(
    reads=READS,
    timers=st.lists(st.integers(1, 8), max_size=4),
    policy=st.sampled_from(["raise", "yield", "skip", "reconnect"]),
    batches=st.booleans(),
)
def test_batches_give_what_messages_give(
    reads: list[list[Any]], timers: list[int], policy: ErrorPolicy, batches: bool
) -> None:
    async def run(kind: type[Numbering]) -> tuple[list[str], list[Any], tuple[int, int, int]]:
        socket = ListSocket(*map(list, reads), event_time=True)
        source = stream(socket, Batching(), kind(*sorted(timers)), on_error=policy)
        got = [str(output) for output in await collect(source, batches=batches)]
        return got, socket.sent, (source.received, source.errors, source.skipped)

    backend, options = virtual_backends()[0].values[0]
    alone = anyio.run(run, Numbering, backend=backend, backend_options=options)
    assert anyio.run(run, NumberingBatches, backend=backend, backend_options=options) == alone


# Being used.


async def test_two_tasks_cannot_iterate_at_once() -> None:
    source = stream(ListSocket(5.0))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(collect, source)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(anyio.BusyResourceError):
            await anext(source)
        tasks.cancel_scope.cancel()


async def test_cancelled_while_receiving_it_goes_on_where_it_was() -> None:
    socket = ListSocket(["a2"], 0.05, ["b1"])
    source = stream(socket)
    got = [await anext(source)]
    got.append(await anext(source))
    with anyio.move_on_after(0) as scope:
        got.append(await anext(source))
    assert scope.cancelled_caught
    assert got + await collect(source) == ["a0", "a1", "b0"]


@pytest.mark.parametrize("anyio_backend", virtual_backends())
async def test_cancelled_again_and_again_it_loses_nothing() -> None:
    script: list[Any] = []
    for number in range(30):
        script += [0.7, [f"a{number % 4}", Send(number), "b1"]]
    socket = ListSocket(*script)
    source = stream(socket)
    got: list[Any] = []
    ended = False
    while not ended:
        with anyio.move_on_after(0.5):
            try:
                got.append(await anext(source))
            except StopAsyncIteration:
                ended = True
    assert got == [output for number in range(30) for output in [*(f"a{n}" for n in range(number % 4 or 0)), "b0"]]
    assert socket.sent == list(range(30))


async def test_closing_closes_the_socket_and_leaves_what_was_produced() -> None:
    socket = ListSocket(["a3"])
    async with stream(socket) as source:
        assert await anext(source) == "a0"
    assert socket.closed == 1
    await source.aclose()
    assert socket.closed == 2
    assert await anext(source) == "a1"
