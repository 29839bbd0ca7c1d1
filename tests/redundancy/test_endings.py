"""What the end of one connection means for the stream: the table, row by row, and that there are no others."""

import itertools
from pathlib import Path

import pytest

from barterpy.errors import (
    AuthenticationError,
    BarterError,
    ConnectionLost,
    HandshakeError,
    LimitExceeded,
    ParseError,
    RateLimited,
    RequestRejected,
    SubscriptionRefused,
    TlsError,
    VenueUnavailable,
)
from barterpy.redundancy.endings import ENDINGS, Company, Ending, Stage, ending, endings_table

MENDABLE: list[Exception] = [
    ConnectionLost("cut", 1006),
    HandshakeError("host:1", "no upgrade", status=503),
    LimitExceeded("sessions", 16, 17),
    RateLimited("too fast", retry_after=1.0),
    VenueUnavailable("maintenance"),
]
FOR_GOOD: list[Exception] = [
    TlsError("host:1", "expired"),
    AuthenticationError("wrong key"),
    SubscriptionRefused(["trades(A)"], "unknown"),
    RequestRejected("wrong"),
    ParseError("no number"),
    BarterError("something"),
    KeyError("a defect"),
]


def test_every_stage_in_every_company_has_its_row() -> None:
    assert set(ENDINGS) == set(itertools.product(Stage, Company))


ROWS = [
    # stage, others run, one was up before: what may be mended, what may not
    (Stage.FIRST, False, False, Ending.FAIL, Ending.FAIL),
    (Stage.FIRST, True, False, Ending.FAIL, Ending.FAIL),
    (Stage.FIRST, False, True, Ending.AGAIN, Ending.FAIL),
    (Stage.FIRST, True, True, Ending.AGAIN, Ending.GIVE_UP),
    (Stage.TRIED, False, False, Ending.FAIL, Ending.FAIL),
    (Stage.TRIED, True, False, Ending.FAIL, Ending.FAIL),
    (Stage.TRIED, False, True, Ending.FAIL, Ending.FAIL),
    (Stage.TRIED, True, True, Ending.GIVE_UP, Ending.GIVE_UP),
]


@pytest.mark.parametrize(("stage", "running", "connected", "mendable", "for_good"), ROWS)
def test_the_ending(stage: Stage, running: bool, connected: bool, mendable: Ending, for_good: Ending) -> None:
    for error in MENDABLE:
        assert ending(stage, error, running=running, connected=connected) is mendable, error
    for error in FOR_GOOD:
        assert ending(stage, error, running=running, connected=connected) is for_good, error


def test_what_was_tried_is_never_begun_anew() -> None:
    """Or a connection whose attempts are used up would have as many again."""
    assert all(Ending.AGAIN not in row for (stage, _), row in ENDINGS.items() if stage is Stage.TRIED)


def test_the_documentation_has_the_table() -> None:
    page = Path(__file__).parents[2] / "docs" / "howto" / "redundancy.md"
    assert endings_table() in page.read_text()
