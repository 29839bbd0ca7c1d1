"""Repeating groups: with and without a layout, nested, beginning with a group, and counted wrongly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.protocols.fix.errors import FieldInvalid, FieldMissing
from barterpy.protocols.fix.groups import EntryLayout, GroupEntry
from barterpy.protocols.fix.message import Message

PARTIES = EntryLayout({448, 447, 452, 802}, {802: EntryLayout({523, 803})})


def tags(entries: list[GroupEntry]) -> list[list[int]]:
    return [[tag for tag, _ in entry.fields()] for entry in entries]


def test_an_entry_reads_like_a_message() -> None:
    message = Message.from_text("35=W|268=2|269=0|270=10.5|271=3|272=20240611|269=1|270=11|271=x|")
    bid, offer = message.group(268)
    assert (bid.text(269), bid.decimal(270), bid.integer(271)) == ("0", message.decimal(270), 3)
    assert bid.date(272).day == 11
    assert (offer.text(269), offer.get(272), 272 in offer) == ("1", None, False)
    assert offer.integer(272, 7) == 7
    with pytest.raises(FieldMissing) as missing:
        offer.text(272)
    with pytest.raises(FieldInvalid) as invalid:
        offer.decimal(271)
    assert missing.value.payload == invalid.value.payload == b"269=1\x01270=11\x01271=x\x01"
    assert repr(bid) == "GroupEntry(269, 270, 271, 272)"


def test_without_a_layout_the_last_entry_has_what_is_left_of_the_body() -> None:
    message = Message.from_text("35=N|73=2|55=A|37=52|55=B|37=53|429=4|89=x|")
    assert tags(message.group(73)) == [[55, 37], [55, 37, 429]]


@pytest.mark.parametrize("place", [{55, 37}, [37, 55], EntryLayout({55, 37})], ids=["set", "list", "layout"])
def test_with_a_layout_the_last_entry_ends_where_it_ends(place: EntryLayout | set[int] | list[int]) -> None:
    message = Message.from_text("35=N|73=2|55=A|37=52|55=B|429=4|37=53|")
    assert tags(message.group(73, place)) == [[55, 37], [55]]


def test_an_unknown_tag_inside_of_a_group_stays_with_its_entry() -> None:
    """Users lose messages to engines which end a group there, and then miscount (quickfix #184)."""
    message = Message.from_text("35=W|268=2|269=0|20001=?|270=1|269=1|270=2|20001=?|58=text|")
    assert tags(message.group(268, {269, 270})) == [[269, 20001, 270], [269, 270]]


def test_nested() -> None:
    message = Message.from_text("35=D|453=2|448=A|452=1|802=2|523=x|803=1|523=y|448=B|802=1|523=z|58=end|")
    first, second = message.group(453, PARTIES)
    inner = PARTIES.groups[802]
    assert tags([first, second]) == [[448, 452, 802, 523, 803, 523], [448, 802, 523]]
    assert [entry.text(523) for entry in first.group(802, inner)] == ["x", "y"]
    assert [entry.text(523) for entry in second.group(802, inner)] == ["z"]
    assert [entry.text(523) for entry in first.group(802)] == ["x", "y"]
    assert first.group(999) == []


def test_the_same_delimiter_inside_and_outside() -> None:
    """Only a layout can tell the two apart."""
    layout = EntryLayout({1, 2, 4}, {2: EntryLayout({1, 3})})
    message = Message.from_text("35=U|5000=2|1=a|2=2|1=b|3=c|1=d|4=x|1=e|")
    outer = message.group(5000, layout)
    assert [entry.text(1) for entry in outer] == ["a", "e"]
    assert [entry.text(1) for entry in outer[0].group(2, layout.groups[2])] == ["b", "d"]


@pytest.mark.parametrize("place", [None, EntryLayout({2, 4}, {2: EntryLayout({3})})], ids=["none", "layout"])
def test_a_group_that_begins_with_a_group(place: EntryLayout | None) -> None:
    message = Message.from_text("35=U|5000=2|2=2|3=a|3=b|4=c|2=1|3=d|4=e|")
    first, second = message.group(5000, place)
    assert [entry.text(3) for entry in first.group(2, {3})] == ["a", "b"]
    assert [entry.text(3) for entry in second.group(2, {3})] == ["d"]
    assert (first.text(4), second.text(4)) == ("c", "e")


def test_no_group_and_an_empty_group() -> None:
    message = Message.from_text("35=d|320=1|454=0|146=0|311=x|")
    assert message.group(268) == message.group(454) == message.group(454, {455}) == []


@pytest.mark.parametrize("place", [None, {269, 270}], ids=["none", "layout"])
@pytest.mark.parametrize("count", ["3", "x", "-1", "", "1.0"])
def test_a_count_that_is_wrong(count: str, place: set[int] | None) -> None:
    message = Message.from_text(f"35=W|268={count}|269=0|270=1|269=1|270=2|")
    with pytest.raises(FieldInvalid) as caught:
        message.group(268, place)
    assert caught.value.tag == 268


def test_a_count_that_is_too_low_shows_with_a_layout_only() -> None:
    message = Message.from_text("35=W|268=1|269=0|269=1|")
    assert tags(message.group(268)) == [[269, 269]]
    with pytest.raises(FieldInvalid, match="the count is 1 and the entries are 2"):
        message.group(268, {269})


def test_a_count_and_nothing_behind_it() -> None:
    with pytest.raises(FieldMissing) as caught:
        Message.from_text("35=W|268=1|").group(268)
    assert caught.value.tag == 268
    with pytest.raises(FieldInvalid, match="the entries are 0"):
        Message.from_text("35=W|268=1|58=x|").group(268, {269})


def test_the_groups_of_published_messages() -> None:
    """Binance's samples of LimitResponse and of MarketDataIncrementalRefresh (fix-api.md at a5e0bc3d)."""
    limits = Message.from_text(
        "35=XLR|6136=1718343762723730315|25003=3|25004=2|25005=1|25006=1000|25007=10|25008=s|25004=1|25005=0|25006=200|"
        "25007=10|25008=s|25004=1|25005=0|25006=200000|25007=1|25008=d|"
    ).group(25003)
    assert [(limit.text(25004), limit.integer(25006), limit.text(25008)) for limit in limits] == [
        ("2", 1000, "s"),
        ("1", 200, "s"),
        ("1", 200_000, "d"),
    ]
    trades = Message.from_text(
        "35=X|262=TRADE_3|268=3|279=0|269=2|270=10.00000|271=0.01000|55=BNBBUSD|1003=0|279=0|269=2|270=10.00000|"
        "271=0.01000|1003=1|279=0|269=2|270=10.00000|271=0.01000|1003=2|"
    ).group(268)
    assert [(trade.get(55), trade.integer(1003)) for trade in trades] == [("BNBBUSD", 0), (None, 1), (None, 2)]


@given(
    st.lists(st.lists(st.sampled_from([2001, 2002, 2003]), max_size=3, unique=True), min_size=1, max_size=4),
    st.sampled_from([(), (58,), (58, 60)]),
)
def test_entries_come_back_as_they_were_sent(optional: list[list[int]], behind: tuple[int, ...]) -> None:
    entries = [[2000, *members] for members in optional]
    text = "".join(f"{tag}=x|" for entry in entries for tag in entry)
    message = Message.from_text(f"35=U|1999={len(entries)}|{text}" + "".join(f"{tag}=x|" for tag in behind))
    assert tags(message.group(1999, {2000, 2001, 2002, 2003})) == entries
    found = tags(message.group(1999))
    assert found == [*entries[:-1], [*entries[-1], *behind]]
