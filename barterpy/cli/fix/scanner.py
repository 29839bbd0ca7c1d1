"""Finds FIX messages in anything that holds them: a log with times in front, a capture, a line pasted from a chat.

A log is written for people: SOH became another sign, secrets became stars, line feeds became ``\\n``, lines were cut.
So a message is taken as far as it can be read, and what is wrong with it is said beside it. No I/O.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple, final

from barterpy.protocols.fix.tags import DATA_FIELDS

__all__ = ["MAX_MESSAGE", "FoundMessage", "FoundText", "MessageScanner", "as_text"]

MAX_MESSAGE: Final = 16 * 1024 * 1024
"""Bytes of the longest message that is taken; what goes on longer is told as garbled."""

_SOH: Final = b"\x01"
_START: Final = re.compile(rb"8=FIXT?\.\d")
# How people write SOH. The longer ones first: `^A` begins like `^`.
_SEPARATORS: Final = (b"\x01", b"\\u0001", b"\\x01", b"\\001", b"<SOH>", b"\xe2\x90\x81", b"^A", b"|", b"^", b";")
_HEAD: Final = re.compile(rb"8=FIXT?\.\d\.\d(?:SP\d)?(%b)9=(\d{1,9})\1" % b"|".join(map(re.escape, _SEPARATORS)))
_LONGEST_HEAD: Final = 64
_TRAILER: Final = {
    separator: re.compile(rb"%b10=(\d{1,3})(%b|(?=[\s\"'\])},])|\Z)" % ((re.escape(separator),) * 2))
    for separator in _SEPARATORS
}
_MASKED: Final = re.compile(
    rb"\x01(%b)=\d+\x01(\d+)=([*Xx]{3,}|REDACTED|<[a-z]+>)\x01" % b"|".join(b"%d" % tag for tag in DATA_FIELDS)
)
_HIDDEN: Final = re.compile(rb"\x01\d+=(?:[*]{3,}|REDACTED)\x01")


class FoundMessage(NamedTuple):
    """A message, its separators being SOH. ``line`` is where it begins, from 1; ``prefix`` what stands before it."""

    line: int
    prefix: str
    raw: bytes
    problem: str | None
    """What is wrong with its length or checksum."""
    masked: bool = False
    """Whether values were hidden by whoever wrote it, so that neither length nor checksum can be right."""


class FoundText(NamedTuple):
    """What looks like a message and is none: garbled beyond reading."""

    line: int
    text: str
    problem: str


@final
class MessageScanner:
    """Fed with bytes in any pieces; gives each message as soon as it is whole.

    scanner = MessageScanner()
    for found in scanner.feed(data): ...
    for found in scanner.end(): ...
    """

    def __init__(self) -> None:
        self.line: int = 1
        """Where it is."""
        self._data = b""

    def feed(self, data: bytes) -> Iterator[FoundMessage | FoundText]:
        """What is found now that these bytes have come."""
        self._data += data
        return self._scan(final=False)

    def end(self) -> Iterator[FoundMessage | FoundText]:
        """What is left when nothing more will come."""
        return self._scan(final=True)

    def _scan(self, *, final: bool) -> Iterator[FoundMessage | FoundText]:
        while True:
            start = _START.search(self._data)
            if start is None:
                # The line in front of a message is its prefix; lines before that one say nothing.
                self._drop(max(self._data.rfind(b"\n") + 1, len(self._data) - MAX_MESSAGE))
                return
            line_start = self._data.rfind(b"\n", 0, start.start()) + 1
            self._drop(line_start)
            found = self._take(self._data, start.start() - line_start, final=final)
            if found is None:
                return
            yield found

    def _drop(self, count: int) -> None:
        self.line += self._data.count(b"\n", 0, count)
        self._data = self._data[count:]

    def _take(self, data: bytes, start: int, *, final: bool) -> FoundMessage | FoundText | None:
        """The message that begins at ``start``, or None while more bytes may tell."""
        line, prefix = self.line, as_text(data[:start])
        head = _HEAD.match(data, start)
        line_end = data.find(b"\n", start)
        if head is None:
            if not final and line_end < 0 and len(data) - start < _LONGEST_HEAD:
                return None
            return self._give_up(start, "BeginString is not followed by BodyLength")
        separator, declared = head[1], int(head[2])
        if separator == _SOH:
            body_end = head.end() + declared
            trailer = _TRAILER[_SOH].match(data, body_end - 1)
            if trailer is not None and trailer[2]:
                self._drop(trailer.end())
                return _checked(line, prefix, data[start : trailer.end()])
            short = len(data) < body_end + 7 and declared <= MAX_MESSAGE
            if short and not final and not _followed(data, start):
                return None
            limit = len(data)
        else:
            limit = len(data) if line_end < 0 else line_end
        following = _START.search(data, head.end())
        trailers = [end for end in _TRAILER[separator].finditer(data, start, limit) if end[2] or final or line_end >= 0]
        for trailer in trailers:
            found = self._found(line, prefix, start, trailer.end(), separator)
            if found.problem is None and (separator != _SOH or found.masked):
                break
        else:
            # The length is wrong, so nothing but the next message tells that this one was cut.
            trailers = [end for end in trailers if following is None or end.start() < following.start()]
            if not trailers:
                if not final and line_end < 0 and following is None and len(data) - start < MAX_MESSAGE:
                    return None
                return self._give_up(start, "there is no CheckSum")
            trailer = trailers[0]
            found = self._found(line, prefix, start, trailer.end(), separator)
        self._drop(trailer.end())
        return found

    def _found(self, line: int, prefix: str, start: int, end: int, separator: bytes) -> FoundMessage:
        raw = self._data[start:end].replace(separator, _SOH)
        return _checked(line, prefix, raw if raw.endswith(_SOH) else raw + _SOH)

    def _give_up(self, start: int, problem: str) -> FoundText:
        data, line = self._data, self.line
        following = _START.search(data, start + 1)
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        if following is not None:
            end = min(end, following.start())
        self._drop(end)
        return FoundText(line, as_text(data[start:end]), problem)


def _followed(data: bytes, start: int) -> bool:
    """Whether a message has an end and another one follows, though its length says that there is more of it."""
    trailer = _TRAILER[_SOH].search(data, start)
    return trailer is not None and _START.search(data, trailer.end()) is not None


def as_text(data: bytes) -> str:
    """As it is shown: a separator as ``|``, and nothing that a terminal would obey."""
    text = data.decode("utf-8", "backslashreplace").replace("\x01", "|").replace("\t", " ").strip()
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _checked(line: int, prefix: str, raw: bytes) -> FoundMessage:
    problem = _problem(raw)
    if problem is None:
        return FoundMessage(line, prefix, raw, None)
    if b"\\n" in raw or b"\\r" in raw:
        whole = raw.replace(b"\\r", b"\r").replace(b"\\n", b"\n")
        if _problem(whole) is None:
            return FoundMessage(line, prefix, whole, None)
    if _HIDDEN.search(raw) is not None:
        # A length that counts what was hidden would swallow the fields behind it.
        raw = _MASKED.sub(lambda found: b"\x01%b=%d\x01%b=%b\x01" % (found[1], len(found[3]), found[2], found[3]), raw)
        return FoundMessage(line, prefix, raw, None, masked=True)
    return FoundMessage(line, prefix, raw, problem)


def _problem(raw: bytes) -> str | None:
    head = _HEAD.match(raw)
    assert head is not None
    trailer = raw.rfind(b"\x0110=")
    body, declared = trailer + 1 - head.end(), int(head[2])
    told, counted = raw[trailer + 4 : -1], b"%03d" % (sum(raw[: trailer + 1]) % 256)
    if body != declared:
        return f"BodyLength is {declared}, and the body has {body} bytes"
    if told != counted:
        return f"CheckSum is {as_text(told)}, and the bytes give {as_text(counted)}"
    return None
