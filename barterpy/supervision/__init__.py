"""Supervision: connections that live for months.

    Supervisor        what follows what: connect, authenticate, restore, live, wait; one table      (transitions.py)
    Ledger            what is to be subscribed, and what the venue said to it; one table            (ledger.py)
    Authentication    whether it is logged on, until when; one table                                (authentication.py)
    Pulse, Watchdog   heartbeats, and silence that has lasted too long                       (heartbeat.py, watchdog.py)
    Shards            which connection carries which topic, by the venue's limits                        (shards.py)
    Life, Inlet       one socket with the tasks that read, send and watch the time                  (life.py, inlet.py)
    Outbox, Restoration, Vigil   the parts of a life                           (outbox.py, restoration.py, vigil.py)
    supervise         life after life                                                               (supervised.py)

All but the last two lines is without I/O: fed inputs and time, it gives back what is to be done.
"""

from barterpy.supervision.authentication import Authentication, AuthenticationState, authenticated
from barterpy.supervision.heartbeat import Beat, Pulse
from barterpy.supervision.inlet import Inlet
from barterpy.supervision.ledger import EntryState, Failure, Ledger, Outcome
from barterpy.supervision.policy import Emit, ReconnectPolicy, mendable
from barterpy.supervision.shards import Placement, Shards, split
from barterpy.supervision.supervised import SupervisedConnection, supervise
from barterpy.supervision.supervisor import Supervisor
from barterpy.supervision.transitions import Action, Input, State
from barterpy.supervision.watchdog import Activity, QuietDogs, Watchdog

__all__ = [
    "Action",
    "Activity",
    "Authentication",
    "AuthenticationState",
    "Beat",
    "Emit",
    "EntryState",
    "Failure",
    "Inlet",
    "Input",
    "Ledger",
    "Outcome",
    "Placement",
    "Pulse",
    "QuietDogs",
    "ReconnectPolicy",
    "Shards",
    "State",
    "SupervisedConnection",
    "Supervisor",
    "Watchdog",
    "authenticated",
    "mendable",
    "split",
    "supervise",
]
