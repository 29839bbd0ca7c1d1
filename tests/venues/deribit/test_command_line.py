"""The venue at the command line: watched over real sockets, parsed from a file."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal

from barterpy.cli import main
from barterpy.testing import SimulatedDeribit

PERPETUAL = "BTC/USD:BTC"


@pytest.fixture
def venue() -> Iterator[SimulatedDeribit]:
    """Runs in a thread for as long as the test lasts."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(SimulatedDeribit(rate=50)) as simulated,
    ):
        yield simulated


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("channel", "symbol", "kind"),
    [
        ("trades", PERPETUAL, "trade"),
        ("book", "BTC-PERPETUAL", "book_snapshot"),
        ("option_greeks", "BTC-25DEC26-100000-C", "option_greeks"),
        ("index_prices", "btc_usd", "index_price"),
    ],
)
def test_watch(
    venue: SimulatedDeribit, capsys: pytest.CaptureFixture[str], channel: str, symbol: str, kind: str
) -> None:
    urls = ["--ws-url", venue.ws_url, "--rest-url", venue.rest_url]
    assert main(["watch", "deribit", channel, symbol, *urls, "--json", "--count", "1"]) == 0
    events = lines(capsys)
    assert [event["event"] for event in events[:2]] == ["connected", "subscribed"]
    assert (events[-1]["event"], events[-1]["instrument"]) == (kind, symbol)


def test_a_key_in_the_environment_is_used_for_what_wants_one(
    venue: SimulatedDeribit, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["watch", "deribit", "trades", PERPETUAL, "--interval", "raw", "--ws-url", venue.ws_url]
    monkeypatch.delenv("DERIBIT_API_KEY", raising=False)
    assert main([*arguments, "--json", "--count", "1"]) != 0
    assert "pass credentials" in capsys.readouterr().err
    credentials = venue.credentials()
    monkeypatch.setenv("DERIBIT_API_KEY", credentials.key)
    monkeypatch.setenv("DERIBIT_API_SECRET", credentials.secret.reveal())
    assert main([*arguments, "--json", "--count", "1"]) == 0
    assert lines(capsys)[-1]["event"] == "trade"


def test_parse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def message(channel: str, data: object) -> str:
        return json.dumps({"jsonrpc": "2.0", "method": "subscription", "params": {"channel": channel, "data": data}})

    book = {"type": "snapshot", "timestamp": 1, "instrument_name": "BTC-PERPETUAL", "change_id": 7}
    path = tmp_path / "messages"
    path.write_text(
        "\n".join(
            [
                message("book.BTC-PERPETUAL.100ms", {**book, "bids": [["new", 42500.0, 10.0]], "asks": []}),
                message("deribit_price_index.btc_usd", {"timestamp": 2, "price": 3937.89, "index_name": "btc_usd"}),
                message("no.such.channel", {}),
            ]
        )
    )
    assert main(["parse", "deribit", str(path)]) == 1
    events = lines(capsys)
    assert [event["event"] for event in events] == ["book_snapshot", "index_price", "message_error"]
    assert events[0]["bids"] == [["42500.0", "10.0"]]
    assert events[1]["price"] == "3937.89"
