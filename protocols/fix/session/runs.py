"""The fast way: plain application messages in order, one after the other, in one tight loop.

A message belongs to a run when nothing about it calls for the session: it is valid by the dictionary's fast match, of
the application, has the expected number, the right CompIDs, a SendingTime near our clock and no PossDupFlag. Whatever
is not certain ends the run and takes the long way, so a run can never decide differently from it.
"""

import re
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final, TypeAlias

from barterpy.protocols.fix.errors import Garbled
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.session.core import ADMINISTRATIVE, Core
from barterpy.protocols.fix.shape import Shape, Shapes

__all__ = ["MAX_RUN", "Runs"]

MAX_RUN: Final = 512
"""Messages handed over together at most."""

_NEEDED: Final = (8, 34, 49, 52, 56)
_MAX_PLANS: Final = 1024
_Plan: TypeAlias = tuple[tuple[int, int, int], int, int]
"""Groups of the three fields that are the same in every message, of the number and of the time."""
_Match: TypeAlias = Callable[[bytes], tuple[Shape, re.Match[bytes]] | None]


class Runs:
    """Takes runs for one session. It remembers where each shape has the fields a session looks at."""

    __slots__ = ("_core", "_identity", "_match", "_plans", "_shapes", "_validator", "possible")

    def __init__(self, core: Core) -> None:
        settings = core.settings
        self.possible: bool = settings.check_comp_ids and not core.asks_inbound
        """Whether this session has any: a hook that sees each message has to see it between those before and after."""
        self._core = core
        self._shapes = Shapes()
        """Those this session has seen: without a dictionary, every one of them is valid."""
        self._validator = core.validator
        self._match: _Match = self._shapes.find if core.validator is None else core.validator.match
        self._plans: dict[Shape, _Plan | None] = {}
        self._identity = core.begin_string, core.peer, core.me

    def take(self, frames: Sequence[bytes | Garbled], start: int) -> list[Message]:
        """The messages of the run that begins with ``frames[start]``; what follows them takes the long way."""
        core = self._core
        if core.validator is not self._validator:  # another Logon may have named another version
            self._follow()
        numbers = core.numbers
        messages: list[Message] = []
        match, plans, accepts = self._match, self._plans, core.latency.accepts
        identity, at, wrap = self._identity, core.at, numbers.wrap
        expected, accepted = numbers.next_in, b""
        for frame in islice(frames, start, start + MAX_RUN):
            if not isinstance(frame, bytes):
                break
            matched = match(frame)
            if matched is None:
                break
            shape, values = matched
            try:
                plan = plans[shape]
            except KeyError:
                plan = self._plan(shape)
            if plan is None:
                break
            same, seq, stamp = plan
            if values.group(*same) != identity or values[seq] != b"%d" % expected:
                break
            time = values[stamp]
            if time != accepted:
                if not accepts(time, at):
                    break
                accepted = time
            messages.append(Message(frame, matched))
            expected = 0 if expected == wrap else expected + 1
        if messages:
            numbers.next_in = expected
            timers = core.timers  # what Timers.received does, without the call
            timers.last_received, timers.tests = core.now, 0
        return messages

    def learn(self, message: Message) -> None:
        """A good message took the long way; where no dictionary learns its shape, this does."""
        if self._validator is None and message.msg_type not in ADMINISTRATIVE:
            self._shapes.saw(message.msg_type, [tag for tag, _ in message.fields()])

    def _follow(self) -> None:
        self._validator = self._core.validator
        self._match = self._shapes.find if self._validator is None else self._validator.match

    def _plan(self, shape: Shape) -> _Plan | None:
        if len(self._plans) >= _MAX_PLANS:  # more than a validator knows at once: some are of shapes that are gone
            self._plans.clear()
        index = shape.index
        fits = shape.msg_type not in ADMINISTRATIVE and 43 not in index and all(tag in index for tag in _NEEDED)
        plan = ((index[8], index[49], index[56]), index[34], index[52]) if fits else None
        self._plans[shape] = plan
        return plan
