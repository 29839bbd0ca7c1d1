"""How the simulated Deribit tells over FIX what became of orders. No clock and no I/O.

"Execution Reports", "Order Cancel Reject" and "Order Mass Cancel Report", docs.deribit.com, FIX API, 2026-09: ClOrdID
(11) of a report is Deribit's id of the order and OrigClOrdID (41) the user's; what is told of an order after its
request says ``notification``, an answer ``success``. ExecType (150) is 0, 4 or 5 in answers, and I (status) in
whatever else. CxlRejResponseTo (434) and the reasons (102, 103, 532) are not on the pages and are those of FIX 4.4.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from barterpy.protocols.fix.outgoing import Field, Outgoing
from barterpy.testing.simulated.deribit.accounts import RpcRefusal
from barterpy.testing.simulated.deribit.contracts import SimulatedContract
from barterpy.testing.simulated.deribit.fix.fields import contracts, exact, instrument_fields, moment

__all__ = [
    "CANCELED",
    "NEW",
    "REPLACED",
    "STATUS",
    "cancel_reject",
    "mass_cancel_report",
    "order_report",
    "refused_order",
    "words",
]

NEW: Final = "0"
CANCELED: Final = "4"
REPLACED: Final = "5"
STATUS: Final = "I"
_OTHER: Final = 99
_UNKNOWN_SYMBOL: Final = 1
_TOO_LATE: Final = 0
_UNKNOWN_ORDER: Final = 1
_SERVER: Final = "DERIBITSERVER"
_TIMES: Final = {
    "good_til_day": "0",
    "good_til_cancelled": "1",
    "immediate_or_cancel": "3",
    "fill_or_kill": "4",
}


def words(refusal: RpcRefusal) -> str:
    """Text (58) of a refusal: JSON-RPC's name of the error, and what it says beside."""
    said = [str(value) for value in (_details(refusal).get(name) for name in ("param", "reason")) if value]
    return f"{refusal.message}: {' '.join(said)}" if said else refusal.message


def order_report(
    contract: SimulatedContract,
    row: dict[str, Any],
    trades: Sequence[dict[str, Any]],
    client_id: str,
    exec_type: str = STATUS,
    text: str = "notification",
    fields: Sequence[Field] = (),
) -> Outgoing:
    """ExecutionReport (8) of an order.

    :param row: the order as JSON-RPC has it
    :param trades: those of its trades that were not told before, likewise
    :param client_id: what its owner calls it, empty for nothing
    :param fields: those that a request wants in its answer
    """
    size, filled = contracts(contract, row["amount"]), contracts(contract, row["filled_amount"])
    told: list[Field] = [
        (527, str(row["last_update_timestamp"])),
        (37, row["order_id"]),
        (11, row["order_id"]),
        (150, exec_type),
        (39, _status(row)),
        (54, "1" if row["direction"] == "buy" else "2"),
        (60, moment(row["last_update_timestamp"])),
        (12, 0),
        # Also of an order that has ended, as the page says: what was not traded.
        (151, size - filled),
        (14, filled),
        (38, size),
        (40, "1" if row["order_type"] == "market" else "2"),
        (59, _TIMES[row["time_in_force"]]),
        (103, 0),
        (58, text),
        (207, _SERVER),
        *instrument_fields(contract),
        (854, 1),
        (6, exact(row["average_price"])),
        *fields,
    ]
    if client_id:
        told.append((41, client_id))
    if row["price"] != "market_price":
        told.append((44, exact(row["price"])))
    if row["label"]:
        told.append((100010, row["label"]))
    exec_inst = ("6" if row["post_only"] else "") + ("E" if row["reduce_only"] else "")
    if exec_inst:
        told.append((18, exec_inst))
    if trades:
        told += [
            (32, contracts(contract, trades[-1]["amount"])),
            (31, exact(trades[-1]["price"])),
            Outgoing.group(1362, [_fill(contract, trade) for trade in trades]),
        ]
    return Outgoing("8", told)


def refused_order(request: Sequence[Field], client_id: str, refusal: RpcRefusal) -> Outgoing:
    """ExecutionReport (8) of an order that was not taken.

    :param request: what the request said the order was
    """
    unknown = _details(refusal).get("param") == "instrument_name"
    told: list[Field] = [
        (150, "8"),
        (39, "8"),
        (41, client_id),
        (151, 0),
        (14, 0),
        (103, _UNKNOWN_SYMBOL if unknown else _OTHER),
        (58, words(refusal)),
    ]
    return Outgoing("8", [*told, *request])


def cancel_reject(named: Sequence[Field], response_to: int, text: str, row: dict[str, Any] | None = None) -> Outgoing:
    """OrderCancelReject (9).

    :param named: the ids by which the request named the order, as they stood there
    :param response_to: 1 for a cancel, 2 for a replace
    :param row: the order, if there is one
    """
    status, reason = ("8", _UNKNOWN_ORDER) if row is None else (_status(row), _TOO_LATE)
    return Outgoing("9", [*named, (39, status), (434, response_to), (102, reason), (58, text)])


def mass_cancel_report(request_id: str, kind: str, client_ids: Sequence[str], total: int) -> Outgoing:
    """OrderMassCancelReport (r) of a request that was carried out: the user's ids of the orders that have one."""
    told: list[Field] = [(11, request_id), (530, kind), (531, kind), (533, total), (58, "success")]
    if client_ids:
        told.append(Outgoing.group(534, [[(41, name)] for name in client_ids]))
    return Outgoing("r", told)


def _details(refusal: RpcRefusal) -> Mapping[str, object]:
    data = refusal.data
    return cast("Mapping[str, object]", data) if isinstance(data, Mapping) else {}


def _status(row: dict[str, Any]) -> str:
    match row["order_state"]:
        case "filled":
            return "2"
        case "cancelled":
            return CANCELED
        case "rejected":
            return "8"
        case _:
            return "1" if row["filled_amount"] else "0"


def _fill(contract: SimulatedContract, trade: dict[str, Any]) -> list[Field]:
    return [
        (1363, trade["trade_id"]),
        (1364, exact(trade["price"])),
        (1365, contracts(contract, trade["amount"])),
        (1443, 1 if trade["liquidity"] == "M" else 2),
    ]
