"""A message described: names, labels, groups set in, secrets out, and nothing that raises."""

from hypothesis import given
from hypothesis import strategies as st

from barterpy.protocols.fix.dictionary import builtin, describe
from barterpy.protocols.fix.message import Message


def test_an_order_with_parties() -> None:
    message = Message.from_text(
        "35=D|34=2|49=A|56=B|453=2|448=X|452=1|802=1|523=s|803=2|448=Y|54=1|18=6 1 ?|554=pw|9999=a\tb|"
    )
    assert describe(message, builtin("FIX.4.4")).splitlines()[2:-1] == [
        "MsgType(35)=D NewOrderSingle",
        "MsgSeqNum(34)=2",
        "SenderCompID(49)=A",
        "TargetCompID(56)=B",
        "NoPartyIDs(453)=2",
        "  [1]",
        "    PartyID(448)=X",
        "    PartyRole(452)=1 ExecutingFirm",
        "    NoPartySubIDs(802)=1",
        "      [1]",
        "        PartySubID(523)=s",
        "        PartySubIDType(803)=2 Person",
        "  [2]",
        "    PartyID(448)=Y",
        "Side(54)=1 Buy",
        "ExecInst(18)=6 1 ? ParticipateDontInitiate, NotHeld",
        "Password(554)=REDACTED",
        "9999=a\\tb",
    ]


def test_an_application_over_fixt() -> None:
    message = Message.from_text("8=FIXT.1.1|35=D|1128=9|54=2|58=x|")
    lines = describe(message, builtin("FIXT.1.1"), builtin("FIX.5.0SP2")).splitlines()
    assert lines[2:6] == ["MsgType(35)=D NewOrderSingle", "ApplVerID(1128)=9 FIX50SP2", "Side(54)=2 Sell", "Text(58)=x"]
    assert describe(message, builtin("FIXT.1.1")).splitlines()[2] == "MsgType(35)=D"


def test_data_with_a_separator_in_it() -> None:
    message = Message.from_text("35=B|354=3|355=a|b|")
    assert "EncodedText(355)=a\\x01b" in describe(message, builtin("FIX.4.4")).splitlines()


@given(
    st.lists(st.tuples(st.sampled_from([453, 448, 802, 523, 54, 18, 35, 9001]), st.text("1 x\u00e9\x02", max_size=3)))
)
def test_nothing_raises_and_nothing_is_lost(fields: list[tuple[int, str]]) -> None:
    message = Message.from_text("35=D|" + "".join(f"{tag}={value}|" for tag, value in fields))
    lines = [line for line in describe(message, builtin("FIX.4.4")).splitlines() if not line.strip().startswith("[")]
    assert len(lines) == len(message.fields())
