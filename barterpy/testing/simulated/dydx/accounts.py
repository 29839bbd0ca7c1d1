"""Simulated accounts of dYdX: what a script makes of them, and how the Indexer tells it. No I/O, no clock."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final, final
from uuid import NAMESPACE_OID, uuid5

from barterpy.model.number import plain
from barterpy.testing.simulated.dydx.market import Contents, Topic, iso

__all__ = ["CHILDREN", "SimulatedAccount", "SimulatedAccounts"]

CHILDREN: Final = 128
"""Children of parent ``n`` are ``n + 128 k``."""
_FEE: Final = Decimal("0.0005")


@final
class SimulatedAccount:
    """One subaccount: USDC, positions, orders, and what happened to them, newest last."""

    def __init__(self, address: str, number: int, deposit: str) -> None:
        self.address: str = address
        self.number: int = number
        self.usdc: Decimal = Decimal(deposit)
        self.positions: dict[str, tuple[Decimal, Decimal]] = {}
        """Signed size and entry price by market."""
        self.orders: dict[str, Contents] = {}
        self.fills: list[Contents] = []
        self.transfers: list[Contents] = []

    def row(self) -> Contents:
        """As REST and first contents describe it."""
        return {
            "address": self.address,
            "subaccountNumber": self.number,
            "equity": plain(self.usdc),
            "freeCollateral": plain(self.usdc),
            "openPerpetualPositions": {market: self.position_row(market) for market in self.positions},
            "assetPositions": {"USDC": self.asset_row()},
            "marginEnabled": True,
            "updatedAtHeight": "1",
        }

    def asset_row(self) -> Contents:
        """What it holds, or owes, of USDC."""
        side = "LONG" if self.usdc >= 0 else "SHORT"
        size = plain(abs(self.usdc))
        return {"symbol": "USDC", "side": side, "size": size, "assetId": "0", "subaccountNumber": self.number}

    def position_row(self, market: str) -> Contents:
        """An open position, or one that has just been closed."""
        size, entry = self.positions.get(market, (Decimal(0), Decimal(0)))
        return {
            "market": market,
            "status": "OPEN" if size else "CLOSED",
            "side": "SHORT" if size < 0 else "LONG",
            "size": plain(size),
            "maxSize": plain(size),
            "entryPrice": plain(entry),
            "exitPrice": None,
            "realizedPnl": "0",
            "unrealizedPnl": "0",
            "createdAt": "2024-01-01T00:00:00.000Z",
            "createdAtHeight": "1",
            "closedAt": None,
            "sumOpen": plain(abs(size)),
            "sumClose": "0",
            "netFunding": "0",
            "subaccountNumber": self.number,
        }

    def trade(self, market: str, size: Decimal, price: Decimal) -> None:
        """Size is signed; the cost goes off the USDC, and what is left is a position at its average price."""
        held, entry = self.positions.get(market, (Decimal(0), Decimal(0)))
        total = held + size
        self.usdc -= size * price + abs(size) * price * _FEE
        if not total:
            self.positions.pop(market, None)
        elif held * size >= 0:
            self.positions[market] = (total, (held * entry + size * price) / total)
        else:
            self.positions[market] = (total, entry if held * total > 0 else price)


@final
class SimulatedAccounts:
    """All accounts. Each method that changes one gives what is told of it: topics, the child it is about, contents."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, int], SimulatedAccount] = {}
        self._count = 0

    def create(self, address: str, number: int, deposit: str) -> SimulatedAccount:
        """A new account; an old one is replaced."""
        account = self.known[address, number] = SimulatedAccount(address, number, deposit)
        return account

    def of(self, address: str, number: int, *, parent: bool) -> list[SimulatedAccount]:
        """The account, or the parent with its children."""
        return [
            account
            for (owner, child), account in sorted(self.known.items())
            if owner == address and (child % CHILDREN == number if parent else child == number)
        ]

    def place(self, account: SimulatedAccount, row: Contents) -> Iterator[tuple[Topic, int, Contents]]:
        """An order, without its id; best effort at first, as short-term orders are told."""
        self._count += 1
        id_ = str(uuid5(NAMESPACE_OID, f"{account.address}/{account.number}/{self._count}"))
        order: Contents = {
            "id": id_,
            "subaccountId": str(uuid5(NAMESPACE_OID, f"{account.address}/{account.number}")),
            "totalFilled": "0",
            "status": "BEST_EFFORT_OPENED",
            "timeInForce": "GTT",
            "postOnly": False,
            "reduceOnly": False,
            "orderFlags": "0",
            "clientMetadata": "0",
            **row,
        }
        account.orders[id_] = order
        # The ticker is left to who knows the number of the pair, as the channel does.
        told = {name: value for name, value in order.items() if name != "ticker"}
        yield from self._tell(account, {"orders": [told]})

    def change(self, account: SimulatedAccount, order_id: str, **fields: Any) -> Iterator[tuple[Topic, int, Contents]]:
        """What changed of an order, and no more than that."""
        account.orders[order_id].update(fields)
        yield from self._tell(account, {"orders": [{"id": order_id, **fields}]})

    def fill(
        self, account: SimulatedAccount, order_id: str, size: Decimal, price: Decimal, now: int, height: int
    ) -> Iterator[tuple[Topic, int, Contents]]:
        """A part of an order is traded: order, fill, position and balance are told together."""
        order = account.orders[order_id]
        signed = size if order["side"] == "BUY" else -size
        account.trade(order["ticker"], signed, price)
        filled = Decimal(order["totalFilled"]) + size
        whole = filled >= Decimal(order["size"])
        order.update(
            totalFilled=plain(filled),
            status="FILLED" if whole else "OPEN",
            updatedAt=iso(now),
            updatedAtHeight=str(height),
        )
        self._count += 1
        fill = {
            "id": str(uuid5(NAMESPACE_OID, f"fill/{self._count}")),
            "side": order["side"],
            "liquidity": "TAKER",
            "type": "LIMIT",
            "market": order["ticker"],
            "marketType": "PERPETUAL",
            "price": plain(price),
            "size": plain(size),
            "fee": plain(size * price * _FEE),
            "createdAt": iso(now),
            "createdAtHeight": str(height),
            "orderId": order_id,
            "clientMetadata": "0",
            "subaccountNumber": account.number,
        }
        account.fills.append(fill)
        told = {name: value for name, value in fill.items() if name != "market"}
        contents = {
            "orders": [{name: value for name, value in order.items() if name != "ticker"}],
            "fills": [{**told, "ticker": order["ticker"]}],
            "perpetualPositions": [account.position_row(order["ticker"])],
            "assetPositions": [account.asset_row()],
            "blockHeight": str(height),
        }
        yield from self._tell(account, contents)

    def deposit(
        self, account: SimulatedAccount, size: Decimal, now: int, height: int
    ) -> Iterator[tuple[Topic, int, Contents]]:
        """Money from the wallet, or to it where the size is below zero."""
        account.usdc += size
        wallet, here = {"address": account.address}, {"address": account.address, "subaccountNumber": account.number}
        self._count += 1
        row = {
            "sender": wallet if size > 0 else here,
            "recipient": here if size > 0 else wallet,
            "symbol": "USDC",
            "size": plain(abs(size)),
            "type": "DEPOSIT" if size > 0 else "WITHDRAWAL",
            "createdAt": iso(now),
            "createdAtHeight": str(height),
            "transactionHash": f"{self._count:064X}",
        }
        account.transfers.append({"id": str(uuid5(NAMESPACE_OID, f"transfer/{self._count}")), **row})
        yield from self._tell(account, {"transfers": row, "assetPositions": [account.asset_row()]})

    def first(self, topic: Topic) -> Contents | None:
        """First contents of an account's topic; an address nobody knows has nothing, and is no error."""
        channel, id_ = topic
        address, _, digits = id_.partition("/")
        if not address.startswith("dydx1") or not digits.isdecimal():
            return None
        number, parent = int(digits), channel == "v4_parent_subaccounts"
        found = self.of(address, number, parent=parent)
        orders = [
            {**order, "subaccountNumber": account.number}
            for account in found
            for order in account.orders.values()
            if order["status"] in ("OPEN", "UNTRIGGERED", "BEST_EFFORT_OPENED", "BEST_EFFORT_CANCELED")
        ]
        rows = [account.row() for account in found]
        if parent:
            whole = {"address": address, "parentSubaccountNumber": number, "equity": "0", "freeCollateral": "0"}
            return {"subaccount": {**whole, "childSubaccounts": rows}, "orders": orders}
        empty = SimulatedAccount(address, number, "0").row()
        return {"subaccount": rows[0] if rows else empty, "orders": orders, "blockHeight": "1"}

    def _tell(self, account: SimulatedAccount, contents: Contents) -> Iterator[tuple[Topic, int, Contents]]:
        address, number = account.address, account.number
        yield ("v4_subaccounts", f"{address}/{number}"), number, contents
        yield ("v4_parent_subaccounts", f"{address}/{number % CHILDREN}"), number, contents
