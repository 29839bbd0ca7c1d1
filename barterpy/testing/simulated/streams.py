"""Who hears what the simulated venue says on its streams: its own connections, and the gateways of other protocols.

No clock and no I/O. What may go wrong with streams is here as well: silence, and holes in a book's chain.
"""

from collections.abc import Collection, Iterable
from itertools import chain
from typing import Protocol, final

from barterpy.testing.simulated.exchange import Output
from barterpy.testing.simulated.session import Session

__all__ = ["Listener", "Streams"]


class Listener(Protocol):
    """Whoever else hears what is said on the streams, such as a gateway of another protocol."""

    @property
    def wanted(self) -> Collection[str]:
        """The names of the streams it wants to hear."""
        ...

    def hear(self, name: str, text: str) -> None:
        """Something was said on a stream; ``text`` is JSON."""
        ...


@final
class Streams:
    """See the module."""

    def __init__(self) -> None:
        self.sessions: set[Session] = set()
        """The connections that are open."""
        self.listeners: list[Listener] = []
        """Who else listens."""
        self.silent: bool = False
        """Whether nothing is said."""
        self.losses: dict[str, int] = {}
        """How many changes of a book are not to be told to anybody, by its symbol in lower case."""

    @property
    def wanted(self) -> frozenset[str]:
        """The streams somebody listens to now."""
        heard = [session.wanted for session in self.sessions]
        return frozenset(chain(*heard, *(listener.wanted for listener in self.listeners)))

    def deliver(self, outputs: Iterable[Output]) -> None:
        """Say these things to whoever wants to hear them."""
        for name, text in outputs:
            if self.silent or self._lost(name):
                continue
            for session in tuple(self.sessions):
                if session.delivers(name):
                    session.tell(name, text)
            for listener in tuple(self.listeners):
                if name in listener.wanted:
                    listener.hear(name, text)

    def _lost(self, name: str) -> bool:
        symbol, _, channel = name.partition("@")
        left = self.losses.get(symbol, 0)
        if not left or not (channel == "depth" or channel.startswith("depth@")):
            return False
        self.losses[symbol] = left - 1
        return True
