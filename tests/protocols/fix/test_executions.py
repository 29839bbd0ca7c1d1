"""Execution reports to orders and fills: the standard's codes, what a report may leave out, and who is who."""

from decimal import Decimal
from typing import Any

import pytest

from barterpy.errors import ConfigurationError, ParseError
from barterpy.model import Fill, OrderStatus, OrderType, OrderUpdate, Side, TimeInForce, decimal_number
from barterpy.protocols.fix import Timestamp
from barterpy.protocols.fix.executions import ExecutionNormaliser, ExecutionTransformer, number_converter
from barterpy.protocols.fix.orders import ExecutionReport, Fee, OrderCancelReject, OrderFill

D = Decimal
AT = 1_700_000_000_000_000_000


def report(**changes: Any) -> ExecutionReport:
    fields: dict[str, Any] = {
        "order_id": "76",
        "cl_ord_id": "mine",
        "exec_id": "144",
        "exec_type": "0",
        "ord_status": "0",
        "symbol": "BTC-USD",
        "side": "1",
        "ord_type": "2",
        "order_qty": D(5),
        "price": D(10),
        "time_in_force": "1",
        "cum_qty": D(0),
        "leaves_qty": D(5),
        "transact_time": Timestamp(AT - 5),
    }
    return ExecutionReport(**{**fields, **changes})


def normaliser() -> ExecutionNormaliser[Decimal]:
    return ExecutionNormaliser("venue", decimal_number)


def order_of(*reports: ExecutionReport) -> Any:
    normalise = normaliser()
    outputs = [normalise.outputs(one, AT)[-1] for one in reports]
    update = outputs[-1]
    assert isinstance(update, OrderUpdate)
    return update.order


def test_a_new_order() -> None:
    (update,) = normaliser().outputs(report(), AT)
    assert isinstance(update, OrderUpdate)
    order = update.order
    assert (order.id, order.client_id, order.instrument, order.side) == ("76", "mine", "BTC-USD", Side.BUY)
    assert (order.type, order.time_in_force, order.status) == (OrderType.LIMIT, TimeInForce.GTC, OrderStatus.OPEN)
    assert (order.size, order.filled, order.price, order.average_price) == (D(5), D(0), D(10), None)
    assert (order.exchange_at, order.received_at) == (AT - 5, AT)
    assert type(order.exchange_at) is int


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("0", OrderStatus.OPEN),
        ("1", OrderStatus.PARTIALLY_FILLED),
        ("2", OrderStatus.FILLED),
        ("3", OrderStatus.EXPIRED),
        ("4", OrderStatus.CANCELED),
        ("6", OrderStatus.PENDING_CANCEL),
        ("8", OrderStatus.REJECTED),
        ("A", OrderStatus.PENDING_NEW),
        ("C", OrderStatus.EXPIRED),
        ("E", OrderStatus.OPEN),
        ("Z", OrderStatus.UNKNOWN_OUTCOME),
    ],
)
def test_each_status(status: str, expected: OrderStatus) -> None:
    assert order_of(report(ord_status=status)).status is expected


def test_an_order_with_trades_that_is_called_new_is_partially_filled() -> None:
    assert order_of(report(ord_status="5", exec_type="5", cum_qty=D(1))).status is OrderStatus.PARTIALLY_FILLED


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("1", OrderType.MARKET),
        ("3", OrderType.STOP_MARKET),
        ("4", OrderType.STOP_LIMIT),
        ("J", OrderType.TAKE_PROFIT_MARKET),
        ("?", OrderType.UNKNOWN),
    ],
)
def test_each_type(code: str, expected: OrderType) -> None:
    assert order_of(report(ord_type=code)).type is expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("0", TimeInForce.DAY),
        ("3", TimeInForce.IOC),
        ("4", TimeInForce.FOK),
        ("6", TimeInForce.GTD),
        ("9", TimeInForce.UNKNOWN),
        (None, TimeInForce.UNKNOWN),
    ],
)
def test_each_time_in_force(code: str | None, expected: TimeInForce) -> None:
    assert order_of(report(time_in_force=code)).time_in_force is expected


@pytest.mark.parametrize(("code", "expected"), [("1", Side.BUY), ("2", Side.SELL), ("5", Side.SELL), ("3", Side.BUY)])
def test_each_side(code: str, expected: Side) -> None:
    assert order_of(report(side=code)).side is expected


def trade(**changes: Any) -> ExecutionReport:
    traded = {"exec_type": "F", "ord_status": "1", "last_px": D(10), "last_qty": D(2), "cum_qty": D(2)}
    return report(**{**traded, "avg_px": D(10), "trade_id": "T1", **changes})


def test_a_trade_comes_before_the_order_behind_it() -> None:
    fee = Fee(misc_fee_amt=D("0.01"), misc_fee_curr="USD")
    fill, update = normaliser().outputs(trade(aggressor_indicator=True, misc_fees=(fee,)), AT)
    assert fill == Fill(
        venue="venue",
        instrument="BTC-USD",
        id="T1",
        order_id="76",
        client_id="mine",
        side=Side.BUY,
        price=D(10),
        size=D(2),
        fee=D("0.01"),
        fee_asset="USD",
        maker=False,
        exchange_at=AT - 5,
        received_at=AT,
    )
    assert isinstance(update, OrderUpdate)
    assert (update.order.filled, update.order.average_price) == (D(2), D(10))


@pytest.mark.parametrize("exec_type", ["1", "2"])
def test_fills_of_fix_4_2(exec_type: str) -> None:
    outputs = normaliser().outputs(trade(exec_type=exec_type, exec_trans_type="0", trade_id=None), AT)
    assert [type(output) for output in outputs] == [Fill, OrderUpdate]
    assert isinstance(outputs[0], Fill)
    assert outputs[0].id == "144"


@pytest.mark.parametrize("changes", [{"exec_trans_type": "3"}, {"exec_trans_type": "1"}, {"exec_type": "I"}])
def test_what_tells_of_no_new_trade(changes: dict[str, Any]) -> None:
    assert len(normaliser().outputs(trade(**changes), AT)) == 1


def test_several_trades_in_one_report_share_its_fee() -> None:
    fills = (
        OrderFill(fill_exec_id="a", fill_px=D(10), fill_qty=D(1), fill_liquidity_ind=1),
        OrderFill(fill_exec_id="b", fill_px=D(11), fill_qty=D(1), fill_liquidity_ind=2),
    )
    first, second, _ = normaliser().outputs(trade(fills=fills, commission=D("0.02"), comm_currency="USD"), AT)
    assert isinstance(first, Fill)
    assert isinstance(second, Fill)
    assert [(one.id, one.price, one.maker, one.fee) for one in (first, second)] == [
        ("a", D(10), True, None),
        ("b", D(11), False, D("0.02")),
    ]


def test_fees_in_several_assets_are_not_added_up() -> None:
    fees = (
        Fee(misc_fee_amt=D(1), misc_fee_curr="USD"),
        Fee(misc_fee_amt=D(2), misc_fee_curr="BTC"),
        Fee(misc_fee_amt=D(3), misc_fee_curr="USD"),
    )
    assert normaliser().fee(trade(misc_fees=fees)) == (D(4), "USD")


def test_a_cancel_keeps_the_orders_own_id() -> None:
    order = order_of(report(), report(exec_type="4", ord_status="4", cl_ord_id="the cancel", orig_cl_ord_id="mine"))
    assert (order.client_id, order.status) == ("mine", OrderStatus.CANCELED)


def test_a_replace_gives_it_a_new_one() -> None:
    order = order_of(report(), report(exec_type="5", cl_ord_id="new", orig_cl_ord_id="mine", order_qty=D(4)))
    assert (order.client_id, order.size) == ("new", D(4))


def test_what_a_report_leaves_out_is_what_the_one_before_said() -> None:
    bare = ExecutionReport(order_id="76", ord_status="4", exec_type="4", text="cancelled by user")
    normalise = normaliser()
    normalise.outputs(trade(exec_inst="6"), AT)
    (update,) = normalise.outputs(bare, AT + 1)
    assert isinstance(update, OrderUpdate)
    order = update.order
    assert update.reason == "cancelled by user"
    assert (order.instrument, order.side, order.size, order.filled, order.price) == (
        "BTC-USD",
        Side.BUY,
        D(5),
        D(2),
        D(10),
    )
    assert (order.type, order.client_id, order.average_price) == (OrderType.LIMIT, "mine", D(10))
    assert order.post_only
    assert order.status is OrderStatus.CANCELED


@pytest.mark.parametrize("missing", ["symbol", "side"])
def test_a_report_of_nobody_knows_what_is_an_error(missing: str) -> None:
    with pytest.raises(ParseError, match="76"):
        normaliser().outputs(report(**{missing: None}), AT)


def test_a_size_may_be_what_is_done_and_what_is_left() -> None:
    assert order_of(report(order_qty=None, cum_qty=D(1), leaves_qty=D(4))).size == D(5)


def test_what_is_remembered_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("barterpy.protocols.fix.executions._REMEMBERED", 2)
    normalise = normaliser()
    for number in range(4):
        normalise.outputs(report(order_id=str(number)), AT)
    assert normalise.outputs(ExecutionReport(order_id="3", ord_status="4"), AT)
    with pytest.raises(ParseError):
        normalise.outputs(ExecutionReport(order_id="1", ord_status="4"), AT)


def test_numbers_of_the_users_choice() -> None:
    assert number_converter(float)(D("0.1")) == 0.1
    assert number_converter(decimal_number)(D("1E+2")) is not None
    assert number_converter(lambda text: float(text) * 2)(D("1E+2")) == 200.0
    (update,) = ExecutionNormaliser("venue", float).outputs(report(), AT)
    assert isinstance(update, OrderUpdate)
    assert isinstance(update.order.size, float)


def test_a_number_no_float_can_hold_is_a_parse_error() -> None:
    with pytest.raises(ParseError, match="no float is that large"):
        number_converter(float)(D("9" * 400))


def test_numbers_nobody_can_compute_with_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="number=str makes no number"):
        number_converter(str)  # type: ignore[type-var]  # what a program without type checks may say


def test_names_of_the_users_choice() -> None:
    normalise = ExecutionNormaliser("venue", decimal_number, instrument={"BTC-USD": "BTC/USD"}.__getitem__)
    (update,) = normalise.outputs(report(), AT)
    assert isinstance(update, OrderUpdate)
    assert update.order.instrument == "BTC/USD"


def test_the_transformer_passes_on_what_the_model_has_no_word_for() -> None:
    transformer = ExecutionTransformer(normaliser())
    transformer.on_reset(3, AT)
    reject = OrderCancelReject(cl_ord_id="x", text="too late")
    assert list(transformer.transform(reject, AT)) == [reject]
    (update,) = transformer.transform(report(), AT)
    assert update.epoch == 3


def test_a_trade_without_a_price_or_a_size_is_told_by_its_order_alone() -> None:
    for changes in ({"last_px": None, "last_qty": D(1)}, {"last_px": D(1), "last_qty": D(0)}):
        outputs = normaliser().outputs(report(exec_type="F", ord_status="1", cum_qty=D(1), **changes), AT)
        assert [type(output) for output in outputs] == [OrderUpdate]


def test_what_has_no_id_is_not_remembered() -> None:
    normalise = normaliser()
    first = normalise.outputs(report(order_id=None, cl_ord_id=None, exec_type="4", ord_status="4"), AT)
    again = normalise.outputs(report(order_id=None, cl_ord_id=None, price=None, order_qty=None), AT)
    assert [type(output) for output in (*first, *again)].count(Fill) == 0
