"""A small language for conversations with a FIX acceptor, and what carries them out over any stream.

A script is text, one step a line, played from the counterparty's side:

    > A|34=1|98=0|108=30          send a message: its type, then fields; 8 9 49 52 56 and 10 are filled in
    < A|34=1|98=0|108=30          exactly this has to come back, stamps apart
    << 8=FIX.4.4|9=*|35=0|…|10=*  send these fields in this order; 9=* and 10=* are worked out
    closed                        the acceptor closes, and has sent nothing more
    disconnect                    we close

``2> ``, ``2< `` and ``2 closed`` speak of a second connection, which is made when it is first named; after the end of a
connection the next step of its makes a new one. In a sent message ``49=`` and the like may be given with another value,
or left out by ``!56``; ``<T>``, ``<T-121>`` are the time now and 121 seconds ago. In an expected one ``<T>`` is any
stamp of the right form, ``<T52>`` the message's own SendingTime, and ``<T#3>`` that of the message numbered 3 when it
first came. ``@6`` behind an expected step says that it happens six seconds after the step before it.

Frames are taken apart by code of this file alone: a yardstick must not lean on what it measures.
"""

import datetime as dt
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import anyio
from anyio.abc import ByteStream

from tests.conformance.fix_versions import Version

__all__ = ["ACCEPTOR", "Dial", "Mismatch", "Player"]

SOH: Final = b"\x01"
ACCEPTOR: Final = "ISLD"

Dial = Callable[[], Awaitable[ByteStream]]
"""Connects with the acceptor."""

_HEADER: Final = (34, 43, 49, 52, 56, 97, 115, 116, 122, 128, 129, 144, 145)
_STEP: Final = re.compile(r"(\d?) ?(>|<<|<|closed|disconnect)(?: (.*?))?(?: ?@([\d.]+))?")
_STAMP: Final = {True: re.compile(r"\d{8}-\d\d:\d\d:\d\d\.\d{3}"), False: re.compile(r"\d{8}-\d\d:\d\d:\d\d")}
_TIME: Final = re.compile(r"<T([+-]\d+)?>")


class Mismatch(AssertionError):
    """Something else came than the script has; the text shows both."""


@dataclass
class _Line:
    """One connection, and what came of it that no step has asked for yet."""

    stream: ByteStream
    unread: bytes = b""
    stamps: dict[str, str] = field(default_factory=dict[str, str])

    async def message(self) -> bytes:
        """The next whole message; empty when the acceptor has closed."""
        while True:
            head = re.match(rb"8=[^\x01]*\x019=(\d+)\x01", self.unread)
            end = 0 if head is None else head.end() + int(head[1]) + len(b"10=000\x01")
            if head is not None and len(self.unread) >= end:
                message, self.unread = self.unread[:end], self.unread[end:]
                return message
            try:
                self.unread += await self.stream.receive()
            except anyio.EndOfStream:
                if self.unread:
                    raise Mismatch(f"half a message: {_shown(self.unread)}") from None
                return b""


class Player:
    """Plays scripts as the counterparty ``version``.

    :param dial: makes a connection
    :param now: int nanoseconds UTC
    :param slack: seconds a step may happen later than ``@`` says, and up to 0.3 of them earlier; none in virtual time
    :param patience: seconds to wait for anything
    """

    def __init__(
        self, version: Version, dial: Dial, now: Callable[[], int], *, slack: float = 0.001, patience: float = 45.0
    ) -> None:
        self._version = version
        self._dial = dial
        self._now = now
        self._slack = slack
        self._patience = patience
        self._lines: dict[str, _Line] = {}
        self._last = 0.0

    async def play(self, script: str) -> None:
        """Every step in turn.

        :raises Mismatch: something else happened
        """
        self._last = anyio.current_time()
        steps = [line.strip() for line in script.strip().splitlines() if line.strip()]
        try:
            for number, step in enumerate(steps):
                try:
                    with anyio.fail_after(self._patience):
                        await self._step(step)
                except (Mismatch, TimeoutError, anyio.BrokenResourceError) as error:
                    before = "\n    ".join(steps[: number + 1])
                    raise Mismatch(
                        f"{self._version.name}:\n    {before}\n{error!s:} ({type(error).__name__})"
                    ) from error
        finally:
            for line in self._lines.values():
                await anyio.aclose_forcefully(line.stream)
            self._lines.clear()

    async def _step(self, step: str) -> None:
        found = _STEP.fullmatch(step)
        assert found is not None, f"not a step: {step}"
        which, verb, text, after = found.groups()
        line = self._lines.get(which)
        if line is None:
            line = self._lines[which] = _Line(await self._dial())
        match verb:
            case ">":
                await line.stream.send(self._message(text))
            case "<<":
                await line.stream.send(_joined(self._filled(text).split("|")))
            case "<":
                self._compare(line, await line.message(), text)
            case "closed":
                if rest := await line.message():
                    raise Mismatch(f"came instead of the end: {_shown(rest)}")
                await self._hang_up(which)
            case _:
                await self._hang_up(which)
        now = anyio.current_time()
        if (
            after is not None
            and not float(after) - min(self._slack, 0.3) <= now - self._last <= float(after) + self._slack
        ):
            raise Mismatch(f"happened after {now - self._last:.3f} s")
        self._last = now

    async def _hang_up(self, which: str) -> None:
        await self._lines.pop(which).stream.aclose()

    def _filled(self, text: str) -> str:
        return _TIME.sub(lambda found: self._stamp(int(found[1] or 0)), text)

    def _stamp(self, offset: int) -> str:
        at = dt.datetime.fromtimestamp(self._now() // 1_000_000 / 1000 + offset, dt.UTC)
        return at.strftime("%Y%m%d-%H:%M:%S.%f")[: -3 if self._version.milliseconds else -7]

    def _message(self, text: str) -> bytes:
        message_type, *given = self._filled(text).split("|")
        left_out = {one[1:] for one in given if one.startswith("!")}
        fields = [one for one in given if not one.startswith("!")]
        own = {"8": self._version.begin_string, "49": self._version.comp_id, "52": self._stamp(0), "56": ACCEPTOR}
        for one in tuple(fields):
            tag, _, value = one.partition("=")
            if tag in own:
                own[tag] = value
                fields.remove(one)
        number = [fields.pop(0)] if fields and fields[0].startswith("34=") else []
        header = [f"{tag}={own[tag]}" for tag in ("49", "52", "56") if tag not in left_out]
        return _joined([f"8={own['8']}", "9=*", f"35={message_type}", *number, *header, *fields, "10=*"])

    def _compare(self, line: _Line, message: bytes, text: str) -> None:
        wanted = self._wanted(text)
        if not message:
            raise Mismatch(f"closed instead of {'|'.join(wanted)}")
        came = message.decode("latin-1").split("\x01")[:-1]
        if _joined([*came[:1], "9=*", *came[2:-1], "10=*"]) != message:
            raise Mismatch(f"wrong BodyLength or CheckSum: {_shown(message)}")
        body = came[:1] + came[2:-1]
        if len(body) != len(wanted) or not all(map(self._same, body, wanted, [(line, body)] * len(body))):
            raise Mismatch(f"came   {'|'.join(body)}\nwanted {'|'.join(wanted)}")
        fields = dict(one.split("=", 1) for one in body)
        line.stamps.setdefault(fields["34"], fields["52"])
        if "141" in fields:
            line.stamps = {fields["34"]: fields["52"]}

    def _same(self, came: str, wanted: str, where: tuple[_Line, list[str]]) -> bool:
        if "<T" not in wanted:
            return came == wanted
        line, body = where
        tag, _, value = came.partition("=")
        wanted_tag, _, form = wanted.partition("=")
        if tag != wanted_tag or _STAMP[self._version.milliseconds].fullmatch(value) is None:
            return False
        if form == "<T52>":
            return f"52={value}" in body
        return form == "<T>" or value == line.stamps[form[3:-1]]

    def _wanted(self, text: str) -> list[str]:
        """All fields but BodyLength and CheckSum, in the order in which they have to come."""
        message_type, *fields = text.split("|")
        header = {49: ACCEPTOR, 52: "<T>", 56: self._version.comp_id}
        while fields and int(fields[0].partition("=")[0]) in _HEADER:
            tag, _, value = fields.pop(0).partition("=")
            header[int(tag)] = value
        ordered = [f"{tag}={header[tag]}" for tag in sorted(header)]
        return [f"8={self._version.begin_string}", f"35={message_type}", *ordered, *fields]


def _joined(fields: list[str]) -> bytes:
    """The bytes of these fields; ``9=*`` and ``10=*`` become what they have to be."""
    encoded = [one.encode("latin-1") + SOH for one in fields]
    if b"9=*\x01" in encoded:
        place = encoded.index(b"9=*\x01")
        length = sum(len(one) for one in encoded[place + 1 :] if not one.startswith(b"10="))
        encoded[place] = b"9=%d\x01" % length
    if encoded[-1] == b"10=*\x01":
        encoded[-1] = b"10=%03d\x01" % (sum(b"".join(encoded[:-1])) % 256)
    return b"".join(encoded)


def _shown(message: bytes) -> str:
    return message.replace(SOH, b"|").decode("latin-1")
