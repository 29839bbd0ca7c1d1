"""Market data, instruments and news as typed messages: what FIX 4.4 and 5.0SP2 agree on.

Field names are the standard's, tags stand beside them. A venue with fields of its own inherits and adds them, and
declares its entries anew: :class:`MarketDataEntry` and :class:`MarketDataUpdate` have what all have in common.
"""

from decimal import Decimal
from typing import Annotated, ClassVar

import msgspec

from barterpy.protocols.fix.records import Group, Tag, Timestamp

__all__ = [
    "MarketDataEntry",
    "MarketDataIncrementalRefresh",
    "MarketDataRequest",
    "MarketDataRequestReject",
    "MarketDataSnapshotFullRefresh",
    "MarketDataUpdate",
    "News",
    "NewsLine",
    "RequestedEntryType",
    "RequestedSymbol",
    "Security",
    "SecurityDefinition",
    "SecurityDefinitionRequest",
    "SecurityList",
    "SecurityListRequest",
    "SecurityStatus",
    "SecurityStatusRequest",
    "TradingSessionStatus",
]


class RequestedEntryType(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of MDEntryTypes (267)."""

    md_entry_type: Annotated[str, Tag(269)]
    """0 bid, 1 offer, 2 trade."""


class RequestedSymbol(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of RelatedSym (146) in a request."""

    symbol: Annotated[str, Tag(55)]


class MarketDataRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription to market data, or its end (V)."""

    msg_type: ClassVar[str] = "V"

    md_req_id: Annotated[str, Tag(262)]
    subscription_request_type: Annotated[str, Tag(263)]
    """0 snapshot, 1 snapshot and updates, 2 no more of them."""
    market_depth: Annotated[int | None, Tag(264)] = None
    """0 the full book, 1 its top, otherwise levels."""
    md_update_type: Annotated[int | None, Tag(265)] = None
    """0 full refresh, 1 incremental."""
    aggregated_book: Annotated[bool | None, Tag(266)] = None
    md_entry_types: Annotated[tuple[RequestedEntryType, ...], Group(267)] = ()
    related_sym: Annotated[tuple[RequestedSymbol, ...], Group(146)] = ()


class MarketDataRequestReject(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription was refused (Y)."""

    msg_type: ClassVar[str] = "Y"

    md_req_id: Annotated[str, Tag(262)]
    md_req_rej_reason: Annotated[str | None, Tag(281)] = None
    text: Annotated[str | None, Tag(58)] = None


class MarketDataEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of MDEntries (268) in a snapshot."""

    md_entry_type: Annotated[str, Tag(269)]
    md_entry_id: Annotated[str | None, Tag(278)] = None
    md_entry_px: Annotated[Decimal | None, Tag(270)] = None
    md_entry_size: Annotated[Decimal | None, Tag(271)] = None
    md_entry_date: Annotated[str | None, Tag(272)] = None
    md_entry_time: Annotated[str | None, Tag(273)] = None
    order_id: Annotated[str | None, Tag(37)] = None
    number_of_orders: Annotated[int | None, Tag(346)] = None


class MarketDataSnapshotFullRefresh(msgspec.Struct, frozen=True, kw_only=True):
    """A book as a whole, or the last trades (W)."""

    msg_type: ClassVar[str] = "W"

    md_req_id: Annotated[str | None, Tag(262)] = None
    symbol: Annotated[str, Tag(55)]
    rpt_seq: Annotated[int | None, Tag(83)] = None
    last_fragment: Annotated[bool | None, Tag(893)] = None
    md_entries: Annotated[tuple[MarketDataEntry, ...], Group(268)] = ()


class MarketDataUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of MDEntries (268) in an incremental refresh."""

    md_update_action: Annotated[str, Tag(279)]
    """0 new, 1 change, 2 delete."""
    md_entry_type: Annotated[str | None, Tag(269)] = None
    md_entry_id: Annotated[str | None, Tag(278)] = None
    symbol: Annotated[str | None, Tag(55)] = None
    md_entry_px: Annotated[Decimal | None, Tag(270)] = None
    md_entry_size: Annotated[Decimal | None, Tag(271)] = None
    md_entry_date: Annotated[str | None, Tag(272)] = None
    md_entry_time: Annotated[str | None, Tag(273)] = None
    side: Annotated[str | None, Tag(54)] = None
    trade_id: Annotated[str | None, Tag(1003)] = None
    transact_time: Annotated[Timestamp | None, Tag(60)] = None
    order_id: Annotated[str | None, Tag(37)] = None
    rpt_seq: Annotated[int | None, Tag(83)] = None


class MarketDataIncrementalRefresh(msgspec.Struct, frozen=True, kw_only=True):
    """What changed in a book, or trades (X)."""

    msg_type: ClassVar[str] = "X"

    md_req_id: Annotated[str | None, Tag(262)] = None
    symbol: Annotated[str | None, Tag(55)] = None
    """Of all entries, where a venue says it once."""
    md_entries: Annotated[tuple[MarketDataUpdate, ...], Group(268)]


class SecurityListRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The question what can be traded (x)."""

    msg_type: ClassVar[str] = "x"

    security_req_id: Annotated[str, Tag(320)]
    security_list_request_type: Annotated[int, Tag(559)]
    """0 one symbol, 4 all."""
    symbol: Annotated[str | None, Tag(55)] = None
    security_type: Annotated[str | None, Tag(167)] = None
    currency: Annotated[str | None, Tag(15)] = None
    subscription_request_type: Annotated[str | None, Tag(263)] = None


class Security(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of RelatedSym (146) in a security list."""

    symbol: Annotated[str, Tag(55)]
    security_desc: Annotated[str | None, Tag(107)] = None
    security_type: Annotated[str | None, Tag(167)] = None
    currency: Annotated[str | None, Tag(15)] = None
    min_price_increment: Annotated[Decimal | None, Tag(969)] = None
    min_trade_vol: Annotated[Decimal | None, Tag(562)] = None
    max_trade_vol: Annotated[Decimal | None, Tag(1140)] = None
    contract_multiplier: Annotated[Decimal | None, Tag(231)] = None
    security_status: Annotated[str | None, Tag(965)] = None


class SecurityList(msgspec.Struct, frozen=True, kw_only=True):
    """What can be traded (y)."""

    msg_type: ClassVar[str] = "y"

    security_req_id: Annotated[str, Tag(320)]
    security_response_id: Annotated[str | None, Tag(322)] = None
    security_request_result: Annotated[int | None, Tag(560)] = None
    last_fragment: Annotated[bool | None, Tag(893)] = None
    related_sym: Annotated[tuple[Security, ...], Group(146)] = ()


class SecurityDefinitionRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The question what an instrument is (c)."""

    msg_type: ClassVar[str] = "c"

    security_req_id: Annotated[str, Tag(320)]
    security_request_type: Annotated[int, Tag(321)]
    symbol: Annotated[str | None, Tag(55)] = None
    security_type: Annotated[str | None, Tag(167)] = None


class SecurityDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """What an instrument is (d)."""

    msg_type: ClassVar[str] = "d"

    security_req_id: Annotated[str | None, Tag(320)] = None
    security_response_id: Annotated[str | None, Tag(322)] = None
    security_response_type: Annotated[int | None, Tag(323)] = None
    symbol: Annotated[str | None, Tag(55)] = None
    security_type: Annotated[str | None, Tag(167)] = None
    security_desc: Annotated[str | None, Tag(107)] = None
    currency: Annotated[str | None, Tag(15)] = None
    min_price_increment: Annotated[Decimal | None, Tag(969)] = None
    min_trade_vol: Annotated[Decimal | None, Tag(562)] = None
    contract_multiplier: Annotated[Decimal | None, Tag(231)] = None
    text: Annotated[str | None, Tag(58)] = None


class SecurityStatusRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The question whether an instrument trades (e)."""

    msg_type: ClassVar[str] = "e"

    security_status_req_id: Annotated[str, Tag(324)]
    symbol: Annotated[str | None, Tag(55)] = None
    subscription_request_type: Annotated[str, Tag(263)]


class SecurityStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Whether an instrument trades (f)."""

    msg_type: ClassVar[str] = "f"

    symbol: Annotated[str, Tag(55)]
    security_status_req_id: Annotated[str | None, Tag(324)] = None
    security_trading_status: Annotated[int | None, Tag(326)] = None
    transact_time: Annotated[Timestamp | None, Tag(60)] = None
    text: Annotated[str | None, Tag(58)] = None


class TradingSessionStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a market trades (h)."""

    msg_type: ClassVar[str] = "h"

    trading_session_id: Annotated[str | None, Tag(336)] = None
    trad_ses_req_id: Annotated[str | None, Tag(335)] = None
    trad_ses_status: Annotated[int, Tag(340)]
    """1 halted, 2 open, 3 closed, 4 before the open, 5 before the close."""
    symbol: Annotated[str | None, Tag(55)] = None
    text: Annotated[str | None, Tag(58)] = None


class NewsLine(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of LinesOfText (33)."""

    text: Annotated[str, Tag(58)]


class News(msgspec.Struct, frozen=True, kw_only=True):
    """Something to know (B)."""

    msg_type: ClassVar[str] = "B"

    headline: Annotated[str, Tag(148)]
    urgency: Annotated[str | None, Tag(61)] = None
    orig_time: Annotated[Timestamp | None, Tag(42)] = None
    lines_of_text: Annotated[tuple[NewsLine, ...], Group(33)] = ()
