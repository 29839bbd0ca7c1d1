"""Calls, orders and the account's own events over a session, against the simulated venue's matching engine."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import anyio
import pytest

from barterpy import subscription as sub
from barterpy.backoff import Backoff
from barterpy.clock import SECOND
from barterpy.credentials import Credentials
from barterpy.errors import (
    AuthenticationError,
    ConfigurationError,
    ConnectionLost,
    OutcomeUnknown,
    RequestRejected,
    TransportTimeout,
    VenueUnavailable,
)
from barterpy.events import Connected, Disconnected, Overflow
from barterpy.model import Balance, Fill, OrderStatus, OrderType, OrderUpdate, Position, Side, TimeInForce
from barterpy.reconnect import ReconnectPolicy
from barterpy.testing import SimulatedDeribit, virtual_backends
from barterpy.venues.deribit import (
    ACCOUNT_CHANNELS,
    Buy,
    CancelAllByCurrency,
    Credits,
    Deribit,
    DisableCancelOnDisconnect,
    Edit,
    EnableCancelOnDisconnect,
    FetchCancelOnDisconnect,
    MassQuote,
    QuoteEntry,
    QuoteSide,
    Sell,
)
from barterpy.venues.deribit.rest import (
    FetchOrder,
    FetchTime,
    FetchUserTrades,
)

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", virtual_backends())]

POLICY = ReconnectPolicy(backoff=Backoff(initial=0.1, jitter=0))
D = Decimal
Make = Callable[..., SimulatedDeribit]


async def until(events: Any, wanted: Callable[[Any], bool], seconds: float = 120) -> list[Any]:
    """Events up to the one that is wanted, itself included."""
    seen: list[Any] = []
    with anyio.fail_after(seconds):
        async for event in events:
            seen.append(event)
            if wanted(event):
                return seen
    raise AssertionError("the stream ended")


def of(events: list[Any], *kinds: Any) -> list[Any]:
    """Those of these kinds."""
    return [event for event in events if isinstance(event, kinds)]


LOW = Buy(instrument_name="BTC-PERPETUAL", amount=10, price=D("60000.5"), label="mine")


def client(venue: SimulatedDeribit, **options: Any) -> Deribit[Decimal]:
    return Deribit(**venue.options, credentials=venue.credentials(), **options)


async def test_an_order_from_its_birth_to_its_end(simulated: Make) -> None:
    async with simulated() as venue, client(venue).session() as session:
        order = await session.place(LOW)
        assert (order.status, order.side, order.type) == (OrderStatus.OPEN, Side.BUY, OrderType.LIMIT)
        assert (order.price, order.size, order.client_id) == (D("60000.5"), D("10.0"), "mine")
        assert [one.id for one in await session.open_orders()] == [order.id]
        assert order.id is not None
        edited = await session.edit(Edit(order_id=order.id, amount=20, price=D("60001")))
        assert (edited.id, edited.size, edited.price) == (order.id, D(20), D(60001))
        ended = await session.cancel(order.id)
        assert ended.status is OrderStatus.CANCELED
        assert await session.open_orders() == []
        with pytest.raises(RequestRejected, match="not_open_order") as caught:
            await session.cancel(order.id)
        assert caught.value.code == 11044
        assert (await session.call(FetchOrder(order_id=order.id))).order_state == "cancelled"


async def test_a_market_order_trades_and_a_position_is_what_it_left(simulated: Make) -> None:
    async with simulated() as venue:
        venue.pause()
        best = venue.book("BTC-PERPETUAL").asks[0]
        async with client(venue).session() as session:
            bought = await session.place(Buy(instrument_name="BTC-PERPETUAL", amount=10, type="market"))
            assert (bought.status, bought.filled, bought.average_price) == (OrderStatus.FILLED, D(10), best.price)
            assert (bought.price, bought.time_in_force) == (None, TimeInForce.IOC)
            (position,) = await session.positions("BTC")
            assert (position.instrument, position.size, position.entry_price) == ("BTC-PERPETUAL", D(10), best.price)
            await session.place(Sell(instrument_name="BTC-PERPETUAL", amount=30, type="market"))
            (position,) = await session.positions()
            assert position.size == D(-20)
            trades = await session.call(FetchUserTrades(instrument_name="BTC-PERPETUAL", count=100))
            assert sum(trade.amount for trade in trades.trades) == D(40)
            assert (await session.balance("BTC")).total == D(10)


async def test_the_account_hears_of_orders_fills_positions_and_balances(simulated: Make) -> None:
    async with simulated() as venue:
        deribit = client(venue)
        async with deribit.account_stream() as events, deribit.session() as session:
            await until(events, lambda event: isinstance(event, Balance))
            await session.place(Buy(instrument_name="BTC-PERPETUAL", amount=10, type="market", label="mine"))
            seen = await until(events, lambda event: isinstance(event, Position))
    fill, update = of(seen, Fill)[0], of(seen, OrderUpdate)[0]
    assert (fill.order_id, fill.client_id, fill.maker, fill.size) == (update.order.id, "mine", False, D(10))
    assert update.order.status is OrderStatus.FILLED
    assert (seen[-1].instrument, seen[-1].size) == ("BTC-PERPETUAL", D(10))


@pytest.mark.parametrize("pace", ["raw", "100ms"])
async def test_orders_come_one_by_one_or_in_arrays(simulated: Make, pace: str) -> None:
    async with simulated() as venue:
        channels = [f"user.orders.BTC-PERPETUAL.{pace}", f"user.trades.future.BTC.{pace}"]
        async with client(venue).session([sub.native(channel) for channel in channels]) as session:
            await until(session, lambda event: type(event).__name__ == "Subscribed")
            order = await session.place(LOW)
            (update,) = (await until(session, lambda event: isinstance(event, OrderUpdate)))[-1:]
            assert update.order.id == order.id
            assert await session.cancel_by_label("mine") == 1
            (update,) = (await until(session, lambda event: isinstance(event, OrderUpdate)))[-1:]
            assert (update.order.status, update.reason) == (OrderStatus.CANCELED, "user_request")
            await session.place(Sell(instrument_name="BTC-PERPETUAL", amount=10, type="market"))
            assert (await until(session, lambda event: isinstance(event, Fill)))[-1].side is Side.SELL


async def test_a_resting_order_is_hit_by_the_crowd(simulated: Make) -> None:
    async with simulated(rate=200) as venue:
        wanted = [sub.native(channel) for channel in ACCOUNT_CHANNELS]
        async with client(venue).session(wanted) as session:
            await until(session, lambda event: type(event).__name__ == "Subscribed")
            venue.pause()
            best = venue.book("BTC-PERPETUAL").bids[0]
            order = await session.place(Buy(instrument_name="BTC-PERPETUAL", amount=10, price=best.price))
            venue.resume()
            fill = (await until(session, lambda event: isinstance(event, Fill)))[-1]
            assert (fill.order_id, fill.maker, fill.price) == (order.id, True, best.price)


async def test_post_only_fill_or_kill_and_immediate_or_cancel(simulated: Make) -> None:
    async with simulated() as venue, client(venue).session() as session:
        venue.pause()
        book = venue.book("BTC-PERPETUAL")
        everything = sum(level.size for level in book.asks)

        def buy(**options: Any) -> Buy:
            usual: dict[str, Any] = {"instrument_name": "BTC-PERPETUAL", "amount": 10, "price": book.asks[0].price}
            return Buy(**{**usual, **options})

        with pytest.raises(RequestRejected, match="post_only_reject") as caught:
            await session.place(buy(post_only=True, reject_post_only=True))
        assert caught.value.code == 11054
        moved = await session.place(buy(post_only=True))
        assert moved.price == book.asks[0].price - D("0.5")
        killed = await session.place(buy(amount=everything + 10, time_in_force="fill_or_kill"))
        assert (killed.status, killed.filled) == (OrderStatus.CANCELED, D(0))
        part = await session.place(buy(amount=book.asks[0].size + 10, time_in_force="immediate_or_cancel"))
        assert (part.status, part.filled) == (OrderStatus.CANCELED, book.asks[0].size)


async def test_everything_is_cancelled_by_currency_instrument_or_at_once(simulated: Make) -> None:
    async with simulated() as venue, client(venue).session() as session:
        eth = Buy(instrument_name="ETH-PERPETUAL", amount=1, price=D(3000))
        for request in (LOW, LOW, eth, eth, LOW):
            await session.place(request)
        assert await session.call(CancelAllByCurrency(currency="ETH")) == 2
        assert await session.cancel_all("BTC-PERPETUAL") == 3
        await session.place(LOW)
        assert await session.cancel_all() == 1


async def test_mass_quotes_stand_beside_those_that_are_wrong(simulated: Make) -> None:
    async with simulated() as venue, client(venue).session() as session:
        both = QuoteEntry(
            instrument_name="BTC-PERPETUAL",
            quote_set_id="futures",
            bid=QuoteSide(price=D(60000), amount=10),
            ask=QuoteSide(price=D(70000), amount=3),
        )
        bid = QuoteEntry(instrument_name="ETH-PERPETUAL", bid=QuoteSide(price=D(3000), amount=1))
        result = await session.call(MassQuote(quote_id="q1", mmp_group="default", quotes=(both, bid)))
        assert [(order.instrument_name, order.direction) for order in result.orders] == [
            ("BTC-PERPETUAL", "buy"),
            ("ETH-PERPETUAL", "buy"),
        ]
        assert [(order.quote_id, order.quote_set_id) for order in result.orders] == [("q1", "futures"), ("q1", None)]
        assert [(error["instrument_name"], error["side"]) for error in result.errors] == [("BTC-PERPETUAL", "ask")]


async def test_orders_end_with_the_connection_when_told_so(simulated: Make) -> None:
    async with simulated() as venue:
        deribit = client(venue)
        async with deribit.session(cancel_on_disconnect="connection", policy=POLICY) as session:
            assert (await session.call(FetchCancelOnDisconnect())).enabled
            await session.place(LOW)
            venue.cut(graceful=False)
            await until(session, lambda event: isinstance(event, Connected) and event.epoch == 2)
            assert await session.open_orders() == []
            # The rule is made again on each connection, until it is ended.
            assert (await session.call(FetchCancelOnDisconnect())).enabled
            await session.call(DisableCancelOnDisconnect())
            kept = await session.place(LOW)
            venue.cut()
            await until(session, lambda event: isinstance(event, Connected) and event.epoch == 3)
            assert [order.id for order in await session.open_orders()] == [kept.id]
            assert await session.call(EnableCancelOnDisconnect(scope="account")) == "ok"
            assert (await session.call(FetchCancelOnDisconnect(scope="account"))).enabled


# What may go wrong.


async def test_an_answer_that_never_comes_leaves_an_order_unknown_and_a_question_late(simulated: Make) -> None:
    async with simulated() as venue, client(venue).session() as session:
        venue.swallow("private/buy", 1)
        with pytest.raises(OutcomeUnknown, match="private/buy: no answer within 3 s") as caught:
            await session.place(LOW, timeout=3)
        assert caught.value.outcome_unknown
        # Its label says what became of it: nothing, so it may be sent again.
        assert await session.orders_by_label("mine", "BTC") == []
        placed = await session.place(LOW)
        assert placed.id is not None
        await session.cancel(placed.id)
        (found,) = await session.orders_by_label("mine", "BTC")
        assert (found.id, found.status, found.client_id) == (placed.id, OrderStatus.CANCELED, "mine")
        venue.swallow("public/get_time", 1)
        with pytest.raises(TransportTimeout) as late:
            await session.call(FetchTime(), timeout=3)
        assert not late.value.outcome_unknown
        assert await session.call(FetchTime()) > 0


async def test_a_lost_connection_leaves_an_order_unknown_and_a_question_lost(simulated: Make) -> None:
    async with simulated() as venue, client(venue).session(policy=POLICY) as session:
        await session.call(FetchTime())
        venue.swallow("private/buy", 1)
        venue.swallow("public/get_time", 1)
        errors: list[Exception] = []

        async def attempt(request: Any) -> None:
            try:
                await session.call(request)
            except Exception as error:  # noqa: BLE001 - looked at below
                errors.append(error)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(attempt, LOW)
            tasks.start_soon(attempt, FetchTime())
            await anyio.sleep(1)
            venue.cut(graceful=False)
        assert {type(error) for error in errors} == {OutcomeUnknown, ConnectionLost}
        # What is called meanwhile waits for the next connection and its logon.
        order = await session.place(LOW)
        assert order.status is OrderStatus.OPEN


async def test_answers_nobody_waits_for_are_passed_over(simulated: Make) -> None:
    async with simulated() as venue, client(venue).session() as session:
        await session.call(FetchTime())
        with anyio.move_on_after(0):
            await session.call(FetchTime())
        for id_ in (1 << 30, (1 << 30) + 99, (1 << 31)):
            venue.say(f'{{"jsonrpc":"2.0","id":{id_},"result":1}}')
        venue.say("not JSON")
        assert await session.call(FetchTime()) > 0


@pytest.mark.parametrize(
    ("code", "text", "error"),
    [
        (10028, "too_many_requests", OutcomeUnknown),
        (10009, "not_enough_funds", RequestRejected),
        (11051, "system_maintenance", VenueUnavailable),
        (13888, "timed_out", OutcomeUnknown),
        (11094, "internal_server_error", OutcomeUnknown),
    ],
)
async def test_refusals_of_an_order(simulated: Make, code: int, text: str, error: type[Exception]) -> None:
    async with simulated() as venue, client(venue).session() as session:
        venue.fail("private/buy", (code, text))
        with pytest.raises(error, match=text) as caught:
            await session.place(LOW)
        assert type(caught.value) is error
        # For what only reads, an open outcome is no matter.
        venue.fail("private/get_open_orders", (code, text))
        with pytest.raises(Exception, match=text) as read:
            await session.open_orders()
        assert not isinstance(read.value, OutcomeUnknown)


async def test_a_wrong_secret_ends_the_session_and_shows_nowhere(simulated: Make) -> None:
    async with simulated() as venue:
        known = venue.credentials()
        deribit = Deribit(**venue.options, credentials=Credentials(known.key, "not-the-secret"))
        async with deribit.session(policy=POLICY) as session:
            with pytest.raises(AuthenticationError, match="invalid_credentials") as caught:
                await session.place(LOW)
            assert "not-the-secret" not in f"{caught.value!r}"
            with pytest.raises(AuthenticationError):
                await until(session, lambda event: False)


async def test_the_secret_can_be_sent_itself(simulated: Make) -> None:
    async with simulated() as venue, client(venue, grant="client_credentials").session() as session:
        assert await session.open_orders() == []
        assert venue.accounts.logons == ["client_credentials"]


async def test_a_clock_that_is_wrong_is_measured_and_the_venue_is_signed_for_by_its_own(simulated: Make) -> None:
    async with simulated() as venue:
        wrong: dict[str, Any] = {**venue.options, "clock": lambda: venue.options["clock"]() - 120 * SECOND}
        deribit = Deribit(**wrong, credentials=venue.credentials())
        async with deribit.session(policy=POLICY) as session:
            with pytest.raises(AuthenticationError):
                await session.open_orders()
        offset = await deribit.server_clock.refresh()
        assert abs(offset.offset - 120 * SECOND) <= offset.error
        async with deribit.session(policy=POLICY) as session:
            order = await session.place(LOW)
            assert order.received_at < venue.options["clock"]() - 100 * SECOND, "receipts stay our own clock's"
        assert (await deribit.balance("BTC")).total == D(10), "and so is what is signed over HTTP"


async def test_a_token_is_renewed_before_it_expires(simulated: Make) -> None:
    async with simulated(rate=1) as venue:
        venue.accounts.token_lifetime = 600
        async with client(venue).session() as session:
            await session.call(FetchTime())
            await anyio.sleep(1500)
            assert venue.accounts.logons[:3] == ["client_signature", "refresh_token", "refresh_token"]
            assert venue.connections == 1
            assert await session.open_orders() == []


async def test_a_venue_that_is_away_when_it_is_logged_on_to_is_asked_again(simulated: Make) -> None:
    async with simulated() as venue:
        venue.fail("public/auth", (11051, "system_maintenance"), (10028, "too_many_requests"))
        async with client(venue).session(policy=ReconnectPolicy(first_connect="retry")) as session:
            assert (await session.place(LOW, timeout=60)).status is OrderStatus.OPEN
            assert venue.accounts.logons == ["client_signature"]


async def test_a_token_that_cannot_be_renewed_is_replaced_by_a_new_logon(simulated: Make) -> None:
    async with simulated(rate=1) as venue:
        venue.accounts.token_lifetime = 600
        async with client(venue).session(policy=POLICY) as session:
            await session.call(FetchTime())
            venue.fail("public/auth", (13004, "invalid_credentials"))
            await anyio.sleep(1500)
            assert await session.open_orders() == []
            assert venue.accounts.logons[:3] == ["client_signature", "client_signature", "refresh_token"]
            assert venue.connections == 1, "on the same connection"


async def test_a_session_without_credentials_asks_public_questions_only(simulated: Make) -> None:
    async with simulated() as venue, Deribit(**venue.options).session() as session:
        assert await session.call(FetchTime()) > 0
        with pytest.raises(Exception, match="unauthorized") as caught:
            await session.open_orders()
        assert caught.value.code == 13009  # type: ignore[attr-defined]
    with pytest.raises(ConfigurationError, match="cancel_on_disconnect needs credentials"):
        Deribit().session(cancel_on_disconnect="connection")


async def test_credits_keep_orders_below_the_venues_rate(simulated: Make) -> None:
    async with simulated(rate=1) as venue:
        credits_ = Credits(matching_rate=5, matching_burst=2, max_wait=None)
        async with client(venue, credits=credits_).session() as session:
            await session.call(FetchTime())
            begin = anyio.current_time()
            for _ in range(12):
                await session.place(LOW)
            assert anyio.current_time() - begin >= 1.9


async def test_events_nobody_reads_are_bounded_and_the_loss_is_told(simulated: Make) -> None:
    async with simulated() as venue:
        deribit = client(venue)
        session = deribit.session([sub.native("user.orders.any.any.raw")])
        session._events = type(session._events)(maxlen=3)  # pyright: ignore[reportPrivateUsage]
        async with session:
            await session.call(FetchTime())
            for _ in range(5):
                await session.place(LOW)
            await anyio.sleep(1)
            first = await anext(session)
            assert isinstance(first, Overflow)
            assert first.dropped > 0
            assert isinstance(await anext(session), OrderUpdate)


async def test_a_session_is_entered_once_and_ends_at_once(simulated: Make) -> None:
    async with simulated() as venue:
        session = client(venue).session()
        async with session:
            await session.call(FetchTime())
        with pytest.raises(ConfigurationError, match="entered once"):
            await session.__aenter__()
        with pytest.raises(ConnectionLost, match="the session has ended"):
            await session.call(FetchTime())
        await anyio.sleep(1)
        assert venue.clients == 0


async def test_what_ends_a_session_is_told_in_order(simulated: Make) -> None:
    async with simulated() as venue, client(venue).session(policy=POLICY) as session:
        await session.call(FetchTime())
        venue.cut()
        seen = await until(session, lambda event: isinstance(event, Connected) and event.epoch == 2)
        kinds = [type(event).__name__ for event in seen if isinstance(event, Connected | Disconnected)]
        assert kinds == ["Connected", "Disconnected", "Connected"]
