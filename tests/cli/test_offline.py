"""Messages and REST answers from files through a parser and a transformer: deterministic, and nothing is lost."""

from collections.abc import Iterable
from typing import Any

import pytest

from barterpy.cli.offline import NoAnswer, OfflineTransport, Pipeline, answered
from barterpy.connection import SubscribeRequest
from barterpy.errors import BookError, ParseError, RequestRejected
from barterpy.events import MessageError, Subscribed
from barterpy.http import HttpRequest
from barterpy.parser import JsonParser
from barterpy.transformer import Directive, Fetch, Fetched, Reply, Send

pytestmark = pytest.mark.anyio

HOST = "https://api.example.com"


def get(target: str) -> HttpRequest:
    return HttpRequest(method="GET", url=f"https://other.example.com:8443{target}")


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("/depth?symbol=A&limit=1000", b"a"),
        ("/depth?limit=1000&symbol=A", b"a"),
        ("/depth?symbol=A&limit=5", b"a"),
        ("/depth?symbol=A", b"a"),
        ("/depth?symbol=B&limit=10", b"b10"),
        ("/depth?symbol=B&limit=20", b"b20"),
        ("/depth?symbol=B&limit=30", b"b10"),
        ("/time", b"now"),
        ("/time?x=1", b"now"),
    ],
)
async def test_an_answer_is_found_by_path_and_parameters_on_any_host(target: str, body: bytes) -> None:
    transport = OfflineTransport(
        [
            (f"{HOST}/depth?symbol=A&limit=1000", b"a"),
            (f"{HOST}/depth?symbol=B&limit=10", b"b10"),
            (f"{HOST}/depth?symbol=B&limit=20", b"b20"),
            (f"{HOST}/time", b"now"),
        ]
    )
    assert (await transport.send(get(target))).body == body
    assert transport.missing == []


async def test_answers_to_the_same_request_come_in_their_order_and_the_last_stays() -> None:
    url = f"{HOST}/depth?symbol=A"
    transport = OfflineTransport([(url, b"1"), (url, b"2")])
    assert [(await transport.send(get("/depth?symbol=A"))).body for _ in range(4)] == [b"1", b"2", b"2", b"2"]


async def test_what_has_no_answer_is_remembered_once() -> None:
    transport = OfflineTransport([(f"{HOST}/depth?symbol=A", b"a")])
    for _ in range(2):
        with pytest.raises(NoAnswer, match=r"no REST answer for .*symbol=B"):
            await transport.send(get("/depth?symbol=B"))
    assert transport.missing == ["https://other.example.com:8443/depth?symbol=B"]
    await transport.aclose()


class Words:
    """A transformer that does what the words it is given say."""

    def transform(self, message: Any, received_at: int) -> Iterable[Any | Directive]:
        if isinstance(message, Fetched):
            return [f"{message.key}: {message.result or type(message.error).__name__}"]
        match message:
            case {"fetch": str(key)}:
                return ["before", Fetch(key, key), "after"]
            case {"refuse": int(number)}:
                return [Reply(number, RequestRejected("unknown symbol", -1121))]
            case {"bad": str(text)}:
                raise ParseError(text, "payload")
            case {"book": str(symbol)}:
                raise BookError(symbol, "gave up")
            case {"bug": _}:
                raise ZeroDivisionError
            case {"say": _}:
                return [Send("pong"), Reply(1)]
            case _:
                return [f"{message} at {received_at}"]


async def fetch(key: str) -> str:
    if key == "lost":
        raise NoAnswer(key)
    if key == "failing":
        raise RequestRejected("no")
    return f"answer for {key}"


async def run(*messages: str) -> tuple[list[Any], Pipeline]:
    requests = (SubscribeRequest(id=1, message="", subscriptions=("trades(A)",)),)
    pipeline = Pipeline("test", "input", JsonParser(), Words(), requests=requests)
    events: list[Any] = []
    for number, message in enumerate(messages, 1):
        pipeline.where = f"input:{number}"
        events += await pipeline.push(message, number * 10)
        events += await answered(pipeline, fetch, number * 10)
    events += await pipeline.end()
    return events, pipeline


def problem(where: str, received_at: int, reason: str, payload: str = "") -> MessageError:
    return MessageError(
        venue="test", connection=where, epoch=1, received_at=received_at, reason=reason, payload=payload
    )


async def test_a_fetch_is_answered_before_the_next_message() -> None:
    events, _ = await run('{"fetch":"x"}', "1", '{"fetch":"failing"}', "2")
    assert events == [
        "before", "after", "x: answer for x", "1 at 20",
        "before", "after", "failing: RequestRejected", "2 at 40",
    ]  # fmt: skip


async def test_a_fetch_without_an_answer_is_left_and_the_rest_flows() -> None:
    events, counted = await run('{"fetch":"lost"}', "1")
    assert events == ["before", "after", "1 at 20"]
    assert counted.problems == 0


async def test_a_message_that_cannot_be_understood_stands_in_its_place() -> None:
    events, counted = await run("1", "{not json", '{"bad":"no price"}', '{"refuse":3}', '{"book":"A"}', "2")
    assert events == [
        "1 at 10",
        problem("input:2", 20, "unexpected character, expected a string key: line 1 column 2 (char 1)", "{not json"),
        problem("input:3", 30, "no price", "payload"),
        problem("input:4", 40, "the venue refused request 3: [code -1121] unknown symbol"),
        problem("input:5", 50, "order book of A: gave up"),
        "2 at 60",
    ]
    assert counted.problems == 4


async def test_an_answer_to_a_subscription_is_told_and_what_would_be_sent_is_not() -> None:
    events, _ = await run('{"say":1}', '{"say":1}', "1")
    subscribed = Subscribed(venue="test", connection="input:1", epoch=1, received_at=10, subscriptions=("trades(A)",))
    assert events == [subscribed, "1 at 30"]


async def test_a_newer_fetch_takes_the_place_of_one_that_waits() -> None:
    pipeline = Pipeline("test", "input", JsonParser(), Words())
    for message in ('{"fetch":"x"}', '{"fetch":"y"}', '{"fetch":"x"}'):
        await pipeline.push(message, 1)
    assert [directive.key for directive in pipeline.fetches] == ["y", "x"]


async def test_what_is_left_is_said_at_the_end() -> None:
    class Last(Words):
        def on_end(self, now: int) -> Iterable[Any]:
            return [f"ended at {now}"]

    pipeline = Pipeline("test", "input", JsonParser(), Last())
    assert await pipeline.push("1", 7) == ["1 at 7"]
    assert await pipeline.end() == ["ended at 7"]


async def test_a_defect_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        await run('{"bug":1}')
