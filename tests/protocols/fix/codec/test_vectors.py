"""Messages that venues publish (``samples.txt``): those which add up are read and written again, others are garbled."""

from pathlib import Path

import pytest

from barterpy.protocols.fix.encoder import Encoder
from barterpy.protocols.fix.errors import Garbled
from barterpy.protocols.fix.framing import Framer, check_frame
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing
from barterpy.protocols.fix.timestamps import Precision

Sample = tuple[str, str, str]
"""What is wrong with it, where it is from, the message."""


def samples() -> list[Sample]:
    lines = Path(__file__).with_name("samples.txt").read_text().splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    return [(fault, f"{venue}, {where}", text) for fault, venue, where, text in rows]


CONSISTENT = [sample for sample in samples() if sample[0] == "consistent"]
INCONSISTENT = [sample for sample in samples() if sample[0] != "consistent"]
_PRECISIONS: dict[int, Precision] = {21: "ms", 24: "us"}


def framed(text: str, *cuts: int) -> list[bytes | Garbled]:
    data = text.replace("|", "\x01").encode()
    framer = Framer()
    found: list[bytes | Garbled] = []
    for start, end in zip((0, *cuts), (*cuts, len(data)), strict=True):
        framer.feed(data[start:end])
        found += framer.frames()
    return found


@pytest.mark.parametrize("text", [text for _, _, text in CONSISTENT], ids=[name for _, name, _ in CONSISTENT])
def test_what_adds_up_is_read(text: str) -> None:
    raw = text.replace("|", "\x01").encode()
    assert framed(text) == framed(text, *range(1, len(raw))) == [raw]
    check_frame(raw)
    message = Message(raw)
    assert [f"{tag}={value.decode()}" for tag, value in message.fields()] == text[:-1].split("|")
    assert message.seq_num == int(message.text(34))
    assert message.timestamp(52) > 1_700_000_000_000_000_000


@pytest.mark.parametrize("text", [text for _, _, text in CONSISTENT], ids=[name for _, name, _ in CONSISTENT])
def test_what_adds_up_is_written_again(text: str) -> None:
    """To the byte, but for zeros in front of BodyLength, and for the order of the header where it is not ours."""
    message = Message(text.replace("|", "\x01").encode())
    encoder = Encoder(
        message.begin_string,
        message.text(49),
        message.text(56),
        _PRECISIONS[len(message.text(52))],
        order="given",
    )
    outgoing = Outgoing(message.msg_type, message.body_fields())
    written = encoder.encode(outgoing, message.seq_num, message.timestamp(52))
    check_frame(written)
    header = [tag for tag, _ in message.header_fields()]
    if header == [8, 9, 35, *sorted(header[3:])] and not message.text(9).startswith("0"):
        assert written == message.raw
    again = Message(written)
    assert again.raw_body() == message.raw_body()
    others = [sorted(field for field in one.header_fields() if field[0] != 9) for one in (again, message)]
    assert others[0] == others[1]


def test_all_of_them_are_there() -> None:
    assert len(CONSISTENT) == 16
    assert sorted(fault for fault, _, _ in INCONSISTENT) == ["BodyLength"] * 12 + ["CheckSum"] * 7


@pytest.mark.parametrize(
    ("fault", "text"),
    [(fault, text) for fault, _, text in INCONSISTENT],
    ids=[name for _, name, _ in INCONSISTENT],
)
def test_what_does_not_add_up_is_garbled(fault: str, text: str) -> None:
    reason = {"BodyLength": "BodyLength (9) is wrong", "CheckSum": "CheckSum (10) is wrong"}[fault]
    raw = text.replace("|", "\x01").encode()
    with pytest.raises(Garbled) as caught:
        check_frame(raw)
    assert caught.value.reason == reason
    # A length too long waits for what follows, and takes the next message with it.
    found = framed(text + CONSISTENT[0][2])
    assert isinstance(found[0], Garbled)
    assert found[0].reason == reason
    assert found[0].size in (len(raw), len(raw) + len(CONSISTENT[0][2]))
