"""The simulated Deribit itself: its engine against a model, its chains, its heartbeat, its refusals."""

import json
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.errors import ConfigurationError, ConnectionLost, HandshakeError
from barterpy.testing import SimulatedDeribit, VirtualClock, virtual_backends
from barterpy.testing.simulated.deribit import MatchingBook, SimulatedOrder

ORDERS = st.lists(
    st.tuples(
        st.sampled_from(["limit", "ioc", "market", "cancel", "reduce"]),
        st.booleans(),
        st.integers(1, 12),
        st.integers(1, 9),
    ),
    max_size=60,
)


@given(ORDERS)
def test_the_engine_keeps_its_books(steps: list[tuple[str, bool, int, int]]) -> None:
    """Levels are the sums of what rests, never crossed; what one trades another does; a feed tells every change."""
    engine = MatchingBook(("raw",), 100)
    resting: list[SimulatedOrder] = []
    told: tuple[dict[Any, Any], dict[Any, Any]] = ({}, {})
    last = 100
    bought = sold = 0
    for number, (kind, buys, price, size) in enumerate(steps):
        resting = [order for order in resting if not order.ended]
        if kind in ("cancel", "reduce"):
            if not resting:
                continue
            order = resting[price % len(resting)]
            if kind == "cancel":
                engine.cancel(order, number)
                assert order.ended
            elif order.left > 1:
                engine.resize(order, order.size - 1, number)
        else:
            order = SimulatedOrder(
                id=str(number), owner="", buys=buys, price=None if kind == "market" else price, size=size,
                created_at=number, time_in_force="good_til_cancelled" if kind == "limit" else "immediate_or_cancel",
            )  # fmt: skip
            for match in engine.place(order, number, "t"):
                assert match.taker is order
                assert match.maker.buys is not order.buys
                assert order.price is None or (match.price <= order.price if buys else match.price >= order.price)
                bought, sold = bought + match.size, sold + match.size
            if not order.ended:
                resting.append(order)
        for side, levels in ((True, engine.levels[0]), (False, engine.levels[1])):
            sums: dict[int, int] = {}
            for one in resting:
                if one.buys is side and not one.ended:
                    assert one.price is not None
                    sums[one.price] = sums.get(one.price, 0) + one.left
            assert levels == sums
        if engine.best_bid is not None and engine.best_ask is not None:
            assert engine.best_bid < engine.best_ask
        changes = engine.take("raw")
        if changes is not None:
            previous, last_now, *sides = changes
            assert previous == last
            last = last_now
            for mine, rows in zip(told, sides, strict=True):
                for action, at, lots in rows:
                    assert (action == "new") is (at not in mine)
                    mine.pop(at, None) if action == "delete" else mine.update({at: lots})
        assert told == engine.levels
    assert bought == sold


VIRTUAL = pytest.mark.parametrize("anyio_backend", virtual_backends())


def call(id_: int, method: str, **params: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": id_, "method": method, "params": params})


async def answer(socket: Any, text: str) -> Any:
    """The answer to a call, past whatever comes before it."""
    await socket.send(text)
    with anyio.fail_after(60):
        while True:
            for message in (await socket.receive()).messages:
                decoded = json.loads(message)
                if "method" not in decoded:
                    return decoded


def simulated(**options: Any) -> SimulatedDeribit:
    usual: dict[str, Any] = {"listen": False, "clock": VirtualClock(), "rate": 1}
    return SimulatedDeribit(**{**usual, **options})


@pytest.mark.anyio
@VIRTUAL
async def test_who_does_not_answer_its_question_is_cut_off() -> None:
    async with simulated() as venue, venue.connect("ws://x/ws/api/v2") as socket:
        assert (await answer(socket, call(1, "public/set_heartbeat", interval=10)))["result"] == "ok"
        asked: list[str] = []

        async def listen() -> None:
            while True:
                asked.extend((await socket.receive()).messages)

        with anyio.fail_after(25), pytest.raises(anyio.EndOfStream):
            await listen()
        assert sum("test_request" in text for text in asked) == 1
        await anyio.sleep(2)
        assert venue.clients == 0


@pytest.mark.anyio
@VIRTUAL
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("nonsense", -32700),
        (call(1, "public/no_such_method"), -32601),
        (call(1, "private/get_open_orders"), 13009),
        (call(1, "private/subscribe", channels=["user.orders.any.any.raw"]), 13009),
        (call(1, "public/subscribe", channels=[]), -32602),
        (call(1, "public/set_heartbeat", interval=5), -32602),
        (call(1, "public/auth", grant_type="client_credentials", client_id="x", client_secret="y"), 13004),
        (call(1, "public/auth", grant_type="refresh_token", refresh_token="x"), 13009),
        (call(1, "public/get_order_book", instrument_name="NOPE"), -32602),
        (call(1, "private/enable_cancel_on_disconnect"), 13009),
    ],
)
async def test_what_is_wrong_is_answered_with_its_code(text: str, code: int) -> None:
    async with simulated() as venue, venue.connect("ws://x/ws/api/v2") as socket:
        assert (await answer(socket, text))["error"]["code"] == code
        assert "result" in await answer(socket, call(2, "public/test"))


@pytest.mark.anyio
@VIRTUAL
async def test_what_may_not_be_had_is_left_out() -> None:
    async with simulated() as venue, venue.connect("ws://x/ws/api/v2") as socket:
        names = [
            "quote.BTC-PERPETUAL",
            "quote.NOPE-1",
            "trades.BTC-PERPETUAL.raw",
            "nothing",
            "user.orders.any.any.raw",
        ]
        assert (await answer(socket, call(1, "public/subscribe", channels=names)))["result"] == names[:1]
        assert venue.subscriptions == {names[0]}
        assert (await answer(socket, call(2, "public/unsubscribe", channels=names)))["result"] == names[:1]


@pytest.mark.anyio
@VIRTUAL
async def test_too_many_calls_end_the_connection() -> None:
    async with simulated(request_limit=3) as venue, venue.connect("ws://x/ws/api/v2") as socket:
        for number in range(3):
            assert "result" in await answer(socket, call(number, "public/test"))
        assert (await answer(socket, call(4, "public/test")))["error"]["code"] == 10028
        with pytest.raises(ConnectionLost, match="1008"):
            await socket.receive()


@pytest.mark.anyio
@VIRTUAL
async def test_a_logon_is_checked_against_the_clock() -> None:
    from barterpy.venues.deribit.auth import auth_params

    async with simulated() as venue, venue.connect("ws://x/ws/api/v2") as socket:
        params = auth_params(venue.credentials(), venue.options["clock"](), nonce="n")
        venue.skew_clock(120)
        assert (await answer(socket, call(1, "public/auth", **params)))["error"]["code"] == 13004
        venue.skew_clock(0)
        assert "access_token" in (await answer(socket, call(2, "public/auth", **params)))["result"]


@pytest.mark.anyio
@VIRTUAL
async def test_connections_are_refused_when_told_and_elsewhere() -> None:
    async with simulated() as venue:
        venue.refuse_next(1)
        for url in ("ws://x/ws/api/v2", "ws://x/elsewhere"):
            with pytest.raises(HandshakeError):
                async with venue.connect(url):
                    raise AssertionError("it was accepted")
        async with venue.connect("ws://x/ws/api/v2"):
            await anyio.sleep(1)
            assert venue.clients == 1


@pytest.mark.anyio
@VIRTUAL
async def test_the_same_seed_tells_the_same() -> None:
    books: list[Any] = []
    for seed in (1, 1, 2):
        async with simulated(seed=seed, rate=50) as venue:
            await anyio.sleep(5)
            venue.pause()
            books.append((venue.book("BTC-PERPETUAL").bids, [match.price for match in venue.trades("BTC-PERPETUAL")]))
    assert books[0] == books[1] != books[2]


@pytest.mark.parametrize("options", [{"rate": 0}, {"instruments": []}, {"instruments": ["NOPE"]}])
def test_options_that_cannot_work(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        SimulatedDeribit(**options)
