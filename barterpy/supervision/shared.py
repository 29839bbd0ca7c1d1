"""Shared: what the lives of one supervised connection have in common."""

from dataclasses import dataclass
from typing import Any

import anyio

from barterpy.clock import SECOND, WallClock
from barterpy.connection import Connection
from barterpy.supervision.authentication import Authentication
from barterpy.supervision.ledger import Ledger
from barterpy.supervision.policy import Emit, ReconnectPolicy
from barterpy.supervision.supervisor import Supervisor

__all__ = ["Shared", "loop_time"]


def loop_time() -> int:
    """The event loop's clock, on which all timers run: int nanoseconds."""
    return round(anyio.current_time() * SECOND)


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What outlives a single connection."""

    connection: Connection[Any]
    policy: ReconnectPolicy
    supervisor: Supervisor
    ledger: Ledger
    authentication: Authentication | None
    emit: Emit
    clock: WallClock

    def where(self, now: int) -> dict[str, Any]:
        """What every event says of the connection; ``now`` is int nanoseconds UTC."""
        return {
            "venue": self.connection.venue,
            "connection": self.connection.name,
            "epoch": self.supervisor.epoch,
            "received_at": now,
        }
