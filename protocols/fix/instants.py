"""Times of typed messages as the model has them."""

from barterpy.protocols.fix.outgoing import Timestamp

__all__ = ["nanoseconds"]


def nanoseconds(timestamp: Timestamp | None) -> int | None:
    """Int nanoseconds UTC of a field that need not be there."""
    return None if timestamp is None else int(timestamp)
