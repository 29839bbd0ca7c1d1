"""Messages as the venue writes them are the same messages."""

import pytest

from barterpy.protocols.fix.encoder import Encoder
from barterpy.protocols.fix.framing import check_frame
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing
from barterpy.testing.simulated.fix.wire import rewritten

SAMPLE = (
    b"8=FIX.4.4|9=0000113|35=B|49=SPOT|56=OE|34=4|52=20240924-21:07:35.773537|"
    b"148=Your connection is about to be closed. Please reconnect.|10=165|"
)
"""Binance's own ("News", FIX API page)."""


def test_news_is_what_the_page_shows() -> None:
    encoder = Encoder("FIX.4.4", "SPOT", "OE", "us")
    news = Outgoing("B", {148: "Your connection is about to be closed. Please reconnect."})
    message = encoder.encode(news, 4, 1_727_212_055_773_537_000)
    assert rewritten(message).replace(b"\x01", b"|") == SAMPLE


@pytest.mark.parametrize("kind", ["B", "W", "X", "Y", "y", "XAR"])
@pytest.mark.parametrize("fields", [{}, {262: "a"}, {262: "a", 58: "8=FIX.4.4 10=000"}])
def test_nothing_is_lost(kind: str, fields: dict[int, str]) -> None:
    message = Encoder("FIX.4.4", "SPOT", "ME").encode(Outgoing(kind, fields), 7, 0)
    other = rewritten(message)
    assert other != message
    check_frame(other)
    assert sorted(Message(other).fields()[3:-1]) == sorted(Message(message).fields()[3:-1])
    assert [tag for tag, _ in Message(other).fields()[:7]] == [8, 9, 35, 49, 56, 34, 52]


@pytest.mark.parametrize("kind", ["A", "0", "5", "8", "3"])
def test_the_others_are_left_alone(kind: str) -> None:
    message = Encoder("FIX.4.4", "SPOT", "ME").encode(Outgoing(kind), 7, 0)
    assert rewritten(message) is message
