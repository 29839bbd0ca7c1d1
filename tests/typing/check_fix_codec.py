"""What the type checkers must infer of FIX messages and their parsers. Checked by mypy and pyright, run by nobody."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, ClassVar, assert_type

import msgspec

from barterpy.protocols.fix import Encoder, FixParser, Framer, Garbled, GroupEntry, Message, Outgoing, Timestamp
from barterpy.protocols.fix.records import Group, Tag
from barterpy.socket import ReceiveSocket
from barterpy.stream import ExchangeStream


class Fill(msgspec.Struct):
    price: Annotated[Decimal, Tag(31)]


class Report(msgspec.Struct):
    msg_type: ClassVar[str] = "8"
    order_id: Annotated[str, Tag(37)]
    at: Annotated[Timestamp | None, Tag(60)] = None
    fills: Annotated[tuple[Fill, ...], Group(1362)] = ()


class Reject(msgspec.Struct):
    msg_type: ClassVar[str] = "3"
    text: Annotated[str, Tag(58)]


def reads(message: Message, framer: Framer) -> None:
    assert_type(message.text(11), str)
    assert_type(message.text(11, None), str | None)
    assert_type(message.integer(34), int)
    assert_type(message.integer(34, -1), int)
    assert_type(message.decimal(44), Decimal)
    assert_type(message.decimal(44, None), Decimal | None)
    assert_type(message.boolean(97, False), bool)
    assert_type(message.timestamp(52), int)
    assert_type(message.value(96), bytes | None)
    assert_type(message.get(58), str | None)
    assert_type(message.group(268), list[GroupEntry])
    assert_type(message.group(268, {269, 270})[0].decimal(270), Decimal)
    assert_type(framer.next_frame(), bytes | Garbled | None)


def typed(message: Message) -> None:
    assert_type(FixParser(Report).parse(message), Report | None)
    assert_type(FixParser(Report, Reject).parse(message), Report | Reject | None)


def sent(encoder: Encoder, report: Report) -> None:
    order = Outgoing("D", {11: "x", 44: Decimal("1.5"), 38: 2, 60: Timestamp(0), 18: True}, header={97: True})
    listed = Outgoing("D", [(11, "x"), Outgoing.group(453, [[(448, "A"), (452, 3)], {448: "B"}])])
    assert_type(encoder.encode(order, 1, 0, [(43, True), (122, Timestamp(0))]), bytes)
    assert_type(listed.with_fields({44: Decimal(1)}), Outgoing)
    assert_type(Outgoing.of(report), Outgoing)
    Outgoing("D", {44: 1.5})  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType] - a float is not exact


class Ids:
    def transform(self, message: Report, received_at: int, /) -> Iterable[str]:
        return [message.order_id]


class Texts:
    def transform(self, message: Report | Reject, received_at: int, /) -> Iterable[str]:
        return [message.text] if isinstance(message, Reject) else []


def streams(socket: ReceiveSocket[Message]) -> None:
    assert_type(ExchangeStream(socket, FixParser(Report), Ids()), ExchangeStream[str])
    assert_type(ExchangeStream(socket, FixParser(Report | Reject), Texts()), ExchangeStream[str])
