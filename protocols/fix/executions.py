"""Execution reports to orders and fills of the model: the standard's codes, once for all venues.

A venue that means something else by a field inherits and overrides the one question it answers differently: which ids
an order has, what it cost on average, which trades a report tells of.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from math import isinf
from typing import Any, ClassVar, Final, Generic, NamedTuple, TypeAlias, cast

from barterpy.errors import ParseError
from barterpy.model.account import Fill, Order, OrderStatus, OrderType, OrderUpdate, TimeInForce
from barterpy.model.market import Side
from barterpy.model.number import N, NumberParser, decimal_number, float_number, number_parser, plain
from barterpy.protocols.fix.instants import nanoseconds
from barterpy.protocols.fix.orders import ExecutionReport, Fee

__all__ = ["ExecutionNormaliser", "ExecutionTransformer", "TradePart", "number_converter"]

_SIDES: Final[Mapping[str, Side]] = {
    "1": Side.BUY,
    "2": Side.SELL,
    "3": Side.BUY,  # buy minus
    "4": Side.SELL,  # sell plus
    "5": Side.SELL,  # sell short
    "6": Side.SELL,  # sell short exempt
}
_STATUSES: Final[Mapping[str, OrderStatus]] = {
    "0": OrderStatus.OPEN,
    "1": OrderStatus.PARTIALLY_FILLED,
    "2": OrderStatus.FILLED,
    "3": OrderStatus.EXPIRED,  # done for the day
    "4": OrderStatus.CANCELED,
    "5": OrderStatus.OPEN,  # replaced, up to FIX 4.2; later the status is the new order's
    "6": OrderStatus.PENDING_CANCEL,
    "7": OrderStatus.OPEN,  # stopped: guaranteed, not done
    "8": OrderStatus.REJECTED,
    "9": OrderStatus.OPEN,  # suspended
    "A": OrderStatus.PENDING_NEW,
    "B": OrderStatus.FILLED,  # calculated: done, and settled afterwards
    "C": OrderStatus.EXPIRED,
    "D": OrderStatus.PENDING_NEW,  # accepted for bidding
    "E": OrderStatus.OPEN,  # a replace is pending
}
_TYPES: Final[Mapping[str, OrderType]] = {
    "1": OrderType.MARKET,
    "2": OrderType.LIMIT,
    "3": OrderType.STOP_MARKET,
    "4": OrderType.STOP_LIMIT,
    "J": OrderType.TAKE_PROFIT_MARKET,  # market if touched
    "K": OrderType.MARKET,  # with left over as limit
    "P": OrderType.LIMIT,  # pegged
}
_TIMES_IN_FORCE: Final[Mapping[str, TimeInForce]] = {
    "0": TimeInForce.DAY,
    "1": TimeInForce.GTC,
    "3": TimeInForce.IOC,
    "4": TimeInForce.FOK,
    "6": TimeInForce.GTD,
}
_NEW: Final = "0"
"""ExecTransType (20), of FIX 4.2 and before: neither a cancel nor a correction nor a status."""
_ONE: Final = Decimal(1)
_PARTICIPATE: Final = "6"
_NO_INCREASE: Final = "E"
_ADDED: Final = 1
_REPLACED: Final = "5"
_REMEMBERED: Final = 10_000


class TradePart(NamedTuple):
    """One trade of a report, as the venue has it."""

    id: str
    price: Decimal
    size: Decimal
    maker: bool | None


def number_converter(number: NumberParser[N]) -> Callable[[Decimal], N]:
    """How an exact number of the wire becomes one of the user's choice.

    :raises barterpy.errors.ConfigurationError: see :func:`barterpy.model.number.number_parser`
    """
    chosen: object = number
    if chosen is decimal_number or chosen is Decimal:
        return cast("Callable[[Decimal], N]", _same)
    if chosen is float_number or chosen is float:
        return cast("Callable[[Decimal], N]", _nearest)
    parse = number_parser(number)
    return lambda value: parse(plain(value))


def _same(value: Decimal) -> Decimal:
    return value


def _nearest(value: Decimal) -> float:
    nearest = float(value)
    if isinf(nearest):
        raise ParseError("no float is that large", plain(value), kind="number")
    return nearest


class ExecutionNormaliser(Generic[N]):
    """Makes events of the execution reports of one session.

    Reports need not repeat what an order is; what they leave out is taken from the report before, of at most 10,000
    orders.

    :param instrument: the name an event gives to a venue's symbol; the symbol itself by default
    """

    trade_types: ClassVar[frozenset[str]] = frozenset({"F", "1", "2"})
    """ExecTypes that tell of a trade: F; up to FIX 4.2, partial fill and fill."""
    order_types: ClassVar[Mapping[str, OrderType]] = _TYPES
    default_time_in_force: ClassVar[TimeInForce] = TimeInForce.UNKNOWN
    """What no TimeInForce (59) means at this venue."""
    post_only: ClassVar[frozenset[str]] = frozenset({_PARTICIPATE})
    """Letters of ExecInst (18) that say that an order must not take."""

    def __init__(self, venue: str, number: NumberParser[N], *, instrument: Callable[[str], str] | None = None) -> None:
        self.venue: str = venue
        self.epoch: int = 1
        self._number: Callable[[Decimal], N] = number_converter(number)
        self._zero: N = self._number(Decimal(0))
        self._instrument = instrument
        self._orders: OrderedDict[str, Order[N]] = OrderedDict()

    def outputs(self, report: ExecutionReport, received_at: int) -> Sequence[OrderUpdate[N] | Fill[N]]:
        """What the report tells: each trade first, then the order behind them.

        :raises barterpy.errors.ParseError: it does not say of which instrument or side, and no report before did
        """
        order = self.order(report, received_at)
        outputs: list[OrderUpdate[N] | Fill[N]] = []
        if self.is_trade(report):
            fee, asset = self.fee(report)
            unit = self.unit(report)
            parts = self.trades(report)
            for number, part in enumerate(parts):
                outputs.append(
                    Fill(
                        venue=self.venue,
                        instrument=order.instrument,
                        id=part.id,
                        order_id=order.id or "",
                        client_id=order.client_id,
                        side=order.side,
                        price=self._number(part.price),
                        size=self._number(part.size * unit),
                        # The fee is the whole report's, and is told once.
                        fee=None if fee is None or number < len(parts) - 1 else self._number(fee),
                        fee_asset=asset,
                        maker=part.maker,
                        exchange_at=nanoseconds(report.transact_time),
                        received_at=received_at,
                        epoch=self.epoch,
                        account=report.account,
                    )
                )
        outputs.append(OrderUpdate(order=order, reason=self.reason(report), epoch=self.epoch))
        return outputs

    def order(self, report: ExecutionReport, received_at: int) -> Order[N]:
        """The state of the order after the report.

        :raises barterpy.errors.ParseError: see :meth:`outputs`
        """
        id_, client_id = self.ids(report)
        known = self._orders.get(id_ or client_id or "")
        side = _SIDES.get(report.side or "") or (None if known is None else known.side)
        instrument = self._named(report.symbol) or ("" if known is None else known.instrument)
        if side is None or not instrument:
            raise ParseError(f"no {'side' if side is None else 'instrument'} of order {id_}", kind="execution report")
        unit = self.unit(report)
        size = report.order_qty
        filled = report.cum_qty
        if size is None and filled is not None and report.leaves_qty is not None:
            size = filled + report.leaves_qty
        status = _STATUSES.get(report.ord_status, OrderStatus.UNKNOWN_OUTCOME)
        if status is OrderStatus.OPEN and filled:
            status = OrderStatus.PARTIALLY_FILLED
        average = self.average_price(report)
        inst = report.exec_inst
        type_ = report.ord_type
        order: Order[N] = Order(
            venue=self.venue,
            instrument=instrument,
            id=id_ or (None if known is None else known.id),
            client_id=client_id or (None if known is None else known.client_id),
            side=side,
            type=self.order_type(report) if type_ else OrderType.UNKNOWN if known is None else known.type,
            time_in_force=self._time_in_force(report, known),
            status=status,
            size=self._or_known(size, unit, None if known is None else known.size),
            filled=self._or_known(filled, unit, None if known is None else known.filled),
            price=self._or_none(report.price) if report.price else None if known is None else known.price,
            average_price=self._or_none(average) if average else None if known is None else known.average_price,
            stop_price=self._or_none(self.stop_price(report)),
            post_only=bool(inst and not self.post_only.isdisjoint(inst)) or bool(known and known.post_only),
            reduce_only=bool(inst and _NO_INCREASE in inst) or bool(known and known.reduce_only),
            created_at=self.created_at(report),
            exchange_at=nanoseconds(report.transact_time),
            received_at=received_at,
            account=report.account,
        )
        self._remember(id_ or client_id, order)
        return order

    # What a venue may answer differently.

    def ids(self, report: ExecutionReport) -> tuple[str | None, str | None]:
        """The venue's id of the order and the client's. A cancel's own id is no id of the order it cancels."""
        if report.exec_type != _REPLACED and report.orig_cl_ord_id:
            return report.order_id, report.orig_cl_ord_id
        return report.order_id, report.cl_ord_id

    def is_trade(self, report: ExecutionReport) -> bool:
        """Whether it tells of trades that were not told before."""
        return (report.exec_type or "") in self.trade_types and (report.exec_trans_type or _NEW) == _NEW

    def unit(self, report: ExecutionReport) -> Decimal:
        """What a quantity of one is, in the model's sizes."""
        return _ONE

    def order_type(self, report: ExecutionReport) -> OrderType:
        """How the order is priced."""
        return self.order_types.get(report.ord_type or "", OrderType.UNKNOWN)

    def average_price(self, report: ExecutionReport) -> Decimal | None:
        """Of all trades of the order so far; None and 0 for none."""
        return report.avg_px

    def stop_price(self, report: ExecutionReport) -> Decimal | None:
        """Where the order wakes up."""
        return report.stop_px

    def created_at(self, report: ExecutionReport) -> int | None:
        """When the order was made, int nanoseconds UTC."""
        return None

    def fee(self, report: ExecutionReport) -> tuple[Decimal | None, str | None]:
        """What the trades of the report cost, and in which asset. Negative for a rebate."""
        fees: Sequence[Fee] = report.misc_fees
        if fees:
            assets = {fee.misc_fee_curr for fee in fees}
            asset = fees[0].misc_fee_curr
            # Several assets have no sum; the first is told and the report has all.
            amounts = [fee.misc_fee_amt for fee in fees if len(assets) == 1 or fee.misc_fee_curr == asset]
            return sum(amounts, Decimal(0)), asset
        return report.commission, report.comm_currency

    def trades(self, report: ExecutionReport) -> Sequence[TradePart]:
        """The trades a report of a trade tells of."""
        maker = self.maker(report)
        if report.fills:
            return [
                TradePart(
                    fill.fill_exec_id,
                    fill.fill_px,
                    fill.fill_qty,
                    maker if fill.fill_liquidity_ind is None else fill.fill_liquidity_ind == _ADDED,
                )
                for fill in report.fills
            ]
        if report.last_px is None or not report.last_qty:
            return ()
        return (TradePart(report.trade_id or report.exec_id or "", report.last_px, report.last_qty, maker),)

    def maker(self, report: ExecutionReport) -> bool | None:
        """Whether the order was the one that was there."""
        if report.aggressor_indicator is not None:
            return not report.aggressor_indicator
        return None if report.last_liquidity_ind is None else report.last_liquidity_ind == _ADDED

    def reason(self, report: ExecutionReport) -> str | None:
        """The venue's words."""
        return report.text

    # What they share.

    def on_reset(self, epoch: int) -> None:
        """A new connection began."""
        self.epoch = epoch

    def _named(self, symbol: str | None) -> str:
        if not symbol:
            return ""
        return symbol if self._instrument is None else self._instrument(symbol)

    def _time_in_force(self, report: ExecutionReport, known: Order[N] | None) -> TimeInForce:
        if report.time_in_force:
            return _TIMES_IN_FORCE.get(report.time_in_force, TimeInForce.UNKNOWN)
        return self.default_time_in_force if known is None else known.time_in_force

    def _or_none(self, value: Decimal | None) -> N | None:
        return None if value is None else self._number(value)

    def _or_known(self, value: Decimal | None, unit: Decimal, known: N | None) -> N:
        if value is not None:
            return self._number(value * unit)
        return self._zero if known is None else known

    def _remember(self, key: str | None, order: Order[N]) -> None:
        if not key:
            return
        orders = self._orders
        orders[key] = order
        orders.move_to_end(key)
        if len(orders) > _REMEMBERED:
            orders.popitem(last=False)


class ExecutionTransformer(Generic[N]):
    """Typed messages of an order entry or drop copy session to events: a :class:`barterpy.transformer.Transformer`.

    What the model has a word for comes as the model has it; every other message as it was.
    """

    def __init__(self, normaliser: ExecutionNormaliser[N]) -> None:
        self._normalise: ExecutionNormaliser[N] = normaliser

    def transform(self, message: Any, received_at: int, /) -> "Sequence[ExecutionOutput[N]]":
        """The events of one message.

        :raises barterpy.errors.ParseError: an execution report that leaves out of what it is
        """
        if isinstance(message, ExecutionReport):
            return self._normalise.outputs(message, received_at)
        return (message,)

    def on_reset(self, epoch: int, now: int, /) -> Sequence[Any]:
        """A new connection began."""
        self._normalise.on_reset(epoch)
        return ()


ExecutionOutput: TypeAlias = OrderUpdate[N] | Fill[N] | Any
"""Events of the model, and typed messages for which it has no word: refused cancels, lists, limits."""
