"""What the end of one connection means for the stream, when its supervisor has given it up: one literal table.

A supervisor tries again by itself what is worth it. What is left is whether others carry the stream, and the very first
attempt, which by ``first_connect="fail"`` the supervisor does not repeat.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from barterpy.supervision import mendable

__all__ = ["ENDINGS", "Company", "Ending", "Stage", "ending", "endings_table"]


class Stage(StrEnum):
    """How much was tried."""

    FIRST = "first"
    """One attempt, of a connection that was never up."""
    TRIED = "tried"
    """All that the policy allows: it was up once, or was to be tried again from the beginning. Whatever is opened to
    replace another connection is of this kind."""


class Company(StrEnum):
    """The other connections with the same subscriptions."""

    NONE = "none"
    """No other runs, and none has ever been up."""
    TRYING = "trying"
    """Others run, and none has ever been up."""
    GONE = "gone"
    """Others were up, and have ended for good."""
    RUNNING = "running"
    """Others run, which are up or are brought back."""


class Ending(StrEnum):
    """What comes of it."""

    AGAIN = "again"
    """It is connected again, by the policy, like one that was lost: others have shown that it can be done."""
    GIVE_UP = "give_up"
    """The consumer is told, and the others go on. One that was to replace another is opened anew by the rollover."""
    FAIL = "fail"
    """The stream is over: iterating raises the error."""


_S, _C, _E = Stage, Company, Ending

ENDINGS: Final[Mapping[tuple[Stage, Company], tuple[Ending, Ending]]] = {
    (_S.FIRST, _C.NONE): (_E.FAIL, _E.FAIL),
    (_S.FIRST, _C.TRYING): (_E.FAIL, _E.FAIL),
    (_S.FIRST, _C.GONE): (_E.AGAIN, _E.FAIL),
    (_S.FIRST, _C.RUNNING): (_E.AGAIN, _E.GIVE_UP),
    (_S.TRIED, _C.NONE): (_E.FAIL, _E.FAIL),
    (_S.TRIED, _C.TRYING): (_E.FAIL, _E.FAIL),
    (_S.TRIED, _C.GONE): (_E.FAIL, _E.FAIL),
    (_S.TRIED, _C.RUNNING): (_E.GIVE_UP, _E.GIVE_UP),
}
"""What comes of an error that another connection may mend, and of any other: a refusal for good, or a defect."""


def ending(stage: Stage, error: Exception, *, running: bool, connected: bool) -> Ending:
    """What the table says.

    :param running: whether others of the group run
    :param connected: whether one of the group has ever been up
    """
    if connected:
        company = Company.RUNNING if running else Company.GONE
    else:
        company = Company.TRYING if running else Company.NONE
    may_be_mended, for_good = ENDINGS[stage, company]
    return may_be_mended if mendable(error) else for_good


def endings_table() -> str:
    """The table as Markdown, as it stands in the documentation."""
    lines = ["| tried | others | may be mended | a refusal for good, or a defect |", "|---|---|---|---|"]
    lines += [f"| {stage} | {others} | {mended} | {good} |" for (stage, others), (mended, good) in ENDINGS.items()]
    return "\n".join(lines) + "\n"
