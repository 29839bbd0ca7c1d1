"""The kit for venues passes the library's own, and names the clause that a broken one breaks."""

import socket as sockets
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from barterpy.errors import ConfigurationError
from barterpy.subscription import Channel, Subscription, book, candles, quotes, trades
from barterpy.testing.checks import check_venue
from barterpy.venues import binance

SPOT = [trades("BTC/USDT"), quotes("ETH/USDT"), book("BTC/USDT"), book("BTC/USDT", depth=20), candles("BTC/USDT", "1m")]
FUTURES = [trades("BTC/USDT:USDT"), quotes("ETHUSDT"), book("BTCUSDT"), candles("BTCUSDT", "1h")]


@pytest.mark.parametrize("number", [Decimal, float])
def test_venues_of_the_library_keep_the_contract(number: Any) -> None:
    check_venue(binance.Spot(number=number), SPOT)
    check_venue(binance.Futures(number=number), FUTURES)


class Wrapped:
    """A good venue, whose methods can be replaced one at a time."""

    def __init__(self) -> None:
        self.inner: Any = binance.Spot()
        self.calls = 0

    @property
    def name(self) -> str:
        return "binance_spot"

    def connections(self, subscriptions: Sequence[Subscription], /) -> Any:
        return self.inner.connections(subscriptions)

    def parser(self) -> Any:
        return self.inner.parser()

    def transformer(self, subscriptions: Sequence[Subscription] = (), /) -> Any:
        return self.inner.transformer(subscriptions)

    async def fetch(self, request: Any, /) -> Any:
        return None

    async def aclose(self) -> None:
        return


class BadName(Wrapped):
    @property
    def name(self) -> str:
        return "Binance Spot"


class OtherName(Wrapped):
    @property
    def name(self) -> str:
        return "binance_other"


class NameChanges(Wrapped):
    @property
    def name(self) -> str:
        self.calls += 1
        return f"venue_{self.calls}"


class OpensSomething(Wrapped):
    def connections(self, subscriptions: Sequence[Subscription], /) -> Any:
        with sockets.socket() as socket:
            socket.connect(("127.0.0.1", 9))


class Resolves(Wrapped):
    def parser(self) -> Any:
        return sockets.getaddrinfo("localhost", 9)


class GivesNone(Wrapped):
    def connections(self, subscriptions: Sequence[Subscription], /) -> Any:
        return []


class SameName(Wrapped):
    def connections(self, subscriptions: Sequence[Subscription], /) -> Any:
        return [*self.inner.connections(subscriptions), *self.inner.connections(subscriptions)]


class ForgetsOne(Wrapped):
    def connections(self, subscriptions: Sequence[Subscription], /) -> Any:
        return self.inner.connections(subscriptions[1:] or subscriptions)


class AsksForMore(Wrapped):
    def connections(self, subscriptions: Sequence[Subscription], /) -> Any:
        return self.inner.connections([*subscriptions, trades("XRP/USDT")])


class CountsConnections(Wrapped):
    def connections(self, subscriptions: Sequence[Subscription], /) -> Any:
        self.calls += 1
        return [replace(one, name=f"{one.name}-{self.calls}") for one in self.inner.connections(subscriptions)]


class OneTransformer(Wrapped):
    def __init__(self) -> None:
        super().__init__()
        self.one = self.inner.transformer()

    def transformer(self, subscriptions: Sequence[Subscription] = (), /) -> Any:
        return self.one


class OneParser(Wrapped):
    def __init__(self) -> None:
        super().__init__()
        self.one = self.inner.parser()

    def parser(self) -> Any:
        return self.one


class NoParser(Wrapped):
    def parser(self) -> Any:
        return object()


class NoTransformer(Wrapped):
    def transformer(self, subscriptions: Sequence[Subscription] = (), /) -> Any:
        return object()


class RefusesOffered(Wrapped):
    def connections(self, subscriptions: Sequence[Subscription], /) -> Any:
        raise ConfigurationError("not today")


class RaisesForUnknown(Wrapped):
    def connections(self, subscriptions: Sequence[Subscription], /) -> Any:
        try:
            return self.inner.connections(subscriptions)
        except ConfigurationError as error:
            raise KeyError(str(error)) from error


class RefusesWithoutAName(Wrapped):
    def connections(self, subscriptions: Sequence[Subscription], /) -> Any:
        try:
            return self.inner.connections(subscriptions)
        except ConfigurationError as error:
            raise ConfigurationError("no") from error


class TakesAnySymbol(Wrapped):
    def connections(self, subscriptions: Sequence[Subscription], /) -> Any:
        try:
            return self.inner.connections(subscriptions)
        except ConfigurationError:
            if subscriptions[0].interval == "never" or subscriptions[0].channel not in (Channel.TRADES, Channel.BOOK):
                raise
            return self.inner.connections([trades("BTC/USDT")])


BROKEN_VENUES: dict[type[Wrapped], str] = {
    BadName: "the name of a venue must be lower case",
    NameChanges: "the name of a venue must not change",
    OtherName: "must bear the name of its venue",
    OpensSomething: "must open nothing",
    Resolves: "must open nothing",
    GivesNone: "at least one for a subscription",
    SameName: "names of their own",
    ForgetsOne: "every subscription must be asked for: .'trades",
    AsksForMore: "must name subscriptions as they were made, not .'trades.XRP",
    CountsConnections: "the same for the same subscriptions",
    OneTransformer: "every transformer must be a fresh one",
    OneParser: "every parser must be a fresh one",
    NoParser: "must give a parser",
    NoTransformer: "must give a transformer",
    RefusesOffered: "must accept the subscriptions that the venue offers, and it raised ConfigurationError: not today",
    RaisesForUnknown: "must be refused with ConfigurationError",
    RefusesWithoutAName: "the refusal of a subscription must name it",
    TakesAnySymbol: "an impossible symbol must be refused",
}


@pytest.mark.parametrize("kind", BROKEN_VENUES, ids=lambda kind: kind.__name__)
def test_a_broken_venue_is_told_its_clause(kind: type[Wrapped]) -> None:
    with pytest.raises(AssertionError, match=BROKEN_VENUES[kind]):
        check_venue(kind(), SPOT)


def test_the_network_is_as_it_was_after_a_failure() -> None:
    connect_, resolve = sockets.socket.connect, sockets.getaddrinfo
    check_venue(Wrapped(), SPOT)
    with pytest.raises(AssertionError):
        check_venue(OpensSomething(), SPOT)
    assert (sockets.socket.connect, sockets.getaddrinfo) == (connect_, resolve)
