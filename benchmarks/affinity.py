"""One core for the server and another for the client, where the system lets us choose."""

import os

__all__ = ["cores", "pin"]


def cores() -> tuple[int | None, int | None]:
    """The cores for server and client; None where there is nothing to choose."""
    if not hasattr(os, "sched_getaffinity"):
        return None, None
    available = sorted(os.sched_getaffinity(0))
    return (available[0], available[1]) if len(available) > 1 else (None, None)


def pin(core: int | None) -> None:
    """Keeps this process on that core."""
    if core is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})
