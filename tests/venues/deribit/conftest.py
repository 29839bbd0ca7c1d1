"""A simulated Deribit in memory and in virtual time."""

from collections.abc import Callable
from typing import Any

import pytest

from barterpy.limits import Scopes
from barterpy.testing import SimulatedDeribit, VirtualClock


@pytest.fixture
def simulated() -> Callable[..., SimulatedDeribit]:
    """Makes one; options go to it."""

    def make(**options: Any) -> SimulatedDeribit:
        usual: dict[str, Any] = {"listen": False, "clock": VirtualClock(), "seed": 7}
        return SimulatedDeribit(**{**usual, **options})

    return make


@pytest.fixture(autouse=True)
def scopes(monkeypatch: pytest.MonkeyPatch) -> Scopes:
    """Limits as they are when a process begins: virtual time does not go on from one test to the next."""
    fresh = Scopes()
    monkeypatch.setattr("barterpy.venues.deribit.venue.default_scopes", lambda: fresh)
    return fresh
