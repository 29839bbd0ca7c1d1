"""What a person reads who got an argument wrong, and the help that should have prevented it."""

import os
import subprocess
import sys
from importlib import import_module
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any

import orjson
import pytest

from barterpy.cli import app, main
from barterpy.cli import venues as registry
from barterpy.cli.venues import VENUES, find_venue
from barterpy.subscription import Channel

COMMANDS = ("demo", "watch", "record", "replay", "serve", "parse", "inspect", "check", "fix", "venues", "schema")
LISTED = ", ".join(COMMANDS)
CHANNELS = ", ".join(f'"{channel}"' for channel in Channel)
SPOT = "trades, quotes, book, candles, tickers"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            "wacth",
            f'Unknown command "wacth". Did you mean "watch"? Available commands: {LISTED}. See `barterpy -h`.',
        ),
        ("watch", 'Command "watch" parameter VENUE requires an argument. See `barterpy watch -h`.'),
        ("watch binance", 'Command "watch" parameter CHANNEL requires an argument. See `barterpy watch -h`.'),
        (
            "watch binance foo X",
            f'Invalid value "foo" for CHANNEL. Choose from: {CHANNELS}. See `barterpy watch -h`.',
        ),
        ("watch nope trades X", "no venue is called 'nope': there are binance, binance-futures, deribit, dydx"),
        ("watch binnace trades X", "no venue is called 'binnace': did you mean binance?"),
        ("watch binance trades", "which trades? name at least one symbol, such as BTC/USDT or BTCUSDT"),
        ("watch binance mark_prices X", f"binance does not offer mark_prices; it has {SPOT}"),
        ("watch binance trades X --depth 3", "--depth is for the channel book, not for trades"),
        (
            "watch binance trades X --cuont 3",
            "Unknown option: --cuont. Did you mean --count? See `barterpy watch -h`.",
        ),
        (
            "watch binance trades X --count 0",
            'Invalid value "0" for --count. Must be >= 1. See `barterpy watch -h`.',
        ),
        (
            "watch binance trades X --count x",
            'Invalid value for --count: unable to convert "x" into int. See `barterpy watch -h`.',
        ),
        (
            "watch binance trades X --seconds 0",
            'Invalid value "0.0" for --seconds. Must be > 0. See `barterpy watch -h`.',
        ),
        (
            "watch binance trades X --backend trioo",
            (
                'Invalid value "trioo" for --backend. Choose from: "asyncio", "trio". Did you mean "trio"? '
                "See `barterpy watch -h`."
            ),
        ),
        (
            "watch binance trades X --environment moon",
            "environment must be one of live, testnet, demo, not 'moon'",
        ),
        ("watch binance trades X --ws-url http://x", "ws_url must be ws:// or wss://host[:port]"),
        ("watch binance trades X --rest-url ws://x", "rest_url must be http:// or https://host[:port]"),
        ("fix session", 'Command "fix session" parameter WHERE requires an argument. See `barterpy fix session -h`.'),
        (
            "fix dcode",
            (
                'Unknown command "dcode". Did you mean "decode"? Available commands: decode, session. '
                "See `barterpy fix -h`."
            ),
        ),
        ("parse", 'Command "parse" parameter VENUE requires an argument. See `barterpy parse -h`.'),
        ("parse binance missing.txt", "cannot read missing.txt: no such file or directory"),
        ("parse binance .", "cannot read .: it is a folder"),
        (
            "parse binance - --rest missing.jsonl",
            'Invalid value "missing.jsonl" for --rest. "missing.jsonl" does not exist. See `barterpy parse -h`.',
        ),
        ("parse binance - extra", "Unexpected argument: extra. See `barterpy parse -h`."),
    ],
)
def test_a_wrong_argument_is_one_clear_line(
    arguments: str, message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments.split()) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"barterpy: {message}\n")


@pytest.mark.parametrize("arguments", [[], ["-h"], ["--help"]])
def test_the_help_lists_every_command_and_teaches_with_examples(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for command in COMMANDS:
        assert f"│ {command} " in out
    assert " barterpy watch binance trades BTC/USDT ETH/USDT" in out
    assert "Exit codes: 0 done, 1 a problem in the data, 2 an argument" in out


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "-h"]) == 0
    out = capsys.readouterr().out
    assert f"Usage: barterpy {command}" in out
    assert f"\n  barterpy {command}" in out
    assert "--json" in out
    assert "--quiet" in out
    assert max(map(len, out.splitlines())) <= 80


def test_each_summary_in_the_list_is_the_one_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    functions: dict[tuple[str, ...], str] = {
        (name,): summary for name, summary in app.COMMANDS.items() if name != "fix"
    }
    functions |= {("fix", name): summary for name, summary in app.FIX_COMMANDS.items()}
    for path, summary in functions.items():
        module = import_module(".".join(["barterpy.cli.commands", *path]))
        assert getattr(module, path[-1]).__doc__.partition("\n\n")[0] == summary
    assert main(["fix", "-h"]) == 0
    assert capsys.readouterr().out.splitlines()[2] == app.COMMANDS["fix"]


def test_an_example_stands_in_one_line_to_be_copied(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in [[], *([name] for name in app.COMMANDS), *(["fix", name] for name in app.FIX_COMMANDS)]:
        assert main([*arguments, "-h"]) == 0
        text, _, _ = capsys.readouterr().out.partition("╭─")
        examples = text.rpartition(":\n\n")[2] if not arguments else text
        indented = [line for line in examples.splitlines() if line.startswith("  ")]
        assert indented
        assert all("barterpy " in line for line in indented)


def test_help_imports_neither_fix_nor_a_server() -> None:
    """Imports are what a person waits for before the first line of help is there."""
    for arguments in (["-h"], ["fix", "-h"], ["fix", "decode", "-h"], ["fix", "session", "-h"], ["schema", "-h"]):
        code = (
            f"import sys; from barterpy.cli import main; main({arguments!r})\n"
            "heavy = {'barterpy.protocols.fix', 'barterpy.protocols.websocket', 'httpx', 'hypercorn', 'pyarrow'}\n"
            "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
        assert done.stderr == "[]\n"


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("barterpy ")


def test_venues_for_people_and_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["venues"]) == 0
    assert "binance-futures: Binance USD-M" in capsys.readouterr().out
    assert main(["venues", "--json"]) == 0
    listed = [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [venue["venue"] for venue in listed] == ["binance", "binance-futures", "deribit", "dydx"]
    assert listed[0]["channels"] == SPOT.split(", ")


@pytest.mark.parametrize("name", ["binance-futures", "binance_futures", "BINANCE-FUTURES", "binance-usdm"])
def test_a_venue_is_found_however_it_is_spelt(name: str) -> None:
    assert find_venue(name) is VENUES["binance-futures"]


class _Point(EntryPoint):
    def load(self) -> Any:
        if self.value == "broken":
            raise ImportError("no module named example")
        return VENUES["binance"]


def test_installed_venues_join_the_list_and_a_broken_one_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    points = EntryPoints(_Point(name, name, "barterpy.venues") for name in ("my_venue", "broken"))

    def entry_points(group: str) -> EntryPoints:
        return points.select(group=group)

    monkeypatch.setattr(registry, "entry_points", entry_points)
    assert find_venue("my-venue") is VENUES["binance"]
    assert main(["watch", "broken", "trades", "X"]) == 2
    assert capsys.readouterr().err == (
        "barterpy: the plug-in of venue broken cannot be loaded: no module named example\n"
    )


@pytest.mark.parametrize("package", ["cyclopts", "rich"])
def test_without_the_extra_one_line_names_it(
    package: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(sys.modules):
        if name.startswith(("barterpy.cli.", package)):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    assert main(["venues"]) == 2
    assert capsys.readouterr().err == (f"barterpy: {package} is not installed; run: pip install 'barterpy[cli]'\n")


def test_without_trio_the_backend_names_its_extra(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def find_nothing(name: str) -> None:
        return None

    monkeypatch.setattr("barterpy.cli.session.find_spec", find_nothing)
    assert main(["venues", "--backend", "trio"]) == 2
    assert capsys.readouterr().err == "barterpy: trio is not installed; run: pip install 'barterpy[trio]'\n"


def test_it_runs_as_a_module_and_leaves_without_words_when_its_reader_does() -> None:
    """``python -m barterpy schema | head -1``, with a pipe too small for everything."""
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    process = subprocess.Popen(
        [sys.executable, "-m", "barterpy", "schema", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == b"{\n"
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(30) == 0
    process.stderr.close()
