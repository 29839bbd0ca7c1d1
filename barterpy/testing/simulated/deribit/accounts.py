"""Accounts of the simulated Deribit: keys, how a logon is checked, orders, positions and what is left of the money."""

import hashlib
import hmac
import itertools
from dataclasses import dataclass, field
from typing import Any, Final, final

from barterpy.credentials import Credentials, Secret
from barterpy.testing.simulated.deribit.contracts import SimulatedContract
from barterpy.testing.simulated.matching import Match, SimulatedOrder

__all__ = ["Accounts", "RpcRefusal", "SimulatedAccount"]

_SCHEME: Final = "deri-hmac-sha256 "
_WINDOW: Final = 60_000


class RpcRefusal(Exception):
    """An answer of no. Raised and caught inside of the simulated venue."""

    def __init__(self, code: int, message: str, data: object = None) -> None:
        super().__init__(code, message)
        self.code: int = code
        self.message: str = message
        self.data: object = data

    def wire(self) -> dict[str, Any]:
        """The error object of JSON-RPC."""
        return {"code": self.code, "message": self.message, "data": self.data}


@dataclass(eq=False)
class SimulatedAccount:
    """One API key and what belongs to it. Positions are in lots by instrument, with their cost in ticks times lots."""

    key: str
    secret: str
    orders: dict[str, SimulatedOrder] = field(default_factory=dict[str, SimulatedOrder])
    instruments: dict[str, str] = field(default_factory=dict[str, str])
    """The instrument of each order."""
    positions: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    equity: dict[str, float] = field(default_factory=lambda: {"BTC": 10.0, "ETH": 100.0, "USDC": 100_000.0})
    cancel_on_disconnect: bool = False
    """Whether new connections of this account have it."""
    trades: list[tuple[str, Match, SimulatedOrder]] = field(default_factory=list[tuple[str, Match, SimulatedOrder]])
    """The last fills, with their instrument and the order that was filled: who trades with himself has two of one."""

    def open_orders(self) -> list[SimulatedOrder]:
        """Those that are working, in the order in which they came."""
        return [order for order in self.orders.values() if not order.ended]

    def fill(self, contract: SimulatedContract, match: Match, order: SimulatedOrder) -> None:
        """Book a trade of one of its orders."""
        lots, cost = self.positions.get(contract.name, (0, 0))
        signed = match.size if order.buys else -match.size
        if lots and (lots > 0) != (signed > 0):
            closed = min(abs(lots), abs(signed))
            cost -= round(cost * closed / abs(lots))
            cost += (abs(signed) - closed) * match.price
        else:
            cost += abs(signed) * match.price
        self.positions[contract.name] = (lots + signed, cost)
        self.trades.append((contract.name, match, order))
        del self.trades[:-1000]


@final
class Accounts:
    """The keys the venue knows, and the tokens it gave."""

    def __init__(self) -> None:
        self.by_key: dict[str, SimulatedAccount] = {}
        self.token_lifetime: int = 31_536_000
        """Seconds of validity that a logon is told."""
        self.logons: list[str] = []
        """The kind of each grant so far."""
        self.applications: dict[str, str] = {}
        """Secrets of the registered applications it knows, by their ids."""
        self._tokens: dict[str, SimulatedAccount] = {}
        self._numbers = itertools.count(1)

    def create(self) -> Credentials:
        """Make a key, know it, and give what a client needs to use it."""
        name = f"simulated-{len(self.by_key) + 1}"
        secret = hashlib.sha256(name.encode()).hexdigest()
        self.by_key[name] = SimulatedAccount(name, secret)
        return Credentials(name, Secret(secret))

    def register_application(self) -> Credentials:
        """Register an application, and give its id and secret."""
        name = f"application-{len(self.applications) + 1}"
        self.applications[name] = hashlib.sha256(name.encode()).hexdigest()
        return Credentials(name, Secret(self.applications[name]))

    def log_on(self, params: dict[str, Any], now: int) -> tuple[SimulatedAccount, dict[str, Any]]:
        """Check the parameters of ``public/auth``; ``now`` is int milliseconds UTC. Gives the account and the answer.

        :raises RpcRefusal: they are not good
        """
        grant = params.get("grant_type")
        if grant == "refresh_token":
            account = self._tokens.pop(str(params.get("refresh_token")), None)
            if account is None:
                raise RpcRefusal(13009, "unauthorized", {"reason": "invalid_token"})
        else:
            account = self.by_key.get(str(params.get("client_id")))
            if account is None or not self._proves(account, grant, params, now):
                raise RpcRefusal(13004, "invalid_credentials")
        self.logons.append(str(grant))
        number = next(self._numbers)
        self._tokens[f"refresh-{number}"] = self._tokens[f"access-{number}"] = account
        return account, {
            "access_token": f"access-{number}",
            "refresh_token": f"refresh-{number}",
            "expires_in": self.token_lifetime,
            "scope": params.get("scope", "connection trade:read_write account:read_write"),
            "token_type": "bearer",
        }

    def forget_tokens(self) -> None:
        """Let every token be void: what was logged on stays so, nothing can be renewed."""
        self._tokens.clear()

    def of_request(self, authorization: str, method: str, target: str, body: str) -> SimulatedAccount:
        """The account that signed an HTTP request.

        :raises RpcRefusal: none did
        """
        if authorization.lower().startswith("bearer "):
            account = self._tokens.get(authorization[7:])
            if account is None:
                raise RpcRefusal(13009, "unauthorized", {"reason": "invalid_token"})
            return account
        if not authorization.startswith(_SCHEME):
            raise RpcRefusal(10000, "authorization_required")
        fields = dict(pair.split("=", 1) for pair in authorization[len(_SCHEME) :].split(","))
        account = self.by_key.get(fields.get("id", ""))
        payload = f"{fields.get('ts')}\n{fields.get('nonce')}\n{method}\n{target}\n{body}\n"
        if account is None or not hmac.compare_digest(_sign(account.secret, payload), fields.get("sig", "")):
            raise RpcRefusal(13004, "invalid_credentials")
        return account

    def _proves(self, account: SimulatedAccount, grant: object, params: dict[str, Any], now: int) -> bool:
        if grant == "client_credentials":
            return hmac.compare_digest(account.secret, str(params.get("client_secret")))
        if grant != "client_signature":
            raise RpcRefusal(-32602, "Invalid params", {"param": "grant_type", "reason": "wrong format"})
        timestamp = params.get("timestamp")
        if not isinstance(timestamp, int) or abs(now - timestamp) > _WINDOW:
            return False
        payload = f"{timestamp}\n{params.get('nonce')}\n{params.get('data', '')}"
        return hmac.compare_digest(_sign(account.secret, payload), str(params.get("signature")))


def _sign(secret: str, payload: str) -> str:
    return hmac.new(secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
