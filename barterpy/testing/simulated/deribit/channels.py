"""Which of the simulated Deribit's connections is told what: what a channel begins with, its data, an account's events.

No clock and no I/O. What may go wrong with channels is here as well: silence, refusals, and holes in a book's chain.
"""

import itertools
import re
from collections.abc import Collection, Iterator
from typing import Any, Final, Protocol, final

from barterpy.testing.simulated.deribit.accounts import Accounts, SimulatedAccount
from barterpy.testing.simulated.deribit.market import DeribitMarket
from barterpy.testing.simulated.deribit.session import DeribitSessionServer
from barterpy.testing.simulated.deribit.trading import Trading
from barterpy.venues.deribit.channels import Kind, named_stream

__all__ = ["Channels", "Listener"]

_USER: Final = re.compile(r"user\.(orders|trades|changes)\.(.+)\.(raw|100ms|agg2)")


class Listener(Protocol):
    """Who hears what channels say without being a WebSocket: a session of another protocol."""

    @property
    def account(self) -> SimulatedAccount | None:
        """Whose it is."""
        ...

    @property
    def channels(self) -> Collection[str]:
        """The names of what it wants to hear."""
        ...

    def tell(self, channel: str, data: Any) -> None:
        """Something is said on a channel that it wants to hear."""
        ...

    def account_changed(self, name: str, orders: list[dict[str, Any]], trades: list[dict[str, Any]]) -> None:
        """Orders and fills of its account on the instrument ``name``, as the account's channels have them."""
        ...


@final
class Channels:
    """See the module. Orders are here too, for their owners hear of them on channels."""

    def __init__(self, market: DeribitMarket, accounts: Accounts) -> None:
        self.sessions: set[DeribitSessionServer] = set()
        """The WebSocket connections that are open."""
        self.listeners: set[Listener] = set()
        """Sessions of other protocols."""
        self.numbers: Iterator[int] = itertools.count(1)
        """Tells each connection from every other one there ever was, whatever its protocol."""
        self.silent: bool = False
        """Whether nothing is said on channels."""
        self.losses: dict[str, int] = {}
        """How many changes of a book are not to be told to anybody, by its instrument."""
        self.refused: set[str] = set()
        """Channels that cannot be had."""
        self.trading: Trading = Trading(market, accounts, self._account_changed)
        """The orders of every account."""
        self._market = market

    @property
    def wanted(self) -> frozenset[str]:
        """The channels somebody listens to now."""
        return frozenset(name for hearer in self._everybody() for name in hearer.channels)

    def admit(self, channel: str) -> bool:
        """Whether the channel can be had. Who has it is told first what the one who comes will find in a snapshot."""
        stream = named_stream(channel)
        if stream is None or channel in self.refused:
            return False
        # Kinds whose channels name an instrument.
        if stream.symbol and not channel.startswith(("deribit_", "estimated", "user.")):
            if stream.symbol not in self._market.books:
                return False
            if stream.kind is Kind.BOOK:
                for name, data in self._market.changes(self._market.books[stream.symbol], stream.interval):
                    self.deliver(name, data)
        return True

    def begin(self, session: DeribitSessionServer, channel: str) -> None:
        """Say what a channel begins with."""
        stream = named_stream(channel)
        book = None if stream is None else self._market.books.get(stream.symbol)
        if stream is None or self.silent:
            return
        if stream.kind is Kind.BOOK and book is not None:
            session.tell(channel, self._market.snapshot(book))
        elif stream.kind is Kind.TICKER and book is not None:
            session.tell(channel, self._market.ticker(book))
        elif stream.kind is Kind.INCREMENTAL_TICKER and book is not None:
            session.tell(channel, {"type": "snapshot", **self._market.ticker(book)})
        elif stream.kind is Kind.QUOTE and book is not None:
            session.tell(channel, self._market.quote(book))
        elif stream.kind is Kind.USER_PORTFOLIO and session.account is not None:
            self._tell_portfolio(session, session.account, channel)

    def deliver(self, channel: str, data: Any) -> None:
        """Tell everybody who has that channel."""
        if self.silent or self._lost(channel):
            return
        for hearer in self._everybody():
            if channel in hearer.channels:
                hearer.tell(channel, data)

    def _everybody(self) -> list[DeribitSessionServer | Listener]:
        return [*self.sessions, *self.listeners]

    def _lost(self, channel: str) -> bool:
        stream = named_stream(channel) if channel.startswith("book.") and self.losses else None
        if stream is None or stream.kind is not Kind.BOOK or not self.losses.get(stream.symbol):
            return False
        if channel in self.wanted:
            self.losses[stream.symbol] -= 1
        return True

    def _account_changed(
        self, account: SimulatedAccount, name: str, orders: list[dict[str, Any]], trades: list[dict[str, Any]]
    ) -> None:
        contract = self._market.books[name].contract
        groups = {name} | {
            f"{kind}.{currency}" for kind in (contract.kind, "any") for currency in (contract.currency, "any")
        }
        if self.silent:
            return
        for listener in tuple(self.listeners):
            if listener.account is account:
                listener.account_changed(name, orders, trades)
        for session in tuple(self.sessions):
            if session.account is not account:
                continue
            for channel in tuple(session.channels):
                match = _USER.fullmatch(channel)
                if match is not None and match[2] in groups:
                    self._tell_user(session, account, channel, match, name, orders, trades)
                elif channel.startswith("user.portfolio."):
                    self._tell_portfolio(session, account, channel, contract.currency)

    def _tell_user(
        self,
        session: DeribitSessionServer,
        account: SimulatedAccount,
        channel: str,
        match: re.Match[str],
        name: str,
        orders: list[dict[str, Any]],
        trades: list[dict[str, Any]],
    ) -> None:
        if match[1] == "orders" and orders:
            # One by one in the raw pace, in arrays otherwise.
            for data in orders if match[3] == "raw" else [orders]:
                session.tell(channel, data)
        elif match[1] == "trades" and trades:
            session.tell(channel, trades)
        elif match[1] == "changes":
            positions = [self.trading.position_row(account, name)] if trades else []
            changes = {"instrument_name": name, "orders": orders, "trades": trades, "positions": positions}
            session.tell(channel, changes)

    def _tell_portfolio(
        self, session: DeribitSessionServer, account: SimulatedAccount, channel: str, currency: str = "any"
    ) -> None:
        wanted = channel.rpartition(".")[2].upper()
        for asset in account.equity:
            if wanted in ("ANY", asset) and currency in ("any", asset):
                session.tell(channel, self.trading.summary(account, asset))
