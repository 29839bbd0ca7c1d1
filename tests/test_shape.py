"""What a person passes by mistake: each is one line that names the remedy, where it was passed."""

from collections.abc import AsyncIterator, Callable, Iterable
from decimal import Decimal
from typing import Any

import anyio
import pytest

from barterpy import Batch, ExchangeStream, JsonParser, market_stream, redundant_stream, trades
from barterpy.errors import ConfigurationError
from barterpy.model import Instrument, InstrumentKind, TradingStatus
from barterpy.protocols import websocket
from barterpy.venues import binance

pytestmark = pytest.mark.anyio


class OneMessage:
    def __init__(self) -> None:
        self.messages = [b"1"]

    async def receive(self) -> Batch[bytes]:
        if not self.messages:
            raise anyio.EndOfStream
        messages, self.messages = self.messages, []
        return Batch(messages, 1)

    async def aclose(self) -> None:
        self.messages = []


class Same:
    def transform(self, message: int, received_at: int) -> Iterable[int]:
        yield message


class GivesNone:
    def transform(self, message: int, received_at: int) -> None:
        return None


class GivesNumber:
    def transform(self, message: int, received_at: int) -> int:
        return message


class TakesOne:
    def transform(self, message: int) -> Iterable[int]:
        yield message


class Asynchronous:
    async def transform(self, message: int, received_at: int) -> list[int]:
        return [message]

    async def parse(self, message: bytes) -> int:
        return int(message)


class Yielding:
    async def transform(self, message: int, received_at: int) -> AsyncIterator[int]:
        yield message

    async def receive(self) -> AsyncIterator[bytes]:
        yield b"1"


class Unbatched(OneMessage):
    async def receive(self) -> Any:
        return b"1"


def nothing(*_: Any) -> list[int]:
    return []


def stream(socket: Any = None, parser: Any = None, transformer: Any = None, **options: Any) -> ExchangeStream[Any]:
    return ExchangeStream(
        OneMessage() if socket is None else socket,
        JsonParser(int) if parser is None else parser,
        Same() if transformer is None else transformer,
        **options,
    )


PASSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: stream(transformer=Same), "the class Same was passed as the transformer: pass an instance of it"),
    (lambda: stream(transformer=nothing), "nothing is no transformer: it has no method transform"),
    (lambda: stream(transformer=object()), "object is no transformer: it has no method transform"),
    (
        lambda: stream(transformer=Asynchronous()),
        "Asynchronous.transform is async; write it with def: a transformer waits for nothing",
    ),
    (
        lambda: stream(transformer=Yielding()),
        "Yielding.transform is async; write it with def: a transformer waits for nothing",
    ),
    (lambda: stream(parser=JsonParser), "the class JsonParser was passed as the parser: pass an instance of it"),
    (lambda: stream(parser=nothing), "nothing is no parser: it has no method parse"),
    (
        lambda: stream(parser=Asynchronous()),
        "Asynchronous.parse is async; write it with def: a parser waits for nothing",
    ),
    (lambda: stream([b"1"]), "list is no socket: it has no method receive"),
    (lambda: stream(Yielding()), "Yielding.receive yields; a socket returns, one batch a call"),
    (
        lambda: stream(websocket.connect("ws://127.0.0.1:1")),
        "connect is no socket: it has no method receive; enter it first: async with … as socket",
    ),
    (lambda: stream(on_error="ignore"), "on_error is one of raise, yield, skip, reconnect, not 'ignore'"),
]


@pytest.mark.parametrize(("make", "text"), PASSED, ids=[text for _, text in PASSED])
async def test_what_has_not_the_shape_of_its_role_is_refused_at_once(make: Callable[[], Any], text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        make()
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("transformer", "text"),
    [
        (GivesNone(), "'NoneType' object is not iterable"),
        (GivesNumber(), "'int' object is not iterable"),
        (TakesOne(), "TakesOne.transform() takes 2 positional arguments but 3 were given"),
    ],
)
async def test_a_transformer_that_gives_no_outputs_is_told_what_to_give(transformer: Any, text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        await anext(stream(transformer=transformer))
    assert str(caught.value) == (
        f"{type(transformer).__name__}.transform must take (message, received_at) and give an iterable of outputs: "
        f"yield them, or return []; {text}"
    )
    assert isinstance(caught.value.__cause__, TypeError)


class Defective:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def transform(self, message: int, received_at: int) -> Iterable[int]:
        raise self.error


@pytest.mark.parametrize("error", [TypeError("mine"), ValueError("mine")])
async def test_an_error_of_the_transformer_itself_stays_what_it_is(error: Exception) -> None:
    with pytest.raises(type(error), match="mine") as caught:
        await anext(stream(transformer=Defective(error)))
    assert caught.value is error


async def test_a_socket_that_gives_no_batch_is_told_what_to_give() -> None:
    with pytest.raises(ConfigurationError) as caught:
        await anext(stream(Unbatched()))
    assert str(caught.value) == "receive gave bytes; a socket gives a Batch: Batch([message], received_at)"


VENUE: Any = binance.Futures()
STREAMS: list[Any] = [market_stream, redundant_stream]


@pytest.mark.parametrize("make", STREAMS)
@pytest.mark.parametrize(
    ("venue", "subscriptions", "text"),
    [
        (binance.Futures, [trades("X")], "the class Futures was passed as the venue: pass an instance of it"),
        ("binance", [trades("X")], "str is no venue: it has no method connections"),
        (VENUE, trades("X"), "subscriptions is a list: [trades(X)]"),
        (VENUE, ["X"], "'X' is no subscription: make one, such as trades('BTC/USDT')"),
        (VENUE, [], "there is nothing to connect to: pass at least one subscription"),
    ],
)
async def test_a_market_that_cannot_be_streamed(make: Any, venue: Any, subscriptions: Any, text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        make(venue, subscriptions)
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [("60000.3", "str: Decimal('60000.3')"), (0.5, "float: Decimal('0.5')"), (1, "int: Decimal('1')")],
)
async def test_a_price_and_a_size_are_exact_numbers(number: Any, text: str) -> None:
    instrument = Instrument(
        venue="v",
        symbol="S",
        unified="S/T",
        kind=InstrumentKind.SPOT,
        base="S",
        quote="T",
        status=TradingStatus.TRADING,
        venue_status="T",
        tick_size=Decimal("0.5"),
    )
    with pytest.raises(ConfigurationError) as caught:
        instrument.round_price(number)
    assert str(caught.value) == f"a price must be a Decimal, not {text}"
    with pytest.raises(ConfigurationError) as caught:
        instrument.round_size(number)
    assert str(caught.value) == f"a size must be a Decimal, not {text}"
