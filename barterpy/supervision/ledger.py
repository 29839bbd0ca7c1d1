"""Ledger: what is to be subscribed, what was asked, and what the venue said to it. No I/O; time is an argument.

Each subscription has a state by one literal table, its original arguments, and a count of those who want it. Only the
answer to the request that was made last for it, on the present connection, counts: everything else is stale.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final, final

import msgspec

from barterpy.clock import SECOND
from barterpy.connection import SubscribeRequest
from barterpy.errors import BarterError, SubscriptionError, SubscriptionTimeout
from barterpy.subscription import Subscription
from barterpy.transformer import Reply

__all__ = ["LEDGER", "Entry", "EntryInput", "EntryState", "Failure", "Ledger", "Outcome"]

_LONGEST_RETRY: Final = 300.0


class EntryState(StrEnum):
    """How far a subscription is."""

    WANTED = "wanted"
    PENDING = "pending"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    """Not confirmed this time; asked for again."""
    REFUSED = "refused"
    """Refused for good."""
    UNSUBSCRIBING = "unsubscribing"
    GONE = "gone"


class EntryInput(StrEnum):
    """What may happen to it."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    """By the answer, or by data."""
    FAILED = "failed"
    REFUSED = "refused"
    AGAIN = "again"
    """Its retry is due, or it is silent, or it was wanted once more."""
    RESET = "reset"
    """There is a new connection."""
    RELEASED = "released"
    """Nobody wants it any more."""
    ENDED = "ended"
    """The venue confirmed the end, or did not answer in time."""


_S, _I = EntryState, EntryInput

LEDGER: Final[Mapping[EntryState, Mapping[EntryInput, EntryState]]] = {
    _S.WANTED: {_I.ASKED: _S.PENDING, _I.RESET: _S.WANTED, _I.RELEASED: _S.GONE},
    _S.PENDING: {
        _I.ACCEPTED: _S.CONFIRMED,
        _I.FAILED: _S.FAILED,
        _I.REFUSED: _S.REFUSED,
        _I.RESET: _S.WANTED,
        _I.RELEASED: _S.UNSUBSCRIBING,
    },
    _S.CONFIRMED: {_I.AGAIN: _S.WANTED, _I.RESET: _S.WANTED, _I.RELEASED: _S.UNSUBSCRIBING},
    _S.FAILED: {
        # Late, but there: its answer was lost, or took longer than it may.
        _I.ACCEPTED: _S.CONFIRMED,
        _I.REFUSED: _S.REFUSED,
        _I.AGAIN: _S.WANTED,
        _I.RESET: _S.WANTED,
        _I.RELEASED: _S.UNSUBSCRIBING,
    },
    _S.REFUSED: {_I.AGAIN: _S.WANTED, _I.RELEASED: _S.GONE},
    _S.UNSUBSCRIBING: {_I.AGAIN: _S.WANTED, _I.ENDED: _S.GONE, _I.RESET: _S.GONE},
    _S.GONE: {},
}


@final
class Entry:
    """One subscription. ``subscription`` is None where the plan has a ready-made request for it."""

    __slots__ = (
        "asked_since",
        "deadline",
        "failures",
        "name",
        "references",
        "request",
        "retry_at",
        "seen",
        "state",
        "subscription",
    )

    def __init__(self, name: str, subscription: Subscription | None) -> None:
        self.name: str = name
        self.subscription: Subscription | None = subscription
        self.state: EntryState = EntryState.WANTED
        self.references: int = 1
        self.failures: int = 0
        self.request: int | str | None = None
        """The id of the request that counts; None while it has none."""
        self.asked_since: bool = False
        self.deadline: int | None = None
        self.retry_at: int | None = None
        self.seen: int | None = None
        """Time of its last data when it was asked for: only newer data confirms it."""

    def feed(self, input_: EntryInput) -> bool:
        """Whether that meant something in its state."""
        state = LEDGER[self.state].get(input_)
        if state is None:
            return False
        self.state = state
        if state is not EntryState.PENDING:
            self.deadline = None
        if state is not EntryState.FAILED:
            self.retry_at = None
        return True


class Failure(msgspec.Struct, frozen=True):
    """A subscription that was not confirmed, and why. ``final`` says that it is not asked for again."""

    name: str
    error: Exception
    final: bool


class Outcome(msgspec.Struct, frozen=True):
    """What became of subscriptions, by name."""

    confirmed: tuple[str, ...] = ()
    failed: tuple[Failure, ...] = ()
    ended: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.confirmed or self.failed or self.ended)


_NOTHING: Final = Outcome()


class _Request(msgspec.Struct):
    names: tuple[str, ...]
    ends: bool


@final
class Ledger:
    """The subscriptions of one connection. Times are int nanoseconds of one monotonic clock.

    :param timeout: seconds from sending a request until the subscriptions it names must be confirmed
    :param last_seen: the transformer's :meth:`~barterpy.transformer.ActivityHook.last_seen`, where it has one
    """

    def __init__(self, timeout: float, last_seen: Callable[[str], int | None] | None = None) -> None:
        self._timeout = timeout
        self._last_seen = last_seen
        self._entries: dict[str, Entry] = {}
        self._requests: dict[int | str, _Request] = {}

    # Who wants what.

    def add(self, name: str, subscription: Subscription | None = None) -> bool:
        """One more wants it. Whether it has to be asked for."""
        entry = self._entries.get(name)
        if entry is None:
            self._entries[name] = Entry(name, subscription)
            return True
        if entry.state in (EntryState.REFUSED, EntryState.UNSUBSCRIBING):
            entry.references = 1
            entry.request = None
            return entry.feed(EntryInput.AGAIN)
        entry.references += 1
        return False

    def remove(self, name: str) -> bool:
        """One less wants it. Whether nobody does any more, so that the venue has to be told."""
        entry = self._entries.get(name)
        if entry is None or entry.state is EntryState.UNSUBSCRIBING:
            return False
        entry.references -= 1
        if entry.references:
            return False
        entry.feed(EntryInput.RELEASED)
        entry.request = None
        if entry.state is EntryState.GONE:
            del self._entries[name]
            return False
        return True

    def names(self, *states: EntryState) -> tuple[str, ...]:
        """Those in one of these states, or all."""
        return tuple(name for name, entry in self._entries.items() if not states or entry.state in states)

    def entry(self, name: str) -> Entry | None:
        """Of the subscription of this name."""
        return self._entries.get(name)

    @property
    def wanted(self) -> tuple[str, ...]:
        """All but those that nobody wants any more."""
        return tuple(name for name, entry in self._entries.items() if entry.state is not EntryState.UNSUBSCRIBING)

    def plain(self, name: str) -> bool:
        """Whether it was asked for by a ready-made request of the plan, without arguments to ask again with."""
        entry = self._entries.get(name)
        return entry is not None and entry.subscription is None

    @property
    def confirmed(self) -> tuple[str, ...]:
        return self.names(EntryState.CONFIRMED)

    @property
    def settled(self) -> bool:
        """Whether nothing waits to be asked or answered."""
        return not any(entry.state in (EntryState.WANTED, EntryState.PENDING) for entry in self._entries.values())

    @property
    def awaits_data(self) -> bool:
        """Whether a subscription waits for its first data because no answer will come."""
        return self._last_seen is not None and any(
            entry.state is EntryState.PENDING and entry.asked_since and entry.request is None
            for entry in self._entries.values()
        )

    # Requests.

    def reset(self) -> None:
        """There is a new connection, on which nothing is subscribed."""
        self._requests.clear()
        for entry in list(self._entries.values()):
            entry.request = None
            entry.asked_since = False
            entry.feed(EntryInput.RESET)
            if entry.state is EntryState.GONE:
                del self._entries[entry.name]

    def take_wanted(self, names: Iterable[str] | None = None) -> list[Subscription]:
        """Subscriptions that have to be asked for, once: their requests are about to be made. Only those of ``names``
        where these are given."""
        chosen = self._entries if names is None else names
        return [
            entry.subscription
            for entry in [self._entries[name] for name in chosen]
            if entry.subscription is not None and entry.state is EntryState.WANTED and entry.feed(EntryInput.ASKED)
        ]

    def sent(self, request: SubscribeRequest, now: int, *, ends: bool = False) -> None:
        """A request was sent. From here on its answer counts, and no older one for the same subscriptions.

        :param ends: it unsubscribes
        """
        state = EntryState.UNSUBSCRIBING if ends else EntryState.PENDING
        deadline = now + round(self._timeout * SECOND)
        for name in request.subscriptions:
            entry = self._entries.get(name)
            if entry is None:
                continue
            if not ends:
                entry.feed(EntryInput.ASKED)
            if entry.state is state:
                entry.request = request.id
                entry.asked_since = True
                entry.deadline = deadline
                entry.seen = None if self._last_seen is None else self._last_seen(name)
        if request.id is not None:
            self._requests[request.id] = _Request(request.subscriptions, ends)

    def on_reply(self, reply: Reply, now: int) -> Outcome:
        """What the answer makes of the subscriptions of its request. A stale one makes nothing.

        :raises Exception: the reply's own error, if the request was for no subscription in particular
        """
        request = self._requests.pop(reply.id, None)
        if request is None:
            return _NOTHING
        if not request.names:
            if reply.error is not None:
                raise reply.error
            return _NOTHING
        entries = [
            entry for entry in map(self._entries.get, request.names) if entry is not None and entry.request == reply.id
        ]
        if request.ends:
            # A refusal, too: what the venue does not know as subscribed is not.
            return Outcome(ended=self._end(entries))
        if reply.error is None:
            return Outcome(confirmed=self._accept(entries))
        error = reply.error
        refused = set(error.subscriptions) if isinstance(error, SubscriptionError) else set(request.names)
        failed = tuple(self._refuse(entry, error, now) for entry in entries if entry.name in refused)
        return Outcome(confirmed=self._accept(entry for entry in entries if entry.name not in refused), failed=failed)

    def observe(self) -> tuple[str, ...]:
        """Names that are confirmed by data they have brought since they were asked for."""
        if self._last_seen is None:
            return ()
        waiting = (EntryState.PENDING, EntryState.FAILED)
        return self._accept(
            entry
            for entry in self._entries.values()
            if entry.state in waiting and entry.asked_since and self._last_seen(entry.name) not in (None, entry.seen)
        )

    def forget(self, names: Iterable[str]) -> None:
        """Those of them that were to be ended have no way to be: the venue is not asked."""
        for name in names:
            entry = self._entries.get(name)
            if entry is not None and entry.feed(EntryInput.ENDED):
                del self._entries[name]

    def again(self, names: Iterable[str]) -> None:
        """Want these once more, although they were confirmed: they are silent. See :meth:`take_wanted`."""
        for name in names:
            entry = self._entries.get(name)
            if entry is not None and entry.subscription is not None and entry.state is EntryState.CONFIRMED:
                entry.feed(EntryInput.AGAIN)

    # Time.

    def next_deadline(self) -> int | None:
        """When :meth:`handle_deadline` wants to be called."""
        times = [at for entry in self._entries.values() for at in (entry.deadline, entry.retry_at) if at is not None]
        return min(times, default=None)

    def handle_deadline(self, now: int) -> Outcome:
        """What was not answered in time. What is to be tried again is wanted once more, see :meth:`take_wanted`."""
        confirmed = self.observe()
        failed: list[Failure] = []
        for entry in self._entries.values():
            if entry.retry_at is not None and now >= entry.retry_at:
                entry.feed(EntryInput.AGAIN)
            elif entry.deadline is not None and now >= entry.deadline and entry.state is EntryState.PENDING:
                entry.feed(EntryInput.FAILED)
                self._postpone(entry, now)
                failed.append(Failure(entry.name, SubscriptionTimeout((entry.name,), "not confirmed in time"), False))
        overdue = [
            entry
            for entry in self._entries.values()
            if entry.state is EntryState.UNSUBSCRIBING and entry.deadline is not None and now >= entry.deadline
        ]
        for entry in overdue:
            if entry.request is not None:
                self._requests.pop(entry.request, None)
        ended = self._end(overdue)
        return Outcome(confirmed, tuple(failed), ended)

    # States.

    def _accept(self, entries: Iterable[Entry]) -> tuple[str, ...]:
        names: list[str] = []
        for entry in entries:
            if entry.feed(EntryInput.ACCEPTED):
                entry.failures = 0
                names.append(entry.name)
        return tuple(names)

    def _refuse(self, entry: Entry, error: Exception, now: int) -> Failure:
        # What may succeed later says so; everything else a venue refuses, it refuses for good.
        final_ = not (isinstance(error, BarterError) and (error.retryable or error.needs_reconnect))
        entry.feed(EntryInput.REFUSED if final_ else EntryInput.FAILED)
        if not final_:
            self._postpone(entry, now, getattr(error, "retry_after", None))
        return Failure(entry.name, error, final_)

    def _postpone(self, entry: Entry, now: int, retry_after: float | None = None) -> None:
        entry.failures += 1
        if entry.subscription is None:
            return  # its request is the plan's, and is sent once a connection
        delay = min(self._timeout * 2 ** min(entry.failures - 1, 32), _LONGEST_RETRY)
        entry.retry_at = now + round(max(delay, retry_after or 0.0) * SECOND)

    def _end(self, entries: Iterable[Entry]) -> tuple[str, ...]:
        names: Sequence[str] = [entry.name for entry in entries if entry.feed(EntryInput.ENDED)]
        for name in names:
            del self._entries[name]
        return tuple(names)
