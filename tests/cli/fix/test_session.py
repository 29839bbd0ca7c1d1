"""``barterpy fix session``: a session with the simulated venue as it is seen at the terminal, and what goes wrong."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from barterpy.cli import main
from barterpy.cli.fix.gateways import GATEWAYS, find_gateway
from barterpy.cli.fix.watching import parse_body
from barterpy.errors import ConfigurationError
from barterpy.protocols.fix.outgoing import Outgoing
from barterpy.testing.simulated import SimulatedVenue
from barterpy.testing.simulated.fix import Gateway, SimulatedFix

Start = Callable[..., subprocess.Popen[bytes]]
TRADES = "35=V|262=t|263=1|146=1|55=BTCUSDT|267=1|269=2"
LIST = "35=x|320=all|559=4"


@dataclass
class Simulated:
    """FIX gateways that run in a thread, and the keys of a client."""

    fix: SimulatedFix
    portal: BlockingPortal
    keys: dict[str, str]

    def arguments(self, gateway: Gateway = Gateway.MARKET_DATA) -> list[str]:
        name = f"binance-{gateway.replace('_', '-')}"
        return ["fix", "session", name, "--url", str(self.fix.endpoints[gateway])]


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulated]:
    """A simulated venue with its FIX gateways for as long as the test lasts."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(SimulatedVenue("spot", rate=200, symbols=("BTCUSDT",), history=0)) as venue,
        portal.wrap_async_context_manager(SimulatedFix(venue)) as fix,
    ):
        credentials = fix.credentials()
        keys = {"BINANCE_API_KEY": credentials.key, "BINANCE_API_SECRET": credentials.secret.reveal()}
        for name, value in keys.items():
            monkeypatch.setenv(name, value)
        yield Simulated(fix, portal, keys)


def read(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_session_from_logon_to_logout(simulated: Simulated, backend: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main([*simulated.arguments(), "--send", LIST, "--count", "1", "--json", "--backend", backend])
    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    lines = read(out)
    messages = [line for line in lines if line["event"] == "fix_message"]
    assert [(line["direction"], line["name"]) for line in messages] == [
        ("out", "Logon"), ("in", "Logon"), ("out", "SecurityListRequest"), ("in", "SecurityList"),
        ("out", "Logout"), ("in", "Logout"),
    ]  # fmt: skip
    events = [line["kind"] for line in lines if line["event"] == "fix_session"]
    assert events[0] == "logged_on"
    assert {"logged_out", "closed"} <= set(events)
    for secret in simulated.keys.values():
        assert secret.strip() not in out


def test_for_people(simulated: Simulated, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*simulated.arguments(), "--send", LIST, "--count", "1"]) == 0
    out = capsys.readouterr().out
    assert "->  SecurityListRequest  #2  " in out
    assert "<-  SecurityList  #2  SPOT to " in out
    assert "      1    55  Symbol" in out
    assert "logged on  heartbeat 30 s, numbers begin at 1" in out
    assert main([*simulated.arguments(), "--send", TRADES, "--count", "3", "--lines", "--types", "X"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sum(" <- MarketDataIncrementalRefresh" in line for line in lines) >= 3
    assert not any("MarketDataRequest " in line for line in lines)


def test_an_order_by_hand_is_reported(simulated: Simulated, capsys: pytest.CaptureFixture[str]) -> None:
    order = "35=D|11=by-hand|55=BTCUSDT|54=1|40=2|44=60000|38=0.5|59=1"
    arguments = simulated.arguments(Gateway.ORDER_ENTRY)
    assert main([*arguments, "--sender", "HAND", "--send", order, "--count", "1", "--lines"]) == 0
    out = capsys.readouterr().out
    assert "<- ExecutionReport         #2     ClOrdID=by-hand" in out
    assert "OrdStatus=New" in out


def test_a_time_is_over(simulated: Simulated, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*simulated.arguments(), "--seconds", "0.5", "--lines"]) == 0
    assert "logged out" in capsys.readouterr().out
    assert simulated.fix.sessions() == 0


def test_ctrl_c_logs_out(simulated: Simulated, start: Start) -> None:
    process = start(*simulated.arguments(), "--send", TRADES, "--json", env=simulated.keys)
    assert process.stdout is not None
    while b"fix_message" not in (line := process.stdout.readline()) or b'"type":"X"' not in line:
        assert line
    process.send_signal(signal.SIGINT)
    rest = process.stdout.read()
    assert process.wait(30) == 130
    messages = [line for line in read(rest.decode()) if line["event"] == "fix_message"]
    # What was on its way to us when we logged out still comes before the answer.
    assert [line["direction"] for line in messages if line["type"] == "5"] == ["out", "in"]
    assert messages[-1]["type"] == "5"
    assert process.stderr is not None
    assert process.stderr.read() == b""


def test_the_other_side_ends_it(simulated: Simulated, start: Start) -> None:
    process = start(*simulated.arguments(), "--json", env=simulated.keys)
    assert process.stdout is not None
    while b"logged_on" not in process.stdout.readline():
        pass
    simulated.portal.call(simulated.fix.announce)
    simulated.portal.call(simulated.fix.end_sessions)
    lines = read(process.stdout.read().decode())
    assert process.wait(30) == 0
    told = {line["kind"]: line["text"] for line in lines if line["event"] == "fix_session"}
    assert told["end_announced"].endswith("Your connection is about to be closed. Please reconnect.")
    assert told["logged_out"] == "by the other side: Server maintenance."


def test_a_refused_logon_says_what_the_venue_said(
    simulated: Simulated, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BINANCE_API_KEY", "nobody")
    assert main([*simulated.arguments(), "--lines"]) == 3
    out, err = capsys.readouterr()
    assert "Invalid API-key, IP, or permissions for action." in err
    assert err.startswith("barterpy: ")
    assert len(err.splitlines()) == 1
    assert "Reject" in out


def test_a_store_goes_on_where_it_was(simulated: Simulated, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = tmp_path / "numbers"
    where = str(simulated.fix.market_data)
    assert main(["fix", "session", where, "--sender", "ME", "--target", "SPOT", "--store", str(store)]) == 3
    assert "Required tag" in capsys.readouterr().err
    assert store.exists()


def test_nobody_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fix", "session", "tcp://127.0.0.1:1", "--sender", "A", "--target", "B"]) == 3
    assert "127.0.0.1:1" in capsys.readouterr().err


WRONG = [
    (["nowhere"], "unknown gateway 'nowhere'; there are binance-order-entry, "),
    (["http://host:1"], "a FIX endpoint is written tcp+tls://host:port or tcp://host:port"),
    (["tcp://host:1"], "an address needs --sender and --target"),
    (["tcp://host:1", "--url", "tcp://host:2"], "--url is for a gateway's name"),
    (["deribit", "--target", "X"], "--target is for an address"),
    (["binance-order-entry"], "BINANCE_API_KEY is not set"),
    (["binance-order-entry", "--environment", "testnet"], "BINANCE_TESTNET_API_KEY is not set"),
    (["kraken-trading"], "give it with --sender"),
    (["kraken-market-data", "--sender", "A", "--environment", "moon"], "environment must be one of live, uat"),
    (["tcp://h:1", "--sender", "A", "--target", "B", "--send", "hello"], "--send: 'hello' is not TAG=VALUE"),
    (["tcp://h:1", "--sender", "A", "--target", "B", "--send", "11=a|35=D"], "a message begins with its type"),
    (["tcp://h:1", "--sender", "A", "--target", "B", "--send", "35=D|0=a"], "--send: FIX field 0"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG)
def test_what_cannot_be_used_is_one_clear_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(os.environ):
        if name.startswith("BINANCE_"):
            monkeypatch.delenv(name)
    assert main(["fix", "session", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert len(err.splitlines()) == 1


def test_a_file_that_is_no_certificate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("nothing")
    arguments = ["tcp+tls://127.0.0.1:1", "--sender", "A", "--target", "B", "--ca", str(path)]
    assert main(["fix", "session", *arguments]) == 2
    assert f"cannot use {path}" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text", ["35=D|11=a|146=1|55=B", "35=D\x0111=a\x01146=1\x0155=B\x01", " 35=D|11=a|146=1|55=B| "]
)
def test_a_message_by_hand_keeps_its_order(text: str) -> None:
    assert parse_body(text) == Outgoing("D", [(11, "a"), (146, "1"), (55, "B")])


@pytest.mark.parametrize("name", GATEWAYS)
def test_every_gateway_can_be_had(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ed25519 = SimulatedVenue("spot", listen=False).credentials("ed25519")
    for venue, secret in (
        ("BINANCE", ed25519.secret.reveal()), ("COINBASE", "c2VjcmV0"), ("DERIBIT", "secret"), ("KRAKEN", "c2VjcmV0"),
    ):  # fmt: skip
        monkeypatch.setenv(f"{venue}_API_KEY", "key")
        monkeypatch.setenv(f"{venue}_API_SECRET", secret)
        monkeypatch.setenv(f"{venue}_API_PASSPHRASE", "pass" if venue == "COINBASE" else "")
    plan = find_gateway(name.upper().replace("-", "_")).make("live", None, "ME")
    assert plan.endpoint.tls
    assert plan.settings.sender == "ME"
    assert name.split("-")[0] in plan.endpoint.host
    with pytest.raises(ConfigurationError):
        find_gateway(name).make("nowhere", None, "ME")
