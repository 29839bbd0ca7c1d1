"""Rejoins: channels that are subscribed anew, because a book has lost its place and a snapshot comes by subscribing.

    lost ──▶ waiting to be left ──unsubscribe──▶ its answer ──▶ waiting to be joined ──subscribe──▶ a snapshot

Of either request one is under way at a time, and takes with it all that waits then: the first book is helped at once,
and a hundred that lose their place together cost two subscriptions instead of a hundred (each costs 3,000 of the
30,000 credits of a connection; https://docs.deribit.com/, "Rate Limits", 2026).
"""

from collections.abc import Callable, Sequence

from barterpy.transformer import Send
from barterpy.venues.deribit.channels import needs_logon
from barterpy.venues.deribit.limits import REQUEST_CHANNELS
from barterpy.venues.deribit.requests import subscribe_call

__all__ = ["Rejoins"]


class Rejoins:
    """See the module.

    :param next_id: gives the id of a request, never the same one twice
    :param wanted: whether this channel is still wanted
    """

    def __init__(self, next_id: Callable[[], int], wanted: Callable[[str], bool]) -> None:
        self._next_id = next_id
        self._leave = _Step(leave=True)
        self._join = _Step(leave=False)
        self._wanted = wanted

    def reset(self) -> None:
        """A new connection began: nothing is under way."""
        self._leave = _Step(leave=True)
        self._join = _Step(leave=False)

    def begin(self, channel: str) -> Sequence[Send]:
        """Subscribe this one anew. Whoever asks again meanwhile has waited in vain, for an answer that was lost."""
        for step in (self._leave, self._join):
            step.give_up(channel)
        self._leave.waiting[channel] = None
        return self._leave.next(self._next_id)

    def answered(self, id_: int, *, refused: bool) -> tuple[Sequence[Send], Sequence[str]]:
        """What is to be sent after the answer to this request, and the channels which it says were not joined."""
        left = self._leave.end(id_)
        # One that was not subscribed is as good as left; one that was given up meanwhile stays so.
        self._join.waiting.update((channel, None) for channel in left if self._wanted(channel))
        joined = self._join.end(id_)
        sends = [*self._leave.next(self._next_id), *self._join.next(self._next_id)]
        return sends, joined if refused else ()


class _Step:
    """One of the two requests: the channels that wait for it, and those that are on their way with it."""

    __slots__ = ("_awaited", "_leave", "_sent", "waiting")

    def __init__(self, *, leave: bool) -> None:
        self.waiting: dict[str, None] = {}
        # No channel is in two of them, so there are never more than channels.
        self._sent: dict[int, list[str]] = {}
        self._awaited: int | None = None
        self._leave = leave

    def give_up(self, channel: str) -> None:
        """This channel begins anew. What held it up is not waited for any more; should its answer come after all, it
        counts for the others."""
        if channel in self.waiting:
            del self.waiting[channel]
            self._awaited = None
        for id_, sent in list(self._sent.items()):
            if channel in sent:
                sent.remove(channel)
                if id_ == self._awaited:
                    self._awaited = None
                if not sent:
                    del self._sent[id_]

    def end(self, id_: int) -> list[str]:
        """The channels of this request, which was answered; none when it is another's."""
        if id_ == self._awaited:
            self._awaited = None
        return self._sent.pop(id_, [])

    def next(self, next_id: Callable[[], int]) -> list[Send]:
        """The request that takes those that wait; none while one is under way."""
        if self._awaited is not None or not self.waiting:
            return []
        private = needs_logon(next(iter(self.waiting)))
        channels = [channel for channel in self.waiting if needs_logon(channel) is private][:REQUEST_CHANNELS]
        for channel in channels:
            del self.waiting[channel]
        self._awaited = id_ = next_id()
        self._sent[id_] = channels
        message = subscribe_call(id_, channels, leave=self._leave, private=private)
        return [Send(message, subscribes=not self._leave)]
