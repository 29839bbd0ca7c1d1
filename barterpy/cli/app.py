"""The commands and their help, and the way from arguments to an exit code."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from cyclopts import App, CycloptsError, UnknownCommandError, UnusedCliTokensError
from rich.console import Console

from barterpy.cli.failures import Exit, report

__all__ = ["execute", "make_app"]


def _version() -> str:
    try:
        return f"barterpy {version('barterpy')}"
    except PackageNotFoundError:  # a source tree that was never installed
        return "barterpy (not installed)"


_HELP = """Market data of exchanges as one stream of typed events: watch it, record it, replay it.

Try it without an account or a network:

    barterpy demo

Then with a venue:

    barterpy watch binance trades BTC/USDT ETH/USDT
    barterpy watch binance-futures book BTC/USDT:USDT --json | head -100
    barterpy record binance-futures trades BTCUSDT -o btc.rec --seconds 60
    barterpy replay btc.rec --json > btc.jsonl
    barterpy serve btc.rec
"""

_EPILOGUE = (
    "Exit codes: 0 done, 1 a problem in the data, 2 an argument or a file that cannot be used, 3 the connection or "
    "the venue failed, 70 a defect of barterpy, 130 interrupted by Ctrl-C, 143 terminated."
)

_COMMANDS = ("demo", "watch", "record", "replay", "serve", "parse", "inspect", "check", "fix", "venues", "schema")


def make_app(arguments: Sequence[str] = ()) -> App:
    """The commands these arguments can mean: the one they name, so that no other is imported, or all of them."""
    app = App(
        name="barterpy",
        help=_HELP,
        help_epilogue=_EPILOGUE,
        help_format="markdown",
        version=_version,
        result_action="return_value",
        suppress_keyboard_interrupt=False,
    )
    named = [name for name in _COMMANDS if arguments[:1] == [name]]
    for order, name in enumerate(named or _COMMANDS):
        command = getattr(import_module(f"barterpy.cli.commands.{name}"), name)
        if isinstance(command, App):
            command.sort_key = order
            app.command(command)
        else:
            app.command(command, name=name, sort_key=order)
    return app


def execute(arguments: Sequence[str] | None = None) -> int:
    """Run the command of these arguments (those of the process for None) and give the exit code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        app = make_app(arguments)
        result: Any = app(arguments, exit_on_error=False, print_error=False, console=Console())
        sys.stdout.flush()
    except CycloptsError as error:
        print(f"barterpy: {_usage_text(error)} See `{_help_command(arguments[:1])}`.", file=sys.stderr)
        return Exit.USAGE
    except BrokenPipeError as error:
        # Whoever read our output has gone. Python flushes stdout once more at exit, which must not fail again.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return report(error, debug=False)
    except (KeyboardInterrupt, Exception) as error:  # noqa: BLE001 - the last place that can turn it into one line
        return report(error, debug="--debug" in arguments)
    return int(result or Exit.OK)


def _usage_text(error: CycloptsError) -> str:
    if isinstance(error, UnusedCliTokensError):
        return f"Unexpected argument: {' '.join(error.unused_tokens or ())}."
    text = " ".join(str(error).split())
    if isinstance(error, UnknownCommandError):
        return f"{text.partition(' Available commands')[0]} Available commands: {', '.join(_COMMANDS)}."
    return text if text.endswith((".", "?")) else f"{text}."


def _help_command(arguments: Sequence[str]) -> str:
    return " ".join(["barterpy", *(name for name in arguments if name in _COMMANDS), "-h"])
