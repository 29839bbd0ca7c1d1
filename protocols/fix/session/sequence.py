"""What follows from a message's number: asking for what is missing, refusing what was there (FIX 4.4 volume 2,
"Ordered Message Processing", "Possible Duplicates")."""

from typing import Final

from barterpy.errors import ParseError, ProtocolError
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.session.core import Core
from barterpy.protocols.fix.session.events import GapFilled, GapOpened
from barterpy.protocols.fix.session.reasons import SessionRejectReason, too_high_text, too_low_text
from barterpy.protocols.fix.session.rejects import reject
from barterpy.protocols.fix.timestamps import parse_timestamp

__all__ = ["settle", "too_high", "too_low"]

_INFINITY_BEFORE_4_2: Final = 999_999
"""EndSeqNo (16) of a request for all that follows; from 4.2 on that is 0."""


def too_high(core: Core, message: Message, seq: int, *, ask: bool = True) -> None:
    """Messages before this one are missing. It waits, and they are asked for unless they are on their way already."""
    numbers, gap, settings = core.numbers, core.gap, core.settings
    if settings.on_gap == "close":
        text = too_high_text(numbers.next_in, seq)
        core.fail(text, ProtocolError(text))
        return
    gap.keep(seq, message)
    if gap.covers(seq) and not settings.redundant_resend_requests:
        return
    begin, end = numbers.next_in, numbers.before(seq)
    if ask:
        _request(core, begin, end)
    else:
        gap.open(begin, end, end)
    core.events.append(GapOpened(begin, end))


def too_low(core: Core, message: Message, seq: int) -> None:
    """A number that was there before: passed over where the message says that it may be, else the end."""
    if not message.boolean(43, False):
        text = too_low_text(core.numbers.next_in, seq)
        core.send_logout(text)
        core.fail(text, ProtocolError(text))
        return
    if message.msg_type == "4":
        return
    original = message.value(122)
    if original is None:
        reject(core, message, SessionRejectReason.REQUIRED_TAG_MISSING, 122, None)
        return
    try:
        is_later = parse_timestamp(original) > parse_timestamp(message.value(52) or b"")
    except ParseError:
        reject(core, message, SessionRejectReason.INCORRECT_DATA_FORMAT, 122, None)
        return
    if is_later:
        reject(core, message, SessionRejectReason.SENDING_TIME_ACCURACY_PROBLEM, None, None)
        core.leave(fault=ProtocolError("OrigSendingTime (122) is later than SendingTime (52)"))


def settle(core: Core) -> None:
    """The expected number has moved: is the open request answered, or its next part due?"""
    gap, numbers = core.gap, core.numbers
    if gap.begin is None or not core.live:
        return
    if numbers.ahead(gap.end) < 0:
        gap.close()
        core.events.append(GapFilled(numbers.next_in))
    elif numbers.ahead(gap.asked_to) < 0:
        _request(core, numbers.next_in, gap.end)


def _request(core: Core, begin: int, end: int) -> None:
    """Ask for what is missing, or for as much of it as one request may."""
    numbers, chunk = core.numbers, core.settings.resend_chunk
    if not chunk:
        asked_to = end
        wire = 0 if core.settings.version >= 4.2 else _INFINITY_BEFORE_4_2
    elif numbers.distance(end, begin) < chunk:
        asked_to = wire = end
    else:
        asked_to = begin
        for _ in range(chunk - 1):
            asked_to = numbers.after(asked_to)
        wire = asked_to
    core.gap.open(begin, asked_to, end)
    core.send("2", [(7, begin), (16, wire)])
