"""The event stream parser against the standard's own examples, whole and cut anywhere."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.errors import LimitExceeded, ParseError
from barterpy.parser import JsonParser
from barterpy.protocols.http import EventDataParser, EventStreamParser, ServerSentEvent
from barterpy.protocols.http.lines import LineBuffer

Event = ServerSentEvent

EXAMPLES: list[tuple[str, bytes, list[Event]]] = [
    # HTML Living Standard, 9.2.6: the examples at its end.
    ("stocks", b"data: YHOO\ndata: +2\ndata: 10\n\n", [Event("YHOO\n+2\n10")]),
    (
        "four-blocks",
        b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n",
        [Event("first event", id="1"), Event("second event", id="")],
    ),
    ("empty-data", b"data\n\ndata\ndata\n\ndata:", [Event(""), Event("\n")]),
    ("space", b"data:test\n\ndata: test\n\n", [Event("test"), Event("test")]),
    ("end-cr", b"data: a\rdata: b\r\r", [Event("a\nb")]),
    ("end-crlf", b"data: a\r\ndata: b\r\n\r\n", [Event("a\nb")]),
    ("end-mixed", b"data: a\r\n\ndata: b\r\rdata: c\n\r\n", [Event("a"), Event("b"), Event("c")]),
    ("named", b"event: trade\ndata: 1\n\ndata: 2\n\n", [Event("1", "trade"), Event("2")]),
    ("name-without-data", b"event: trade\n\ndata: 2\n\n", [Event("2")]),
    ("id-stays", b"id: 7\ndata: 1\n\ndata: 2\n\n", [Event("1", id="7"), Event("2", id="7")]),
    ("id-with-nul", b"id: 7\ndata: 1\n\nid: 8\0\ndata: 2\n\n", [Event("1", id="7"), Event("2", id="7")]),
    ("bom", b"\xef\xbb\xbfdata: a\n\n", [Event("a")]),
    ("one-bom-only", b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\ndata: b\n\n", [Event("b")]),
    ("bom-later", b"data: a\n\n\xef\xbb\xbfdata: b\n\n", [Event("a")]),
    ("utf-8", "data: 币安\n\n".encode(), [Event("币安")]),
    ("not-utf-8", b"data: a\xffb\n\n", [Event("a\ufffdb")]),
    ("unknown-field", b"foo: bar\nDATA: x\n data: y\ndata: z\n\n", [Event("z")]),
    ("colons", b"data: a:b: c\n\n", [Event("a:b: c")]),
    ("incomplete", b"data: a\n\ndata: b\n", [Event("a")]),
    ("nothing", b"\n\n\r\n:\n", []),
]


def events(parser: EventStreamParser, data: bytes, size: int) -> list[Event]:
    return [event for start in range(0, len(data), size) for event in parser.feed(data[start : start + size])]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10_000])
@pytest.mark.parametrize(("data", "expected"), [pytest.param(d, e, id=i) for i, d, e in EXAMPLES])
def test_event_stream(data: bytes, expected: list[Event], size: int) -> None:
    assert events(EventStreamParser(), data, size) == expected


WORDS = b"data|event|id|retry|:| |\n|\r|\r\n|\n\n|\xef\xbb\xbf|1|\xe5|\0".split(b"|")


@given(st.lists(st.sampled_from(WORDS)), st.lists(st.integers(0, 60)))
def test_where_the_stream_is_cut_does_not_matter(words: list[bytes], cuts: list[int]) -> None:
    data = b"".join(words)
    whole, cut = EventStreamParser(), EventStreamParser()
    expected = list(whole.feed(data))
    edges = [0, *sorted(min(edge, len(data)) for edge in cuts), len(data)]
    got = [event for start, end in pairwise(edges) for event in cut.feed(data[start:end])]
    assert got == expected
    assert (cut.last_event_id, cut.retry) == (whole.last_event_id, whole.retry)


@given(st.binary())
def test_any_bytes_give_events_or_nothing(data: bytes) -> None:
    assert all(isinstance(event, Event) for event in EventStreamParser().feed(data))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"retry: 1500", 1500),
        (b"retry:0", 0),
        (b"retry: 1.5", None),
        (b"retry: -1", None),
        (b"retry: \xd9\xa1", None),  # a digit, and not an ASCII one
        (b"retry", None),
        (b"retry: 9999999999", None),
    ],
)
def test_retry(line: bytes, expected: int | None) -> None:
    parser = EventStreamParser()
    list(parser.feed(line + b"\n"))
    assert parser.retry == expected


def test_last_event_id_is_taken_over_and_counts_once_dispatched() -> None:
    parser = EventStreamParser(last_event_id="6")
    assert list(parser.feed(b"data: a\n\nid: 7\ndata: b\n")) == [Event("a", id="6")]
    assert parser.last_event_id == "6"
    assert list(parser.feed(b"\n")) == [Event("b", id="7")]
    assert parser.last_event_id == "7"
    list(parser.feed(b"id: 8\n\n"))
    assert parser.last_event_id == "8"


@pytest.mark.parametrize("tail", [b"data: " + b"x" * 100, b"data: 12345\n" * 9, b"x" * 101 + b"\n", b"x" * 101])
@pytest.mark.parametrize("size", [1, 1000])
def test_oversize_event(tail: bytes, size: int) -> None:
    parser = EventStreamParser(max_event_size=60)
    got: list[Event] = []
    data = b"data: good\n\n" + tail
    chunks = (data[start : start + size] for start in range(0, len(data), size))
    with pytest.raises(LimitExceeded, match="max_event_size"):
        got.extend(event for chunk in chunks for event in parser.feed(chunk))
    assert got == [Event("good")], "what was complete before it is not lost"


def test_events_of_just_the_limit_follow_each_other() -> None:
    parser = EventStreamParser(max_event_size=20)
    one = b"data: 12345678\ndata: 12345678\n\n"  # 10 counted for each line: the space, the text, its end
    assert list(parser.feed(one * 3)) == [Event("12345678\n12345678")] * 3
    with pytest.raises(LimitExceeded):
        list(parser.feed(b"data: 12345678\ndata: 123456789\n\n"))


def test_comments_are_no_part_of_an_event() -> None:
    parser = EventStreamParser(max_event_size=60)
    assert list(parser.feed(b": keep-alive\n" * 1000 + b"data: a\n\n")) == [Event("a")]


def test_event_data_parser() -> None:
    parser = EventDataParser(JsonParser(dict[str, int]))
    assert parser.parse(Event('{"a":1}')) == {"a": 1}
    assert parser.parse(Event("{", event="ping")) is None
    with pytest.raises(ParseError):
        parser.parse(Event("{"))
    assert EventDataParser(JsonParser(dict[str, int]), event="trade").parse(Event("{}", event="trade")) == {}
    assert EventDataParser(JsonParser(dict[str, int]), event=None).parse(Event("{}", event="any")) == {}


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_lines(size: int) -> None:
    data = b"a\nb\r\n\r\nc\rd\n\ne"
    lines = LineBuffer(10, "max_line_size")
    got = [line for start in range(0, len(data), size) for line in lines.feed(data[start : start + size])]
    assert [*got, lines.finish()] == [b"a", b"b", b"", b"c\rd", b"", b"e"]


def test_line_of_just_the_limit() -> None:
    assert list(LineBuffer(3, "max_line_size").feed(b"abc\n")) == [b"abc"]
    with pytest.raises(LimitExceeded, match="max_line_size allows 3"):
        list(LineBuffer(3, "max_line_size").feed(b"abcd"))
