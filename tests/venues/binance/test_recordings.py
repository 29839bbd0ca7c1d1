"""Real traffic of both markets through parser and transformer: the counts the recordings' notes tell.

The recordings lie beside the project and are no part of it; without them there is nothing to run.
"""

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from barterpy import subscription as sub
from barterpy.http import HttpResponse
from barterpy.orderbook import BookBuilder
from barterpy.transformer import Fetch, Fetched
from barterpy.venues import binance
from barterpy.venues.binance.answers import Depth, ExchangeInfo
from barterpy.venues.binance.endpoints import Market
from barterpy.venues.binance.errors import http_parser
from barterpy.venues.binance.instruments import instruments

RECORDINGS = Path(__file__).parents[4] / "shared" / "recordings"


class Recording:
    """Frames in their order, and REST answers by URL with the time they came."""

    def __init__(self, name: str) -> None:
        lines = [json.loads(line) for line in (RECORDINGS / f"{name}.frames.jsonl").read_text().splitlines()]
        self.frames: list[tuple[float, str]] = [(line["t"], line["p"]) for line in lines if line["d"] == "recv"]
        answers = [json.loads(line) for line in (RECORDINGS / f"{name}.http.jsonl").read_text().splitlines()]
        self.answers: dict[str, tuple[float, bytes]] = {
            line["url"].split("://")[1].partition("/")[2]: (line["t"], line["p"].encode()) for line in answers
        }

    def play(self, transformer: Any, parser: Any, *, by_time: bool) -> list[Any]:
        """All outputs; what is fetched comes at once, or at the time it came then."""
        outputs: list[Any] = []
        waiting: list[tuple[float, str, bytes]] = []

        def take(produced: Any) -> None:
            for output in produced:
                if isinstance(output, Fetch):
                    request = output.request
                    path = f"{request.path.lstrip('/')}?symbol={request.symbol}&limit={request.limit}"
                    at, body = self.answers[path]
                    waiting.append((at if by_time else 0.0, output.key, body))
                else:
                    outputs.append(output)

        take(transformer.on_reset(1, 0))
        for at, payload in self.frames:
            now = int(at * 1e9)
            for item in sorted(item for item in waiting if item[0] <= at):
                waiting.remove(item)
                answer = http_parser().parse(HttpResponse(status=200, body=item[2]), Depth)
                take(transformer.transform(Fetched(item[1], answer), now))
            take(transformer.transform(parser.parse(payload), now))
        assert not waiting
        return outputs


@pytest.fixture(scope="module")
def recordings() -> dict[str, Recording]:
    if not RECORDINGS.is_dir():
        pytest.skip("the recordings are not here")
    return {name: Recording(name) for name in ("BINANCE_FUTURES", "BINANCE_US")}


@pytest.mark.parametrize("by_time", [False, True])
@pytest.mark.parametrize(
    ("name", "venue", "counts"),
    [
        (
            "BINANCE_FUTURES",
            binance.Futures(),
            {"Trade": 91, "Quote": 613, "Candle": 67, "BookSnapshot": 4, "BookDelta": 752},
        ),
        # 336 changes, of which 4 are the ones their snapshots were taken after.
        ("BINANCE_US", binance.Spot(), {"Trade": 11, "Quote": 128, "Candle": 5, "BookSnapshot": 4, "BookDelta": 332}),
    ],
)
def test_every_message_is_understood_and_every_book_joins_without_a_gap(
    recordings: dict[str, Recording], name: str, venue: Any, counts: dict[str, int], by_time: bool
) -> None:
    recording = recordings[name]
    transformer = venue.transformer()
    outputs = recording.play(transformer, venue.parser(), by_time=by_time)
    assert Counter(type(output).__name__ for output in outputs) == counts
    assert [book.state.value for book in transformer.books.values()] == ["synced"] * 4
    assert transformer.ignored == 0
    builder: BookBuilder[Decimal] = BookBuilder()
    for output in outputs:
        for book in builder.transform(output, 0):
            assert not book.crossed()
    assert len(builder.books) == 4


def test_subscriptions_pick_theirs_out_of_a_recording(recordings: dict[str, Recording]) -> None:
    venue = binance.Futures(number=float)
    transformer = venue.transformer([sub.book("SUSHI/USDT:USDT"), sub.quotes("AKROUSDT")])
    outputs = recordings["BINANCE_FUTURES"].play(transformer, venue.parser(), by_time=True)
    assert {output.instrument for output in outputs} == {"SUSHI/USDT:USDT", "AKROUSDT"}
    assert transformer.ignored == 1535 - 255 - sum(type(output).__name__ == "Quote" for output in outputs)


def test_messages_without_stream_names_give_the_same_events(recordings: dict[str, Recording]) -> None:
    recording = recordings["BINANCE_FUTURES"]
    bare = Recording("BINANCE_FUTURES")
    bare.frames = [(at, json.dumps(json.loads(payload)["data"])) for at, payload in recording.frames]
    venue = binance.Futures()
    outputs = [source.play(venue.transformer(), venue.parser(), by_time=True) for source in (recording, bare)]
    assert outputs[0] == outputs[1]


@pytest.mark.parametrize(
    ("name", "venue", "count"), [("BINANCE_FUTURES", binance.Futures(), 122), ("BINANCE_US", binance.Spot(), 121)]
)
def test_recorded_instruments(recordings: dict[str, Recording], name: str, venue: Any, count: int) -> None:
    (body,) = [body for path, (_, body) in recordings[name].answers.items() if path.endswith("exchangeInfo")]
    info = http_parser().parse(HttpResponse(status=200, body=body), ExchangeInfo)
    market = Market.SPOT if name == "BINANCE_US" else Market.FUTURES
    found = instruments(venue.name, market, info.symbols)
    assert len(found) == count
    assert len({instrument.unified for instrument in found}) == count
    assert all(instrument.tick_size and instrument.lot_size for instrument in found)
    assert all(instrument.status.value != "unknown" for instrument in found)
