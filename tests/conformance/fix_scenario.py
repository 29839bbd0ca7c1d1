"""Scenarios of the FIX acceptance: named after the behaviour they pin, and written once for all versions."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.conformance.fix_versions import VERSIONS, Version

__all__ = ["Scenario", "Script", "Scripts", "since"]

Script = Callable[[Version], str]
"""Writes the conversation for a version; see :mod:`tests.conformance.fix_script`."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One conversation, and the versions it exists in."""

    name: str
    script: Script
    versions: tuple[Version, ...]
    seconds: float = 0.0
    """How long it takes, if it is about time."""


def since(number: int) -> tuple[Version, ...]:
    """The versions from ``number`` on."""
    return tuple(version for version in VERSIONS if version.number >= number)


class Scripts:
    """The scenarios of one module, in the order in which they are written there."""

    def __init__(self) -> None:
        self.scenarios: list[Scenario] = []

    def scenario(
        self, name: str, versions: tuple[Version, ...] = VERSIONS, *, seconds: float = 0.0
    ) -> Callable[[Script], Script]:
        """Decorates what writes the conversation."""

        def take(script: Script) -> Script:
            self.scenarios.append(Scenario(name, script, versions, seconds))
            return script

        return take
