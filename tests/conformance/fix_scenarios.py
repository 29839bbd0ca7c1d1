"""Every scenario of the FIX acceptance, and a program that plays them against an acceptor that listens somewhere.

    python -m tests.conformance.fix_scenarios --port P [--host 127.0.0.1] [--only TEXT] [--version fix44]

The acceptor is :mod:`tests.conformance.fix_acceptor`, or any other with its configuration and its echo application.
"""

import argparse
import sys
import time
from collections.abc import Sequence

import anyio

from tests.conformance.fix_scenario import Scenario
from tests.conformance.fix_scenarios_logon import LOGON
from tests.conformance.fix_scenarios_resend import RESEND
from tests.conformance.fix_scenarios_sequence import SEQUENCE
from tests.conformance.fix_scenarios_validation import VALIDATION
from tests.conformance.fix_script import Mismatch, Player

__all__ = ["SCENARIOS", "main"]

SCENARIOS: tuple[Scenario, ...] = tuple(
    scenario for scripts in (LOGON, SEQUENCE, RESEND, VALIDATION) for scenario in scripts.scenarios
)

_SLACK = 1.7
"""Seconds an event may come later than its time: an acceptor may look at its timers once a second."""


async def run(host: str, port: int, only: str, version: str) -> int:
    """Plays them one after the other; returns how many did not go as written."""
    failed = 0
    for scenario in SCENARIOS:
        for one in scenario.versions:
            if only not in scenario.name or version not in ("", one.name):
                continue
            player = Player(one, lambda: anyio.connect_tcp(host, port), time.time_ns, slack=_SLACK)
            try:
                await player.play(scenario.script(one))
            except Mismatch as mismatch:
                failed += 1
                sys.stdout.write(f"FAILED {scenario.name} {mismatch}\n\n")
            else:
                sys.stdout.write(f"passed {scenario.name} {one.name}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{failed} failed\n")
    return failed


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 0 if every scenario went as written."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.fix_scenarios")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--only", default="", help="scenarios whose name has this text")
    parser.add_argument("--version", default="", help="one version only: fix40, …, fix50sp2")
    options = parser.parse_args(arguments)
    return min(1, anyio.run(run, options.host, options.port, options.only, options.version))


if __name__ == "__main__":
    sys.exit(main())
