"""``barterpy fix decode``: messages of a log or a pipe, as they come."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter

from barterpy.cli.failures import DataProblem, Exit
from barterpy.cli.fix.gateways import find_dictionary
from barterpy.cli.fix.messages import FixGarbledLine, FixMessageLine, garbled_line, message_line
from barterpy.cli.fix.naming import Dictionaries, name_fields
from barterpy.cli.fix.painting import Painter
from barterpy.cli.fix.scanner import FoundMessage, FoundText, MessageScanner, as_text
from barterpy.cli.lines import ChunkReader, open_input
from barterpy.cli.options import Common, CommonOptions
from barterpy.cli.session import Session, run
from barterpy.errors import ParseError, ProtocolError
from barterpy.protocols.fix.message import Message

__all__ = ["Decoder", "decode"]


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
        barterpy fix decode fix.log --types D 8 --json | jq '.fields[] | select(.tag == 11) | .value'
        barterpy fix decode fix.log --dictionary venue.xml
        barterpy fix decode fix.log --dictionary binance
        echo '8=FIX.4.4|9=41|35=0|34=2|49=A|52=20260102-03:04:05|56=B|10=128|' | barterpy fix decode

    Parameters
    ----------
    file
        What to read; `-` is standard input.
    types
        Show these messages alone, by type (`8`) or name (`ExecutionReport`).
    dictionary
        For fields that the standard does not know: a file in QuickFIX's XML format, or `binance` or
        `binance-market-data`.
    version
        Names of this version (`FIX.4.2`, `FIX.5.0SP2`), whatever the messages say of themselves.
    lines
        One line a message.
    secrets
        Show passwords, keys and signatures, too.
    """
    dictionaries = Dictionaries(find_dictionary(dictionary), version)

    async def work(session: Session) -> int:
        decoder = Decoder(dictionaries, frozenset(types), secrets=secrets)
        painter = Painter(compact=lines)
        descriptor, name = open_input(file)
        with session.until(None), ChunkReader(descriptor) as chunks:
            async for chunk in chunks:
                await _show(session, painter, decoder.feed(chunk))
            await _show(session, painter, decoder.end())
        if session.exit is None and not decoder.counts["found"] and not common.quiet:
            session.note(f"barterpy: no FIX message in {name}")
        if decoder.counts["bad"] and session.exit is None:
            raise DataProblem(f"{_several(decoder.counts['bad'])} with something wrong, told above")
        return Exit.OK

    return run(work, common)


class Decoder:
    """Bytes in, lines about messages out. ``counts`` has those ``found``, and among them the ``bad`` ones."""

    def __init__(
        self, dictionaries: Dictionaries, types: frozenset[str] = frozenset(), *, secrets: bool = False
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._scanner = MessageScanner()
        self._dictionaries = dictionaries
        self._types = types
        self._secrets = secrets

    def feed(self, data: bytes) -> list[FixMessageLine | FixGarbledLine]:
        """What these bytes complete."""
        return self._lines(self._scanner.feed(data))

    def end(self) -> list[FixMessageLine | FixGarbledLine]:
        """What is left."""
        return self._lines(self._scanner.end())

    def _lines(self, found: Iterable[FoundMessage | FoundText]) -> list[FixMessageLine | FixGarbledLine]:
        lines: list[FixMessageLine | FixGarbledLine] = []
        for one in found:
            line = self._line(one)
            self.counts["found"] += 1
            if isinstance(line, FixMessageLine):
                if self._types and not self._types & {line.type, line.name}:
                    continue
                self.counts["bad"] += line.problem is not None
            else:
                self.counts["bad"] += 1
            lines.append(line)
        return lines

    def _line(self, found: FoundMessage | FoundText) -> FixMessageLine | FixGarbledLine:
        if isinstance(found, FoundText):
            return garbled_line(found)
        try:
            message = Message(found.raw)
        except (ProtocolError, ParseError) as error:
            return garbled_line(FoundText(found.line, as_text(found.raw), getattr(error, "reason", None) or str(error)))
        fields = name_fields(message, self._dictionaries.of(message), secrets=self._secrets)
        return message_line(message, fields, found)


async def _show(session: Session, painter: Painter, lines: Iterable[Any]) -> None:
    printed: list[str] = []
    for line in lines:
        if session.common.json:
            printed.append(msgspec.json.encode(line).decode())
        else:
            printed += painter.message(line) if isinstance(line, FixMessageLine) else painter.garbled(line)
    if printed:
        await session.lines(printed)


def _several(count: int) -> str:
    return f"{count} messages" if count > 1 else "1 message"
