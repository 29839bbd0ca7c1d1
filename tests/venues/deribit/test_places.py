"""How many connections there may be at a time, from an address and with a key, whoever in the process makes them."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import anyio
import anyio.abc
import pytest

from barterpy import subscription as sub
from barterpy.backoff import Backoff
from barterpy.credentials import Credentials
from barterpy.errors import ConfigurationError, LimitExceeded
from barterpy.events import Connected, Reconnecting
from barterpy.limits import Scopes
from barterpy.market import market_stream
from barterpy.reconnect import ReconnectPolicy
from barterpy.testing import SimulatedDeribit, virtual_backends
from barterpy.venues.deribit import Deribit
from barterpy.venues.deribit.limits import CONNECTIONS_PER_ADDRESS, SESSIONS_PER_KEY, address_places

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", virtual_backends())]

Make = Callable[..., SimulatedDeribit]
PATIENT = ReconnectPolicy(backoff=Backoff(initial=1.0, jitter=0.0), first_connect="retry")


def client(venue: SimulatedDeribit, key: Credentials, **options: Any) -> Deribit[Any]:
    """A venue object of its own, which does not know of others with the same key."""
    return Deribit(**venue.options, credentials=key, **options)


async def test_one_session_of_a_key_too_many_is_refused_and_finds_a_place_later(simulated: Make) -> None:
    async with simulated() as venue, anyio.create_task_group() as tasks:
        key, leave = venue.credentials(), anyio.Event()

        async def hold(number: int, *, task_status: anyio.abc.TaskStatus[None]) -> None:
            async with client(venue, key).session() as session:
                await session.balance("BTC")
                task_status.started()
                await (leave.wait() if number == 3 else anyio.sleep_forever())

        for number in range(SESSIONS_PER_KEY):
            await tasks.start(hold, number)
        with pytest.raises(LimitExceeded) as caught:
            async with client(venue, key).session() as session:
                await session.balance("BTC")
        assert (caught.value.allowed, caught.value.actual) == (16, 17)
        assert str(caught.value).startswith("sessions of one key at a time (")
        assert str(caught.value).endswith("got 17; close one, carry more channels on each, or use another key")
        assert caught.value.retryable
        async with client(venue, venue.credentials()).session() as session:
            await session.balance("BTC")  # another key
        # What needs no logon takes no session's place.
        async with market_stream(client(venue, key), [sub.trades("BTC-PERPETUAL")]) as events:
            assert isinstance(await anext(events), Connected)
        async with client(venue, key).session(policy=PATIENT) as session:
            while not isinstance(event := await anext(session), Reconnecting):
                pass
            assert "allows 16, got 17" in event.reason
            leave.set()
            assert (await session.balance("BTC")).asset == "BTC"
        tasks.cancel_scope.cancel()


async def test_one_connection_of_an_address_too_many(simulated: Make, scopes: Any) -> None:
    wanted = [sub.trades("BTC-PERPETUAL"), sub.book("BTC-PERPETUAL")]
    async with simulated() as venue, AsyncExitStack() as open_streams:
        for _ in range(CONNECTIONS_PER_ADDRESS // 2):
            stream = market_stream(Deribit(**venue.options, connection_channels=1), wanted)
            events = await open_streams.enter_async_context(stream)
            up = 0
            while up < 2:
                up += isinstance(await anext(events), Connected)
        with pytest.raises(LimitExceeded, match=r"connections at a time \(.* ip\) allows 32, got 33; close one"):
            async with market_stream(Deribit(**venue.options), wanted[:1]) as events:
                await anext(events)
    await anyio.wait_all_tasks_blocked()
    async with simulated() as venue, market_stream(Deribit(**venue.options), wanted[:1]) as events:
        assert isinstance(await anext(events), Connected), "all were given back"


async def test_behind_a_proxy_it_is_another_address() -> None:
    known, proxy = Scopes(), "http://user:sesame@proxy.test:1"
    direct, proxied = address_places(known, "x.test"), address_places(known, "x.test", proxy)
    assert direct is address_places(known, "x.test")
    assert proxied is address_places(known, "x.test", proxy)
    assert direct is not proxied
    assert direct.scope == proxied.scope == "x.test ip", "and the proxy's password shows nowhere"


async def test_a_plan_with_too_many_connections_is_refused_before_any_is_made(simulated: Make) -> None:
    raw = [sub.native(f"trades.BTC-PERPETUAL-{number}.raw") for number in range(17)]
    public = [sub.native(f"trades.BTC-PERPETUAL-{number}.100ms") for number in range(32)]
    async with simulated() as venue:
        deribit = client(venue, venue.credentials(), connection_channels=1)
        with pytest.raises(ConfigurationError, match="17 authenticated connections are more than the venue allows"):
            deribit.connections(raw)
        assert len(deribit.connections(public)) == 32
        assert len(deribit.connections([*raw[1:], *public[16:]])) == 32
        with pytest.raises(ConfigurationError, match="33 connections are more than the venue allows at a time, 32"):
            deribit.connections([*raw[1:], *public[15:]])
