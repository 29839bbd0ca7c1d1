"""How far a long piece of work is, for a person: on standard error, and only while the data goes somewhere else."""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.status import Status

from barterpy.cli.session import Session

__all__ = ["Progress"]

_INTERVAL: Final = 0.25


class Progress:
    """A line that changes in place while its context lasts; nothing at all where nobody would see it."""

    def __init__(self, session: Session, text: str) -> None:
        self._status: Status | None = None
        if session.progress and not sys.stdout.isatty():
            self._status = Status(text, console=Console(stderr=True))
        self._next = 0.0

    def __enter__(self) -> Self:
        if self._status is not None:
            self._status.__enter__()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.__exit__(exc_type, exc, traceback)

    def update(self, text: Callable[[], str]) -> None:
        """Show what ``text`` makes; it is called a few times a second at most."""
        if self._status is not None and time.monotonic() >= self._next:
            self._next = time.monotonic() + _INTERVAL
            self._status.update(text())
