"""What ``v4_orderbook`` is made into: whole books, best levels and quotes, all of the view that is never crossed."""

from collections.abc import Sequence
from typing import Any, Generic, TypeAlias

import msgspec

from barterpy.model.market import Level
from barterpy.model.number import N
from barterpy.subscription import Channel, Subscription
from barterpy.sync import UncrossedBook
from barterpy.venues.dydx.channels import Topic
from barterpy.venues.dydx.decoding import later_contents, market_name
from barterpy.venues.dydx.messages import BookChanges, BookContents, Frame
from barterpy.venues.dydx.normaliser import Normaliser

__all__ = ["BookHandler"]

Output: TypeAlias = Any


class BookHandler(Generic[N]):
    """Books, their best levels and quotes, all of the uncrossed view. Whole books are a snapshot and then deltas."""

    def __init__(self, topic: Topic, normalise: Normaliser[N]) -> None:
        self._topic = topic
        self._normalise: Normaliser[N] = normalise
        self._first = msgspec.json.Decoder(BookContents).decode
        self._decode = later_contents(BookChanges)
        self.book: UncrossedBook[N] = UncrossedBook()
        """The book as it was sent, and the view of it."""
        self._told: dict[object, object] = {}
        self.serve(())

    def serve(self, subscriptions: Sequence[Subscription], /) -> None:
        self._name = market_name(subscriptions, self._topic)
        channels = {subscription.channel for subscription in subscriptions} or {Channel.NATIVE}
        depths = {one.depth for one in subscriptions if one.channel is Channel.BOOK}
        self._whole = Channel.NATIVE in channels or None in depths
        self._quotes = Channel.QUOTES in channels or Channel.NATIVE in channels
        self._depths = sorted(depth for depth in depths if depth is not None)
        # A subscription that comes later begins with what there is, at the next change.
        wanted: set[object] = {*self._depths, *(["book"] if self._whole else []), *(["quote"] if self._quotes else [])}
        self._told = {what: told for what, told in self._told.items() if what in wanted}

    def first(self, frame: Frame, received_at: int, /) -> Sequence[Output]:
        contents, levels = self._first(frame.contents), self._normalise.levels
        self.book.replace(levels(contents.bids), levels(contents.asks), frame.message_id or 0)
        self._told.clear()
        return self._tell(None, frame.message_id, received_at)

    def later(self, frame: Frame, received_at: int, /) -> Sequence[Output]:
        parts, changes = self._decode(frame), self._normalise.changes
        # Everything is made before anything is applied: of a message that does not fit nothing is.
        bids = [level for part in parts for level in changes(part.bids)]
        asks = [level for part in parts for level in changes(part.asks)]
        return self._tell(self.book.update(bids, asks, frame.message_id or 0), frame.message_id, received_at)

    def _tell(
        self, changes: tuple[Sequence[Level[N]], Sequence[Level[N]]] | None, sequence: int | None, received_at: int
    ) -> Sequence[Output]:
        normalise, book, name = self._normalise, self.book, self._name
        events: list[Output] = []
        if self._whole:
            if "book" not in self._told:
                self._told["book"] = True
                events.append(normalise.snapshot(book.levels(), name, sequence, received_at))
            elif changes is not None and any(changes):
                bids, asks = changes
                events.append(normalise.delta((tuple(bids), tuple(asks)), name, sequence, received_at))
        for depth in self._depths:
            levels = book.levels(depth)
            if self._told.get(depth) != levels:
                self._told[depth] = levels
                events.append(normalise.snapshot(levels, name, sequence, received_at, depth=depth))
        if self._quotes:
            best = book.best()
            if self._told.get("quote") != best:
                self._told["quote"] = best
                events.append(normalise.quote(*best, name, sequence, received_at))
        return events
