"""What each of several connections contributed: how often it was first, and by how much."""

import msgspec

from barterpy.metrics.histogram import Histogram

__all__ = ["RedundancyReport", "SourceReport", "Tally"]


class SourceReport(msgspec.Struct, frozen=True, kw_only=True):
    """One connection's share. ``won`` events came on it first and were yielded; ``late`` ones had come on another;
    ``stale`` ones were older than what had been yielded, and not known to have been.

    ``lead_p50`` and ``lead_p99`` are nanoseconds by which this connection was ahead of each other one that brought the
    same event; None as long as nobody did. They are off by 1/64 at most.
    """

    connection: str
    won: int
    late: int
    stale: int
    lead_p50: float | None
    lead_p99: float | None


class RedundancyReport(msgspec.Struct, frozen=True, kw_only=True):
    """The connections in the order in which they were first heard."""

    connections: tuple[SourceReport, ...]


class Tally:
    """Counts for one connection."""

    __slots__ = ("late", "leads", "stale", "won")

    def __init__(self) -> None:
        self.won: int = 0
        self.late: int = 0
        self.stale: int = 0
        self.leads: Histogram = Histogram()

    def report(self, connection: str) -> SourceReport:
        """As a value."""
        return SourceReport(
            connection=connection,
            won=self.won,
            late=self.late,
            stale=self.stale,
            lead_p50=self.leads.quantile(0.5),
            lead_p99=self.leads.quantile(0.99),
        )
