"""What an account can do at the simulated Deribit: place, edit and cancel orders, and ask what it has."""

import itertools
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, Final, final

from barterpy.testing.simulated.deribit.accounts import Accounts, RpcRefusal, SimulatedAccount
from barterpy.testing.simulated.deribit.contracts import SimulatedContract
from barterpy.testing.simulated.deribit.market import DeribitMarket, SimulatedBook
from barterpy.testing.simulated.matching import Match, SimulatedOrder

__all__ = ["Trading"]

_TYPES: Final = ("limit", "market")
_TIMES: Final = ("good_til_cancelled", "good_til_day", "fill_or_kill", "immediate_or_cancel")
_MOST_STEPS: Final = 10**12
"""Of a price or an amount: both have to stay what a binary float says exactly."""
Changed = Callable[[SimulatedAccount, str, list[dict[str, Any]], list[dict[str, Any]]], None]


@final
class Trading:
    """See the module.

    :param changed: told of an account's orders and fills on an instrument, as the channels have them
    """

    def __init__(self, market: DeribitMarket, accounts: Accounts, changed: Changed) -> None:
        self._market = market
        self._accounts = accounts
        self._changed = changed
        self._numbers = itertools.count(1000)

    def place(
        self, account: SimulatedAccount, params: dict[str, Any], session: int, *, buys: bool, client_id: str = ""
    ) -> dict[str, Any]:
        """``private/buy`` and ``private/sell``; ``client_id`` is what its owner calls it, where a protocol has that."""
        book = self._book(params)
        contract, now = book.contract, self._market.millis
        type_ = params.get("type", "limit")
        if type_ not in _TYPES:
            raise RpcRefusal(-32602, "Invalid params", {"param": "type", "reason": "no triggers here"})
        tif = params.get("time_in_force", "good_til_cancelled")
        if tif not in _TIMES or (type_ == "market" and "time_in_force" in params):
            raise RpcRefusal(-32602, "Invalid params", {"param": "time_in_force", "reason": "wrong format"})
        order = SimulatedOrder(
            id=f"{contract.base}-{next(self._numbers)}",
            owner=account.key,
            buys=buys,
            price=None if type_ == "market" else _steps(params, "price", contract.tick),
            size=_steps(params, "amount", contract.lot),
            created_at=now,
            label=str(params.get("label", "")),
            type=type_,
            time_in_force="immediate_or_cancel" if type_ == "market" else tif,
            post_only=bool(params.get("post_only")),
            reduce_only=bool(params.get("reduce_only")),
            session=session,
            client_id=client_id,
        )
        if book.state != "open":
            raise RpcRefusal(11029, "invalid_arguments", {"reason": f"instrument is {book.state}"})
        if order.post_only and book.engine.crosses(order):
            if params.get("reject_post_only"):
                raise RpcRefusal(11054, "post_only_reject")
            best = book.engine.best_ask if buys else book.engine.best_bid
            assert best is not None
            order.price = best - 1 if buys else best + 1
        if tif == "fill_or_kill" and book.engine.fillable(order) < order.size:
            order.state, order.cancel_reason, order.updated_at = "cancelled", "user_request", now
            matches: list[Match] = []
        else:
            matches = book.execute(order, now)
        account.orders[order.id] = order
        account.instruments[order.id] = contract.name
        return self._settle(account, book, order, matches)

    def edit(self, account: SimulatedAccount, params: dict[str, Any]) -> dict[str, Any]:
        """``private/edit``: a smaller amount at the same price keeps its place."""
        order, book = self._own(account, params)
        contract, now = book.contract, self._market.millis
        price = _steps(params, "price", contract.tick) if "price" in params else order.price
        size = _steps(params, "amount", contract.lot) if "amount" in params else order.size
        if size <= order.filled:
            raise RpcRefusal(10043, "price_wrong_tick", {"reason": "less than what is filled"})
        if price == order.price and size <= order.size:
            book.engine.resize(order, size, now)
            return self._settle(account, book, order, [])
        book.engine.remove(order)
        order.price, order.size, order.replaced = price, size, True
        return self._settle(account, book, order, book.execute(order, now))

    def cancel(self, account: SimulatedAccount, params: dict[str, Any]) -> dict[str, Any]:
        """``private/cancel``."""
        order, book = self._own(account, params)
        self._cancel(account, [order], "user_request")
        return self.order_row(book.contract, order)

    def cancel_many(self, account: SimulatedAccount, method: str, params: dict[str, Any]) -> int:
        """Every ``private/cancel_…`` that cancels several; gives how many."""
        chosen: Iterable[SimulatedOrder] = account.open_orders()
        if method.endswith("by_label"):
            chosen = [order for order in chosen if order.label == params.get("label")]
        if method.endswith("by_instrument"):
            name = self._book(params).contract.name
            chosen = [order for order in chosen if account.instruments[order.id] == name]
        if method.endswith("by_currency"):
            currency = params.get("currency")
            chosen = [order for order in chosen if self._contract(account, order).currency == currency]
        return self._cancel(account, list(chosen), "user_request")

    def cancel_orders(self, account: SimulatedAccount, orders: Iterable[SimulatedOrder]) -> int:
        """Cancel these open orders of an account; gives how many."""
        return self._cancel(account, list(orders), "user_request")

    def disconnected(self, account: SimulatedAccount, session: int) -> None:
        """Cancel what came on a connection that has ended."""
        mine = [order for order in account.open_orders() if order.session == session]
        self._cancel(account, mine, "cancel_on_disconnect")

    def crowd_traded(self, book: SimulatedBook, matches: list[Match]) -> None:
        """Tell the owners of orders that were hit: by somebody else, or by themselves."""
        by_owner: dict[str, list[Match]] = {}
        for match in matches:
            if match.maker.owner:
                by_owner.setdefault(match.maker.owner, []).append(match)
        for owner, mine in by_owner.items():
            account = self._accounts.by_key[owner]
            for match in mine:
                account.fill(book.contract, match, match.maker)
            orders = {match.maker.id: match.maker for match in mine}
            self._changed(
                account,
                book.contract.name,
                [self.order_row(book.contract, order) for order in orders.values()],
                [self.trade_row(book.contract, match, match.maker) for match in mine],
            )

    def mass_quote(self, account: SimulatedAccount, params: dict[str, Any], session: int) -> dict[str, Any]:
        """``private/mass_quote``: each side is an order of its own; one that is wrong stands beside the others."""
        orders: list[Any] = []
        trades: list[Any] = []
        errors: list[Any] = []
        for quote in params.get("quotes", []):
            name = quote.get("instrument_name")
            tags = {"quote_id": params.get("quote_id"), "quote_set_id": quote.get("quote_set_id")}
            for side in ("bid", "ask"):
                if side not in quote:
                    continue
                try:
                    placed = self.place(account, {**quote[side], "instrument_name": name}, session, buys=side == "bid")
                except RpcRefusal as refusal:
                    errors.append({"instrument_name": name, "side": side, "error": refusal.wire()})
                else:
                    orders.append({**placed["order"], **tags, "quote": True, "mmp_group": params.get("mmp_group")})
                    trades += [{**trade, **tags} for trade in placed["trades"]]
        return {"orders": orders, "trades": trades, "errors": errors}

    # What it has.

    def open_orders(self, account: SimulatedAccount) -> list[dict[str, Any]]:
        """``private/get_open_orders``."""
        return [self.order_row(self._contract(account, order), order) for order in account.open_orders()]

    def order_state(self, account: SimulatedAccount, params: dict[str, Any]) -> dict[str, Any]:
        """``private/get_order_state``."""
        order = account.orders.get(str(params.get("order_id")))
        if order is None:
            raise RpcRefusal(10004, "order_not_found")
        return self.order_row(self._contract(account, order), order)

    def orders_by_label(self, account: SimulatedAccount, params: dict[str, Any]) -> list[dict[str, Any]]:
        """``private/get_order_state_by_label``: whatever became of them."""
        return [
            self.order_row(self._contract(account, order), order)
            for order in account.orders.values()
            if order.label == params.get("label") and self._contract(account, order).currency == params.get("currency")
        ]

    def user_trades(self, account: SimulatedAccount, params: dict[str, Any]) -> dict[str, Any]:
        """``private/get_user_trades_by_instrument``."""
        book = self._book(params)
        rows = [
            self.trade_row(book.contract, match, order)
            for name, match, order in account.trades
            if name == book.contract.name and match.seq >= int(params.get("start_seq", 0))
        ]
        count = int(params.get("count", 10))
        return {"trades": rows[:count], "has_more": len(rows) > count}

    def positions(self, account: SimulatedAccount, currency: str | None = None) -> list[dict[str, Any]]:
        """``private/get_positions``."""
        return [
            self.position_row(account, name)
            for name in account.positions
            if currency in (None, "any", self._market.books[name].contract.currency)
        ]

    def position_row(self, account: SimulatedAccount, name: str) -> dict[str, Any]:
        """One position."""
        book = self._market.books[name]
        contract = book.contract
        lots, cost = account.positions.get(name, (0, 0))
        return {
            "instrument_name": name,
            "kind": contract.kind,
            "direction": "buy" if lots > 0 else "sell" if lots else "zero",
            "size": contract.amount_number(lots),
            "average_price": contract.price_number(round(cost / abs(lots), 6)) if lots else 0.0,
            "mark_price": contract.price_number(round(book.fair)),
            "index_price": self._market.index(book),
            "floating_profit_loss": 0.0,
            "leverage": 50,
        }

    def summary(self, account: SimulatedAccount, currency: str) -> dict[str, Any]:
        """``private/get_account_summary`` and ``user.portfolio``."""
        equity = account.equity.get(currency)
        if equity is None:
            raise RpcRefusal(-32602, "Invalid params", {"param": "currency", "reason": "value not found"})
        return {
            "currency": currency,
            "equity": equity,
            "balance": equity,
            "margin_balance": equity,
            "available_funds": equity,
            "available_withdrawal_funds": equity,
            "initial_margin": 0.0,
            "maintenance_margin": 0.0,
            "limits": {
                "non_matching_engine": {"burst": 100, "rate": 20},
                "matching_engine": {"trading": {"total": {"burst": 250, "rate": 200}}},
            },
        }

    def order_row(self, contract: SimulatedContract, order: SimulatedOrder) -> dict[str, Any]:
        """An order as answers and channels have it."""
        row: dict[str, Any] = {
            "order_id": order.id,
            "instrument_name": contract.name,
            "direction": "buy" if order.buys else "sell",
            "amount": contract.amount_number(order.size),
            "filled_amount": contract.amount_number(order.filled),
            "average_price": contract.price_number(round(order.cost / order.filled, 6)) if order.filled else 0.0,
            "price": "market_price" if order.price is None else contract.price_number(order.price),
            "order_state": order.state,
            "order_type": order.type,
            "time_in_force": order.time_in_force,
            "label": order.label,
            "post_only": order.post_only,
            "reduce_only": order.reduce_only,
            "replaced": order.replaced,
            "creation_timestamp": order.created_at,
            "last_update_timestamp": order.updated_at,
            "web": False,
            "api": True,
        }
        return row if order.cancel_reason is None else {**row, "cancel_reason": order.cancel_reason}

    def trade_row(self, contract: SimulatedContract, match: Match, order: SimulatedOrder) -> dict[str, Any]:
        """A fill as its owner sees it."""
        return {
            "trade_id": match.id,
            "trade_seq": match.seq,
            "order_id": order.id,
            "instrument_name": contract.name,
            "direction": "buy" if order.buys else "sell",
            "price": contract.price_number(match.price),
            "amount": contract.amount_number(match.size),
            "fee": 0.0,
            "fee_currency": contract.settle or contract.quote,
            "liquidity": "M" if order is match.maker else "T",
            "state": order.state,
            "order_type": order.type,
            "label": order.label,
            "timestamp": match.at,
        }

    # How.

    def _settle(
        self, account: SimulatedAccount, book: SimulatedBook, order: SimulatedOrder, matches: list[Match]
    ) -> dict[str, Any]:
        contract = book.contract
        for match in matches:
            account.fill(contract, match, order)
        row = self.order_row(contract, order)
        trades = [self.trade_row(contract, match, order) for match in matches]
        self._changed(account, contract.name, [row], trades)
        self.crowd_traded(book, matches)
        return {"order": row, "trades": trades}

    def _cancel(self, account: SimulatedAccount, orders: list[SimulatedOrder], reason: str) -> int:
        by_instrument: dict[str, list[dict[str, Any]]] = {}
        for order in orders:
            book = self._market.books[account.instruments[order.id]]
            book.engine.cancel(order, self._market.millis, reason)
            by_instrument.setdefault(book.contract.name, []).append(self.order_row(book.contract, order))
        for name, rows in by_instrument.items():
            self._changed(account, name, rows, [])
        return len(orders)

    def _book(self, params: dict[str, Any]) -> SimulatedBook:
        book = self._market.books.get(str(params.get("instrument_name")))
        if book is None:
            raise RpcRefusal(-32602, "Invalid params", {"param": "instrument_name", "reason": "wrong format"})
        return book

    def _own(self, account: SimulatedAccount, params: dict[str, Any]) -> tuple[SimulatedOrder, SimulatedBook]:
        order = account.orders.get(str(params.get("order_id")))
        if order is None:
            raise RpcRefusal(10004, "order_not_found")
        if order.ended:
            raise RpcRefusal(11044, "not_open_order")
        return order, self._market.books[account.instruments[order.id]]

    def _contract(self, account: SimulatedAccount, order: SimulatedOrder) -> SimulatedContract:
        return self._market.books[account.instruments[order.id]].contract


def _steps(params: dict[str, Any], name: str, step: str) -> int:
    value = params.get(name)
    try:
        steps = Decimal(str(value)) / Decimal(step)
    except ArithmeticError:
        raise RpcRefusal(-32602, "Invalid params", {"param": name, "reason": "wrong format"}) from None
    # What is no number at all, or beyond all measure, is looked for first: it cannot be compared, or counted.
    if not steps.is_finite() or not 0 < steps <= _MOST_STEPS or steps != int(steps):
        raise RpcRefusal(-32602, "Invalid params", {"param": name, "reason": f"must be a multiple of {step}"})
    return int(steps)
