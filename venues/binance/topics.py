"""Which subscriptions a connection asks for, on which streams, and under which ids.

Several subscriptions may share a stream (a mark price brings the funding rate; two spellings of a symbol): it is
subscribed once, and ended with the last of them.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from barterpy.connection import SubscribeRequest
from barterpy.subscription import Subscription
from barterpy.venues.binance.channels import Stream, streams
from barterpy.venues.binance.endpoints import Market
from barterpy.venues.binance.limits import LIMITS

__all__ = ["Topics"]

# What was asked on a connection that ended is never answered.
_MOST_UNANSWERED: Final = 1000

_encode = msgspec.json.Encoder().encode


class Topics:
    """See the module. Ids are never used twice."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._served: dict[str, dict[str, Subscription]] = {}
        self._stream_of: dict[str, str] = {}
        self._asked: dict[int | str, tuple[str, ...]] = {}
        self._id = 0

    def stream_of(self, name: str) -> str | None:
        """The stream that serves the subscription of this name."""
        return self._stream_of.get(name)

    def add(self, subscriptions: Sequence[Subscription]) -> list[Stream]:
        """Remember these, and give the streams that are new or serve more than before.

        :raises barterpy.errors.ConfigurationError: the venue does not offer one of them; nothing is remembered then
        """
        places = {one.name: streams(self._market, [one])[0].name for one in subscriptions}
        changed: dict[str, None] = {}
        for one in subscriptions:
            served = self._served.setdefault(places[one.name], {})
            if one.name not in served:
                served[one.name] = one
                self._stream_of[one.name] = places[one.name]
                changed[places[one.name]] = None
        return [self._stream(name) for name in changed]

    def subscribe(self, subscriptions: Sequence[Subscription]) -> list[SubscribeRequest]:
        """The requests for these, which were added."""
        return self._requests("SUBSCRIBE", self._by_stream(subscriptions))

    def renew(self, subscriptions: Sequence[Subscription]) -> list[SubscribeRequest]:
        """The requests that leave the streams of these and ask for them once more."""
        names = self._by_stream(subscriptions)
        return [*self._requests("UNSUBSCRIBE", dict.fromkeys(names, ())), *self._requests("SUBSCRIBE", names)]

    def unsubscribe(
        self, subscriptions: Sequence[Subscription]
    ) -> tuple[list[SubscribeRequest], list[Stream], list[str]]:
        """The requests that end these, the streams that go on for others, and those that end."""
        names = self._by_stream(subscriptions)
        changed: list[Stream] = []
        gone: dict[str, tuple[str, ...]] = {}
        for stream, ended in names.items():
            served = self._served[stream]
            for name in ended:
                del served[name], self._stream_of[name]
            if served:
                changed.append(self._stream(stream))
            else:
                del self._served[stream]
                gone[stream] = ended
        return self._requests("UNSUBSCRIBE", gone), changed, list(gone)

    def leads(self, subscription: Subscription) -> bool:
        """Whether it is the one of its stream by which silence is noticed: one for each stream is enough."""
        served = self._served.get(self._stream_of.get(subscription.name, ""))
        return served is not None and min(served) == subscription.name

    def answered(self, id_: int | str) -> tuple[str, ...]:
        """The streams of a request that was answered; none for one that was not asked here."""
        return self._asked.pop(id_, ())

    def _stream(self, name: str) -> Stream:
        (stream,) = streams(self._market, list(self._served[name].values()))
        return stream

    def _by_stream(self, subscriptions: Sequence[Subscription]) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for subscription in subscriptions:
            stream = self._stream_of.get(subscription.name)
            if stream is not None:
                found[stream] = (*found.get(stream, ()), subscription.name)
        return found

    def _requests(self, method: str, names: Mapping[str, tuple[str, ...]]) -> list[SubscribeRequest]:
        requests: list[SubscribeRequest] = []
        wanted, size = list(names), LIMITS[self._market].request_streams
        for start in range(0, len(wanted), size):
            part = wanted[start : start + size]
            self._id += 1
            if method == "SUBSCRIBE":
                if len(self._asked) >= _MOST_UNANSWERED:
                    del self._asked[next(iter(self._asked))]
                self._asked[self._id] = tuple(part)
            message = _encode({"method": method, "params": part, "id": self._id}).decode()
            subscriptions = tuple(name for stream in part for name in names[stream])
            requests.append(SubscribeRequest(id=self._id, message=message, subscriptions=subscriptions))
        return requests
