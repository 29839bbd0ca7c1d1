"""Order entry as typed messages: what FIX 4.2 to 5.0SP2 agree on, with the fields that markets use.

Field names are the standard's, tags stand beside them. A field a message need not have is None; a venue with fields of
its own inherits and adds them. Codes (``side="1"``) stay the standard's text, because venues extend them.
FIX 4.4 volume 4 and 5.0SP2 volume 4 describe each message.
"""

from decimal import Decimal
from typing import Annotated, ClassVar

import msgspec

from barterpy.protocols.fix.records import Group, Tag, Timestamp

__all__ = [
    "AffectedOrder",
    "BusinessMessageReject",
    "ExecutionReport",
    "Fee",
    "ListOrder",
    "ListStatus",
    "ListStatusOrder",
    "NewOrderList",
    "NewOrderSingle",
    "OrderCancelReject",
    "OrderCancelReplaceRequest",
    "OrderCancelRequest",
    "OrderFill",
    "OrderMassCancelReport",
    "OrderMassCancelRequest",
    "OrderMassStatusRequest",
    "OrderStatusRequest",
    "Party",
    "Reject",
]


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of Parties (453)."""

    party_id: Annotated[str, Tag(448)]
    party_id_source: Annotated[str | None, Tag(447)] = None
    party_role: Annotated[int | None, Tag(452)] = None


class Fee(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of MiscFees (136)."""

    misc_fee_amt: Annotated[Decimal, Tag(137)]
    misc_fee_curr: Annotated[str | None, Tag(138)] = None
    misc_fee_type: Annotated[str | None, Tag(139)] = None


class OrderFill(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of Fills (1362): several trades in one report."""

    fill_exec_id: Annotated[str, Tag(1363)]
    fill_px: Annotated[Decimal, Tag(1364)]
    fill_qty: Annotated[Decimal, Tag(1365)]
    fill_liquidity_ind: Annotated[int | None, Tag(1443)] = None


class NewOrderSingle(msgspec.Struct, frozen=True, kw_only=True):
    """An order (D)."""

    msg_type: ClassVar[str] = "D"

    cl_ord_id: Annotated[str, Tag(11)]
    symbol: Annotated[str, Tag(55)]
    side: Annotated[str, Tag(54)]
    """1 buy, 2 sell."""
    ord_type: Annotated[str | None, Tag(40)] = None
    """1 market, 2 limit, 3 stop, 4 stop limit."""
    order_qty: Annotated[Decimal | None, Tag(38)] = None
    cash_order_qty: Annotated[Decimal | None, Tag(152)] = None
    price: Annotated[Decimal | None, Tag(44)] = None
    stop_px: Annotated[Decimal | None, Tag(99)] = None
    time_in_force: Annotated[str | None, Tag(59)] = None
    """0 day, 1 good till cancel, 3 immediate or cancel, 4 fill or kill, 6 good till date."""
    expire_time: Annotated[Timestamp | None, Tag(126)] = None
    transact_time: Annotated[Timestamp | None, Tag(60)] = None
    account: Annotated[str | None, Tag(1)] = None
    exec_inst: Annotated[str | None, Tag(18)] = None
    handl_inst: Annotated[str | None, Tag(21)] = None
    security_type: Annotated[str | None, Tag(167)] = None
    currency: Annotated[str | None, Tag(15)] = None
    max_floor: Annotated[Decimal | None, Tag(111)] = None
    display_qty: Annotated[Decimal | None, Tag(1138)] = None
    parties: Annotated[tuple[Party, ...], Group(453)] = ()


class OrderCancelRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The wish to cancel an order (F)."""

    msg_type: ClassVar[str] = "F"

    cl_ord_id: Annotated[str | None, Tag(11)] = None
    """Of this request, where the venue does not mean something else by it."""
    orig_cl_ord_id: Annotated[str | None, Tag(41)] = None
    order_id: Annotated[str | None, Tag(37)] = None
    symbol: Annotated[str | None, Tag(55)] = None
    side: Annotated[str | None, Tag(54)] = None
    order_qty: Annotated[Decimal | None, Tag(38)] = None
    transact_time: Annotated[Timestamp | None, Tag(60)] = None
    account: Annotated[str | None, Tag(1)] = None
    list_id: Annotated[str | None, Tag(66)] = None


class OrderCancelReplaceRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The wish to change an order (G)."""

    msg_type: ClassVar[str] = "G"

    cl_ord_id: Annotated[str | None, Tag(11)] = None
    orig_cl_ord_id: Annotated[str | None, Tag(41)] = None
    order_id: Annotated[str | None, Tag(37)] = None
    symbol: Annotated[str, Tag(55)]
    side: Annotated[str, Tag(54)]
    ord_type: Annotated[str | None, Tag(40)] = None
    order_qty: Annotated[Decimal | None, Tag(38)] = None
    price: Annotated[Decimal | None, Tag(44)] = None
    stop_px: Annotated[Decimal | None, Tag(99)] = None
    time_in_force: Annotated[str | None, Tag(59)] = None
    expire_time: Annotated[Timestamp | None, Tag(126)] = None
    transact_time: Annotated[Timestamp | None, Tag(60)] = None
    account: Annotated[str | None, Tag(1)] = None
    exec_inst: Annotated[str | None, Tag(18)] = None
    handl_inst: Annotated[str | None, Tag(21)] = None
    max_floor: Annotated[Decimal | None, Tag(111)] = None
    display_qty: Annotated[Decimal | None, Tag(1138)] = None


class OrderStatusRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The question how an order stands (H)."""

    msg_type: ClassVar[str] = "H"

    cl_ord_id: Annotated[str | None, Tag(11)] = None
    order_id: Annotated[str | None, Tag(37)] = None
    symbol: Annotated[str | None, Tag(55)] = None
    side: Annotated[str | None, Tag(54)] = None
    ord_status_req_id: Annotated[str | None, Tag(790)] = None
    account: Annotated[str | None, Tag(1)] = None


class OrderMassStatusRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The question how all orders stand (AF)."""

    msg_type: ClassVar[str] = "AF"

    mass_status_req_id: Annotated[str, Tag(584)]
    mass_status_req_type: Annotated[int, Tag(585)]
    """1 one security, 7 all orders."""
    symbol: Annotated[str | None, Tag(55)] = None
    side: Annotated[str | None, Tag(54)] = None


class OrderMassCancelRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The wish to cancel many orders (q)."""

    msg_type: ClassVar[str] = "q"

    cl_ord_id: Annotated[str, Tag(11)]
    mass_cancel_request_type: Annotated[str, Tag(530)]
    """1 of a security, 5 of a security type, 6 of a session, 7 all."""
    symbol: Annotated[str | None, Tag(55)] = None
    security_type: Annotated[str | None, Tag(167)] = None
    currency: Annotated[str | None, Tag(15)] = None
    side: Annotated[str | None, Tag(54)] = None
    transact_time: Annotated[Timestamp | None, Tag(60)] = None


class AffectedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of AffectedOrders (534)."""

    orig_cl_ord_id: Annotated[str | None, Tag(41)] = None
    affected_order_id: Annotated[str | None, Tag(535)] = None


class OrderMassCancelReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a mass cancel (r)."""

    msg_type: ClassVar[str] = "r"

    mass_cancel_request_type: Annotated[str, Tag(530)]
    mass_cancel_response: Annotated[str | None, Tag(531)] = None
    """0 rejected, otherwise the type of the request."""
    cl_ord_id: Annotated[str | None, Tag(11)] = None
    order_id: Annotated[str | None, Tag(37)] = None
    mass_cancel_reject_reason: Annotated[str | None, Tag(532)] = None
    total_affected_orders: Annotated[int | None, Tag(533)] = None
    affected_orders: Annotated[tuple[AffectedOrder, ...], Group(534)] = ()
    symbol: Annotated[str | None, Tag(55)] = None
    transact_time: Annotated[Timestamp | None, Tag(60)] = None
    text: Annotated[str | None, Tag(58)] = None


class ExecutionReport(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to an order (8)."""

    msg_type: ClassVar[str] = "8"

    ord_status: Annotated[str, Tag(39)]
    """0 new, 1 partially filled, 2 filled, 4 cancelled, 8 rejected, A pending new, C expired…"""
    exec_type: Annotated[str | None, Tag(150)] = None
    """0 new, 4 cancelled, 5 replaced, 8 rejected, C expired, F trade, I status…"""
    order_id: Annotated[str | None, Tag(37)] = None
    cl_ord_id: Annotated[str | None, Tag(11)] = None
    orig_cl_ord_id: Annotated[str | None, Tag(41)] = None
    secondary_order_id: Annotated[str | None, Tag(198)] = None
    exec_id: Annotated[str | None, Tag(17)] = None
    secondary_exec_id: Annotated[str | None, Tag(527)] = None
    exec_trans_type: Annotated[str | None, Tag(20)] = None
    """FIX 4.2 and before: 0 new, 1 cancel, 2 correct, 3 status."""
    symbol: Annotated[str | None, Tag(55)] = None
    side: Annotated[str | None, Tag(54)] = None
    ord_type: Annotated[str | None, Tag(40)] = None
    order_qty: Annotated[Decimal | None, Tag(38)] = None
    cash_order_qty: Annotated[Decimal | None, Tag(152)] = None
    price: Annotated[Decimal | None, Tag(44)] = None
    stop_px: Annotated[Decimal | None, Tag(99)] = None
    time_in_force: Annotated[str | None, Tag(59)] = None
    expire_time: Annotated[Timestamp | None, Tag(126)] = None
    exec_inst: Annotated[str | None, Tag(18)] = None
    last_qty: Annotated[Decimal | None, Tag(32)] = None
    last_px: Annotated[Decimal | None, Tag(31)] = None
    leaves_qty: Annotated[Decimal | None, Tag(151)] = None
    cum_qty: Annotated[Decimal | None, Tag(14)] = None
    avg_px: Annotated[Decimal | None, Tag(6)] = None
    commission: Annotated[Decimal | None, Tag(12)] = None
    comm_type: Annotated[str | None, Tag(13)] = None
    comm_currency: Annotated[str | None, Tag(479)] = None
    misc_fees: Annotated[tuple[Fee, ...], Group(136)] = ()
    fills: Annotated[tuple[OrderFill, ...], Group(1362)] = ()
    trade_id: Annotated[str | None, Tag(1003)] = None
    trd_match_id: Annotated[str | None, Tag(880)] = None
    last_liquidity_ind: Annotated[int | None, Tag(851)] = None
    """1 added liquidity, 2 removed it."""
    aggressor_indicator: Annotated[bool | None, Tag(1057)] = None
    working_indicator: Annotated[bool | None, Tag(636)] = None
    max_floor: Annotated[Decimal | None, Tag(111)] = None
    display_qty: Annotated[Decimal | None, Tag(1138)] = None
    transact_time: Annotated[Timestamp | None, Tag(60)] = None
    account: Annotated[str | None, Tag(1)] = None
    currency: Annotated[str | None, Tag(15)] = None
    list_id: Annotated[str | None, Tag(66)] = None
    ord_rej_reason: Annotated[str | None, Tag(103)] = None
    exec_restatement_reason: Annotated[str | None, Tag(378)] = None
    mass_status_req_id: Annotated[str | None, Tag(584)] = None
    text: Annotated[str | None, Tag(58)] = None


class OrderCancelReject(msgspec.Struct, frozen=True, kw_only=True):
    """A cancel or a replace was refused (9)."""

    msg_type: ClassVar[str] = "9"

    cl_ord_id: Annotated[str | None, Tag(11)] = None
    orig_cl_ord_id: Annotated[str | None, Tag(41)] = None
    order_id: Annotated[str | None, Tag(37)] = None
    ord_status: Annotated[str | None, Tag(39)] = None
    cxl_rej_response_to: Annotated[str | None, Tag(434)] = None
    """1 to a cancel, 2 to a replace."""
    cxl_rej_reason: Annotated[str | None, Tag(102)] = None
    symbol: Annotated[str | None, Tag(55)] = None
    account: Annotated[str | None, Tag(1)] = None
    transact_time: Annotated[Timestamp | None, Tag(60)] = None
    text: Annotated[str | None, Tag(58)] = None


class ListOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order of a list: an entry of Orders (73)."""

    cl_ord_id: Annotated[str, Tag(11)]
    list_seq_no: Annotated[int | None, Tag(67)] = None
    symbol: Annotated[str, Tag(55)]
    side: Annotated[str, Tag(54)]
    order_qty: Annotated[Decimal | None, Tag(38)] = None
    ord_type: Annotated[str | None, Tag(40)] = None
    price: Annotated[Decimal | None, Tag(44)] = None
    stop_px: Annotated[Decimal | None, Tag(99)] = None
    time_in_force: Annotated[str | None, Tag(59)] = None
    exec_inst: Annotated[str | None, Tag(18)] = None


class NewOrderList(msgspec.Struct, frozen=True, kw_only=True):
    """Orders that hang together (E)."""

    msg_type: ClassVar[str] = "E"

    list_id: Annotated[str | None, Tag(66)] = None
    bid_type: Annotated[int | None, Tag(394)] = None
    tot_no_orders: Annotated[int | None, Tag(68)] = None
    contingency_type: Annotated[int | None, Tag(1385)] = None
    """1 one cancels the other, 2 one triggers the other."""
    orders: Annotated[tuple[ListOrder, ...], Group(73)]


class ListStatusOrder(msgspec.Struct, frozen=True, kw_only=True):
    """How an order of a list stands: an entry of Orders (73)."""

    cl_ord_id: Annotated[str, Tag(11)]
    order_id: Annotated[str | None, Tag(37)] = None
    symbol: Annotated[str | None, Tag(55)] = None
    cum_qty: Annotated[Decimal | None, Tag(14)] = None
    ord_status: Annotated[str | None, Tag(39)] = None
    leaves_qty: Annotated[Decimal | None, Tag(151)] = None
    avg_px: Annotated[Decimal | None, Tag(6)] = None
    ord_rej_reason: Annotated[str | None, Tag(103)] = None
    text: Annotated[str | None, Tag(58)] = None


class ListStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How a list stands (N)."""

    msg_type: ClassVar[str] = "N"

    list_id: Annotated[str | None, Tag(66)] = None
    list_status_type: Annotated[int, Tag(429)]
    """2 response, 4 execution started, 5 all done."""
    list_order_status: Annotated[int, Tag(431)]
    """3 executing, 6 all done, 7 rejected."""
    contingency_type: Annotated[int | None, Tag(1385)] = None
    list_reject_reason: Annotated[str | None, Tag(1386)] = None
    transact_time: Annotated[Timestamp | None, Tag(60)] = None
    orders: Annotated[tuple[ListStatusOrder, ...], Group(73)] = ()
    text: Annotated[str | None, Tag(58)] = None


class BusinessMessageReject(msgspec.Struct, frozen=True, kw_only=True):
    """A message was understood and not taken (j)."""

    msg_type: ClassVar[str] = "j"

    ref_msg_type: Annotated[str, Tag(372)]
    business_reject_reason: Annotated[int, Tag(380)]
    ref_seq_num: Annotated[int | None, Tag(45)] = None
    ref_appl_ver_id: Annotated[str | None, Tag(1130)] = None
    """The version of the message, where it is not the session's default (FIXT.1.1)."""
    ref_cstm_appl_ver_id: Annotated[str | None, Tag(1131)] = None
    business_reject_ref_id: Annotated[str | None, Tag(379)] = None
    text: Annotated[str | None, Tag(58)] = None


class Reject(msgspec.Struct, frozen=True, kw_only=True):
    """A message was not understood, and why (3)."""

    msg_type: ClassVar[str] = "3"

    ref_seq_num: Annotated[int | None, Tag(45)] = None
    ref_tag_id: Annotated[int | None, Tag(371)] = None
    ref_msg_type: Annotated[str | None, Tag(372)] = None
    ref_appl_ver_id: Annotated[str | None, Tag(1130)] = None
    """The version of the message, where it is not the session's default (FIXT.1.1)."""
    ref_cstm_appl_ver_id: Annotated[str | None, Tag(1131)] = None
    session_reject_reason: Annotated[int | None, Tag(373)] = None
    text: Annotated[str | None, Tag(58)] = None
