"""The bytes of a file store: what is written for a batch of changes, and what a file that was cut anywhere still tells.

    file    = MAGIC record*
    record  = head payload          one batch of changes: all of it counts, or nothing
    head    = length of the payload, CRC-32 of the payload, CRC-32 of the eight bytes before; 32 bits each, low first
    payload = change*
    change  = "S" number, next to send, length, message     a message of ours; no bytes where it never is sent again
            | "R" next expected                             the peer's messages below it are done with
            | "Z" created at                                both numbers are 1 again, and no message is kept

A process that is killed leaves a prefix of its last record. A machine that loses power may leave anything where it had
not synchronised: zeros, or a record with a wrong sum at the very end. Both are taken for what they are, and cut away.
Damage anywhere else is damage: a store that forgot numbers would send them twice.
"""

from collections.abc import Iterator, Sequence
from struct import Struct
from typing import BinaryIO, Final
from zlib import crc32

import msgspec

from barterpy.protocols.fix.session.store import Change, Received, Reset, Sent

__all__ = ["MAGIC", "Damaged", "Entry", "decode_changes", "encode_record", "scan"]

MAGIC: Final = b"barterpy FIX store 1\n"

_HEAD: Final = Struct("<III")
_SENT: Final = Struct("<cQQI")
_RECEIVED: Final = Struct("<cQ")
_RESET: Final = Struct("<cq")


class Damaged(Exception):
    """A record that was whole once and is not any more; ``offset`` is where it begins."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One record: its changes, and where it lies in the file."""

    offset: int
    end: int
    changes: Sequence[Change]


def encode_record(changes: Sequence[Change]) -> bytes:
    """The record of these changes, taken together."""
    parts: list[bytes] = []
    add = parts.append
    sent = _SENT.pack
    for change in changes:
        if isinstance(change, Sent):
            raw = change.raw
            add(sent(b"S", change.seq, change.next_out, len(raw)))
            add(raw)
        elif isinstance(change, Received):
            add(_RECEIVED.pack(b"R", change.next_in))
        else:
            add(_RESET.pack(b"Z", change.created_at))
    payload = b"".join(parts)
    head = _HEAD.pack(len(payload), crc32(payload), 0)[:8]
    return head + crc32(head).to_bytes(4, "little") + payload


def decode_changes(payload: bytes) -> list[Change]:
    """The changes of one record.

    :raises ValueError: these are none
    """
    changes: list[Change] = []
    at, end = 0, len(payload)
    while at < end:
        kind = payload[at : at + 1]
        form = {b"S": _SENT, b"R": _RECEIVED, b"Z": _RESET}.get(kind)
        if form is None or at + form.size > end:
            raise ValueError(at)
        values = form.unpack_from(payload, at)
        at += form.size
        if kind == b"S":
            _, number, next_out, length = values
            if at + length > end:
                raise ValueError(at)
            changes.append(Sent(number, payload[at : at + length], next_out))
            at += length
        elif kind == b"R":
            changes.append(Received(values[1]))
        else:
            changes.append(Reset(values[1]))
    return changes


def scan(file: BinaryIO, start: int, size: int) -> Iterator[Entry]:
    """The records of a file of ``size`` bytes, from ``start`` on, up to where it was cut; one at a time in memory.

    :raises Damaged: a record which is not the last is not what was written
    """
    at = start
    file.seek(at)
    while at + _HEAD.size <= size:
        head = file.read(_HEAD.size)
        length, checksum, head_checksum = _HEAD.unpack(head)
        if crc32(head[:8]) != head_checksum:
            if any(head) or not _blank(file):
                raise Damaged(at)
            return  # space that the file system had given and not filled
        end = at + _HEAD.size + length
        if end > size:
            return
        payload = file.read(length)
        if crc32(payload) != checksum:
            if not _blank(file):
                raise Damaged(at)
            return
        try:
            changes = decode_changes(payload)
        except ValueError as error:
            raise Damaged(at) from error
        yield Entry(at, end, changes)
        at = end


def _blank(file: BinaryIO) -> bool:
    """Whether nothing but zeros follows."""
    while chunk := file.read(1 << 16):
        if any(chunk):
            return False
    return True
