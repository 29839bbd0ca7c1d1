"""What Deribit's FIX messages have beyond the standard's (docs.deribit.com, FIX API, 2026-09).

Sizes are contracts unless QtyType (854) says units; ContractMultiplier (231) makes one of the other. Tags from 100000
on become tags from 5000 on where UseWordsafeTags (9002) is asked for, which is not done here. Prices and sizes of
market data stay text: what they become is the user's choice.
"""

from decimal import Decimal
from typing import Annotated, ClassVar

import msgspec

from barterpy.protocols.fix.marketdata import MarketDataRequest, MarketDataRequestReject, Security, SecurityList
from barterpy.protocols.fix.orders import (
    BusinessMessageReject,
    ExecutionReport,
    NewOrderSingle,
    OrderCancelReject,
    OrderCancelReplaceRequest,
    OrderCancelRequest,
    OrderMassCancelReport,
    OrderMassCancelRequest,
    OrderMassStatusRequest,
    Reject,
)
from barterpy.protocols.fix.records import Group, Tag, Timestamp

__all__ = [
    "BusinessMessageReject",
    "DataEntry",
    "DataUpdate",
    "DeribitCancelReject",
    "DeribitCancelRequest",
    "DeribitExecutionReport",
    "DeribitMarketDataRequest",
    "DeribitMassCancelRequest",
    "DeribitMassStatusRequest",
    "DeribitNewOrder",
    "DeribitReplaceRequest",
    "DeribitSecurity",
    "DeribitSecurityList",
    "MarketDataMessage",
    "MarketDataRequestReject",
    "OrderEntryMessage",
    "OrderMassCancelReport",
    "Reject",
    "SnapshotMessage",
    "UpdateMessage",
]


# Order entry.


class DeribitNewOrder(NewOrderSingle, frozen=True, kw_only=True):
    """New Order Single (D). ExecInst: ``6`` post only, ``6A`` reject instead of moving the price, ``E`` reduce only."""

    label: Annotated[str | None, Tag(100010)] = None
    qty_type: Annotated[int | None, Tag(854)] = None
    """0 units, 1 contracts (default)."""
    valid_until_time: Annotated[Timestamp | None, Tag(62)] = None
    refresh_qty: Annotated[Decimal | None, Tag(1088)] = None
    condition_trigger_method: Annotated[int | None, Tag(5127)] = None
    """1 mark price, 2 last price, 3 index price."""
    peg_offset_value: Annotated[Decimal | None, Tag(211)] = None
    market_maker_protection: Annotated[bool | None, Tag(9008)] = None
    advanced_order_type: Annotated[str | None, Tag(100012)] = None
    """0 implied volatility, 1 US dollars; options only."""


class DeribitCancelRequest(OrderCancelRequest, frozen=True, kw_only=True):
    """Order Cancel Request (F). ``orig_cl_ord_id`` is the id that Deribit gave, which is fastest; ``cl_ord_id`` the
    user's."""

    label: Annotated[str | None, Tag(100010)] = None
    currency: Annotated[str | None, Tag(15)] = None


class DeribitReplaceRequest(OrderCancelReplaceRequest, frozen=True, kw_only=True):
    """Order Cancel/Replace Request (G). ``cl_ord_id`` is the user's first id of the order and ``orig_cl_ord_id`` the
    one that Deribit gave, which is the other way round than in the standard."""

    label: Annotated[str | None, Tag(100010)] = None
    qty_type: Annotated[int | None, Tag(854)] = None
    valid_until_time: Annotated[Timestamp | None, Tag(62)] = None
    currency: Annotated[str | None, Tag(15)] = None
    market_maker_protection: Annotated[bool | None, Tag(9008)] = None


class DeribitMassCancelRequest(OrderMassCancelRequest, frozen=True, kw_only=True):
    """Order Mass Cancel Request (q): 530 is 1 by symbol, 5 by security type, 7 all, 10 by label."""

    label: Annotated[str | None, Tag(100010)] = None
    freeze_quotes: Annotated[bool | None, Tag(9031)] = None


class DeribitMassStatusRequest(OrderMassStatusRequest, frozen=True, kw_only=True):
    """Order Mass Status Request (AF): 585 is 1 for one order, 7 for all."""

    mass_status_req_id_type: Annotated[int | None, Tag(9014)] = None
    """0 Deribit's id, 1 the user's, 2 a label."""


class DeribitExecutionReport(ExecutionReport, frozen=True, kw_only=True):
    """Execution Report (8): ``cl_ord_id`` is Deribit's own, ``orig_cl_ord_id`` the one the user gave.

    The first answer to a mass status request is one as well. It is of no order and has no OrdStatus: its
    ``tot_num_reports`` says how many orders follow.
    """

    ord_status: Annotated[str, Tag(39)] = ""
    label: Annotated[str | None, Tag(100010)] = None
    contract_multiplier: Annotated[Decimal | None, Tag(231)] = None
    market_maker_protection: Annotated[bool | None, Tag(9008)] = None
    condition_trigger_method: Annotated[int | None, Tag(5127)] = None
    refresh_qty: Annotated[Decimal | None, Tag(1088)] = None
    tot_num_reports: Annotated[int | None, Tag(911)] = None
    mass_status_req_type: Annotated[int | None, Tag(585)] = None


class DeribitCancelReject(OrderCancelReject, frozen=True, kw_only=True):
    """Order Cancel Reject (9)."""

    label: Annotated[str | None, Tag(100010)] = None


# Market data.


class DeribitMarketDataRequest(MarketDataRequest, frozen=True, kw_only=True):
    """Market Data Request (V): the whole book by changes (265=1, 264=0), or its best 1, 10 or 20 levels (265=0)."""

    skip_block_trades: Annotated[bool | None, Tag(9011)] = None
    show_block_trade_id: Annotated[bool | None, Tag(9012)] = None
    trade_amount: Annotated[int | None, Tag(100007)] = None
    """How many past trades a snapshot has, up to 1000."""
    since_timestamp: Annotated[int | None, Tag(100008)] = None
    """Or since when, in milliseconds UTC."""


class DataEntry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A level, a trade or an index of a snapshot: an entry of MDEntries (268)."""

    md_entry_type: Annotated[str, Tag(269)]
    """0 bid, 1 offer, 2 trade, 3 index, 6 estimated delivery price."""
    md_entry_px: Annotated[str | None, Tag(270)] = None
    md_entry_size: Annotated[str | None, Tag(271)] = None
    md_entry_date: Annotated[str | None, Tag(272)] = None
    """When the trade was: a whole timestamp, and not the date it is in the standard."""
    trade_id: Annotated[str | None, Tag(100009)] = None
    side: Annotated[str | None, Tag(54)] = None
    index_price: Annotated[str | None, Tag(44)] = None
    text: Annotated[str | None, Tag(58)] = None
    """The trade's sequence number."""
    order_id: Annotated[str | None, Tag(37)] = None
    secondary_order_id: Annotated[str | None, Tag(198)] = None
    ord_status: Annotated[str | None, Tag(39)] = None
    label: Annotated[str | None, Tag(100010)] = None
    liquidation: Annotated[str | None, Tag(100091)] = None
    """M the maker's order was forced, T the taker's, MT both."""
    trd_match_id: Annotated[str | None, Tag(880)] = None


class SnapshotMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Market Data Snapshot/Full Refresh (W)."""

    msg_type: ClassVar[str] = "W"

    symbol: Annotated[str, Tag(55)]
    md_req_id: Annotated[str | None, Tag(262)] = None
    sending_time: Annotated[Timestamp | None, Tag(52)] = None
    contract_multiplier: Annotated[str | None, Tag(231)] = None
    put_or_call: Annotated[int | None, Tag(201)] = None
    underlying_symbol: Annotated[str | None, Tag(311)] = None
    underlying_px: Annotated[str | None, Tag(810)] = None
    trade_volume_24h: Annotated[str | None, Tag(100087)] = None
    mark_price: Annotated[str | None, Tag(100090)] = None
    open_interest: Annotated[str | None, Tag(746)] = None
    current_funding: Annotated[str | None, Tag(100092)] = None
    funding_8h: Annotated[str | None, Tag(100093)] = None
    md_entries: Annotated[tuple[DataEntry, ...], Group(268)] = ()


class DataUpdate(DataEntry, frozen=True, kw_only=True, gc=False):
    """What became of a level, or a trade: an entry of MDEntries (268) in an update."""

    md_update_action: Annotated[str, Tag(279)]
    """0 new, 1 change, 2 delete."""


class UpdateMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Market Data Incremental Refresh (X), of one instrument."""

    msg_type: ClassVar[str] = "X"

    symbol: Annotated[str, Tag(55)]
    md_req_id: Annotated[str | None, Tag(262)] = None
    sending_time: Annotated[Timestamp | None, Tag(52)] = None
    contract_multiplier: Annotated[str | None, Tag(231)] = None
    trade_volume_24h: Annotated[str | None, Tag(100087)] = None
    mark_price: Annotated[str | None, Tag(100090)] = None
    open_interest: Annotated[str | None, Tag(746)] = None
    md_entries: Annotated[tuple[DataUpdate, ...], Group(268)]


class DeribitSecurity(Security, frozen=True, kw_only=True):
    """An instrument: an entry of RelatedSym (146)."""

    put_or_call: Annotated[int | None, Tag(201)] = None
    strike_price: Annotated[Decimal | None, Tag(202)] = None
    strike_currency: Annotated[str | None, Tag(947)] = None
    price_quote_currency: Annotated[str | None, Tag(1524)] = None
    underlying_symbol: Annotated[str | None, Tag(311)] = None
    issue_date: Annotated[str | None, Tag(225)] = None
    maturity_date: Annotated[str | None, Tag(541)] = None
    maturity_time: Annotated[str | None, Tag(1079)] = None
    settl_currency: Annotated[str | None, Tag(120)] = None


class DeribitSecurityList(SecurityList, frozen=True, kw_only=True):
    """Security List (y)."""

    related_sym: Annotated[tuple[DeribitSecurity, ...], Group(146)] = ()


OrderEntryMessage = (
    DeribitExecutionReport | DeribitCancelReject | OrderMassCancelReport | BusinessMessageReject | Reject
)
"""What comes of orders."""

MarketDataMessage = (
    UpdateMessage | SnapshotMessage | MarketDataRequestReject | DeribitSecurityList | BusinessMessageReject | Reject
)
"""What comes of market data."""
