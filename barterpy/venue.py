"""Venue: what an integration offers to streams, and what comes of it."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeAlias, cast

from barterpy.connection import Connection
from barterpy.errors import ConfigurationError
from barterpy.events import LifecycleEvent
from barterpy.model.market import MarketEvent
from barterpy.model.number import N
from barterpy.parser import StreamParser
from barterpy.shape import synchronous
from barterpy.subscription import Subscription
from barterpy.transformer import Transformer

__all__ = ["Event", "Venue", "planned"]

Event: TypeAlias = MarketEvent[N] | LifecycleEvent
"""Anything a market stream yields: data, and what happens to it."""


class Venue(Protocol[N]):
    """What a venue integration offers to the streams."""

    @property
    def name(self) -> str:
        """The venue's name in events, such as ``binance_futures``."""
        ...

    def connections(
        self, subscriptions: Sequence[Subscription], /
    ) -> Sequence[Connection[MarketEvent[N] | LifecycleEvent]]:
        """The connections that carry these subscriptions, by the venue's URLs and limits. Opens nothing.

        :raises barterpy.errors.ConfigurationError: the venue does not offer one of them; the text names it
        """
        ...

    def parser(self) -> StreamParser[str | bytes, Any]:
        """A parser of the venue's messages."""
        ...

    def transformer(
        self, subscriptions: Sequence[Subscription] = (), /
    ) -> Transformer[Any, MarketEvent[N] | LifecycleEvent]:
        """A transformer of parsed messages; without subscriptions it takes whatever comes, under the venue's names."""
        ...

    async def fetch(self, request: Any, /) -> Any:
        """Answer a :class:`~barterpy.transformer.Fetch` of the transformer, over REST."""
        ...

    async def aclose(self) -> None:
        """Close what the venue object opened, such as its REST transport."""
        ...


def planned(
    venue: Venue[N], subscriptions: Sequence[Subscription]
) -> Sequence[Connection[MarketEvent[N] | LifecycleEvent]]:
    """``venue.connections(subscriptions)``, once both are known to be what they should be.

    :raises barterpy.errors.ConfigurationError: they are not, or the venue does not offer one of the subscriptions
    """
    connections = synchronous(venue, "connections", "venue")
    # What a caller passes who has no type checker.
    passed = cast("object", subscriptions)
    if isinstance(passed, Subscription):
        raise ConfigurationError(f"subscriptions is a list: [{passed}]")
    for said in cast("Iterable[object]", subscriptions):
        if not isinstance(said, Subscription):
            raise ConfigurationError(f"{said!r} is no subscription: make one, such as trades('BTC/USDT')")
    plan: Sequence[Connection[MarketEvent[N] | LifecycleEvent]] = connections(subscriptions)
    return plan
