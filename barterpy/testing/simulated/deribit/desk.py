"""What the simulated Deribit is beneath its protocols: market, accounts, channels, methods, and time. No I/O."""

from collections import deque
from collections.abc import Mapping
from typing import Any, Final, final

from barterpy.clock import MILLISECOND, SECOND, WallClock
from barterpy.testing.simulated.deribit.accounts import Accounts, RpcRefusal, SimulatedAccount
from barterpy.testing.simulated.deribit.channels import Channels
from barterpy.testing.simulated.deribit.contracts import SimulatedContract
from barterpy.testing.simulated.deribit.market import DeribitMarket
from barterpy.testing.simulated.deribit.methods import Methods
from barterpy.testing.simulated.deribit.session import DeribitSessionServer
from barterpy.testing.simulated.deribit.trading import Trading

__all__ = ["DeribitDesk"]

_SCOPES: Final = ("connection", "account")


@final
class DeribitDesk:
    """See the module. WebSocket sessions ask it (:class:`~barterpy.testing.simulated.deribit.session.Desk`), HTTP and
    FIX share what it holds.

    :param rate: things that happen to each instrument, a second
    :param clock: int nanoseconds UTC; the market's time begins at it
    :param history: things that have happened to each instrument then
    """

    def __init__(
        self,
        contracts: tuple[SimulatedContract, ...],
        *,
        seed: int,
        rate: float,
        clock: WallClock,
        history: int = 200,
    ) -> None:
        self.clock: WallClock = clock
        self.accounts: Accounts = Accounts()
        """The keys it knows, and what belongs to them."""
        self.market: DeribitMarket = DeribitMarket(contracts, seed=seed, rate=rate, now=clock(), history=history)
        self.channels: Channels = Channels(self.market, self.accounts)
        """Who is told what."""
        self.methods: Methods = Methods(self.market, self.accounts, self.channels.trading)
        self.failures: dict[str, deque[RpcRefusal]] = {}
        """Refusals that are planned, by method."""
        self.swallowed: dict[str, int] = {}
        """How many calls of a method are to be left unanswered."""
        self.skew: int = 0
        """Nanoseconds by which the clock that logons are checked against goes ahead."""

    @property
    def trading(self) -> Trading:
        """The orders of every account."""
        return self.channels.trading

    def advance(self) -> None:
        """Let the market come up to the time it is, and tell what is to be told of it."""
        for book, matches in self.market.advance(self.clock()):
            self.trading.crowd_traded(book, matches)
        for channel, data in self.market.tell(self.channels.wanted):
            self.channels.deliver(channel, data)

    def stamp(self) -> dict[str, Any]:
        """What every answer carries."""
        now = self.clock() // 1000
        return {"usIn": now, "usOut": now, "usDiff": 0, "testnet": True}

    # What WebSocket sessions ask.

    def call(self, session: DeribitSessionServer, method: str, params: dict[str, Any]) -> Any:
        """The result of a call."""
        failures = self.failures.get(method)
        if failures:
            raise failures.popleft()
        if method.endswith("cancel_on_disconnect"):
            return _cancel_on_disconnect(session, method, params)
        return self.methods.call(method, params, session.account, session.number)

    def log_on(self, params: dict[str, Any]) -> tuple[SimulatedAccount, dict[str, Any]]:
        """Account and answer of ``public/auth``."""
        failures = self.failures.get("public/auth")
        if failures:
            raise failures.popleft()
        return self.accounts.log_on(params, (self.clock() + self.skew) // MILLISECOND)

    def admit(self, channel: str) -> bool:
        """Whether the channel can be had."""
        return self.channels.admit(channel)

    def subscribed(self, session: DeribitSessionServer, channel: str) -> None:
        """Say what a channel begins with."""
        self.channels.begin(session, channel)

    def swallows(self, method: str, params: dict[str, Any]) -> bool:
        """Whether this call is to be left unanswered."""
        left = self.swallowed.get(method, 0)
        if left:
            self.swallowed[method] = left - 1
        return left > 0

    def ended(self, session: DeribitSessionServer) -> None:
        """A connection has ended."""
        if session.account is not None and session.cancel_on_disconnect:
            self.trading.disconnected(session.account, session.number)

    # What may happen to it.

    def tell_all(self) -> None:
        """Tell at once what would be told of the books at the next turn of each pace."""
        for book in self.market.books.values():
            for pace in book.engine.feeds:
                for channel, data in self.market.changes(book, pace):
                    self.channels.deliver(channel, data)

    def set_state(self, symbol: str, state: str) -> None:
        """Change an instrument's state, and tell it."""
        book = self.market.books[symbol]
        book.state = state
        data = {"timestamp": self.market.millis, "state": state, "instrument_name": symbol}
        for kind in (book.contract.kind, "any"):
            for currency in (book.contract.currency, "any"):
                self.channels.deliver(f"instrument.state.{kind}.{currency}", data)

    def skew_clock(self, seconds: float) -> None:
        """Let the clock that logons are checked against go ahead by so much, or behind."""
        self.skew = round(seconds * SECOND)


def _cancel_on_disconnect(session: DeribitSessionServer, method: str, params: Mapping[str, Any]) -> Any:
    account, scope = session.account, params.get("scope", "connection")
    if account is None:
        raise RpcRefusal(13009, "unauthorized", {"reason": "missing token", "param": "access_token"})
    if scope not in _SCOPES:
        raise RpcRefusal(-32602, "Invalid params", {"param": "scope", "reason": "wrong format"})
    if method.startswith("private/get"):
        enabled = session.cancel_on_disconnect if scope == "connection" else account.cancel_on_disconnect
        return {"enabled": enabled, "scope": scope}
    enabled = method.startswith("private/enable")
    session.cancel_on_disconnect = enabled
    if scope == "account":
        account.cancel_on_disconnect = enabled
    return "ok"
