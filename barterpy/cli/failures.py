"""What went wrong, for the person at the terminal: one clear line with the remedy, and an exit code for scripts."""

import sys
import traceback
from collections.abc import Iterator
from enum import IntEnum
from typing import cast

from barterpy.errors import (
    BarterError,
    BookError,
    ConfigurationError,
    ConnectError,
    HandshakeError,
    ParseError,
    ProxyError,
    RateLimited,
    RecordingError,
    SubscriptionRefused,
    SubscriptionTimeout,
    TlsError,
    TransportError,
    VenueUnavailable,
)

__all__ = ["DataProblem", "Exit", "describe", "exit_code", "report"]


class Exit(IntEnum):
    """The exit codes of every command."""

    OK = 0
    """It did what was asked; also when the reader of its output went away (``| head``)."""
    DATA = 1
    """It ran to its end, and something was wrong with the data."""
    USAGE = 2
    """An argument, a file name, a missing package: nothing was started."""
    VENUE = 3
    """The connection or the venue failed."""
    DEFECT = 70
    """A defect of barterpy itself."""
    INTERRUPTED = 130
    """Ctrl-C; everything is flushed."""
    TERMINATED = 143
    """SIGTERM; everything is flushed."""


class DataProblem(BarterError):
    """Input that can be read only in part, or not at all."""


def _root(error: BaseException) -> BaseException:
    """The one error that matters in a group of them: the first that is not a mere consequence."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    return _root(cast("BaseExceptionGroup[BaseException]", error).exceptions[0])


def exit_code(error: BaseException) -> Exit:
    """The exit code an error ends the program with."""
    error = _root(error)
    if isinstance(error, BrokenPipeError):
        return Exit.OK
    if isinstance(error, KeyboardInterrupt):
        return Exit.INTERRUPTED
    if isinstance(error, (ConfigurationError, OSError)) and not isinstance(error, TransportError):
        return Exit.USAGE
    if isinstance(error, (ParseError, BookError, RecordingError, DataProblem)):
        return Exit.DATA
    return Exit.VENUE if isinstance(error, BarterError) else Exit.DEFECT


def describe(error: BaseException) -> str:
    """One line: what happened, and what would help where something would."""
    error = _root(error)
    if isinstance(error, OSError) and not isinstance(error, BarterError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{(error.strerror or str(error)).lower()}"
    if not isinstance(error, BarterError):
        return (
            f"this is a defect of barterpy, please report it: {type(error).__name__}: {error}; "
            "--debug shows the traceback"
        )
    text = " ".join(str(error).split())
    remedy = next(_remedies(error), None)
    return text if remedy is None else f"{text}; {remedy}"


def _remedies(error: BarterError) -> Iterator[str]:
    if isinstance(error, TlsError):
        yield "the certificate must be valid for the host of --ws-url, --rest-url or --url"
    if isinstance(error, ProxyError):
        yield "check the proxy; barterpy never connects around it"
    if isinstance(error, HandshakeError) and error.status in (403, 451):
        yield "the venue does not serve this network or country; another venue, --environment or --ws-url may"
    if isinstance(error, HandshakeError):
        yield "check the path of --ws-url"
    if isinstance(error, ConnectError):
        yield "check the network, or the address given with --ws-url, --rest-url or --url"
    if isinstance(error, SubscriptionRefused):
        yield "check the symbol; `barterpy venues` tells what can be subscribed"
    if isinstance(error, SubscriptionTimeout):
        yield "is this the address of the venue's streams?"
    if isinstance(error, (RateLimited, VenueUnavailable)):
        yield "try again later" if error.retry_after is None else f"try again in {error.retry_after:g} s"


def report(error: BaseException, *, debug: bool) -> Exit:
    """Tell the person on standard error, unless there is nothing to tell, and give the exit code."""
    code = exit_code(error)
    if debug and code is not Exit.OK:
        traceback.print_exception(error)
    elif code not in (Exit.OK, Exit.INTERRUPTED):
        print(f"barterpy: {describe(error)}", file=sys.stderr)
    return code
