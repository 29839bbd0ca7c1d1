"""Channels that are subscribed anew: few requests for many of them, none forgotten, whatever is answered or lost."""

import json
from collections.abc import Sequence
from itertools import count
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from barterpy.transformer import Send
from barterpy.venues.deribit.limits import REQUEST_CHANNELS
from barterpy.venues.deribit.rejoins import Rejoins


def made(wanted: set[str] | None = None) -> Rejoins:
    ids = count(1)
    return Rejoins(lambda: next(ids), lambda channel: wanted is None or channel in wanted)


def read(send: Send) -> tuple[int, str, list[str]]:
    request: dict[str, Any] = json.loads(send.message)
    assert send.subscribes == request["method"].endswith("/subscribe"), "what subscribes waits for its limits"
    return request["id"], request["method"], request["params"]["channels"]


def test_many_that_lose_their_place_together_are_two_subscriptions() -> None:
    rejoins = made()
    channels = [f"book.X{number}.100ms" for number in range(50)]
    (first,) = [send for channel in channels for send in rejoins.begin(channel)]
    assert read(first) == (1, "public/unsubscribe", channels[:1])
    sends, _ = rejoins.answered(1, refused=False)
    assert [read(send) for send in sends] == [
        (2, "public/unsubscribe", channels[1:]),
        (3, "public/subscribe", channels[:1]),
    ]
    # The other ones wait until the subscription under way was answered.
    assert rejoins.answered(2, refused=False) == ([], ())
    (last,), failed = rejoins.answered(3, refused=False)
    assert (read(last), failed) == ((4, "public/subscribe", channels[1:]), ())
    assert rejoins.answered(4, refused=False) == ([], ())


def test_requests_are_cut_to_size_and_private_ones_apart() -> None:
    rejoins = made()
    rejoins.begin("book.first.100ms")
    for number in range(REQUEST_CHANNELS + 1):
        assert rejoins.begin(f"book.X{number}.100ms") == []
    assert rejoins.begin("book.own.raw") == []
    sizes: list[tuple[str, int]] = []
    waiting = [1]
    while waiting:
        sends, _ = rejoins.answered(waiting.pop(0), refused=False)
        for send in sends:
            id_, method, channels = read(send)
            waiting.append(id_)
            if method.endswith("/unsubscribe"):
                sizes.append((method, len(channels)))
    assert sizes == [
        ("public/unsubscribe", REQUEST_CHANNELS),
        ("public/unsubscribe", 1),
        ("private/unsubscribe", 1),
    ]


def test_a_refusal_names_those_it_was_for() -> None:
    rejoins = made()
    rejoins.begin("book.A.100ms")
    # Not subscribed is as good as left.
    (join,), failed = rejoins.answered(1, refused=True)
    assert (read(join), list(failed)) == ((2, "public/subscribe", ["book.A.100ms"]), [])
    assert rejoins.answered(2, refused=True) == ([], ["book.A.100ms"])


def test_what_is_given_up_meanwhile_is_not_joined() -> None:
    wanted = {"book.A.100ms"}
    rejoins = made(wanted)
    rejoins.begin("book.A.100ms")
    wanted.clear()
    assert rejoins.answered(1, refused=False) == ([], ())


def test_an_answer_that_never_comes_holds_up_nothing() -> None:
    rejoins = made()
    rejoins.begin("book.A.100ms")
    assert rejoins.begin("book.B.100ms") == []
    # B has waited in vain as well: the answer which both wait for is lost.
    (send,) = rejoins.begin("book.B.100ms")
    assert read(send) == (2, "public/unsubscribe", ["book.B.100ms"])
    (join,), _ = rejoins.answered(2, refused=False)
    assert read(join) == (3, "public/subscribe", ["book.B.100ms"])
    (leave,) = rejoins.begin("book.B.100ms")
    assert read(leave) == (4, "public/unsubscribe", ["book.B.100ms"])
    # Answers after all: they count for whom nothing else was asked since.
    (join,), _ = rejoins.answered(1, refused=False)
    assert read(join) == (5, "public/subscribe", ["book.A.100ms"])
    assert not any(rejoins.answered(3, refused=True))


def test_a_new_connection_begins_with_nothing() -> None:
    rejoins = made()
    rejoins.begin("book.A.100ms")
    rejoins.reset()
    assert rejoins.answered(1, refused=False) == ([], ())
    assert len(rejoins.begin("book.B.100ms")) == 1


NAMES = [f"book.{letter}.{pace}" for letter in "ABC" for pace in ("100ms", "raw")]
_ANSWER, _LOSE, _AGAIN = range(3)


@given(st.lists(st.tuples(st.sampled_from([_ANSWER, _ANSWER, _LOSE, _AGAIN]), st.integers(0, 5)), max_size=60))
def test_every_channel_is_joined_in_the_end(script: list[tuple[int, int]]) -> None:
    """Answers come in any order or are lost, and books ask again at any time; then all is answered, in order, and each
    book has to ask twice more at most."""
    rejoins = made()
    lost = dict.fromkeys(NAMES)
    under_way: dict[int, tuple[str, list[str]]] = {}

    def note(sends: Sequence[Send]) -> None:
        for send in sends:
            id_, method, channels = read(send)
            under_way[id_] = method, channels

    def answer(id_: int) -> None:
        method, channels = under_way.pop(id_)
        note(rejoins.answered(id_, refused=False)[0])
        if method.endswith("/subscribe"):
            for channel in channels:
                lost.pop(channel, None)

    for channel in NAMES:
        note(rejoins.begin(channel))
    for step, number in script:
        if step == _AGAIN:
            if lost:
                note(rejoins.begin(list(lost)[number % len(lost)]))
        elif under_way:
            id_ = sorted(under_way)[number % len(under_way)]
            if step == _ANSWER:
                answer(id_)
            else:
                del under_way[id_]
    # What is under way is lost. Those that wait behind it notice when their time is up once more.
    under_way.clear()
    for _ in range(2):
        for channel in list(lost):
            note(rejoins.begin(channel))
        answers = 0
        while under_way:
            answer(min(under_way))
            answers += 1
            assert answers <= 4 * len(NAMES)
    assert not lost
