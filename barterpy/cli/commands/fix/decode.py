"""``barterpy fix decode``."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from barterpy.cli.options import Common, CommonOptions

__all__ = ["decode"]


def decode(
    file: Path = Path("-"),
    /,
    *,
    types: Annotated[
        tuple[str, ...], Parameter(name=("--types", "-t"), consume_multiple=True, negative=(), show_default=False)
    ] = (),
    dictionary: Annotated[str | None, Parameter(name=("--dictionary", "-d"))] = None,
    version: str | None = None,
    lines: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
    secrets: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
    common: Common = CommonOptions,
) -> int:
    """Show the FIX messages of a log, a capture or a pipe with the names of their fields.

    Messages are found wherever they are: behind times and log levels, several in a line, separated by SOH, `|`, `^A`
    or another of the usual signs. Groups are indented, codes are explained, passwords and signatures left out. Each
    message comes out as soon as it has come in.

    A message whose length or checksum is wrong is shown with what is wrong; one that cannot be read is named with its
    line. Both make the exit code 1. Where a log hides values (`554=***`), neither can be checked.

        barterpy fix decode fix.log
        tail -f fix.log | barterpy fix decode --lines
        barterpy fix decode fix.log --types D 8 --json | jq .fields
        barterpy fix decode fix.log --dictionary venue.xml
        barterpy fix decode fix.log --dictionary binance
        echo '8=FIX.4.4|9=5|35=0|10=163|' | barterpy fix decode

    Parameters
    ----------
    file
        What to read; - is standard input.
    types
        Show these messages alone, by type (8) or name (ExecutionReport).
    dictionary
        For fields that the standard does not know: a file in QuickFIX's XML format, or binance or
        binance-market-data.
    version
        Names of this version (FIX.4.2, FIX.5.0SP2), whatever the messages say of themselves.
    lines
        One line a message.
    secrets
        Show passwords, keys and signatures, too.
    """
    from barterpy.cli.fix.decoding import show_messages

    return show_messages(file, types, dictionary, version, lines=lines, secrets=secrets, common=common)
