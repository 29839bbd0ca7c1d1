"""Limits on what we send: weighted, keyed, shared by what the venue counts, and fed by what it answers.

* :class:`Gcra` and :class:`RollingWindow` count, with time as an argument.
* :class:`WaitingLine` says whose turn it is; :class:`Limiter` waits for it.
* :class:`Scopes` lets clients that are counted together find the same limiter.
* :class:`Concurrency` is another thing: how many at the same time.
"""

from barterpy.limits.concurrency import Concurrency
from barterpy.limits.limiter import Grant, Limiter, acquire_together, loop_clock
from barterpy.limits.line import Demand, Ticket, WaitingLine
from barterpy.limits.meters import Gcra, Meter, RollingWindow
from barterpy.limits.scopes import Scope, ScopeKind, Scopes, default_scopes

__all__ = [
    "Concurrency",
    "Demand",
    "Gcra",
    "Grant",
    "Limiter",
    "Meter",
    "RollingWindow",
    "Scope",
    "ScopeKind",
    "Scopes",
    "Ticket",
    "WaitingLine",
    "acquire_together",
    "default_scopes",
    "loop_clock",
]
