"""Fields to the bytes of a message, in the order FIX wants them.

BeginString, BodyLength, MsgType; the rest of the header and the body, each in ascending order of tags, the entries of
groups in the order they have; CheckSum. Messages with the same tags differ in values only, so an encoder keeps one
template for each, and a message is one formatting and one checksum.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from operator import itemgetter
from typing import Any, Final, Literal

from barterpy.protocols.fix.checksum import checksum_field
from barterpy.protocols.fix.errors import FieldInvalid
from barterpy.protocols.fix.outgoing import Entries, Field, Outgoing, Received, Timestamp, Value, to_bytes
from barterpy.protocols.fix.tags import DATA_FIELDS, HEADER_TAGS, SESSION_TAGS, TRAILER_TAGS
from barterpy.protocols.fix.timestamps import Precision, format_timestamp, timestamp_text

__all__ = ["Encoder", "Order", "encode"]

Order = Literal["ascending", "given"]
"""How the body is sent: by ascending tags, or in the order in which the application gave it."""

_LENGTHS: Final[Mapping[int, int]] = {data: length for length, data in DATA_FIELDS.items()}
_UNUSUAL: Final = HEADER_TAGS | TRAILER_TAGS | DATA_FIELDS.keys() | _LENGTHS.keys()
"""Tags which, in a body, make a message that no template is for."""
_PLACED: Final = frozenset({8, 9, 10, 35})
"""Tags which have a place of their own."""
_TEMPLATES: Final = 256
"""Sequences of tags, and types, which are remembered."""
_USUAL: Final = 1024
"""Bytes below which the text of a BodyLength is made before."""
_LENGTH_FIELDS: Final = tuple(b"9=%d\x01" % size for size in range(_USUAL))

_Template = tuple[str, int, Callable[[Any], Any] | None]
"""The text with a place for each value, its separators, and what brings the values into their order."""


class Encoder:
    """Encodes the messages of one direction of one session: what never changes is prepared once.

    :param begin_string: BeginString (8), such as ``FIX.4.4``
    :param sender: SenderCompID (49)
    :param target: TargetCompID (56)
    :param precision: digits of SendingTime (52), and of each :class:`~barterpy.protocols.fix.outgoing.Timestamp` that
        has no precision of its own
    :param header: further fields of every header, such as SenderSubID (50)
    :param order: the order of the body
    :raises barterpy.protocols.fix.errors.FieldInvalid: one of these cannot be sent
    """

    def __init__(
        self,
        begin_string: str,
        sender: str,
        target: str,
        precision: Precision = "ms",
        *,
        header: Mapping[int, Value] | Sequence[Field] = (),
        order: Order = "ascending",
    ) -> None:
        self.precision: Precision = precision
        self.order: Order = order
        self._begin = b"8=%b\x01" % to_bytes(8, begin_string)
        self._fixed: dict[int, Value] = {**dict(header), 49: sender, 56: target}
        self._fixed_chunks = _chunks(self._fixed.items(), precision)
        self._templates: dict[tuple[str, tuple[int, ...]], _Template | None] = {}
        self._begins: dict[str, bytes] = {}
        self._stamped_at = 0
        self._stamp = format_timestamp(0, precision)

    def encode(self, outgoing: Outgoing, seq_num: int, sending_time: int, extra_header: Sequence[Field] = ()) -> bytes:
        """The whole message.

        :param seq_num: MsgSeqNum (34)
        :param sending_time: SendingTime (52), nanoseconds UTC
        :param extra_header: fields of this message's header, such as PossDupFlag (43) and OrigSendingTime (122)
        :raises barterpy.protocols.fix.errors.FieldInvalid: a value that cannot be sent, and which
        """
        content: bytes | None = None
        if not (extra_header or outgoing.header):
            if outgoing.raw_body is None:
                content = self._templated(outgoing, seq_num, sending_time)
            else:
                begin = self._begins.get(outgoing.msg_type) or self._prepare_begin(outgoing.msg_type)
                if sending_time != self._stamped_at:  # a batch of echoes goes out at one time
                    self._stamp = format_timestamp(sending_time, self.precision)
                    self._stamped_at = sending_time
                content = begin % (seq_num, self._stamp) + outgoing.raw_body
        if content is None:
            header = self._header(outgoing, seq_num, sending_time, extra_header)
            content = _content(outgoing, header, self.order, self.precision)
        size = len(content)
        message = self._begin + (_LENGTH_FIELDS[size] if size < _USUAL else b"9=%d\x01" % size) + content
        return message + checksum_field(message)

    def header_fields(
        self, outgoing: Outgoing, seq_num: int, sending_time: int, extra_header: Sequence[Field] = ()
    ) -> list[tuple[int, bytes]]:
        """MsgType and the header behind it as :meth:`encode` will send them: what a Logon's signature is made of."""
        header = self._header(outgoing, seq_num, sending_time, extra_header)
        fields = [(tag, header[tag]) for tag in sorted(header)]
        return [(35, to_bytes(35, outgoing.msg_type)), *((tag, chunk.partition(b"=")[2][:-1]) for tag, chunk in fields)]

    def _header(
        self, outgoing: Outgoing, seq_num: int, sending_time: int, extra_header: Sequence[Field]
    ) -> dict[int, bytes]:
        """The chunks of the header by their tag, without 8, 9 and 35. What one message says goes first."""
        header = dict(self._fixed_chunks)
        header[34] = b"34=%d\x01" % seq_num
        header[52] = b"52=%b\x01" % format_timestamp(sending_time, self.precision)
        header.update(_chunks(outgoing.header, self.precision))
        header.update(_chunks(extra_header, self.precision))
        return header

    def _templated(self, outgoing: Outgoing, seq_num: int, sending_time: int) -> bytes | None:
        """From MsgType to the end of the body, or None where that takes more than a template."""
        key = (outgoing.msg_type, outgoing.tags)
        try:
            template = self._templates[key]
        except KeyError:
            template = self._prepare(key)
        if template is None:
            return None
        text, separators, arrange = template
        values: list[Any] = [
            value if (kind := value.__class__) is str or kind is int else self._text(value)
            for value in (outgoing.values if arrange is None else arrange(outgoing.values))
        ]
        try:
            text = text % (seq_num, timestamp_text(sending_time, self.precision), *values)
            content = text.encode()
        except ValueError:
            return None
        # A value has a separator, or there was one that is not simple: the long way finds out which.
        return content if text.count("\x01") == separators else None

    def _text(self, value: Value) -> str:
        """The text of the value of a plain field; a separator, which no text may have, for what is none."""
        kind = value.__class__
        if isinstance(value, Decimal):
            if value.is_finite():
                text = str(value)
                return text if "E" not in text else format(value, "f")
        elif isinstance(value, Timestamp):
            return timestamp_text(value, value.precision or self.precision)
        elif kind is not Entries and kind is not Received:
            try:
                return to_bytes(0, value, self.precision).decode()
            except (FieldInvalid, UnicodeDecodeError):
                pass
        return "\x01"

    def _prepare_begin(self, msg_type: str) -> bytes:
        """From MsgType to the end of the header, with places for number and time."""
        header = {tag: chunk.replace(b"%", b"%%") for tag, chunk in self._fixed_chunks.items()}
        header |= {34: b"34=%d\x01", 52: b"52=%b\x01"}
        begin = (b"35=%b\x01" % to_bytes(35, msg_type)).replace(b"%", b"%%") + b"".join(
            header[tag] for tag in sorted(header)
        )
        if len(self._begins) >= _TEMPLATES:
            self._begins.clear()
        self._begins[msg_type] = begin
        return begin

    def _prepare(self, key: tuple[str, tuple[int, ...]]) -> _Template | None:
        msg_type, tags = key
        template: _Template | None = None
        simple = all(tag.__class__ is int and tag > 0 for tag in tags) and _UNUSUAL.isdisjoint(tags)
        if simple and len(set(tags)) == len(tags):
            order = sorted(range(len(tags)), key=tags.__getitem__) if self.order == "ascending" else range(len(tags))
            header = {tag: _literal(chunk) for tag, chunk in self._fixed_chunks.items()}
            header |= {34: "34=%s\x01", 52: "52=%s\x01"}
            text = _literal(b"35=%b\x01" % to_bytes(35, msg_type)) + "".join(header[tag] for tag in sorted(header))
            text += "".join(f"{tags[place]}=%s\x01" for place in order)
            arranged = list(order) == sorted(order)
            template = (text, text.count("\x01"), None if arranged else itemgetter(*order))
        if len(self._templates) >= _TEMPLATES:
            self._templates.clear()
        self._templates[key] = template
        return template


def encode(
    header_fields: Mapping[int, Value] | Sequence[Field],
    outgoing: Outgoing,
    order: Order = "ascending",
    *,
    precision: Precision = "ms",
) -> bytes:
    """One message, with a header given whole: 8 (``FIX.4.4`` if there is none), 34, 49, 52, 56 and what else it has.

    :raises barterpy.protocols.fix.errors.FieldInvalid: a value that cannot be sent, and which
    """
    fields = dict(header_fields)
    begin_string = to_bytes(8, fields.pop(8, "FIX.4.4"))
    header = _chunks([*fields.items(), *outgoing.header], precision)
    content = _content(outgoing, header, order, precision)
    message = b"8=%b\x019=%d\x01%b" % (begin_string, len(content), content)
    return message + checksum_field(message)


def _literal(chunk: bytes) -> str:
    """Text that stands for itself in a template."""
    return chunk.decode("utf-8", "surrogateescape").replace("%", "%%")


def _content(outgoing: Outgoing, header: dict[int, bytes], order: Order, precision: Precision) -> bytes:
    """From MsgType to the end of the body."""
    body: list[tuple[int, bytes]] = []
    trailer: list[tuple[int, bytes]] = []
    for tag, chunk in _chunks_in_order(outgoing.fields, precision):
        if tag in SESSION_TAGS:
            raise FieldInvalid(tag, "the session sets it")
        if tag in HEADER_TAGS:
            header[tag] = chunk
        elif tag in TRAILER_TAGS:
            trailer.append((tag, chunk))
        else:
            body.append((tag, chunk))
    if not _PLACED.isdisjoint(header):
        raise FieldInvalid(min(_PLACED & header.keys()), "its place is not in a list of fields")
    if order == "ascending":
        body.sort(key=itemgetter(0))
        for (tag, _), (after, _) in pairwise(body):
            if tag == after:
                raise FieldInvalid(tag, "it stands twice; a repeating group is made by Outgoing.group")
    parts = [b"35=%b\x01" % to_bytes(35, outgoing.msg_type), *(header[tag] for tag in sorted(header))]
    parts += (chunk for _, chunk in body)
    if outgoing.raw_body is not None:
        parts.append(outgoing.raw_body)
    parts += (chunk for _, chunk in trailer)
    return b"".join(parts)


def _chunks(fields: Iterable[Field], precision: Precision) -> dict[int, bytes]:
    """By tag, what is sent for it; of two for the same tag, the latter."""
    return dict(_chunks_in_order(tuple(dict(fields).items()), precision))


def _chunks_in_order(fields: Sequence[Field], precision: Precision) -> list[tuple[int, bytes]]:
    """What is sent for each field: a group with its entries, a data field with its length in front, under its tag."""
    chunks: list[tuple[int, bytes]] = []
    present = {tag for tag, _ in fields}
    for tag, value in fields:
        if tag.__class__ is not int or tag <= 0:
            raise FieldInvalid(tag, "a tag is a positive int")
        if isinstance(value, Entries):
            chunks.append((tag, b"%d=%d\x01%b" % (tag, len(value), _entries(tag, value, precision))))
        elif isinstance(value, Received):
            inner = b"".join(b"%d=%b\x01" % field for field in value.fields)
            chunks.append((tag, b"%d=%b\x01%b" % (tag, value.count, inner)))
        elif DATA_FIELDS.get(tag) in present:
            continue  # it goes with its data, and says how long that is
        elif tag in _LENGTHS and (isinstance(value, bytes) or _LENGTHS[tag] in present):
            data = value if isinstance(value, bytes) else to_bytes(tag, value, precision, data=True)
            length = _LENGTHS[tag]
            chunks.append((min(tag, length), b"%d=%d\x01%d=%b\x01" % (length, len(data), tag, data)))
        else:
            chunks.append((tag, b"%d=%b\x01" % (tag, to_bytes(tag, value, precision))))
    return chunks


def _entries(tag: int, entries: Entries, precision: Precision) -> bytes:
    delimiters = {entry[0][0] if entry else 0 for entry in entries}
    if len(delimiters) > 1 or 0 in delimiters:
        raise FieldInvalid(tag, "its entries do not all begin with the same field")
    return b"".join(chunk for entry in entries for _, chunk in _chunks_in_order(entry, precision))
