"""The handler of an account's topic: everything it holds with the confirmation, and each change of it then.

After a loss the first contents come again. What is not in them any more is told as well: a position as closed, a
balance as nothing, and an order as of unknown outcome, for whether it was filled or cancelled is not said.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any, Final, Generic, TypeAlias

import msgspec

from barterpy.clock import MINUTE
from barterpy.errors import LimitExceeded
from barterpy.model.account import OrderStatus
from barterpy.model.number import N
from barterpy.subscription import Subscription
from barterpy.transformer import Fetch, Fetched
from barterpy.venues.dydx.account import AccountNormaliser, account_name, merged
from barterpy.venues.dydx.answers import (
    AccountContents,
    AssetPositionRow,
    FillRow,
    OrderRow,
    PositionRow,
    SubaccountRow,
)
from barterpy.venues.dydx.channels import Topic
from barterpy.venues.dydx.decoding import later_contents
from barterpy.venues.dydx.instruments import pair_numbers
from barterpy.venues.dydx.messages import Frame
from barterpy.venues.dydx.rest import FetchMarkets

__all__ = ["AccountHandler"]

Output: TypeAlias = Any
_ENDED: Final = frozenset({OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED})
_ORDERS: Final = 10_000
_HELD: Final = 1_000
_ATTEMPTS: Final = 3
_BETWEEN: Final = MINUTE


class AccountHandler(Generic[N]):
    """See the module. Orders that name their market by a number wait until the markets are known, and everything
    behind them with them; a number nobody knows then stands for the market itself.

    :param pairs: tickers by the chain's number, shared and filled here
    """

    def __init__(self, topic: Topic, normalise: AccountNormaliser[N], pairs: dict[str, str]) -> None:
        self.key: str = f"markets for {topic.name}"
        """Of the fetch, and its answer."""
        self._address, _, number = topic.id.partition("/")
        self._number = int(number)
        self._normalise: AccountNormaliser[N] = normalise
        self._pairs = pairs
        self._first = msgspec.json.Decoder(AccountContents).decode
        self._decode = later_contents(AccountContents)
        self._orders: dict[str, OrderRow] = {}
        self._open: dict[tuple[str, str], None] = {}
        """Account and market of open positions."""
        self._assets: dict[tuple[str, str], None] = {}
        self._held: deque[tuple[Frame, int]] = deque()
        self._attempts = 0
        self._asked_at: int | None = None

    def serve(self, subscriptions: Sequence[Subscription], /) -> None:
        """There is one subscription of it at most."""

    def first(self, frame: Frame, received_at: int, /) -> Sequence[Output]:
        self._held.clear()  # whatever it was, it is in here
        return self._take(frame, received_at)

    def later(self, frame: Frame, received_at: int, /) -> Sequence[Output]:
        return self._take(frame, received_at)

    def on_fetched(self, answer: Fetched, received_at: int) -> Sequence[Output]:
        """The markets came, or did not."""
        if answer.error is None:
            self._pairs.update(pair_numbers(answer.result.markets))
        elif self._attempts < _ATTEMPTS and self._held:
            return [self._ask(received_at, float(2**self._attempts))]
        self._attempts = 0
        held, self._held = self._held, deque()
        return [event for frame, at in held for event in self._events(frame, self._contents(frame), at)]

    def _take(self, frame: Frame, received_at: int) -> Sequence[Output]:
        contents = self._contents(frame)
        waits = bool(self._held)
        if waits or not self._known(contents):
            overdue = self._asked_at is None or received_at - self._asked_at >= _BETWEEN
            if waits or overdue:
                if len(self._held) >= _HELD:
                    raise LimitExceeded("messages of an account that wait for its markets", _HELD)
                self._held.append((frame, received_at))
                return [] if waits else [self._ask(received_at, 0.0)]
        return self._events(frame, contents, received_at)

    def _ask(self, now: int, delay: float) -> Fetch:
        self._attempts += 1
        self._asked_at = now
        return Fetch(self.key, FetchMarkets(), delay)

    def _contents(self, frame: Frame) -> list[AccountContents]:
        return [self._first(frame.contents)] if frame.type == "subscribed" else self._decode(frame)

    def _known(self, contents: Sequence[AccountContents]) -> bool:
        rows: list[OrderRow | FillRow] = []
        for part in contents:
            rows += part.orders or ()
            rows += part.fills or ()
        for row in rows:
            if row.ticker is not None and row.clobPairId is not None:
                self._pairs.setdefault(row.clobPairId, row.ticker)
        return not any(self._ticker(row) is None for row in rows)

    def _ticker(self, row: OrderRow | FillRow) -> str | None:
        if isinstance(row, FillRow):
            named, pair = row.ticker or row.market, row.clobPairId
        else:
            known = merged(self._orders.get(row.id), row)
            named, pair = known.ticker, known.clobPairId
        return named or ("" if pair is None else self._pairs.get(pair))

    def _events(self, frame: Frame, contents: Sequence[AccountContents], received_at: int) -> Sequence[Output]:
        child = self._number if frame.subaccountNumber is None else frame.subaccountNumber
        events: list[Output] = []
        for part in contents:
            if frame.type == "subscribed":
                events += self._gone(part, received_at)
            if part.subaccount is not None:
                events += self._subaccount(part.subaccount, received_at)
            for asset in part.assetPositions or ():
                events.append(self._asset(asset, child, received_at))
            for order in part.orders or ():
                events.append(self._order(order, child, received_at))
            for fill in part.fills or ():
                ticker = self._ticker(fill) or fill.clobPairId or ""
                events.append(self._normalise.fill(fill, ticker, self._account(fill, child), received_at))
            for position in part.perpetualPositions or ():
                events.append(self._position(position, child, received_at))
            if part.transfers is not None:
                name = account_name(self._address, child)
                events.append(self._normalise.transfer(part.transfers, name, received_at))
        return events

    def _gone(self, part: AccountContents, received_at: int) -> Sequence[Output]:
        """What was there and is not in the account as it is now."""
        normalise = self._normalise
        whole = part.subaccount
        rows: list[SubaccountRow] = []
        if whole is not None:
            rows.append(whole)
            rows += whole.childSubaccounts
        positions: set[tuple[str, str]] = set()
        assets: set[tuple[str, str]] = set()
        for row in rows:
            account = account_name(row.address, row.subaccountNumber)
            positions.update((account, name) for name in row.openPerpetualPositions)
            assets.update((account, name) for name in row.assetPositions)
        open_orders = {order.id for order in part.orders or ()}
        events: list[Output] = []
        for account, ticker in [key for key in self._open if key not in positions]:
            events.append(normalise.closed_position(ticker, account, received_at))
            del self._open[account, ticker]
        for account, symbol in [key for key in self._assets if key not in assets]:
            empty = AssetPositionRow(symbol=symbol, side="LONG", size="0")
            events.append(normalise.balance(empty, account, received_at))
            del self._assets[account, symbol]
        for order in [row for row in self._orders.values() if row.id not in open_orders]:
            del self._orders[order.id]
            ticker = order.ticker or self._pairs.get(order.clobPairId or "", order.clobPairId or "")
            update = normalise.order(order, ticker, self._account(order, self._number), received_at)
            unknown = msgspec.structs.replace(update.order, status=OrderStatus.UNKNOWN_OUTCOME)
            events.append(msgspec.structs.replace(update, order=unknown, reason="not among the open orders any more"))
        return events

    def _subaccount(self, row: SubaccountRow, received_at: int) -> Sequence[Output]:
        if row.parentSubaccountNumber is not None:
            return [event for child in row.childSubaccounts for event in self._subaccount(child, received_at)]
        number = row.subaccountNumber
        events: list[Output] = [self._asset(asset, number, received_at) for asset in row.assetPositions.values()]
        events += [self._position(position, number, received_at) for position in row.openPerpetualPositions.values()]
        return events

    def _asset(self, row: AssetPositionRow, child: int, received_at: int) -> Output:
        account = self._account(row, child)
        event = self._normalise.balance(row, account, received_at)
        self._assets[account, row.symbol] = None
        return event

    def _position(self, row: PositionRow, child: int, received_at: int) -> Output:
        account = self._account(row, child)
        event = self._normalise.position(row, account, received_at)
        if event.size:
            self._open[account, row.market] = None
        else:
            self._open.pop((account, row.market), None)
        return event

    def _order(self, row: OrderRow, child: int, received_at: int) -> Output:
        known = merged(self._orders.get(row.id), row)
        if known.subaccountNumber is None:
            known.subaccountNumber = child
        ticker = self._ticker(known) or known.clobPairId or ""
        update = self._normalise.order(known, ticker, self._account(known, child), received_at)
        self._orders.pop(row.id, None)
        if update.order.status not in _ENDED:
            self._orders[row.id] = known
            if len(self._orders) > _ORDERS:
                del self._orders[next(iter(self._orders))]
        return update

    def _account(self, row: OrderRow | FillRow | PositionRow | AssetPositionRow, child: int) -> str:
        return account_name(self._address, child if row.subaccountNumber is None else row.subaccountNumber)
