"""``barterpy fix decode``: named fields, aligned, or JSON; what is wrong is said, and the exit code tells it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from barterpy.cli import main
from barterpy.cli.fix.decoding import Decoder
from barterpy.cli.fix.messages import FixMessageLine
from barterpy.cli.fix.naming import Dictionaries
from barterpy.cli.fix.painting import Painter
from barterpy.protocols.fix.message import Message

Run = Callable[..., tuple[int, str, str]]


def fix(body: str, begin: str = "FIX.4.4") -> str:
    """A message with the right length and checksum, as people write it."""
    raw = f"8={begin}|9={len(body)}|{body}"
    return f"{raw}10={sum(raw.replace('|', chr(1)).encode()) % 256:03d}|"


ORDER = fix("35=D|34=2|49=ME|52=20260102-03:04:05.678|56=VENUE|11=x|38=1.50|40=2|44=10|54=1|55=BTCUSDT|59=1|")
BOOK = fix(
    "35=X|34=3|49=VENUE|52=20260102-03:04:06|56=ME|262=b|268=2|279=0|269=0|55=BTC|270=1.5|25043=7|279=2|269=1|270=2|25043=8|"
)
LOGON = fix("35=A|34=1|49=ME|52=20260102-03:04:05|56=VENUE|95=3|96=abc|98=0|108=30|141=Y|553=key|554=secret|")
WRONG = ORDER.replace("38=1.50", "38=2.50")


@pytest.fixture
def decode(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs the command over these lines: its exit code, what it printed, and what it said."""

    def run(lines: str | list[str], *arguments: object) -> tuple[int, str, str]:
        path = tmp_path / "fix.log"
        path.write_text("\n".join([lines] if isinstance(lines, str) else lines) + "\n")
        code = main(["fix", "decode", str(path), *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_fields_have_names_and_stand_in_columns(decode: Run) -> None:
    code, out, err = decode(f"2026-01-02 INFO sent {ORDER}")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "line 1  NewOrderSingle  #2  ME to VENUE  2026-01-02 03:04:05.678 UTC  2026-01-02 INFO sent",
        "    8  BeginString   FIX.4.4",
        "    9  BodyLength    95",
        "   35  MsgType       D  NewOrderSingle",
        "   34  MsgSeqNum     2",
        "   49  SenderCompID  ME",
        "   52  SendingTime   20260102-03:04:05.678",
        "   56  TargetCompID  VENUE",
        "   11  ClOrdID       x",
        "   38  OrderQty      1.50",
        "   40  OrdType       2  Limit",
        "   44  Price         10",
        "   54  Side          1  Buy",
        "   55  Symbol        BTCUSDT",
        "   59  TimeInForce   1  GoodTillCancel",
        "   10  CheckSum      " + ORDER[-4:-1],
        "",
    ]


def test_groups_are_indented_with_what_the_dictionary_does_not_know(decode: Run) -> None:
    _, out, _ = decode(BOOK)
    assert out.splitlines()[9:19] == [
        "  268  NoMDEntries   2",
        "      1   279  MDUpdateAction  0  New",
        "          269  MDEntryType     0  Bid",
        "           55  Symbol          BTC",
        "          270  MDEntryPx       1.5",
        "        25043  ?               7",
        "      2   279  MDUpdateAction  2  Delete",
        "          269  MDEntryType     1  Offer",
        "          270  MDEntryPx       2",
        "        25043  ?               8",
    ]


def test_one_line_a_message(decode: Run) -> None:
    _, out, _ = decode([ORDER, BOOK], "--lines")
    order, book = out.splitlines()
    assert order.startswith("03:04:05.678  NewOrderSingle          #2     ClOrdID=x OrderQty=1.50 OrdType=Limit")
    assert "NoMDEntries=[MDUpdateAction=New MDEntryType=Bid Symbol=BTC MDEntryPx=1.5 25043=7] [MDUpdate" in book


def test_json_has_everything(decode: Run) -> None:
    code, out, _ = decode([f"> {ORDER}", BOOK, "8=FIX.4.4|9=5|35=0", LOGON.replace("secret", "****")], "--json")
    order, book, garbled, logon = map(json.loads, out.splitlines())
    assert code == 1
    assert {name: order[name] for name in list(order)[:-1]} == {
        "event": "fix_message", "line": 1, "prefix": ">", "direction": None, "type": "D", "name": "NewOrderSingle",
        "begin_string": "FIX.4.4", "sender": "ME", "target": "VENUE", "seq": 2, "sent_at": 1767323045678000000,
        "problem": None, "masked": False,
    }  # fmt: skip
    assert order["fields"][9] == {"tag": 40, "name": "OrdType", "value": "2", "label": "Limit", "entries": None}
    (group,) = [field for field in book["fields"] if field["entries"] is not None]
    assert [[field["tag"] for field in entry] for entry in group["entries"]] == [
        [279, 269, 55, 270, 25043],
        [279, 269, 270, 25043],
    ]
    assert garbled == {
        "event": "fix_garbled",
        "line": 3,
        "problem": "there is no CheckSum",
        "text": "8=FIX.4.4|9=5|35=0",
    }
    assert (logon["problem"], logon["masked"]) == (None, True)


def test_secrets_are_left_out_unless_asked_for(decode: Run) -> None:
    for arguments in ((), ("--lines",), ("--json",)):
        _, out, _ = decode(LOGON, *arguments)
        assert not any(secret in out for secret in ("abc", "secret", "=key", '"key"'))
        _, out, _ = decode(LOGON, "--secrets", *arguments)
        assert all(secret in out for secret in ("abc", "secret", "key"))


def test_what_is_wrong_is_said_and_the_exit_code_tells_it(decode: Run) -> None:
    code, out, err = decode([WRONG, ORDER, "8=FIX.4.4|35=D"])
    assert code == 1
    assert f"CheckSum is {WRONG[-4:-1]}, and the bytes give {ORDER[-4:-1]}" not in out
    assert "UTC  CheckSum is" in out.splitlines()[0]
    assert out.splitlines()[-2] == "line 3  garbled  BeginString is not followed by BodyLength: 8=FIX.4.4|35=D"
    assert err == "barterpy: 2 messages with something wrong, told above\n"
    code, _, err = decode(WRONG, "--lines")
    assert (code, err) == (1, "barterpy: 1 message with something wrong, told above\n")


def test_a_message_whose_fields_cannot_be_read(decode: Run) -> None:
    for body in ("35=D|junk|34=2|", "34=2|35=D|"):
        code, out, _ = decode(fix(body), "--lines")
        assert (code, out.startswith("line 1  garbled  ")) == (1, True)


def test_nothing_found_is_said_and_no_mistake(decode: Run) -> None:
    assert decode("an ordinary line") == (0, "", "barterpy: no FIX message in fix.log\n")
    assert decode("an ordinary line", "--quiet") == (0, "", "")


@pytest.mark.parametrize("types", [["D"], ["NewOrderSingle"], ["8", "D"]])
def test_some_types_alone(decode: Run, types: list[str]) -> None:
    code, out, _ = decode([LOGON, ORDER, WRONG.replace("35=D", "35=X"), BOOK], "--json", "--types", *types)
    assert (code, [json.loads(line)["type"] for line in out.splitlines()]) == (0, ["D"])


def test_types_that_never_come_are_named(decode: Run) -> None:
    assert decode([LOGON, ORDER], "--types", "Nope", "Q") == (0, "", "barterpy: no Nope or Q among 2 messages\n")
    assert decode([LOGON, ORDER], "--types", "Nope", "-q") == (0, "", "")


def test_a_version_and_a_dictionary(decode: Run, tmp_path: Path) -> None:
    order = ORDER.replace("59=1|", "59=1|21=1|")
    _, out, _ = decode(order, "--version", "FIX.4.0")
    assert "HandlInst" in out
    path = tmp_path / "venue.xml"
    path.write_text(
        '<fix type="FIX" major="4" minor="4" servicepack="0"><header/><trailer/><components/><messages>'
        '<message name="Hello" msgtype="U1" msgcat="app"><field name="Wave" required="Y"/></message></messages><fields>'
        '<field number="9001" name="Wave" type="CHAR"><value enum="L" description="LEFT"/></field></fields></fix>'
    )
    _, out, _ = decode(fix("35=U1|34=2|49=A|56=B|9001=L|"), "--dictionary", path)
    assert "line 1  Hello  #2  A to B" in out
    assert " 9001  Wave          L   LEFT" in out or " 9001  Wave          L  LEFT" in out


def test_a_dialect_by_its_name(decode: Run) -> None:
    body = "35=XLQ|34=2|49=A|56=SPOT|6136=q|"
    assert decode(fix(body))[1].startswith("line 1  XLQ  ")
    _, out, _ = decode(fix(body), "--dictionary", "binance")
    assert out.startswith("line 1  LimitQuery  ")
    assert " 6136  ReqID " in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--version", "FIX.9"], "no dictionary is built in for 'FIX.9'"),
        (["--dictionary", "nowhere.xml"], "nowhere.xml"),
    ],
)
def test_arguments_that_cannot_be_used(decode: Run, arguments: list[str], message: str) -> None:
    code, out, err = decode(ORDER, *arguments)
    assert (code, out) == (2, "")
    assert message in err


def test_a_file_that_cannot_be_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none"):
        assert main(["fix", "decode", str(path)]) == 2
        assert capsys.readouterr().err.startswith(f"barterpy: cannot read {path}: ")


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_pipe_is_answered_message_by_message(backend: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "barterpy", "fix", "decode", "--json", "--backend", backend],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    for _ in range(2):
        process.stdin.write(ORDER.replace("|", "\x01").encode())
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["type"] == "D"
    process.stdin.close()
    assert process.stdout.read() == b""
    process.stdout.close()
    assert process.wait(30) == 0


def test_versions_of_applications_over_fixt() -> None:
    dictionaries = Dictionaries()

    def names(text: str) -> list[str]:
        return [dictionary.begin_string for dictionary in dictionaries.of(Message.from_text(text))]

    assert names("8=FIXT.1.1|35=D|34=1|49=A|56=B|") == ["FIX.5.0SP2", "FIXT.1.1"]
    assert names("8=FIXT.1.1|35=A|34=1|49=A|56=B|1137=7|") == ["FIX.5.0", "FIXT.1.1"]
    assert names("8=FIXT.1.1|35=D|34=1|49=A|56=B|") == ["FIX.5.0", "FIXT.1.1"]
    assert names("8=FIXT.1.1|35=D|34=1|49=A|56=B|1128=8|") == ["FIX.5.0SP1", "FIXT.1.1"]
    assert names("8=FIX.4.2|35=D|34=1|49=A|56=B|") == ["FIX.4.2"]
    assert names("8=FIX.3.9|35=D|34=1|49=A|56=B|") == ["FIX.4.4"]


def test_colours_where_the_terminal_has_them() -> None:
    (line,) = Decoder(Dictionaries()).feed((ORDER + "\n").encode())
    assert isinstance(line, FixMessageLine)
    plain = Painter(Console(force_terminal=False, width=100)).message(line)
    coloured = Painter(Console(force_terminal=True, color_system="standard", width=100)).message(line)
    assert not any("\x1b" in row for row in plain)
    assert "\x1b[36mOrdType" in "\n".join(coloured)
    assert "\x1b[32m  Limit" in "\n".join(coloured)


def test_a_prefix_and_garbled_text_are_shown_as_they_are() -> None:
    lines = Decoder(Dictionaries()).feed(("\x1b]0;x\t" + ORDER + "\n8=FIX.4.4\x01\x1b[2J\n").encode())
    for line in lines:
        rows = Painter(Console(force_terminal=False)).message(line) if isinstance(line, FixMessageLine) else [line.text]
        assert not any("\x1b" in row for row in rows)
    assert isinstance(lines[0], FixMessageLine)
    assert lines[0].prefix == "\\x1b]0;x"


def test_what_a_terminal_would_obey_is_shown_and_not_obeyed() -> None:
    body = "35=\x1bB|34=2|49=\x1b[2J|56=B|148=\x1b[31mred\x07|"
    for compact in (True, False):
        for line in Decoder(Dictionaries()).feed((fix(body) + "\n").encode()):
            assert isinstance(line, FixMessageLine)
            rows: list[Any] = Painter(Console(force_terminal=False), compact=compact).message(line)
            assert not any("\x1b" in row or "\x07" in row for row in rows)
            assert any("\\x1b[31mred\\x07" in row for row in rows)
