"""Serving the other side's ResendRequests: what was sent goes again, what never is resent becomes a gap fill.

Stored messages come from the adapter, a bounded part at a time (``Session.wanted``, ``Session.provide``). While they
are awaited nothing else is handled, so what is resent goes out before any answer to a later message.
"""

from collections.abc import Sequence
from typing import Final

from barterpy.protocols.fix.checksum import is_summed
from barterpy.protocols.fix.errors import Garbled
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing
from barterpy.protocols.fix.session.core import ADMINISTRATIVE, Core, ResendJob
from barterpy.protocols.fix.session.events import ApplicationFailed, ResendRefused, ResendServed
from barterpy.protocols.fix.tags import SESSION_TAGS

__all__ = ["provide", "serve_range", "serve_request", "wanted"]

_INFINITY: Final = 999_999
_SET_ANEW: Final = SESSION_TAGS | {50, 57, 142, 143}
"""Fields that the encoder writes into each header by itself."""


def serve_request(core: Core, begin: int, end: int) -> None:
    """Messages are asked for, BeginSeqNo (7) to EndSeqNo (16), where 0, and 999999 up to 4.2, means all there are."""
    numbers = core.numbers
    last = numbers.before(numbers.next_out)
    if begin < 1 and numbers.wrap is None:
        begin = 1
    if end == 0 or (end == _INFINITY and core.settings.version <= 4.2) or numbers.distance(end, last) > 0:
        end = last
    serve_range(core, begin, end)


def serve_range(core: Core, begin: int, end: int) -> None:
    """Send our messages ``begin`` to ``end`` again, or a gap fill over them where they are refused or not kept."""
    settings, numbers = core.settings, core.numbers
    count = numbers.distance(end, begin) + 1
    if count < 1 or numbers.distance(begin, numbers.next_out) >= 0:
        return
    try:
        granted = core.hooks.on_resend_request(begin, end)
    except Exception as error:  # noqa: BLE001 - the other side waits for an answer, whatever ours thinks of it
        core.events.append(ApplicationFailed(error))
        granted = True
    if not granted or (settings.resend_limit and count > settings.resend_limit):
        core.outbound.gap_fill(begin, numbers.after(end), core.now, core.at)
        core.events.append(ResendRefused(begin, end))
    elif not settings.persist:
        core.outbound.gap_fill(begin, numbers.after(end), core.now, core.at)
        core.events.append(ResendServed(begin, end, 0))
    else:
        core.resend = ResendJob(begin, end)


def wanted(core: Core) -> tuple[int, int] | None:
    """The numbers whose messages are to be read from the store now."""
    job = core.resend
    if job is None:
        return None
    numbers, batch = core.numbers, core.settings.resend_batch
    remaining = numbers.distance(job.end, job.next) + 1
    if remaining <= batch:
        return job.next, job.end
    last = job.next + batch - 1
    return job.next, last if numbers.wrap is None or last <= numbers.wrap else last - numbers.wrap - 1


def provide(core: Core, messages: Sequence[tuple[int, bytes]]) -> None:
    """What the store holds of the wanted numbers, in order; those it lacks were never application messages."""
    part, job = wanted(core), core.resend
    if job is None or part is None:
        return
    numbers, outbound = core.numbers, core.outbound
    begin, end = part
    size = numbers.distance(end, begin)
    for seq, raw in messages:
        place = numbers.distance(seq, begin)
        if not numbers.distance(job.next, begin) <= place <= size:
            continue  # not asked for
        if not is_summed(raw):
            _end_damaged(core, seq)
            return
        if seq != job.next and job.fill_from is None:
            job.fill_from = job.next
        again = _again(core, raw)
        if again is None:
            if job.fill_from is None:
                job.fill_from = seq
        else:
            outgoing, original_time = again
            if job.fill_from is not None:
                outbound.gap_fill(job.fill_from, seq, core.now, core.at)
                job.fill_from = None
            outbound.again(outgoing, seq, original_time, core.now, core.at)
            job.sent += 1
        job.next = numbers.after(seq)
    following = numbers.after(end)
    if job.next != following and job.fill_from is None:
        job.fill_from = job.next
    job.next = following
    if end == job.end:
        if job.fill_from is not None:
            outbound.gap_fill(job.fill_from, following, core.now, core.at)
        core.resend = None
        core.events.append(ResendServed(job.begin, job.end, job.sent))


def _end_damaged(core: Core, seq: int) -> None:
    """A message in the store is not what was sent. A gap fill over it would tell the other side that there was none,
    and sent again it would have a CheckSum that is right."""
    from barterpy.protocols.fix.stores.failure import StoreError  # which is made of stores, and those of sessions

    error = StoreError(str(core.settings.id), f"message {seq} is damaged")
    core.fail(str(error), error)


def _again(core: Core, raw: bytes) -> tuple[Outgoing, bytes] | None:
    """A stored message as it is sent again, with the time of its first sending; None to fill its gap instead."""
    try:
        message = Message(raw, data_fields=core.data_fields)
    except Garbled:
        return None
    original_time = message.value(52)
    if message.msg_type in ADMINISTRATIVE or original_time is None:
        return None
    outgoing = Outgoing(
        message.msg_type, header=[field for field in message.header_fields() if field[0] not in _SET_ANEW]
    )
    outgoing.raw_body = message.raw_body()
    if core.asks_outbound:
        try:
            if not core.hooks.on_outbound(outgoing, True):
                return None
        except Exception as error:  # noqa: BLE001 - what it did not agree to is not sent
            core.events.append(ApplicationFailed(error, message))
            return None
    return outgoing, original_time
