"""A simulated Deribit in memory and in virtual time."""

from collections.abc import Callable
from typing import Any

import pytest

from barterpy.testing import SimulatedDeribit, VirtualClock


@pytest.fixture
def simulated() -> Callable[..., SimulatedDeribit]:
    """Makes one; options go to it."""

    def make(**options: Any) -> SimulatedDeribit:
        usual: dict[str, Any] = {"listen": False, "clock": VirtualClock(), "seed": 7}
        return SimulatedDeribit(**{**usual, **options})

    return make
