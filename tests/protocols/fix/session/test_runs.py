"""The fast way decides as the long way does, whatever stands between plain messages."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.protocols.fix.dictionary import Rules, Validator, builtin
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.session import Hooks, Messages, Stored
from tests.protocols.fix.session.counterparty import AT, Counterparty, frame, settings

ORDER = "11=ID|21=3|40=1|54=1|55=INTC|60=20231114-22:13:20"
VALIDATOR = Validator(builtin("FIX.4.4"), rules=Rules.strict(), sightings=1)
LEARNING = Counterparty(settings(validator=VALIDATOR)).log_on()
LEARNING.say(f"35=D|34=2|{ORDER}|38=1", f"35=D|34=3|{ORDER}", f"35=D|34=4|115=C|{ORDER}", "35=0|34=5")


class SlowLane(Hooks):
    """A hook that looks at each message: there are no runs then."""

    def on_inbound(self, message: Message) -> None:
        return


def test_plain_messages_come_as_one_list() -> None:
    peer = Counterparty(settings(validator=VALIDATOR)).log_on()
    peer.say(*(f"35=D|34={n}|{ORDER}" for n in range(2, 102)))
    assert [len(event.messages) for event in peer.told(Messages)] == [100]
    assert peer.store.stored == Stored(2, 102, AT)


def test_without_a_dictionary_shapes_are_learned_as_they_come() -> None:
    peer = Counterparty(settings()).log_on()
    peer.say(*(f"35=D|34={n}|{ORDER}" for n in range(2, 102)))
    assert len(peer.told(Messages)) < 20
    assert peer.delivered() == [f"D{n}" for n in range(2, 102)]


def test_a_list_is_bounded() -> None:
    peer = Counterparty(settings(validator=VALIDATOR)).log_on()
    peer.say(*(f"35=D|34={n}|{ORDER}" for n in range(2, 1202)))
    assert [len(event.messages) for event in peer.told(Messages)] == [512, 512, 176]


def test_a_hook_that_looks_at_each_message_gets_them_one_by_one() -> None:
    peer = Counterparty(settings(validator=VALIDATOR), hooks=SlowLane()).log_on()
    peer.say(*(f"35=D|34={n}|{ORDER}" for n in range(2, 12)))
    assert [len(event.messages) for event in peer.told(Messages)] == [1] * 10


def test_an_answer_leaves_before_what_comes_next_is_answered() -> None:
    """The application's echo of each message, and the session's own answers, in the order of the questions."""
    peer = Counterparty(settings(validator=VALIDATOR)).log_on()
    kinds = "DD1D1DDD1"
    data = b"".join(
        peer.write(f"35=D|34={n}|{ORDER}" if kind == "D" else f"35=1|34={n}|112=T{n}")
        for n, kind in enumerate(kinds, 2)
    )
    peer.session.receive_data(data, peer.now, peer.at)
    while events := peer.session.next_events(peer.now, peer.at):
        for event in events:
            if isinstance(event, Messages):
                for message in event.messages:
                    peer.order(f"re{message.seq_num}")
        peer.flush()
    peer.flush()
    said = [text.split("|")[2] for text in peer.heard()]
    assert said == [f"11=re{n}" if kind == "D" else f"112=T{n}" for n, kind in enumerate(kinds, 2)]


MESSAGES = st.sampled_from(
    [
        "35=D|34={n}|" + ORDER,
        "35=D|34={n}|" + ORDER,
        "35=D|34={n}|" + ORDER,
        "35=D|34={n}|" + ORDER + "|38=12.5",
        "35=D|34={n}|115=C|" + ORDER,
        "35=D|34={n}|97=Y|" + ORDER,
        "35=D|34={n}|43=Y|122=20231114-22:13:20|" + ORDER,
        "35=D|34={n}|43=N|" + ORDER,
        "35=D|34={n}|49=WHO|" + ORDER,
        "35=D|34={n}|56=WHO|" + ORDER,
        "35=D|34={n}|52=20010101-00:00:00|" + ORDER,
        "35=D|34={n}|52=20231114-22:13:19.5|" + ORDER,
        "35=D|34=0{n}|" + ORDER,
        "35=D|34={n}|" + ORDER.replace("54=1", "54=?"),
        "35=D|34={n}|" + ORDER.replace("55=INTC|", ""),
        "35=D|34={n}|999=x|" + ORDER,
        "35=D|34={skip}|" + ORDER,
        "35=D|34=1|" + ORDER,
        "35=D|34=1|43=Y|122=20231114-22:13:20|" + ORDER,
        "35=0|34={n}",
        "35=1|34={n}|112=x",
        "35=2|34={n}|7=1|16=0",
        "35=4|34={n}|36={skip}|123=Y",
        "35=*|34={n}",
        "garbled",
        "version",
        "35=5|34={n}",
    ]
)


def run(texts: list[str], cuts: list[int], **changes: Any) -> tuple[list[str], bytes, Any, list[str]]:
    hooks = changes.pop("hooks", None)
    peer = Counterparty(settings(**changes), hooks=hooks).log_on()
    data = b""
    n = 2
    for text in texts:
        if text == "garbled":
            data += frame("35=D|x=y")[:-2] + b"0\x01"
        elif text == "version":
            data += frame(f"35=D|34={n}|49=THEM|52=20231114-22:13:20|56=US|{ORDER}", "FIX.4.2")
        else:
            data += peer.write(text.format(n=n, skip=n + 2))
            n += "{n}" in text
    places = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    for start, end in itertools.pairwise(places):
        peer.send_raw(data[start:end])
    others = [repr(event) for event in peer.events if not isinstance(event, Messages)]
    return peer.delivered(), peer.wire(), peer.store.stored, others


@pytest.mark.parametrize("validator", [None, VALIDATOR], ids=["no dictionary", "dictionary"])
@given(texts=st.lists(MESSAGES, max_size=30), cuts=st.lists(st.integers(0, 3000), max_size=4))
def test_runs_decide_as_single_messages_do(validator: Validator | None, texts: list[str], cuts: list[int]) -> None:
    fast = run(texts, cuts, validator=validator)
    slow = run(texts, [], validator=validator, hooks=SlowLane())
    assert fast == slow
