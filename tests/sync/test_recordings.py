"""Three venues' real traffic, by a replay server over a real WebSocket, through the synchroniser: counts and no gap.

The recordings lie beside the project and are no part of it; without them what is made up here has to do.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import anyio
import anyio.to_thread
import pytest

from barterpy.clock import MILLISECOND
from barterpy.model import BookDelta, BookSnapshot, Level
from barterpy.orderbook import BookBuilder
from barterpy.parser import JsonParser
from barterpy.protocols import websocket
from barterpy.recording import Opened, Received, Record, import_frames_jsonl, write_recording
from barterpy.stream import ExchangeStream
from barterpy.sync import (
    BookSynchroniser,
    Chained,
    DepthSnapshot,
    DepthUpdate,
    MessageCounter,
    NonDecreasing,
    SyncOutput,
    SyncState,
)
from barterpy.testing import ReplayServer
from barterpy.transformer import Send
from benchmarks.books import KrakenFuturesBooks, kraken_parser

pytestmark = pytest.mark.anyio

RECORDINGS = Path(__file__).resolve().parents[3] / "shared" / "recordings"
REAL = pytest.mark.skipif(not RECORDINGS.is_dir(), reason="the real recordings are not beside this tree")


class Books:
    """What the small venues below share: a book an instrument, and a count of what is no book."""

    def __init__(self) -> None:
        self.books: dict[Any, BookSynchroniser[Decimal]] = {}
        self.others: Counter[str] = Counter()

    def book(self, key: Any, instrument: str, rule: Any) -> BookSynchroniser[Decimal]:
        if key not in self.books:
            self.books[key] = BookSynchroniser("v", instrument, rule, lambda _: Send(instrument), streamed=True)
        return self.books[key]


class DeribitBooks(Books):
    """Deribit's ``book`` channel: ``change_id`` and ``prev_change_id``."""

    def transform(self, message: Any, received_at: int, /) -> Sequence[SyncOutput[Decimal]]:
        params = message.get("params", {})
        channel = params.get("channel", "answer").split(".")[0]
        if channel != "book":
            self.others[channel] += 1
            return ()
        data = params["data"]
        bids, asks = (
            [Level(_exact(price), _exact(size)) for _, price, size in data[side]] for side in ("bids", "asks")
        )
        book = self.book(data["instrument_name"], data["instrument_name"], Chained())
        common: dict[str, Any] = {
            "bids": tuple(bids),
            "asks": tuple(asks),
            "exchange_at": data["timestamp"] * MILLISECOND,
        }
        if data["type"] == "snapshot":
            return book.on_snapshot(DepthSnapshot(last_id=data["change_id"], **common), received_at)
        update: DepthUpdate[Decimal] = DepthUpdate(
            first_id=data["change_id"], last_id=data["change_id"], previous_id=data["prev_change_id"], **common
        )
        return book.on_update(update, received_at)


class BitfinexBooks(Books):
    """Bitfinex with the flag SEQ_ALL: every array of a connection ends with a number that counts up by one."""

    def __init__(self) -> None:
        super().__init__()
        self.channels: dict[int, tuple[str, str]] = {}
        self.counter = MessageCounter(1)
        self.counted = 0

    def transform(self, message: Any, received_at: int, /) -> Sequence[SyncOutput[Decimal]]:
        if isinstance(message, dict):
            if message["event"] == "subscribed":
                self.channels[message["chanId"]] = message["channel"], message["symbol"]
            self.others[message["event"]] += 1
            return ()
        channel, *payload, number = message
        self.counted += 1
        outputs: list[SyncOutput[Decimal]] = []
        if self.counter.jumped(number):
            for book in self.books.values():
                outputs += book.on_gap("the connection's counter jumped", received_at, number)
        if payload[0] == "hb":
            # Beats before its subscription is confirmed, sometimes.
            self.others["heartbeat"] += 1
            return outputs
        kind, symbol = self.channels[channel]
        if kind != "book":
            self.others[f"{kind} snapshot" if isinstance(payload[0], list) and kind == "trades" else kind] += 1
        else:
            rows = payload[0]
            book = self.book(channel, symbol, NonDecreasing())
            if rows and isinstance(rows[0], list):
                bids, asks = _rows(rows)
                snapshot = DepthSnapshot(last_id=number, bids=bids, asks=asks, exchange_at=None)
                outputs += book.on_snapshot(snapshot, received_at)
            else:
                bids, asks = _rows([rows])
                update = DepthUpdate(first_id=number, last_id=number, bids=bids, asks=asks, exchange_at=None)
                outputs += book.on_update(update, received_at)
        return outputs


def _exact(number: float) -> Decimal:
    return Decimal(str(number))


def _rows(rows: Iterable[Sequence[float]]) -> tuple[tuple[Level[Decimal], ...], tuple[Level[Decimal], ...]]:
    # Price, count, amount: an amount above zero is a bid, and a count of zero takes the level away.
    bids: list[Level[Decimal]] = []
    asks: list[Level[Decimal]] = []
    for price, count, amount in rows:
        size = abs(_exact(amount)) if count else Decimal(0)
        (bids if amount > 0 else asks).append(Level(_exact(price), size))
    return tuple(bids), tuple(asks)


async def follow(source: Any, parser: Any, transformer: Any) -> tuple[Counter[str], int]:
    """Everything a replay of ``source`` brings, counted by type, and the levels that changed."""
    counts: Counter[str] = Counter()
    levels = 0
    builder: BookBuilder[Decimal] = BookBuilder()
    with anyio.fail_after(50):
        async with ReplayServer(source, at_end="close") as server, websocket.connect(server.ws_url) as socket:
            async for event in ExchangeStream(socket, parser, transformer):
                counts[type(event).__name__] += 1
                if isinstance(event, BookDelta):
                    delta = cast("BookDelta[Decimal]", event)
                    levels += len(delta.bids) + len(delta.asks)
                for book in builder.transform(cast("object", event), 0):
                    assert book.valid
                    assert not book.crossed()
    for book in transformer.books.values():
        assert book.state is SyncState.SYNCED
        # The consumer, who knows the events only, has what the synchroniser has.
        held = builder.books[book.venue, book.instrument]
        assert (held.bids(), held.asks()) == (book.book.bids(), book.book.asks())
    return counts, levels


@REAL
@pytest.mark.parametrize(
    ("name", "parser", "make", "counts", "levels", "others"),
    [
        (
            "KRAKEN_FUTURES",
            kraken_parser,
            KrakenFuturesBooks,
            {"BookSnapshot": 10, "BookDelta": 7014},
            7014,
            {"trade": 3, "trade_snapshot": 10, "ticker_lite": 107, "subscribed": 30, "info": 1},
        ),
        ("DERIBIT", JsonParser, DeribitBooks, {"BookSnapshot": 10, "BookDelta": 36}, 36, {"ticker": 89, "answer": 1}),
        (
            "BITFINEX",
            JsonParser,
            BitfinexBooks,
            {"BookSnapshot": 7, "BookDelta": 1593},
            1593,
            {"trades snapshot": 7, "ticker": 21, "heartbeat": 42, "subscribed": 21, "info": 1, "conf": 1},
        ),
    ],
)
async def test_a_real_recording_gives_its_counts_and_no_gap(
    name: str,
    parser: Callable[[], Any],
    make: Callable[[], Any],
    counts: dict[str, int],
    levels: int,
    others: dict[str, int],
    tmp_path: Path,
) -> None:
    path = tmp_path / f"{name}.barterpy.zst"

    def convert() -> None:
        write_recording(path, import_frames_jsonl(RECORDINGS / f"{name}.frames.jsonl"))

    await anyio.to_thread.run_sync(convert)
    transformer = make()
    found, changed = await follow(path, parser(), transformer)
    assert found == counts
    assert changed == levels or name == "DERIBIT"
    assert dict(transformer.others) == others
    if isinstance(transformer, BitfinexBooks):
        assert (transformer.counted, transformer.counter.expected) == (1670, 1671)


# The same three with traffic that is made up, so that something runs everywhere.


def _market(seed: int, count: int) -> Iterable[tuple[int, int, int, bool]]:
    """(book, price, size, bid) of changes that never cross; prices in whole numbers."""
    generator = random.Random(seed)
    for _ in range(count):
        bid = generator.random() < 0.5
        price = 1000 + (-1 if bid else 1) * (1 + int(generator.expovariate(0.2)))
        yield generator.randrange(3), price, 0 if generator.random() < 0.4 else generator.randrange(1, 99), bid


def _kraken(seed: int, count: int, lost: int | None) -> Iterable[str]:
    for book in range(3):
        whole = {"feed": "book_snapshot", "product_id": f"P{book}", "timestamp": 1, "seq": 7, "tickSize": None}
        yield json.dumps({**whole, "bids": [{"price": 999.0, "qty": 1.0}], "asks": [{"price": 1001.5, "qty": 0.0}]})
    seq = [7, 7, 7]
    for number, (book, price, size, bid) in enumerate(_market(seed, count)):
        seq[book] += 1
        side = "buy" if bid else "sell"
        if number != lost:
            update = {"feed": "book", "product_id": f"P{book}", "side": side, "seq": seq[book], "price": float(price)}
            yield json.dumps({**update, "qty": float(size), "timestamp": number})


def _deribit(seed: int, count: int, lost: int | None) -> Iterable[str]:
    def message(book: int, data: dict[str, Any]) -> str:
        data = {"instrument_name": f"P{book}", "timestamp": 1, **data}
        params = {"channel": f"book.P{book}.raw", "data": data}
        return json.dumps({"jsonrpc": "2.0", "method": "subscription", "params": params})

    ids = [100, 200, 300]
    for book in range(3):
        yield message(book, {"type": "snapshot", "change_id": ids[book], "bids": [["new", 999.0, 1.0]], "asks": []})
    for number, (book, price, size, bid) in enumerate(_market(seed, count)):
        previous, ids[book] = ids[book], ids[book] + number % 5 + 1
        row = ["new" if size else "delete", float(price), float(size)]
        sides = {"bids": [row] if bid else [], "asks": [] if bid else [row]}
        if number != lost:
            yield message(book, {"type": "change", "change_id": ids[book], "prev_change_id": previous, **sides})


def _bitfinex(seed: int, count: int, lost: int | None) -> Iterable[str]:
    for book in range(3):
        yield json.dumps({"event": "subscribed", "channel": "book", "chanId": book, "symbol": f"P{book}"})
    for book in range(3):
        yield json.dumps([book, [[999, 1, 5], [1001, 2, -5]], book + 1])
    for number, (book, price, size, bid) in enumerate(_market(seed, count)):
        row = [price, 1 if size else 0, (size or 1) * (1 if bid else -1)]
        if number != lost:
            yield json.dumps([book, row, number + 4])


MADE_UP = pytest.mark.parametrize(
    ("messages", "parser", "make"),
    [
        (_kraken, kraken_parser, KrakenFuturesBooks),
        (_deribit, JsonParser, DeribitBooks),
        (_bitfinex, JsonParser, BitfinexBooks),
    ],
)


def _records(messages: Iterable[str]) -> list[Record]:
    url = "wss://example.com/ws"
    return [
        Opened(at=1, connection="a", url=url),
        *(Received.of(message, at=2 + number, connection="a") for number, message in enumerate(messages)),
    ]


@MADE_UP
async def test_made_up_traffic_without_a_loss(messages: Any, parser: Any, make: Any) -> None:
    counts, levels = await follow(_records(messages(1, 600, None)), parser(), make())
    assert counts == {"BookSnapshot": 3, "BookDelta": 600}
    assert levels == 600


@MADE_UP
async def test_made_up_traffic_with_a_loss_says_so_and_asks_again(messages: Any, parser: Any, make: Any) -> None:
    transformer = make()
    told: Counter[str] = Counter()
    for message in messages(1, 200, 100):
        for output in transformer.transform(parser().parse(message), 1):
            told[type(output).__name__] += 1
    invalid = [book for book in transformer.books.values() if not book.book.valid]
    # Bitfinex's numbers are the connection's: a loss may have been any book's.
    assert told["Gap"] == len(invalid) == (3 if make is BitfinexBooks else 1)
    for book in invalid:
        deadline = book.next_deadline()
        assert deadline is not None
        assert book.on_deadline(deadline) != []
    whole = DepthSnapshot(last_id=10_000, bids=(), asks=(), exchange_at=None)
    for book in invalid:
        (*_, last) = book.on_snapshot(whole, 2)
        assert isinstance(last, BookSnapshot)
