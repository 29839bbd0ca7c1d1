"""Binance's dialect as dictionaries, for names, groups and validation: FIX 4.4 with its messages and custom tags.

Taken from the typed messages; values of its own fields are those of its QuickFIX schemas, 2026-09.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Final, get_args

from barterpy.protocols.fix.dictionary import Dictionary, FieldDefinition, FieldMember, Member, builtin
from barterpy.protocols.fix.record_dictionary import extend_by_records
from barterpy.venues.binance.fix.endpoints import GatewayKind
from barterpy.venues.binance.fix.messages import (
    BinanceCancelRequest,
    BinanceNewOrder,
    BinanceNewOrderList,
    CancelAndNewOrder,
    InstrumentListRequest,
    LimitQuery,
    MarketDataMessage,
    MarketDataRequest,
    OrderAmend,
    OrderEntryMessage,
    OrderMassCancelRequest,
)

__all__ = ["dictionary"]


def _field(tag: int, name: str, type_: str, **values: str) -> FieldDefinition:
    return FieldDefinition(tag, name, type_, MappingProxyType({value: label for label, value in values.items()}))


_FIELDS: Final = (
    _field(6136, "ReqID", "STRING"),
    _field(7940, "StrategyID", "INT"),
    _field(9406, "DropCopyFlag", "BOOLEAN"),
    _field(25000, "RecvWindow", "FLOAT"),
    _field(
        25001,
        "SelfTradePreventionMode",
        "CHAR",
        No="1",
        ExpireTaker="2",
        ExpireMaker="3",
        ExpireBoth="4",
        Decrement="5",
        Transfer="6",
    ),
    _field(25002, "CancelRestrictions", "INT", OnlyNew="1", OnlyPartiallyFilled="2"),
    _field(25003, "NoLimitIndicators", "NUMINGROUP"),
    _field(25004, "LimitType", "CHAR", OrderLimit="1", MessageLimit="2", SubscriptionLimit="3"),
    _field(25005, "LimitCount", "INT"),
    _field(25006, "LimitMax", "INT"),
    _field(25007, "LimitResetInterval", "INT"),
    _field(25008, "LimitResetIntervalResolution", "CHAR", Second="s", Minute="m", Hour="h", Day="d"),
    _field(25009, "TriggerTrailingDeltaBips", "INT"),
    _field(25010, "NoListTriggeringInstructions", "NUMINGROUP"),
    _field(25011, "ListTriggerType", "CHAR", Activated="1", PartiallyFilled="2", Filled="3"),
    _field(25012, "ListTriggerTriggerIndex", "INT"),
    _field(25013, "ListTriggerAction", "CHAR", Release="1", Cancel="2"),
    _field(25014, "ClListID", "STRING"),
    _field(25015, "OrigClListID", "STRING"),
    _field(25016, "ErrorCode", "INT"),
    _field(25018, "OrderCreationTime", "UTCTIMESTAMP"),
    _field(25021, "WorkingFloor", "INT", Exchange="1", Broker="2", SOR="3"),
    _field(25033, "OrderCancelRequestAndNewOrderSingleMode", "INT", StopOnFailure="1", AllowFailure="2"),
    _field(25034, "CancelClOrdID", "STRING"),
    _field(25035, "MessageHandling", "INT", Unordered="1", Sequential="2"),
    _field(25036, "ResponseMode", "INT", Everything="1", OnlyAcks="2"),
    _field(25037, "UUID", "STRING"),
    _field(25038, "OrderRateLimitExceededMode", "INT", DoNothing="1", CancelOnly="2"),
    _field(25043, "FirstBookUpdateID", "INT"),
    _field(25044, "LastBookUpdateID", "INT"),
    _field(25045, "ExecutionReportType", "INT", Full="1", Mini="2"),
    # Open enumerations of the standard in which Binance has values of its own.
    FieldDefinition(429, "ListStatusType", "INT"),
)
_LOGON: Final[Sequence[Member]] = tuple(FieldMember(tag) for tag in (95, 96, 553, 9406, 25035, 25036, 25037, 25045))
_ORDER_ENTRY: Final = (
    *(BinanceNewOrder, CancelAndNewOrder, BinanceCancelRequest, OrderAmend, BinanceNewOrderList),
    *(OrderMassCancelRequest, LimitQuery),
)
_MARKET_DATA: Final = (MarketDataRequest, InstrumentListRequest, LimitQuery)


@cache
def dictionary(kind: GatewayKind = GatewayKind.ORDER_ENTRY) -> Dictionary:
    """The messages of a gateway, in both directions. Those of order entry are drop copy's too."""
    market = kind is GatewayKind.MARKET_DATA
    sent, received = (_MARKET_DATA, MarketDataMessage) if market else (_ORDER_ENTRY, OrderEntryMessage)
    members: Mapping[str, Sequence[Member]] = {"A": _LOGON}
    return extend_by_records(
        builtin("FIX.4.4"),
        (*sent, *get_args(received)),
        fields=_FIELDS,
        members=members,
        header=(FieldMember(25000),),
    )
