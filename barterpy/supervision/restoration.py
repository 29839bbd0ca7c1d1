"""Restoration: what is wanted is asked for on a connection, and what the venue makes of it is told.

The :class:`~barterpy.supervision.ledger.Ledger` knows how far each subscription is; here its requests are made and
sent, and its outcomes become events.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, final

from barterpy.connection import SubscribeRequest
from barterpy.errors import SubscriptionRefused, SubscriptionTimeout, excerpt
from barterpy.events import Subscribed, SubscriptionFailed, Unsubscribed
from barterpy.subscription import Subscription
from barterpy.supervision.ledger import EntryState, Failure, Outcome
from barterpy.supervision.outbox import Outbox
from barterpy.supervision.shared import Shared, loop_time
from barterpy.supervision.transitions import Action, State
from barterpy.supervision.watchdog import QuietDogs
from barterpy.transformer import Reply

__all__ = ["Restoration"]


@final
class Restoration:
    """The subscriptions of one connection, from its logon to its end.

    :param obey: carries out what the supervisor says when all is restored
    :param changed: called when deadlines may have changed
    """

    def __init__(
        self, shared: Shared, outbox: Outbox, obey: Callable[[Action | None], None], changed: Callable[[], None]
    ) -> None:
        self.quiet: QuietDogs | None = None
        """The watchdogs of single subscriptions, where there are any."""
        self.begun: bool = False
        """Whether what is wanted may be asked for now; before, it will be with the rest."""
        self.awaits_data: bool = False
        """Whether a subscription is confirmed by nothing but its data."""
        self._shared = shared
        self._connection = shared.connection
        self._ledger = shared.ledger
        self._outbox = outbox
        self._obey = obey
        self._changed = changed
        self._ended: list[str] = []

    def begin(self) -> None:
        """Ask for everything, on a new connection.

        :raises barterpy.errors.BarterError: a request cannot be made
        """
        self.begun = True
        for request in self._connection.requests:
            self._put(request)
        self.ask()
        self._settle()  # nothing but requests without a name

    def ask(self) -> None:
        """Ask for what is wanted and was not asked for on this connection.

        :raises barterpy.errors.BarterError: a request cannot be made
        """
        wanted = self._ledger.take_wanted()
        subscribe = self._connection.subscribe
        if wanted and subscribe is not None:
            for request in subscribe(wanted):
                self._put(request)

    def ask_again(self, subscription: Subscription) -> None:
        """Ask once more for one that is silent although it was confirmed.

        :raises barterpy.errors.BarterError: a request cannot be made
        """
        connection = self._connection
        if connection.renew is None and connection.unsubscribe is not None:
            for request in connection.unsubscribe([subscription]):
                self._outbox.put(partial(self._ending, request))
        self._ledger.again([subscription.name])
        if connection.renew is None:
            self.ask()
            return
        for request in connection.renew(self._ledger.take_wanted([subscription.name])):
            self._put(request)

    def release(self, subscriptions: Sequence[Subscription]) -> None:
        """End these, which nobody wants any more.

        :raises barterpy.errors.BarterError: a request cannot be made
        """
        unsubscribe = self._connection.unsubscribe
        names = [subscription.name for subscription in subscriptions]
        if unsubscribe is None:
            self._ledger.forget(names)
            self._settle()
            return
        requests = unsubscribe(subscriptions)
        for request in requests:
            self._outbox.put(partial(self._ending, request))
        asked = {name for request in requests for name in request.subscriptions}
        # The venue need not be told of one whose data goes on for another.
        told = [name for name in names if name not in asked]
        self._ledger.forget(told)
        self._ended += told
        self._changed()

    def _put(self, request: SubscribeRequest) -> None:
        # A request that names nothing subscribes to nothing.
        self._outbox.put(
            partial(self._asking, request), self._connection.subscribe_limiter if request.subscriptions else None
        )

    def _asking(self, request: SubscribeRequest) -> Any:
        now = loop_time()
        self._ledger.sent(request, now)
        self._shared.supervisor.progressed(now)
        self.awaits_data = self._ledger.awaits_data
        quiet_after = self._connection.quiet_after
        if self.quiet is not None and quiet_after is not None:
            for name in request.subscriptions:
                entry = self._ledger.entry(name)
                seconds = None if entry is None or entry.subscription is None else quiet_after(entry.subscription)
                if seconds is not None:
                    self.quiet.arm(name, seconds, now)
        return request.message

    def _ending(self, request: SubscribeRequest) -> Any:
        self._ledger.sent(request, loop_time(), ends=True)
        return request.message

    # What came of it.

    def on_reply(self, reply: Reply) -> list[Any]:
        """The events of an answer.

        :raises Exception: the connection is not worth keeping
        """
        return self.events(self._ledger.on_reply(reply, loop_time()))

    def on_data(self) -> list[Any]:
        """The events of data having come, where that confirms."""
        return self.events(Outcome(self._ledger.observe()))

    def on_time(self, now: int) -> list[Any]:
        """The events of its being ``now``, on the event loop's clock; what is due is asked for.

        :raises Exception: the connection is not worth keeping, or a request cannot be made
        """
        ended, self._ended = self._ended, []
        told = self.events(Outcome(ended=tuple(ended)))
        told += self.events(self._ledger.handle_deadline(now))
        if self.begun:
            self.ask()
        return told

    def events(self, outcome: Outcome) -> list[Any]:
        """The events of an outcome; it may be the last one the restoration has waited for.

        :raises barterpy.errors.SubscriptionError: not one of the subscriptions is confirmed
        """
        if not outcome:
            return []
        self._shared.supervisor.progressed(loop_time())
        self.awaits_data = self._ledger.awaits_data
        if self.quiet is not None:
            for name in (*outcome.ended, *(failure.name for failure in outcome.failed if failure.final)):
                self.quiet.disarm(name)
        if outcome.failed:
            self._check(outcome.failed)
        where = self._shared.where(self._shared.clock())
        events: list[Any] = []
        if outcome.confirmed:
            events.append(Subscribed(**where, subscriptions=outcome.confirmed))
        for failure in outcome.failed:
            error = failure.error
            events.append(
                SubscriptionFailed(
                    **where,
                    subscription=failure.name,
                    reason=excerpt(getattr(error, "text", str(error)), 200),
                    error=type(error).__name__,
                    final=failure.final,
                )
            )
        if outcome.ended:
            events.append(Unsubscribed(**where, subscriptions=outcome.ended))
        self._settle()
        self._changed()
        return events

    def _settle(self) -> None:
        supervisor = self._shared.supervisor
        if self.begun and supervisor.state is State.RESTORING and self._ledger.settled:
            self._obey(supervisor.restored(loop_time()))

    def _check(self, failures: Sequence[Failure]) -> None:
        """Whether the connection is worth keeping although these have failed.

        :raises barterpy.errors.SubscriptionError: it is not
        """
        ledger = self._ledger
        # The plan's own requests are sent once a connection, so what was not answered takes another one.
        lost = [one for one in failures if not one.final and ledger.plain(one.name)]
        if not lost and ledger.settled and not ledger.confirmed:
            lost = [one for one in failures if not one.final]
            if not lost:
                error = failures[-1].error
                text, code = getattr(error, "text", str(error)), getattr(error, "code", None)
                raise SubscriptionRefused(ledger.names(EntryState.REFUSED), text, code) from error
        if lost:
            raise SubscriptionTimeout(tuple(one.name for one in lost), "not confirmed in time") from lost[0].error
