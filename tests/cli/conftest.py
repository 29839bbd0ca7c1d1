"""A simulated venue beside the tests, and the command line as a process of its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from barterpy.testing.simulated import SimulatedVenue

Start = Callable[..., subprocess.Popen[bytes]]


@dataclass
class Simulated:
    """A venue that runs in a thread, and how the command line reaches it."""

    venue: SimulatedVenue
    portal: BlockingPortal

    @property
    def urls(self) -> list[str]:
        return ["--ws-url", self.venue.ws_url, "--rest-url", self.venue.rest_url]


@pytest.fixture
def simulated() -> Iterator[Simulated]:
    """A simulated futures venue for as long as the test lasts."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(SimulatedVenue("futures")) as venue,
    ):
        yield Simulated(venue, portal)


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts ``python -m barterpy`` with these arguments, warnings being errors; ends it with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start_process(*arguments: object, **options: Any) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "PYTHONWARNINGS": "error", **options.pop("env", {})}
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
        command = [sys.executable, "-m", "barterpy", *map(str, arguments)]
        process: Any = subprocess.Popen(command, env=environment, **(pipes | options))
        started.append(process)
        return started[-1]

    yield start_process
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()
        pipes: list[IO[bytes] | None] = [process.stdin, process.stdout, process.stderr]
        for pipe in pipes:
            if pipe is not None:
                pipe.close()
