"""``barterpy fix decode``: messages of a log or a pipe, as they come."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from barterpy.cli.failures import DataProblem, Exit
from barterpy.cli.fix.gateways import find_dictionary
from barterpy.cli.fix.messages import FixGarbledLine, FixMessageLine, garbled_line, message_line
from barterpy.cli.fix.naming import Dictionaries, name_fields
from barterpy.cli.fix.painting import Painter
from barterpy.cli.fix.scanner import FoundMessage, FoundText, MessageScanner, as_text
from barterpy.cli.lines import ChunkReader, open_input
from barterpy.cli.options import Common
from barterpy.cli.render import counted
from barterpy.cli.session import Session, run
from barterpy.errors import ParseError, ProtocolError
from barterpy.protocols.fix.message import Message

__all__ = ["Decoder", "show_messages"]


def show_messages(
    file: Path,
    types: Iterable[str],
    dictionary: str | None,
    version: str | None,
    *,
    lines: bool,
    secrets: bool,
    common: Common,
) -> int:
    """Run ``barterpy fix decode``, whose options these are, and give the exit code.

    :raises barterpy.errors.ConfigurationError: a dictionary or a version that there is not
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
        elif session.exit is None and decoder.counts["found"] == decoder.counts["passed over"] and not common.quiet:
            session.note(f"barterpy: no {' or '.join(types)} among {counted(decoder.counts['found'], 'message')}")
        if decoder.counts["bad"] and session.exit is None:
            raise DataProblem(f"{counted(decoder.counts['bad'], 'message')} with something wrong, told above")
        return Exit.OK

    return run(work, common)


class Decoder:
    """Bytes in, lines about messages out. ``counts``: those ``found``, of them the ``bad`` and the ``passed over``."""

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
                    self.counts["passed over"] += 1
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
