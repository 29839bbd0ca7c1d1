"""Scopes: one limiter for all who are counted together, however many clients they have.

A venue counts by address, by key, by account or by connection. Two clients of one host in one process are counted by
its address together, and have to find the same limiter; so do two clients of one key.
"""

import threading
import weakref
from collections.abc import Callable
from typing import Literal, TypeAlias, final

import msgspec

from barterpy.errors import ConfigurationError, LimitExceeded
from barterpy.limits.concurrency import Places
from barterpy.limits.limiter import Limiter
from barterpy.limits.line import WaitingLine

__all__ = ["Scope", "ScopeKind", "Scopes", "default_scopes"]

ScopeKind: TypeAlias = Literal["ip", "key", "account", "connection"]


class Scope(msgspec.Struct, frozen=True):
    """What a venue counts by: its host, the kind, and which key, account or connection it is.

    ``identity`` tells them apart and is shown nowhere; for an address it stays empty, unless the process has several.
    """

    host: str
    kind: ScopeKind = "ip"
    identity: str = ""

    def __post_init__(self) -> None:
        if not self.host:
            raise ConfigurationError("a scope needs the host that counts")
        if self.kind != "ip" and not self.identity:
            raise ConfigurationError(f"a scope by {self.kind} needs to say which {self.kind}")

    def __str__(self) -> str:
        return f"{self.host} {self.kind}"

    def __repr__(self) -> str:
        return f"Scope({self})"


@final
class Scopes:
    """Limiters, and places, by scope and name. It holds them weakly: what no client uses any more is forgotten.

    All limiters of a host share a :class:`~barterpy.limits.WaitingLine`, so they can be asked together.

    :param size: how many of them at one time
    """

    def __init__(self, size: int = 4096) -> None:
        self._size = size
        self._limiters: weakref.WeakValueDictionary[tuple[Scope, str], Limiter] = weakref.WeakValueDictionary()
        self._places: weakref.WeakValueDictionary[tuple[Scope, str], Places] = weakref.WeakValueDictionary()
        self._lines: weakref.WeakValueDictionary[str, WaitingLine] = weakref.WeakValueDictionary()

    def __len__(self) -> int:
        return len(self._limiters) + len(self._places)

    def limiter(self, scope: Scope, name: str, make: Callable[[str, WaitingLine], Limiter]) -> Limiter:
        """The limiter of this name and scope; the first who asks makes it.

        :param make: given the scope in words and the host's line. Who comes later gets what the first one made,
            whatever its own ``make`` would have been
        :raises barterpy.errors.LimitExceeded: there are ``size`` of them
        """
        found = self._limiters.get((scope, name))
        if found is not None:
            return found
        self._check()
        line = self._lines.get(scope.host)
        if line is None:
            line = self._lines[scope.host] = WaitingLine()
        made = self._limiters[scope, name] = make(str(scope), line)
        return made

    def places(self, scope: Scope, name: str, make: Callable[[str], Places]) -> Places:
        """The places of this name and scope; the first who asks makes them.

        :param make: given the scope in words
        :raises barterpy.errors.LimitExceeded: there are ``size`` limiters and places
        """
        found = self._places.get((scope, name))
        if found is not None:
            return found
        self._check()
        made = self._places[scope, name] = make(str(scope))
        return made

    def _check(self) -> None:
        if len(self) >= self._size:
            raise LimitExceeded("size of the scopes", self._size)


class _OfThread(threading.local):
    def __init__(self) -> None:
        self.scopes = Scopes()


_default = _OfThread()


def default_scopes() -> Scopes:
    """The process's own, which venue objects use if they are given no other.

    A limiter is used from one thread, so a program which runs event loops in several threads has one a thread, and
    splits what the venue grants it among them.
    """
    return _default.scopes
