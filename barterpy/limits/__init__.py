"""Limits on what we send: weighted, keyed, shared by what the venue counts, and fed by what it answers.

* :class:`Gcra` and :class:`RollingWindow` count, with time as an argument.
* :class:`WaitingLine` says whose turn it is; :class:`Limiter` waits for it.
* :class:`Scopes` lets clients that are counted together find the same limiter.
* :class:`RequestLimits` is what a REST client keeps to; :func:`http_feedback` reads what answers tell.
* :class:`Concurrency` is another thing: how many at the same time; and :class:`Places`: how many that last.
"""

from barterpy.limits.concurrency import Concurrency, Places, within
from barterpy.limits.feedback import Answer, Feedback, Pause, Usage, http_feedback, pauses
from barterpy.limits.limiter import Grant, Limiter, acquire_together
from barterpy.limits.line import Demand, Ticket, WaitingLine
from barterpy.limits.meters import Gcra, Meter, RollingWindow
from barterpy.limits.requests import RequestLimits
from barterpy.limits.scopes import Scope, ScopeKind, Scopes, default_scopes
from barterpy.limits.timeline import loop_clock

__all__ = [
    "Answer",
    "Concurrency",
    "Demand",
    "Feedback",
    "Gcra",
    "Grant",
    "Limiter",
    "Meter",
    "Pause",
    "Places",
    "RequestLimits",
    "RollingWindow",
    "Scope",
    "ScopeKind",
    "Scopes",
    "Ticket",
    "Usage",
    "WaitingLine",
    "acquire_together",
    "default_scopes",
    "http_feedback",
    "loop_clock",
    "pauses",
    "within",
]
