"""Books, from message to delta: the price of sequence check and apply, and the whole way beside cryptofeed's handler.

    python -m benchmarks.books [--recording KRAKEN_FUTURES.frames.jsonl] [--cryptofeed PYTHON]

The whole way needs a recording of Kraken futures. cryptofeed is no dependency of this project: ``PYTHON`` is an
interpreter of another environment that has ``cryptofeed<2.6``. What is not there is said to be left out.
"""

import argparse
import gc
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, cast

import msgspec

from barterpy.clock import MILLISECOND
from barterpy.errors import ParseError
from barterpy.model import BookDelta, Level, decimal_number
from barterpy.parser import JsonParser
from barterpy.sync import BookSynchroniser, Consecutive, DepthSnapshot, DepthUpdate, SyncOutput
from barterpy.transformer import Send
from benchmarks.target import Outcome

__all__ = [
    "KrakenFuturesBooks",
    "follow_recording",
    "kraken_parser",
    "main",
    "prepare_synchroniser",
    "prepare_synchroniser_single",
]

_VENUE: Final = "kraken_futures"
_ROUND: Final = 32
_UPDATES: Final = 20_000
"""Of a run at most: more would measure how memory is collected."""
_Prepared: TypeAlias = Callable[[], Outcome]
_new: Any = cast("Any", tuple).__new__


class KrakenRow(msgspec.Struct, gc=False):
    """A level of a snapshot.

    Prices are kept as text: a price comes again and again, and a number that is known need not be made and hashed anew.
    """

    price: msgspec.Raw
    qty: Decimal


class KrakenUpdate(msgspec.Struct, gc=False, tag_field="feed", tag="book"):
    """A level that changed. What confirms the subscription has the same ``feed`` and an ``event``."""

    product_id: str
    side: Literal["buy", "sell"]
    seq: int
    price: msgspec.Raw
    qty: Decimal
    timestamp: int


class KrakenSnapshot(msgspec.Struct, gc=False, tag_field="feed", tag="book_snapshot"):
    """A whole book."""

    product_id: str
    seq: int
    timestamp: int
    bids: list[KrakenRow]
    asks: list[KrakenRow]


class KrakenOther(msgspec.Struct, gc=False):
    """Any other message."""

    feed: str = ""
    event: str = ""


KrakenFrame: TypeAlias = KrakenUpdate | KrakenSnapshot | KrakenOther


def _level(price: msgspec.Raw, size: Decimal) -> Level[Decimal]:
    try:
        # What NamedTuple does, without the function around it.
        level: Level[Decimal] = _new(Level, (decimal_number(str(price, "ascii")), size))
    except ValueError as error:
        raise ParseError("a price that is no number", kind="book") from error
    return level


def kraken_parser() -> JsonParser[KrakenFrame]:
    """A parser of the messages of Kraken futures."""
    return cast("JsonParser[KrakenFrame]", JsonParser(KrakenUpdate | KrakenSnapshot, KrakenOther))


class KrakenFuturesBooks:
    """The smallest transformer that keeps the books of Kraken futures: snapshots on the stream, ``seq`` counts up."""

    def __init__(self) -> None:
        self.books: dict[str, BookSynchroniser[Decimal]] = {}
        self.others: dict[str, int] = {}
        """Messages that are not about books, by feed."""

    def transform(self, message: KrakenFrame, received_at: int, /) -> Sequence[SyncOutput[Decimal]]:
        if type(message) is KrakenUpdate:
            level = (_level(message.price, message.qty),)
            buying = message.side == "buy"
            seq = message.seq
            book = self.books[message.product_id]
            delta: BookDelta[Decimal] = BookDelta(
                venue=_VENUE,
                instrument=book.instrument,
                bids=level if buying else (),
                asks=() if buying else level,
                exchange_at=message.timestamp * MILLISECOND,
                received_at=received_at,
                epoch=book.epoch,
                sequence=seq,
            )
            return book.on_delta(delta, seq)
        if isinstance(message, KrakenSnapshot):
            return self._snapshot(message, received_at)
        if not isinstance(message, KrakenOther) or (message.feed.startswith("book") and not message.event):
            raise ParseError("a message about a book that does not fit", kind="book")
        name = message.event or message.feed
        self.others[name] = self.others.get(name, 0) + 1
        return ()

    def _snapshot(self, message: KrakenSnapshot, received_at: int) -> Sequence[SyncOutput[Decimal]]:
        product = message.product_id
        book = self.books.get(product)
        if book is None:
            anew = json.dumps({"event": "subscribe", "feed": "book", "product_ids": [product]})
            book = self.books[product] = BookSynchroniser(
                _VENUE, product, Consecutive(), lambda _: Send(anew), streamed=True
            )
        snapshot: DepthSnapshot[Decimal] = DepthSnapshot(
            last_id=message.seq,
            # A snapshot may hold rows of no size (venue facts, 2026-09).
            bids=tuple([_level(row.price, row.qty) for row in message.bids if row.qty]),
            asks=tuple([_level(row.price, row.qty) for row in message.asks if row.qty]),
            exchange_at=message.timestamp * MILLISECOND,
        )
        return book.on_snapshot(snapshot, received_at)


# Sequence check and apply.


def prepare_synchroniser(messages: Sequence[bytes]) -> _Prepared:
    """Updates of some ten levels near the top of a book of 1,000 levels a side; counts levels."""
    return _prepare_deltas(min(len(messages), _UPDATES), 10)


def prepare_synchroniser_single(messages: Sequence[bytes]) -> _Prepared:
    """Updates of one level each."""
    return _prepare_deltas(min(len(messages), _UPDATES), 1)


def _prepare_deltas(count: int, width: int) -> _Prepared:
    """Through ``on_delta``: the event is the transformer's work, as it is in the whole way below."""
    snapshot, updates = _market(count, width)
    deltas: list[tuple[BookDelta[Decimal], int]] = [
        (
            BookDelta(
                venue="benchmark",
                instrument="BTC",
                bids=update.bids,
                asks=update.asks,
                exchange_at=1,
                received_at=1,
                sequence=update.last_id,
            ),
            update.first_id,
        )
        for update in updates
    ]

    def run() -> Outcome:
        book: BookSynchroniser[Decimal] = BookSynchroniser("benchmark", "BTC", Consecutive(), Send, streamed=True)
        book.on_snapshot(snapshot, 1)
        apply = book.on_delta
        for delta, first_id in deltas:
            apply(delta, first_id)
        assert (book.last_id, book.book.last_event) == (count, deltas[-1][0])
        return Outcome(count * width)

    return run


def _prepare_updates(count: int, width: int) -> _Prepared:
    """Through ``on_update``, which makes the event."""
    snapshot, updates = _market(count, width)

    def run() -> Outcome:
        book: BookSynchroniser[Decimal] = BookSynchroniser("benchmark", "BTC", Consecutive(), Send, streamed=True)
        book.on_snapshot(snapshot, 1)
        apply = book.on_update
        for update in updates:
            apply(update, 1)
        assert book.last_id == count
        return Outcome(count * width)

    return run


def _market(count: int, width: int) -> tuple[DepthSnapshot[Decimal], list[DepthUpdate[Decimal]]]:
    generator = random.Random(3)
    middle = 6_500_000

    def level(cents: int, thousandths: int) -> Level[Decimal]:
        return Level(decimal_number(f"{cents / 100:.2f}"), decimal_number(f"{thousandths / 1000:.3f}"))

    def side(direction: int) -> tuple[Level[Decimal], ...]:
        return tuple(level(middle + direction * (step + 1), generator.randrange(1, 5000)) for step in range(1000))

    def changes(direction: int, levels: int) -> tuple[Level[Decimal], ...]:
        steps = [1 + min(999, int(generator.expovariate(0.05))) for _ in range(levels)]
        return tuple(
            level(middle + direction * step, 0 if generator.random() < 0.3 else generator.randrange(1, 5000))
            for step in steps
        )

    snapshot: DepthSnapshot[Decimal] = DepthSnapshot(last_id=0, bids=side(-1), asks=side(1), exchange_at=1)
    updates: list[DepthUpdate[Decimal]] = []
    for number in range(1, count + 1):
        buying = width // 2 if width > 1 else generator.randrange(2)
        bids, asks = changes(-1, buying), changes(1, width - buying)
        updates.append(DepthUpdate(first_id=number, last_id=number, bids=bids, asks=asks, exchange_at=number))

    return snapshot, updates


# The whole way, beside cryptofeed.

_CRYPTOFEED: Final = """
import asyncio, json, sys, time
from cryptofeed.defines import L2_BOOK
from cryptofeed.exchanges import KrakenFutures
from cryptofeed.symbols import Symbols

messages = [row["p"] for row in map(json.loads, open(sys.argv[1])) if row["d"] == "recv"]
ids = sorted({m["product_id"] for m in map(json.loads, messages) if "product_id" in m})
Symbols.set(KrakenFutures.id, {name: name.lower() for name in ids}, {})
seen = 0

async def callback(book, receipt):
    global seen
    seen += 1

async def handle(feed):
    for message in messages:
        await feed.message_handler(message, None, 1.0)

for _ in range(int(sys.argv[2])):
    feed = KrakenFutures(symbols=ids, channels=[L2_BOOK], callbacks={L2_BOOK: callback})
    feed._KrakenFutures__reset()
    seen, start = 0, time.process_time()
    asyncio.run(handle(feed))
    print(seen, len(messages) / (time.process_time() - start))
"""


def _messages(recording: Path) -> list[str]:
    with recording.open() as lines:
        return [row["p"] for row in map(json.loads, lines) if row["d"] == "recv"]


def _follow(messages: list[str]) -> tuple[int, float]:
    """Deltas and snapshots, and messages a CPU-second."""
    rounds = [messages[start : start + _ROUND] for start in range(0, len(messages), _ROUND)]
    parse, transform = kraken_parser().parse_batch, KrakenFuturesBooks().transform
    books = 0
    start = time.process_time()
    for batch in rounds:
        events: list[Any] = []
        extend = events.extend
        for message in parse(batch):
            extend(transform(message, 1))
        books += len(events)
    return books, len(messages) / (time.process_time() - start)


_OURS: Final = """
import sys
from pathlib import Path
from benchmarks.books import follow_recording

follow_recording(Path(sys.argv[1]), int(sys.argv[2]))
"""


def follow_recording(recording: Path, repetitions: int) -> None:
    """Print deltas and messages a CPU-second of each run: what the other program does, for ours."""
    messages = _messages(recording)
    for _ in range(repetitions):
        print(*_follow(messages))


def _best(python: str, program: str, recording: Path, repetitions: int) -> float | None:
    """Messages a CPU-second of the best run, in a process of its own: no other work's memory is in its way."""
    command = [python, "-c", program, str(recording), str(repetitions)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"{python} did not run it: {getattr(error, 'stderr', None) or error}".strip())
        return None
    return max(float(line.split()[1]) for line in done.stdout.splitlines())


def _rate(prepared: _Prepared) -> float:
    gc.collect()
    gc.freeze()  # what was prepared is no part of the work
    start = time.process_time()
    outcome = prepared()
    return outcome.count / (time.process_time() - start)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print: medians of level updates a CPU-second, and messages a CPU-second of the best run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.books", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--recording", type=Path, help="frames of Kraken futures, as JSON lines")
    parser.add_argument("--cryptofeed", metavar="PYTHON", help="an interpreter that has cryptofeed<2.6")
    parser.add_argument("--count", type=int, default=20_000, help="updates of a run")
    parser.add_argument("--repetitions", type=int, default=5)
    options = parser.parse_args(arguments)
    blank = [b""] * options.count
    for name, prepared in (
        ("updates of ten levels", prepare_synchroniser(blank)),
        ("updates of one level", prepare_synchroniser_single(blank)),
        ("updates of one level, event made by the synchroniser", _prepare_updates(options.count, 1)),
    ):
        rate = statistics.median(_rate(prepared) for _ in range(options.repetitions))
        print(f"sequence check and apply, Decimal, {name}: {rate:,.0f} levels a CPU-second")
    if options.recording is None or not options.recording.is_file():
        print("no recording of Kraken futures: the whole way is left out")
        return 0
    ours = theirs = 0.0
    for _ in range(3):  # in turns: what else the machine does hits both alike
        ours = max(ours, _best(sys.executable, _OURS, options.recording, options.repetitions) or 0.0)
        if options.cryptofeed is not None:
            theirs = max(theirs, _best(options.cryptofeed, _CRYPTOFEED, options.recording, options.repetitions) or 0.0)
    print(f"barterpy, messages of Kraken futures to book deltas: {ours:,.0f} a CPU-second")
    if not theirs:
        print("cryptofeed is not here (--cryptofeed): nothing to compare with")
        return 0
    print(f"cryptofeed's handler, the same messages: {theirs:,.0f} a CPU-second")
    print(f"ratio: {ours / theirs:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
