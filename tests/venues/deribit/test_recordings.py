"""Real traffic through parser and transformer: the counts the recording's notes tell.

The recording lies beside the project and is no part of it; without it there is nothing to run.
"""

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest

from barterpy import subscription as sub
from barterpy.http import HttpResponse
from barterpy.model import OptionGreeks, Ticker
from barterpy.orderbook import BookBuilder
from barterpy.protocols import websocket
from barterpy.recording import import_frames_jsonl, write_recording
from barterpy.stream import ExchangeStream
from barterpy.testing import ReplayServer
from barterpy.transformer import Reply
from barterpy.venues.deribit import Deribit
from barterpy.venues.deribit.errors import RpcHttpParser
from barterpy.venues.deribit.instruments import instruments
from barterpy.venues.deribit.rest import FetchInstruments
from barterpy.venues.deribit.symbols import native_symbol

RECORDINGS = Path(__file__).parents[4] / "shared" / "recordings"


def _lines(name: str) -> list[dict[str, Any]]:
    if not RECORDINGS.is_dir():
        pytest.skip("the recordings are not here")
    return [json.loads(line) for line in (RECORDINGS / f"DERIBIT.{name}.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def frames() -> list[tuple[int, str]]:
    return [(int(line["t"] * 1e9), line["p"]) for line in _lines("frames") if line["d"] == "recv"]


def _play(venue: Deribit[Any], transformer: Any, frames: list[tuple[int, str]]) -> list[Any]:
    parser = venue.parser()
    return [output for at, text in frames for output in transformer.transform(parser.parse(text), at)]


def test_every_message_is_understood_and_every_chain_is_whole(frames: list[tuple[int, str]]) -> None:
    venue = Deribit()
    transformer = venue.transformer()
    outputs = _play(venue, transformer, frames)
    counts = Counter(type(output).__name__ for output in outputs)
    assert counts == {
        "Reply": 1,
        "Ticker": 89,
        "OptionGreeks": 89,
        "MarkPrice": 89,
        "OpenInterest": 89,
        "BookSnapshot": 10,
        "BookDelta": 36,
    }
    assert [book.state.value for book in transformer.books.values()] == ["synced"] * 10
    builder: BookBuilder[Decimal] = BookBuilder()
    for output in outputs:
        if not isinstance(output, Reply):
            for book in builder.transform(output, 0):
                assert not book.crossed()
    assert len(builder.books) == 10


@pytest.mark.anyio
async def test_over_a_real_websocket_it_is_the_same(frames: list[tuple[int, str]], tmp_path: Path) -> None:
    path = tmp_path / "deribit.barterpy.zst"

    def convert() -> None:
        write_recording(path, import_frames_jsonl(RECORDINGS / "DERIBIT.frames.jsonl"))

    await anyio.to_thread.run_sync(convert)
    venue = Deribit()
    transformer = venue.transformer()
    counts: Counter[str] = Counter()
    with anyio.fail_after(50):
        async with ReplayServer(path, at_end="close") as server, websocket.connect(server.ws_url) as socket:
            # Nobody asked for anything here, so an answer confirms nothing.
            stream = ExchangeStream(socket, venue.parser(), transformer, on_directive=lambda _: None)
            async for event in stream:
                counts[type(event).__name__] += 1
    books = {"BookSnapshot": 10, "BookDelta": 36}
    assert counts == {**books, **dict.fromkeys(("Ticker", "MarkPrice", "OpenInterest", "OptionGreeks"), 89)}
    assert [book.state.value for book in transformer.books.values()] == ["synced"] * 10


def test_digits_are_the_wires(frames: list[tuple[int, str]]) -> None:
    venue = Deribit()
    outputs = _play(venue, venue.transformer(), frames)
    ticker = next(output for output in outputs if type(output) is Ticker)
    assert (str(ticker.last), str(ticker.bid_price), str(ticker.ask_size)) == ("0.002", "0.0015", "873.0")
    greeks = next(output for output in outputs if type(output) is OptionGreeks)
    assert (str(greeks.delta), str(greeks.theta), str(greeks.mark_volatility)) == ("0.03127", "-1.64029", "120.74")
    assert greeks.underlying == "ETH-30JUL21"


def test_subscriptions_pick_theirs_out(frames: list[tuple[int, str]]) -> None:
    venue = Deribit(number=float)
    wanted = [
        sub.Subscription(channel=sub.Channel.OPTION_GREEKS, instrument="ETH/USD:ETH-210730-2800-C", interval="raw"),
        sub.book("BTC-24SEP21-8000-P", interval="raw"),
    ]
    transformer = venue.transformer(wanted)
    outputs = [output for output in _play(venue, transformer, frames) if not isinstance(output, Reply)]
    assert {output.instrument for output in outputs} == {"ETH/USD:ETH-210730-2800-C", "BTC-24SEP21-8000-P"}
    assert {type(output).__name__ for output in outputs} == {"OptionGreeks", "BookSnapshot", "BookDelta"}
    assert transformer.ignored == 135 - len(outputs)


def test_recorded_instruments() -> None:
    parser = RpcHttpParser()
    counts: Counter[str] = Counter()
    for line in _lines("http"):
        if "get_instruments" not in line["url"]:
            continue
        rows = parser.parse(HttpResponse(status=200, body=line["p"].encode()), FetchInstruments.response)
        found = instruments("deribit", rows)
        counts[line["url"].partition("currency=")[2].partition("&")[0]] = len(found)
        assert len({instrument.unified for instrument in found}) == len(found) == len(rows)
        assert all(native_symbol(instrument.unified) == instrument.symbol for instrument in found)
        assert all(instrument.tick_size and instrument.lot_size and instrument.status for instrument in found)
    assert counts == {"BTC": 398, "ETH": 426, "SOL": 177, "USDC": 16}
