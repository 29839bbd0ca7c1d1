"""Orders: what is sent, and what must not be sent twice.

docs.deribit.com, "Trading", 2026-09. Every call here may have been done although no answer came, so none is
``repeatable``: then it raises :class:`barterpy.errors.OutcomeUnknown`. Amounts are US dollars for inverse futures and
perpetuals, base asset otherwise; prices and amounts are best given as ``Decimal``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Final, Literal, TypeAlias

from barterpy.venues.deribit.answers import CancelOnDisconnect, OrderRow, PlacedOrder
from barterpy.venues.deribit.rest import Call, R

__all__ = [
    "Amount",
    "Buy",
    "Cancel",
    "CancelAll",
    "CancelAllByCurrency",
    "CancelAllByCurrencyPair",
    "CancelAllByInstrument",
    "CancelAllByKindOrType",
    "CancelByLabel",
    "DisableCancelOnDisconnect",
    "Edit",
    "EditByLabel",
    "EnableCancelOnDisconnect",
    "FetchCancelOnDisconnect",
    "LinkKind",
    "Once",
    "OrderKind",
    "Scope",
    "Sell",
]

Amount: TypeAlias = Decimal | float | int
OrderKind: TypeAlias = Literal[
    "limit",
    "market",
    "stop_limit",
    "stop_market",
    "take_limit",
    "take_market",
    "market_limit",
    "trailing_stop",
]
LinkKind: TypeAlias = Literal["one_triggers_other", "one_cancels_other", "one_triggers_one_cancels_other"]
Scope: TypeAlias = Literal["connection", "account"]

_TIMELESS: Final = frozenset({"market", "stop_market", "take_market"})


@dataclass(frozen=True, kw_only=True)
class Once(Call[R]):
    """A call that changes something."""

    repeatable: ClassVar[bool] = False  # type: ignore[misc]


@dataclass(frozen=True, kw_only=True)
class _Place(Once[PlacedOrder]):
    """``amount`` or ``contracts`` says how much; ``type`` is a limit order unless it says otherwise.

    ``label`` is your own name of the order, up to 64 characters. ``valid_until`` is int milliseconds UTC, behind which
    the venue does not take it any more.
    """

    response: ClassVar[Any] = PlacedOrder
    instrument_name: str
    amount: Amount | None = None
    contracts: Amount | None = None
    type: OrderKind | None = None
    price: Amount | None = None
    label: str | None = None
    time_in_force: Literal["good_til_cancelled", "good_til_day", "fill_or_kill", "immediate_or_cancel"] | None = None
    post_only: bool | None = None
    reject_post_only: bool | None = None
    reduce_only: bool | None = None
    trigger: Literal["last_price", "mark_price", "index_price"] | None = None
    trigger_price: Amount | None = None
    trigger_offset: Amount | None = None
    trigger_fill_condition: Literal["first_hit", "complete_fill", "incremental"] | None = None
    display_amount: Amount | None = None
    refresh_amount: Amount | None = None
    linked_order_type: LinkKind | None = None
    otoco_config: tuple[Mapping[str, object], ...] | None = None
    """Of linked orders: each as the venue describes it, with ``direction``, ``amount``, ``type``…"""
    valid_until: int | None = None
    mmp: bool | None = None
    advanced: Literal["usd", "implv"] | None = None

    def params(self) -> Mapping[str, object]:
        params = dict(super().params())
        if self.type in _TIMELESS:
            # A market order with a time in force is refused.
            params["time_in_force"] = None
        return params


@dataclass(frozen=True, kw_only=True)
class Buy(_Place):
    """Buy."""

    rpc: ClassVar[str] = "private/buy"


@dataclass(frozen=True, kw_only=True)
class Sell(_Place):
    """Sell."""

    rpc: ClassVar[str] = "private/sell"


@dataclass(frozen=True, kw_only=True)
class Edit(Once[PlacedOrder]):
    """Change an order. It keeps its place in the queue when the price is the same and the amount smaller."""

    rpc: ClassVar[str] = "private/edit"
    response: ClassVar[Any] = PlacedOrder
    order_id: str
    amount: Amount | None = None
    contracts: Amount | None = None
    price: Amount | None = None
    post_only: bool | None = None
    reject_post_only: bool | None = None
    reduce_only: bool | None = None
    trigger_price: Amount | None = None
    valid_until: int | None = None


@dataclass(frozen=True, kw_only=True)
class EditByLabel(Once[PlacedOrder]):
    """Change the one order of an instrument that has this label."""

    rpc: ClassVar[str] = "private/edit_by_label"
    response: ClassVar[Any] = PlacedOrder
    label: str
    instrument_name: str
    amount: Amount | None = None
    contracts: Amount | None = None
    price: Amount | None = None


@dataclass(frozen=True, kw_only=True)
class Cancel(Once[OrderRow]):
    """Cancel an order."""

    rpc: ClassVar[str] = "private/cancel"
    response: ClassVar[Any] = OrderRow
    order_id: str


@dataclass(frozen=True, kw_only=True)
class CancelByLabel(Once[int]):
    """Cancel the orders with this label; the answer is how many."""

    rpc: ClassVar[str] = "private/cancel_by_label"
    response: ClassVar[Any] = int
    label: str
    currency: str | None = None


@dataclass(frozen=True, kw_only=True)
class CancelAll(Once[int]):
    """Cancel every order; the answer is how many."""

    rpc: ClassVar[str] = "private/cancel_all"
    response: ClassVar[Any] = int


@dataclass(frozen=True, kw_only=True)
class CancelAllByCurrency(Once[int]):
    """Cancel every order of a currency; the answer is how many."""

    rpc: ClassVar[str] = "private/cancel_all_by_currency"
    response: ClassVar[Any] = int
    currency: str
    kind: str | None = None
    type: str | None = None


@dataclass(frozen=True, kw_only=True)
class CancelAllByCurrencyPair(Once[int]):
    """Cancel every order of a currency pair, such as ``btc_usd``; the answer is how many."""

    rpc: ClassVar[str] = "private/cancel_all_by_currency_pair"
    response: ClassVar[Any] = int
    currency_pair: str
    kind: str | None = None
    type: str | None = None


@dataclass(frozen=True, kw_only=True)
class CancelAllByKindOrType(Once[int]):
    """Cancel every order of a currency that is of a kind or a type; the answer is how many."""

    rpc: ClassVar[str] = "private/cancel_all_by_kind_or_type"
    response: ClassVar[Any] = int
    currency: str
    kind: str | None = None
    type: str | None = None


@dataclass(frozen=True, kw_only=True)
class CancelAllByInstrument(Once[int]):
    """Cancel every order of an instrument; the answer is how many."""

    rpc: ClassVar[str] = "private/cancel_all_by_instrument"
    response: ClassVar[Any] = int
    instrument_name: str
    type: str | None = None


# What happens to orders when the connection they came on ends; over a session only.


@dataclass(frozen=True, kw_only=True)
class EnableCancelOnDisconnect(Call[str]):
    """Cancel this connection's orders when it ends; ``account`` makes it the rule for later connections, too."""

    rpc: ClassVar[str] = "private/enable_cancel_on_disconnect"
    response: ClassVar[Any] = str
    scope: Scope = "connection"


@dataclass(frozen=True, kw_only=True)
class DisableCancelOnDisconnect(Call[str]):
    """Leave orders as they are when the connection ends."""

    rpc: ClassVar[str] = "private/disable_cancel_on_disconnect"
    response: ClassVar[Any] = str
    scope: Scope = "connection"


@dataclass(frozen=True, kw_only=True)
class FetchCancelOnDisconnect(Call[CancelOnDisconnect]):
    """Whether orders are cancelled when the connection ends."""

    rpc: ClassVar[str] = "private/get_cancel_on_disconnect"
    response: ClassVar[Any] = CancelOnDisconnect
    scope: Scope = "connection"
