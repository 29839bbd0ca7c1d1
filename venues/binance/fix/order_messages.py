"""Binance's order entry and drop copy messages: orders, order lists, and what is told of them ("FIX API" page and its
QuickFIX schemas, 2026-09).
"""

from decimal import Decimal
from typing import Annotated, ClassVar

import msgspec

from barterpy.protocols.fix.orders import (
    ExecutionReport,
    NewOrderSingle,
    OrderCancelReject,
    OrderCancelRequest,
    OrderMassCancelReport,
    Reject,
)
from barterpy.protocols.fix.records import Group, Tag, Timestamp

__all__ = [
    "BinanceCancelReject",
    "BinanceCancelRequest",
    "BinanceExecutionReport",
    "BinanceListOrder",
    "BinanceListStatus",
    "BinanceListStatusOrder",
    "BinanceMassCancelReport",
    "BinanceNewOrder",
    "BinanceNewOrderList",
    "BinanceReject",
    "CancelAndNewOrder",
    "ListTrigger",
    "OrderAmend",
    "OrderAmendReject",
]


class BinanceNewOrder(NewOrderSingle, frozen=True, kw_only=True):
    """NewOrderSingle (D). Post-only is ``ord_type="2", exec_inst="6"``; stops say their trigger and not StopPx::

    11=1718096506197867067|38=5|40=2|44=10|54=1|55=LTCBNB|59=4|
    """

    target_strategy: Annotated[int | None, Tag(847)] = None
    """From 1000000."""
    strategy_id: Annotated[int | None, Tag(7940)] = None
    self_trade_prevention_mode: Annotated[str | None, Tag(25001)] = None
    """1 none, 2 expire taker, 3 expire maker, 4 expire both, 5 decrement, 6 transfer."""
    trigger_type: Annotated[str | None, Tag(1100)] = None
    """4, a move of the price."""
    trigger_action: Annotated[str | None, Tag(1101)] = None
    """1, activate."""
    trigger_price: Annotated[Decimal | None, Tag(1102)] = None
    trigger_price_type: Annotated[str | None, Tag(1107)] = None
    """2, the last trade."""
    trigger_price_direction: Annotated[str | None, Tag(1109)] = None
    """U up to it, D down to it: with the side it tells a stop loss from a take profit."""
    trigger_trailing_delta_bips: Annotated[int | None, Tag(25009)] = None
    peg_offset_value: Annotated[Decimal | None, Tag(211)] = None
    peg_price_type: Annotated[str | None, Tag(1094)] = None
    """4 market peg, 5 primary peg."""
    peg_move_type: Annotated[int | None, Tag(835)] = None
    peg_offset_type: Annotated[str | None, Tag(836)] = None
    sor: Annotated[bool | None, Tag(25032)] = None


class CancelAndNewOrder(BinanceNewOrder, frozen=True, kw_only=True):
    """OrderCancelRequestAndNewOrderSingle (XCN): the cancel comes first::

    11=1718245913721036458|37=8|38=5|40=2|44=4|54=1|55=LTCBNB|59=1|111=1|25033=1|25034=1718245913721036819|
    """

    msg_type: ClassVar[str] = "XCN"

    mode: Annotated[int, Tag(25033)]
    """1 stop when the cancel fails, 2 place the new order all the same."""
    order_rate_limit_exceeded_mode: Annotated[int | None, Tag(25038)] = None
    """1 do nothing, 2 cancel only."""
    order_id: Annotated[str | None, Tag(37)] = None
    cancel_cl_ord_id: Annotated[str | None, Tag(25034)] = None
    orig_cl_ord_id: Annotated[str | None, Tag(41)] = None
    cancel_restrictions: Annotated[int | None, Tag(25002)] = None


class BinanceCancelRequest(OrderCancelRequest, frozen=True, kw_only=True):
    """OrderCancelRequest (F), of an order or of a list: ``11=1718241073695674483|37=2|55=LTCBNB|``"""

    orig_cl_list_id: Annotated[str | None, Tag(25015)] = None
    cancel_restrictions: Annotated[int | None, Tag(25002)] = None
    """1 only if new, 2 only if partially filled."""


class OrderAmend(msgspec.Struct, frozen=True, kw_only=True):
    """OrderAmendKeepPriorityRequest (XAK): a smaller quantity, in the same place of the queue::

    11=O2EIAS01742387721086|37=0|38=0.9|55=BTCUSDT|
    """

    msg_type: ClassVar[str] = "XAK"

    cl_ord_id: Annotated[str, Tag(11)]
    symbol: Annotated[str, Tag(55)]
    order_qty: Annotated[Decimal, Tag(38)]
    orig_cl_ord_id: Annotated[str | None, Tag(41)] = None
    order_id: Annotated[str | None, Tag(37)] = None


class ListTrigger(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of ListTriggeringInstructions (25010): what another order of the list makes of this one."""

    trigger_type: Annotated[str, Tag(25011)]
    """1 activated, 2 partially filled, 3 filled."""
    trigger_index: Annotated[int, Tag(25012)]
    """Which order of the list, from 0."""
    action: Annotated[str, Tag(25013)]
    """1 release, 2 cancel."""


class BinanceListOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order of a list: an entry of Orders (73)."""

    cl_ord_id: Annotated[str, Tag(11)]
    symbol: Annotated[str, Tag(55)]
    side: Annotated[str, Tag(54)]
    order_qty: Annotated[Decimal | None, Tag(38)] = None
    ord_type: Annotated[str, Tag(40)]
    exec_inst: Annotated[str | None, Tag(18)] = None
    price: Annotated[Decimal | None, Tag(44)] = None
    time_in_force: Annotated[str | None, Tag(59)] = None
    max_floor: Annotated[Decimal | None, Tag(111)] = None
    cash_order_qty: Annotated[Decimal | None, Tag(152)] = None
    target_strategy: Annotated[int | None, Tag(847)] = None
    strategy_id: Annotated[int | None, Tag(7940)] = None
    self_trade_prevention_mode: Annotated[str | None, Tag(25001)] = None
    trigger_type: Annotated[str | None, Tag(1100)] = None
    trigger_action: Annotated[str | None, Tag(1101)] = None
    trigger_price: Annotated[Decimal | None, Tag(1102)] = None
    trigger_price_type: Annotated[str | None, Tag(1107)] = None
    trigger_price_direction: Annotated[str | None, Tag(1109)] = None
    trigger_trailing_delta_bips: Annotated[int | None, Tag(25009)] = None
    triggers: Annotated[tuple[ListTrigger, ...], Group(25010)] = ()


class BinanceNewOrderList(msgspec.Struct, frozen=True, kw_only=True):
    """NewOrderList (E): OCO, OTO, OTOCO, by the table of the page::

    73=2|11=w1717726747805308656|55=LTCBNB|54=2|38=1|40=2|44=0.25|59=1|11=p1717726747805308656|55=LTCBNB|54=2|38=1|40=1|
    25010=1|25011=3|25012=0|25013=1|1385=2|25014=1717726747805308656|
    """

    msg_type: ClassVar[str] = "E"

    orders: Annotated[tuple[BinanceListOrder, ...], Group(73)]
    contingency_type: Annotated[int, Tag(1385)]
    cl_list_id: Annotated[str, Tag(25014)]
    opo: Annotated[bool | None, Tag(25046)] = None


class BinanceExecutionReport(ExecutionReport, frozen=True, kw_only=True):
    """ExecutionReport (8)::

    11=1718096506197867067|14=0.00000000|17=144|32=0.00000000|37=76|38=5.00000000|39=0|40=2|44=10.00000000|54=1|55=LTCBNB|
    59=4|60=20240611-09:01:46.228000|150=0|151=5.00000000|636=Y|1057=Y|25001=1|25017=0.00000000|
    25018=20240611-09:01:46.228000|25023=20240611-09:01:46.228000|
    """

    cum_quote_qty: Annotated[Decimal | None, Tag(25017)] = None
    order_creation_time: Annotated[Timestamp | None, Tag(25018)] = None
    working_time: Annotated[Timestamp | None, Tag(25023)] = None
    working_floor: Annotated[int | None, Tag(25021)] = None
    trailing_time: Annotated[Timestamp | None, Tag(25022)] = None
    self_trade_prevention_mode: Annotated[str | None, Tag(25001)] = None
    trigger_type: Annotated[str | None, Tag(1100)] = None
    trigger_price: Annotated[Decimal | None, Tag(1102)] = None
    trigger_price_direction: Annotated[str | None, Tag(1109)] = None
    trigger_trailing_delta_bips: Annotated[int | None, Tag(25009)] = None
    pegged_price: Annotated[Decimal | None, Tag(839)] = None
    target_strategy: Annotated[int | None, Tag(847)] = None
    strategy_id: Annotated[int | None, Tag(7940)] = None
    match_type: Annotated[str | None, Tag(574)] = None
    alloc_id: Annotated[int | None, Tag(70)] = None
    prevented_match_id: Annotated[int | None, Tag(25024)] = None
    prevented_execution_price: Annotated[Decimal | None, Tag(25025)] = None
    prevented_execution_qty: Annotated[Decimal | None, Tag(25026)] = None
    trade_group_id: Annotated[int | None, Tag(25027)] = None
    counter_symbol: Annotated[str | None, Tag(25028)] = None
    counter_order_id: Annotated[int | None, Tag(25029)] = None
    prevented_qty: Annotated[Decimal | None, Tag(25030)] = None
    last_prevented_qty: Annotated[Decimal | None, Tag(25031)] = None
    sor: Annotated[bool | None, Tag(25032)] = None
    expiry_reason: Annotated[str | None, Tag(25056)] = None
    error_code: Annotated[int | None, Tag(25016)] = None


class BinanceCancelReject(OrderCancelReject, frozen=True, kw_only=True):
    """OrderCancelReject (9): ``11=1718241161272843932|37=2|55=LTCBNB|58=Unknown order sent.|434=1|25016=-1013|``"""

    orig_cl_list_id: Annotated[str | None, Tag(25015)] = None
    list_id: Annotated[str | None, Tag(66)] = None
    cancel_restrictions: Annotated[int | None, Tag(25002)] = None
    error_code: Annotated[int | None, Tag(25016)] = None


class BinanceMassCancelReport(OrderMassCancelReport, frozen=True, kw_only=True):
    """OrderMassCancelReport (r): ``11=1718241876901971671|55=LTCBNB|530=1|531=1|533=5|``"""

    error_code: Annotated[int | None, Tag(25016)] = None


class BinanceListStatusOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order of a list: an entry of Orders (73)."""

    symbol: Annotated[str, Tag(55)]
    order_id: Annotated[str | None, Tag(37)] = None
    cl_ord_id: Annotated[str, Tag(11)]
    triggers: Annotated[tuple[ListTrigger, ...], Group(25010)] = ()
    ord_rej_reason: Annotated[str | None, Tag(103)] = None
    text: Annotated[str | None, Tag(58)] = None
    error_code: Annotated[int | None, Tag(25016)] = None


class BinanceListStatus(msgspec.Struct, frozen=True, kw_only=True):
    """ListStatus (N)::

    55=BTCUSDT|60=20240607-02:19:07.836000|66=25|73=2|55=BTCUSDT|37=52|11=w1717726747805308656|55=BTCUSDT|37=53|
    11=p1717726747805308656|25010=1|25011=3|25012=0|25013=1|429=4|431=3|1385=2|25014=1717726747805308656|
    25015=1717726747805308656|
    """

    msg_type: ClassVar[str] = "N"

    symbol: Annotated[str | None, Tag(55)] = None
    list_id: Annotated[str | None, Tag(66)] = None
    cl_list_id: Annotated[str | None, Tag(25014)] = None
    orig_cl_list_id: Annotated[str | None, Tag(25015)] = None
    contingency_type: Annotated[int | None, Tag(1385)] = None
    list_status_type: Annotated[int, Tag(429)]
    """2 response, 4 execution started, 5 all done, 100 updated."""
    list_order_status: Annotated[int, Tag(431)]
    """3 executing, 6 all done, 7 rejected."""
    list_reject_reason: Annotated[str | None, Tag(1386)] = None
    transact_time: Annotated[Timestamp | None, Tag(60)] = None
    orders: Annotated[tuple[BinanceListStatusOrder, ...], Group(73)] = ()
    error_code: Annotated[int | None, Tag(25016)] = None
    text: Annotated[str | None, Tag(58)] = None


class OrderAmendReject(msgspec.Struct, frozen=True, kw_only=True):
    """OrderAmendReject (XAR)::

    11=1WRGW5J1742394452749|37=0|55=BTCUSDT|38=1.000000|25016=-2038|58=The requested action would change no state; …|
    """

    msg_type: ClassVar[str] = "XAR"

    cl_ord_id: Annotated[str, Tag(11)]
    orig_cl_ord_id: Annotated[str | None, Tag(41)] = None
    order_id: Annotated[str | None, Tag(37)] = None
    symbol: Annotated[str, Tag(55)]
    order_qty: Annotated[Decimal, Tag(38)]
    error_code: Annotated[int, Tag(25016)]
    text: Annotated[str, Tag(58)]


class BinanceReject(Reject, frozen=True, kw_only=True):
    """Reject (3): a message that cannot be processed, or a connection that cannot be had."""

    error_code: Annotated[int | None, Tag(25016)] = None
