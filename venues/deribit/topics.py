"""Which subscriptions a connection asks for, on which channels, and under which ids.

Several subscriptions may share a channel (a ticker is also a mark price): it is subscribed once, and ended with the
last of them.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from barterpy.connection import SubscribeRequest
from barterpy.errors import ParseError, SubscriptionRefused
from barterpy.subscription import Subscription
from barterpy.venues.deribit.channels import Stream, needs_logon, streams
from barterpy.venues.deribit.limits import REQUEST_CHANNELS
from barterpy.venues.deribit.requests import encode_call, subscribe_call

__all__ = ["CALL_IDS", "OWN_IDS", "Topics"]

CALL_IDS: Final = 1 << 30
"""Calls of a session have ids from here…"""
OWN_IDS: Final = 1 << 40
"""…and what the transformer asks by itself from here. Smaller ids are the connection's logon and subscriptions."""

# What was asked on a connection that ended is never answered.
_MOST_UNANSWERED: Final = 1000

_names = msgspec.json.Decoder(list[str]).decode


class Topics:
    """See the module. Ids are never used twice.

    :param pace: of trades, books and tickers that do not say their own
    """

    def __init__(self, pace: str) -> None:
        self.logons: set[int] = set()
        """Ids of logons that were not answered."""
        self._pace = pace
        self._streams: dict[str, Stream] = {}
        self._channels: dict[str, str] = {}
        self._asked: dict[int | str, dict[str, tuple[str, ...]]] = {}
        self._id = 0

    def next_id(self) -> int:
        """The next id."""
        self._id += 1
        return self._id

    def next_logon_id(self) -> int:
        """The next id, of a logon."""
        id_ = self.next_id()
        if len(self.logons) >= _MOST_UNANSWERED:
            self.logons.remove(min(self.logons))
        self.logons.add(id_)
        return id_

    def channel_of(self, name: str) -> str | None:
        """The channel that serves the subscription of this name."""
        return self._channels.get(name)

    def add(self, subscriptions: Sequence[Subscription]) -> list[Stream]:
        """Remember these, and give the channels that are new or serve more than before.

        :raises barterpy.errors.ConfigurationError: the venue does not offer one of them; nothing is remembered then
        """
        known = [one for stream in self._streams.values() for one in stream.subscriptions]
        changed: list[Stream] = []
        for stream in streams([*known, *subscriptions], self._pace):
            if self._streams.get(stream.name) != stream:
                self._streams[stream.name] = stream
                changed.append(stream)
        for subscription in subscriptions:
            (stream,) = streams([subscription], self._pace)
            self._channels[subscription.name] = stream.name
        return changed

    def subscribe(self, subscriptions: Sequence[Subscription]) -> list[SubscribeRequest]:
        """The requests for these, which :meth:`add` has seen: what anybody may have, then what needs a logon."""
        names = self._by_channel(subscriptions)
        requests: list[SubscribeRequest] = []
        for private in (False, True):
            chosen = [channel for channel in names if self._streams[channel].authenticated is private]
            for start in range(0, len(chosen), REQUEST_CHANNELS):
                part = {channel: names[channel] for channel in chosen[start : start + REQUEST_CHANNELS]}
                id_ = self.next_id()
                if len(self._asked) >= _MOST_UNANSWERED:
                    del self._asked[next(iter(self._asked))]
                self._asked[id_] = part
                requests.append(_request(id_, subscribe_call(id_, list(part), private=private), part))
        return requests

    def unsubscribe(
        self, subscriptions: Sequence[Subscription]
    ) -> tuple[list[SubscribeRequest], list[Stream], list[str]]:
        """The requests that end these, the channels that go on for others, and those that end."""
        ended = {one.name for one in subscriptions}
        names = self._by_channel(subscriptions)
        changed: list[Stream] = []
        gone: list[str] = []
        for channel in names:
            stream = self._streams[channel]
            left = tuple(one for one in stream.subscriptions if one.name not in ended)
            if left:
                changed.append(msgspec.structs.replace(stream, subscriptions=left))
                self._streams[channel] = changed[-1]
            else:
                del self._streams[channel]
                gone.append(channel)
        requests: list[SubscribeRequest] = []
        for private in (False, True):
            chosen = [channel for channel in gone if needs_logon(channel) is private]
            for start in range(0, len(chosen), REQUEST_CHANNELS):
                part = {channel: names[channel] for channel in chosen[start : start + REQUEST_CHANNELS]}
                id_ = self.next_id()
                requests.append(_request(id_, subscribe_call(id_, list(part), leave=True, private=private), part))
        kept = {stream.name: names[stream.name] for stream in changed}
        if kept:
            # Nothing changes for the venue; its answer still comes behind what it had sent before.
            id_ = self.next_id()
            requests.append(_request(id_, encode_call(id_, "public/test", {}), kept))
        for name in ended:
            self._channels.pop(name, None)
        return requests, changed, gone

    def answered(self, id_: int | str, result: msgspec.Raw) -> tuple[Sequence[str], SubscriptionRefused | None]:
        """The channels an answer confirms, and the error of those that it leaves out: it lists what is subscribed now.

        :raises barterpy.errors.ParseError: the answer is no list
        """
        asked = self._asked.pop(id_, None)
        if asked is None:
            return (), None
        try:
            given = set(_names(result))
        except msgspec.DecodeError as error:
            raise ParseError(str(error), bytes(result), kind="answer to a subscription") from error
        missing = [channel for channel in asked if channel not in given]
        if not missing:
            return list(asked), None
        names = [name for channel in missing for name in asked[channel]]
        refusal = SubscriptionRefused(names, f"not subscribed: {', '.join(missing)}")
        return [channel for channel in asked if channel in given], refusal

    def _by_channel(self, subscriptions: Sequence[Subscription]) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for subscription in subscriptions:
            channel = self._channels.get(subscription.name)
            if channel is not None and channel in self._streams:
                found[channel] = (*found.get(channel, ()), subscription.name)
        return found


def _request(id_: int, message: str, part: dict[str, tuple[str, ...]]) -> SubscribeRequest:
    names = tuple(name for served in part.values() for name in served)
    return SubscribeRequest(id=id_, message=message, subscriptions=names)
