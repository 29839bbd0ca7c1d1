"""What a session does as time passes: heartbeats, TestRequests, the ends of patience, the schedule's logout.

When each is due is the business of :mod:`barterpy.protocols.fix.session.timers`.
"""

from barterpy.errors import TransportTimeout
from barterpy.protocols.fix.session.core import Core
from barterpy.protocols.fix.session.timers import Due
from barterpy.protocols.fix.session.transitions import Action, Input, State

__all__ = ["beat", "overdue", "pass_deadline"]


def pass_deadline(core: Core, *, behind: bool) -> None:
    """Do what the time has come for, the most urgent first. ``behind`` says that something came and was not handled
    yet: whoever is slow is not the other side."""
    _log_out_by_schedule(core)
    due = core.timers.due(core.now)
    if due is Due.STATE:
        _state_timeout(core)
    elif due is Due.SILENCE:
        if behind:
            core.timers.received(core.now)
        elif core.feed(Input.TIMEOUT) is Action.CLOSE:
            seconds = core.now - core.timers.last_received
            core.finish("nothing came from the other side", TransportTimeout("waiting for a heartbeat", seconds))
    elif due is Due.TEST_REQUEST:
        core.timers.tests += 1
        core.send("1", [(112, core.make_test_id())])
    elif due is Due.HEARTBEAT:
        beat(core)


def overdue(core: Core) -> bool:
    """An adapter that always finds bytes to read never comes to deadlines: the ends of patience are here too. True
    where one was reached."""
    _log_out_by_schedule(core)
    deadline = core.timers.state_deadline
    if deadline is None or core.now < deadline:
        return False
    _state_timeout(core)
    return True


def beat(core: Core) -> None:
    """A Heartbeat that nobody asked for."""
    core.send("0", [])


def _log_out_by_schedule(core: Core) -> None:
    if core.logout_at is not None and core.at >= core.logout_at:
        core.logout_at = None
        core.leave()


def _state_timeout(core: Core) -> None:
    state = core.state
    if core.feed(Input.TIMEOUT) is not Action.CLOSE:
        return
    if state is State.LOGGING_OUT:
        core.finish("the Logout was not answered", core.fault)
    else:
        core.finish("no Logon came in time", TransportTimeout("logging on", core.settings.logon_timeout))
