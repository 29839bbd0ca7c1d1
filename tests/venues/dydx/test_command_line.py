"""``barterpy parse dydx`` and ``barterpy watch dydx``, through the whole command."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal

from barterpy.cli import main
from barterpy.testing.simulated.dydx import SimulatedDydx

BOOK = {"bids": [{"price": "43240.0", "size": "1.5"}], "asks": [{"price": "43250.0", "size": "1.2"}]}


def line(number: int, type_: str, channel: str = "v4_orderbook", contents: Any = None) -> str:
    fields = {} if contents is None else {"channel": channel, "id": "BTC-USD", "contents": contents}
    return json.dumps({"type": type_, "connection_id": "c1", "message_id": number, **fields})


def test_parse_turns_raw_messages_into_events(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "messages"
    trade = {
        "id": "1",
        "side": "BUY",
        "size": "1",
        "price": "43250",
        "type": "LIMIT",
        "createdAt": "2024-01-01T00:00:01.000Z",
    }
    lines = [
        line(0, "connected"),
        line(1, "subscribed", contents=BOOK),
        line(2, "channel_data", contents={"bids": [["43251", "1"]]}),
        line(3, "subscribed", "v4_trades", {"trades": []}),
        line(4, "channel_batch_data", "v4_trades", [{"trades": [trade]}]),
        line(7, "channel_data", "v4_trades", {"trades": [{**trade, "id": "2"}]}),
        line(8, "channel_data", contents={"bids": [["oops"]]}),
    ]
    path.write_text("\n".join(lines) + "\n")
    assert main(["parse", "dydx", str(path)]) == 0
    events = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == [
        "book_snapshot", "quote", "book_delta", "quote", "trade", "gap", "trade",
    ]  # fmt: skip
    assert events[2]["asks"] == [["43250.0", "0.0"]]


def test_a_line_that_cannot_be_understood_is_told_in_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "messages"
    path.write_text(f"{line(1, 'subscribed', contents=BOOK)}\nnonsense\n{line(2, 'pong')}\n")
    assert main(["parse", "dydx", str(path)]) == 1
    assert [json.loads(text)["event"] for text in capsys.readouterr().out.splitlines()][-1] == "message_error"


@pytest.fixture(params=["asyncio", "trio"])
def served(request: pytest.FixtureRequest) -> Iterator[tuple[str, list[str]]]:
    """A backend, and the URLs of a simulated venue that runs in a thread."""
    with start_blocking_portal(request.param) as portal:
        venue = portal.call(lambda: SimulatedDydx(rate=50, history=0))
        with portal.wrap_async_context_manager(venue):
            yield request.param, ["--ws-url", venue.ws_url, "--rest-url", venue.rest_url]


def test_watch_shows_what_the_venue_says(served: tuple[str, list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    backend, urls = served
    for channel, symbol, kind in (
        ("book", "BTC/USDC:USDC", "book_snapshot"),
        ("index_prices", "BTC-USD", "index_price"),
        ("native", "v4_block_height", "block_height"),
    ):
        assert main(["watch", "dydx", channel, symbol, *urls, "--json", "--count", "1", "--backend", backend]) == 0
        assert json.loads(capsys.readouterr().out.splitlines()[-1])["event"] == kind
