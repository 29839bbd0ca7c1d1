"""A market data gateway as a venue: what :func:`barterpy.market.market_stream` and the command line take."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Generic

from barterpy.connection import Connection
from barterpy.errors import ConfigurationError
from barterpy.events import LifecycleEvent
from barterpy.model.market import MarketEvent
from barterpy.model.number import N
from barterpy.parser import StreamParser
from barterpy.protocols.fix.gateway import FixGateway
from barterpy.protocols.fix.market import MarketDataTransformer
from barterpy.subscription import Subscription

__all__ = ["FixMarketVenue"]


class FixMarketVenue(Generic[N]):
    """Market data over FIX: a :class:`barterpy.market.Venue`. Opens nothing before it is asked for something.

    A session whose end the venue announces is replaced by another one that is open beside it for a while, where the
    gateway allows that (:attr:`FixGateway.parallel`); elsewhere it logs out and on again.

    :param gateway: how its sessions are held
    :param make: makes the transformer of a connection, given its name
    :param streams: subscriptions of one connection
    :param single: whether there cannot be two connections, because both would have the same SenderCompID
    """

    def __init__(
        self,
        gateway: FixGateway[Any],
        make: Callable[[str], MarketDataTransformer[N]],
        *,
        streams: int = 200,
        single: bool = False,
    ) -> None:
        if streams < 1:
            raise ConfigurationError(f"a connection carries 1 subscription and more, not {streams}")
        self.gateway: FixGateway[Any] = gateway
        self._make: Callable[[str], MarketDataTransformer[N]] = make
        self._streams = streams
        self._single = single

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.gateway.endpoint})"

    @property
    def name(self) -> str:
        """The venue's name in events."""
        return self.gateway.venue

    def connections(
        self, subscriptions: Sequence[Subscription], /
    ) -> Sequence[Connection[MarketEvent[N] | LifecycleEvent]]:
        """The connections that carry these subscriptions. Subscriptions may come and go while one lives.

        :raises barterpy.errors.ConfigurationError: the gateway does not offer one of them, and the text names it; or
            they need several connections, and there can be only one
        """
        wanted = list({subscription.name: subscription for subscription in subscriptions}.values())
        parts = [wanted[start : start + self._streams] for start in range(0, len(wanted), self._streams)]
        if self._single and len(parts) > 1:
            raise ConfigurationError(
                f"{len(wanted)} subscriptions need {len(parts)} connections, and a sender has one: leave it out"
            )
        return [self._connection(number, part) for number, part in enumerate(parts, 1)]

    def parser(self) -> StreamParser[Any, Any]:
        """A parser of the gateway's messages."""
        return self.gateway.parser

    def transformer(self, subscriptions: Sequence[Subscription] = (), /) -> MarketDataTransformer[N]:
        """A transformer of typed messages, which has asked for these subscriptions, in their order.

        :raises barterpy.errors.ConfigurationError: the gateway does not offer one of them; the text names it
        """
        transformer = self._make(self.gateway.name)
        transformer.subscribe(subscriptions)
        return transformer

    async def fetch(self, request: Any, /) -> Any:
        """Nothing is fetched aside: snapshots come on the stream.

        :raises barterpy.errors.ConfigurationError: always
        """
        raise ConfigurationError("nothing is fetched beside a FIX session")

    async def aclose(self) -> None:
        """Nothing is held beside the connections."""

    def _connection(self, number: int, topics: Sequence[Subscription]) -> Connection[MarketEvent[N] | LifecycleEvent]:
        gateway = self.gateway
        name = f"{gateway.name}-{number}"
        transformer = self._make(name)
        for subscription in topics:
            transformer.topic(subscription)  # refused now, and not when it is connected
        return Connection(
            venue=gateway.venue,
            name=name,
            connect=gateway.open_replaceable if gateway.parallel else gateway.open,
            parser=gateway.parser,
            transformer=transformer,
            topics=tuple(topics),
            subscribe=transformer.subscribe,
            unsubscribe=transformer.unsubscribe,
            connect_limiter=gateway.connect_limiter,
            send_limiter=None if gateway.message_limiter is None else gateway.message_limiter(),
            again=partial(self._connection, number) if gateway.parallel else None,
        )
