"""The contract of :class:`barterpy.market.Venue`."""

import socket
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NoReturn

from barterpy.connection import Connection
from barterpy.errors import ConfigurationError
from barterpy.market import Venue
from barterpy.subscription import Channel, Subscription
from barterpy.testing.checks.clause import broken, require

__all__ = ["check_venue"]

_NO_SYMBOLS: Final = ("NO SUCH SYMBOL", "BTC/", "/")
_NETWORK: Final = ("connect", "connect_ex", "sendto")


def check_venue(venue: Venue[Any], subscriptions: Sequence[Subscription]) -> None:
    """Check a venue object against the contract of :class:`barterpy.market.Venue`. Nothing is connected to.

    :param subscriptions: some that the venue offers, of one instrument at least
    :raises AssertionError: a clause is broken
    """
    with _no_network():
        _check_name(venue)
        _check_connections(venue, subscriptions)
        _check_fresh(venue, subscriptions)
        _check_refusals(venue, subscriptions)


@contextmanager
def _no_network() -> Generator[None, None, None]:
    def forbidden(*args: Any, **options: Any) -> NoReturn:
        raise broken("a venue must open nothing before a stream is entered")

    kept = {name: getattr(socket.socket, name) for name in _NETWORK}
    resolve = socket.getaddrinfo
    try:
        for name in _NETWORK:
            setattr(socket.socket, name, forbidden)
        socket.getaddrinfo = forbidden
        yield
    finally:
        for name, method in kept.items():
            setattr(socket.socket, name, method)
        socket.getaddrinfo = resolve


def _check_name(venue: Venue[Any]) -> None:
    name: Any = venue.name
    require(
        isinstance(name, str) and name.isidentifier() and name == name.lower(),
        f"the name of a venue must be lower case letters, digits and underscores, not {name!r}",
    )
    require(venue.name == name, "the name of a venue must not change")


def _connections(venue: Venue[Any], subscriptions: Sequence[Subscription]) -> Sequence[Connection[Any]]:
    try:
        return venue.connections(subscriptions)
    except AssertionError:
        raise
    except Exception as error:
        raise broken("connections must accept the subscriptions that the venue offers", error) from error


def _check_connections(venue: Venue[Any], subscriptions: Sequence[Subscription]) -> None:
    first = _connections(venue, subscriptions)
    require(len(first) > 0, "connections must give at least one for a subscription")
    names = [connection.name for connection in first]
    require(all(names) and len(set(names)) == len(names), f"connections must have names of their own, not {names}")
    asked = {subscription.name for subscription in subscriptions}
    carried: set[str] = set()
    for connection in first:
        require(
            connection.venue == venue.name,
            f"a connection must bear the name of its venue, {venue.name!r} and not {connection.venue!r}",
        )
        ids = [request.id for request in connection.requests]
        require(len(set(ids)) == len(ids), f"the requests of a connection must have ids of their own, not {ids}")
        carried.update(name for request in connection.requests for name in request.subscriptions)
        carried.update(topic.name for topic in connection.topics)
    require(carried <= asked, f"requests must name subscriptions as they were made, not {sorted(carried - asked)}")
    if all(connection.requests or connection.topics for connection in first):
        require(carried == asked, f"every subscription must be asked for: {sorted(asked - carried)} are missing")
    second = _connections(venue, subscriptions)
    require(
        [_shape(connection) for connection in first] == [_shape(connection) for connection in second],
        "connections must give the same for the same subscriptions",
    )


def _shape(connection: Connection[Any]) -> tuple[object, ...]:
    return (connection.venue, connection.name, connection.requests)


def _check_fresh(venue: Venue[Any], subscriptions: Sequence[Subscription]) -> None:
    made = [*_connections(venue, subscriptions), *_connections(venue, subscriptions)]
    transformers: list[Any] = [connection.transformer for connection in made]
    transformers += [venue.transformer(), venue.transformer(), venue.transformer(subscriptions)]
    for transformer in transformers:
        require(callable(getattr(transformer, "transform", None)), "transformer() must give a transformer")
    require(len({id(one) for one in transformers}) == len(transformers), "every transformer must be a fresh one")
    parsers: list[Any] = [*(connection.parser for connection in made), venue.parser(), venue.parser()]
    for parser in parsers:
        require(callable(getattr(parser, "parse", None)), "parser() must give a parser")
    require(len({id(one) for one in parsers}) == len(parsers), "every parser must be a fresh one")


def _check_refusals(venue: Venue[Any], subscriptions: Sequence[Subscription]) -> None:
    instrument = next(one.instrument for one in subscriptions if one.instrument)
    for channel in Channel:
        _require_offered_or_refused(venue, Subscription(channel=channel, instrument=instrument))
        if channel is Channel.CANDLES:
            _require_refused(
                venue, Subscription(channel=channel, instrument=instrument, interval="never"), "an unknown interval"
            )
    for offered in subscriptions:
        if not offered.instrument:
            continue
        for symbol in _NO_SYMBOLS:
            unknown = Subscription(
                channel=offered.channel,
                instrument=symbol,
                depth=offered.depth,
                interval=offered.interval,
                aggregate=offered.aggregate,
            )
            _require_refused(venue, unknown, "an impossible symbol")


def _require_offered_or_refused(venue: Venue[Any], subscription: Subscription) -> bool:
    """Whether it is offered."""
    try:
        venue.connections([subscription])
    except ConfigurationError as error:
        require(
            subscription.channel.value in str(error) or subscription.instrument in str(error),
            f"the refusal of a subscription must name it: {subscription.name} is not in {str(error)!r}",
        )
        return False
    except AssertionError:
        raise
    except Exception as error:
        raise broken(
            f"a subscription that is not offered must be refused with ConfigurationError: {subscription.name}", error
        ) from error
    return True


def _require_refused(venue: Venue[Any], subscription: Subscription, what: str) -> None:
    require(
        not _require_offered_or_refused(venue, subscription),
        f"{what} must be refused with ConfigurationError: {subscription.name}",
    )
