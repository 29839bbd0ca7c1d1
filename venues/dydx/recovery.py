"""What is done when messages of a connection are missing: say so, ask again for what is in doubt, say when it is whole.

The venue numbers the messages of a connection and nothing else, so a number that is left out may have been anything:
every topic is in doubt. A topic is left and subscribed again; its first contents hold all that was lost.
"""

from collections.abc import Sequence
from typing import Any, Final, Generic

from barterpy.backoff import Attempts, Backoff
from barterpy.clock import SECOND
from barterpy.errors import ProtocolError
from barterpy.events import BookFailed, Gap, Resynced
from barterpy.model.number import N
from barterpy.transformer import Send
from barterpy.venues.dydx.channels import Kind
from barterpy.venues.dydx.normaliser import Normaliser
from barterpy.venues.dydx.routes import Route, Routes

__all__ = ["Recovery"]

_MOST_UNREADABLE: Final = 5

# A topic may be asked for twice a second; a connection that loses again and again is given up.
_BACKOFF: Final = Backoff(initial=1.0, factor=2.0, cap=30.0, jitter=0.0, stable_after=60.0, max_attempts=6)


class Recovery(Generic[N]):
    """See the module. Times are arguments, int nanoseconds UTC."""

    def __init__(self, routes: Routes[N], normalise: Normaliser[N]) -> None:
        self.deadline: int | None = None
        """When topics in doubt are asked for again; None while nothing has to be."""
        self._routes: Routes[N] = routes
        self._normalise: Normaliser[N] = normalise
        self._attempts = Attempts(_BACKOFF)
        self._invalid_since: dict[str, int] = {}

    def on_reset(self, now: int) -> list[Gap]:
        """A new connection began: books are not valid until their first contents come again."""
        self.deadline = None
        self._attempts = Attempts(_BACKOFF)
        gaps: list[Gap] = []
        for route in self._routes:
            if route.live and route.topic.kind is Kind.ORDERBOOK:
                # A replay has no clock: its time is that of the messages.
                gaps += self.gaps(route, "reconnected", max(now, route.seen_at or 0))
            route.live = route.doubted = route.due = route.sent = False
            route.failures, route.seen_at = 0, None
            route.answered.clear()
        return gaps

    def on_loss(self, last: int, following: int, now: int) -> list[Any]:
        """After message ``last`` came ``following``.

        :raises barterpy.errors.ProtocolError: it was too often
        """
        outputs: list[Any] = []
        for route in self._routes:
            if route.live:
                outputs += self.gaps(route, "messages of the connection are missing", now, last, following)
                route.live, route.doubted = False, True
        for route in self._routes:
            route.due = route.doubted  # an answer that was under way may be among what was lost
        if outputs or any(route.due for route in self._routes):
            self._plan(now)
            if self.deadline == now:
                outputs += self.on_deadline(now)
        return outputs

    def on_loss_in_recording(self, last: int, following: int, now: int) -> list[Gap]:
        """The same where nobody can be asked: what does not build on the message before goes on."""
        gaps: list[Gap] = []
        for route in self._routes:
            gaps += self.gaps(route, "messages of the connection are missing", now, last, following)
            route.live = route.live and route.topic.kind is not Kind.ORDERBOOK
        return gaps

    def doubt(self, route: Route, now: int) -> None:
        """A topic has to be asked for again: its contents could not be read, or it was refused.

        :raises barterpy.errors.ProtocolError: it was too often
        """
        route.live, route.doubted, route.due = False, True, True
        self._plan(now)

    def unreadable(self, route: Route, now: int) -> None:
        """First contents could not be read, so what follows them means nothing. They are asked for again, later each
        time; after some times this topic is given up, and no other."""
        route.failures += 1
        route.live, route.doubted, route.due = False, True, True
        route.answered.append(now)
        at = now
        if route.failures <= _MOST_UNREADABLE:
            wait = _BACKOFF.delay(route.failures - 1, 0.0) if route.failures > 1 else 0.0
            at = max(now + round(wait * SECOND), route.free_at(now))
        self.deadline = at if self.deadline is None else min(at, self.deadline)

    def on_deadline(self, now: int) -> list[Any]:
        """Ask for what is in doubt."""
        self.deadline = None
        outputs: list[Any] = []
        for route in self._routes:
            if route.failures > _MOST_UNREADABLE:
                outputs += self._given_up(route, now)
            elif route.due:
                # What could not be read was told as an error in its place; that it left a gap was not.
                outputs += self.gaps(route, "a message could not be read", now)
                free_at = route.free_at(now)
                if free_at > now:
                    # One more than the venue takes of a topic would end the connection, with 1008.
                    self.deadline = free_at if self.deadline is None else min(free_at, self.deadline)
                    continue
                route.due = False
                outputs += [Send(message) for message in self._routes.again(route)]
        return outputs

    def on_first(self, route: Route, now: int) -> list[Resynced]:
        """First contents came. A name is whole again with its book, or where it has none with its last topic."""
        route.live, route.doubted, route.due, route.failures, route.seen_at = True, False, False, 0, now
        route.answered.append(now)
        self._attempts.connected(now)
        resynced: list[Resynced] = []
        for name in route.names:
            others = [one for one in self._routes if name in one.names and one is not route]
            books = [one for one in others if one.topic.kind is Kind.ORDERBOOK]
            if route.topic.kind is not Kind.ORDERBOOK and any(not one.live for one in books or others):
                continue
            since = self._invalid_since.pop(name, None)
            if since is not None:
                resynced.append(
                    Resynced(
                        venue=self._normalise.venue,
                        instrument=name,
                        epoch=self._normalise.epoch,
                        received_at=now,
                        downtime=now - since,
                    )
                )
        return resynced

    def _given_up(self, route: Route, now: int) -> list[Any]:
        """A book has failed. Everything else goes on with its later contents, which say what they say by themselves."""
        attempts, route.failures, route.doubted, route.due = route.failures, 0, False, False
        if route.topic.kind is not Kind.ORDERBOOK:
            route.live = True
            return []
        told: list[Any] = [*self.gaps(route, "a message could not be read", now)]
        told += [
            BookFailed(
                venue=self._normalise.venue,
                instrument=name,
                epoch=self._normalise.epoch,
                received_at=now,
                reason="its first contents could not be read",
                attempts=attempts,
            )
            for name in route.names
        ]
        return told

    def gaps(self, route: Route, reason: str, now: int, last: int | None = None, next_: int | None = None) -> list[Gap]:
        """A gap for each name of the topic that is not in one already."""
        names: Sequence[str] = [name for name in route.names if name not in self._invalid_since]
        self._invalid_since.update(dict.fromkeys(names, now))
        return [
            Gap(
                venue=self._normalise.venue,
                instrument=name,
                epoch=self._normalise.epoch,
                received_at=now,
                reason=reason,
                last=last,
                next=next_,
            )
            for name in names
        ]

    def _plan(self, now: int) -> None:
        """At once the first time, later with growing delays."""
        if self.deadline is None:
            delay = self._attempts.failed(now, 0.0)
            if delay is None:
                raise ProtocolError(f"messages were lost {self._attempts.count} times in a row")
            self.deadline = now if self._attempts.count == 1 else now + round(delay * SECOND)
