"""What can be asked over FIX at the simulated Deribit beside orders and market data: instruments, their state, the
account's positions and money. No clock and no I/O.

"Security List", "Security Definition", "Security Status", "Position Report" and "User Response", docs.deribit.com, FIX
API, 2026-09. SecurityTradingStatus (326) and SecurityResponseType (323) are not on the pages and are those of FIX 4.4.
The list of instruments does not change here, so a subscription to it brings the list and nothing more.
"""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, final

from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Field, Outgoing
from barterpy.testing.simulated.deribit.accounts import RpcRefusal, SimulatedAccount
from barterpy.testing.simulated.deribit.contracts import SimulatedContract
from barterpy.testing.simulated.deribit.desk import DeribitDesk
from barterpy.testing.simulated.deribit.fix.fields import contracts, exact, instrument_fields, moment, multiplier
from barterpy.testing.simulated.deribit.market import SimulatedBook

__all__ = ["ReferenceDesk"]

_TYPES: Final = {"future": "FUT", "option": "OPT", "spot": "FXSPOT"}
_TRADING: Final = {"open": 17, "halted": 2, "locked": 2, "settlement": 2}
_NOT_AVAILABLE: Final = 18
_STATES: Final = "instrument.state.any.any"
_VALID: Final = 0
_NONE_FOUND: Final = 2
_SUBSCRIBE: Final = "1"
_UNSUBSCRIBE: Final = "2"
_ACCEPTED: Final = 1
_NO_MATCH: Final = 6
_ANY: Final = "any"
_USER_STATUS: Final = 4
_LOGGED_IN: Final = 1


@final
class ReferenceDesk:
    """The questions of one session."""

    def __init__(self, desk: DeribitDesk, account: SimulatedAccount) -> None:
        self._desk = desk
        self._account = account
        self._numbers = itertools.count(1)
        self._watched: dict[str, str] = {}

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels it needs."""
        return (_STATES,) if self._watched else ()

    # Instruments.

    def security_list(self, message: Message) -> Iterator[Outgoing]:
        """SecurityListRequest (x): all, or those of a symbol (55), a currency (15) or a type (167)."""
        id_ = message.text(320)
        wanted = {tag: message.text(tag) for tag in (15, 55, 167) if message.value(tag)}
        found = [
            _description(book)
            for book in self._desk.market.books.values()
            if all(value in _selectors(book.contract)[tag] for tag, value in wanted.items())
        ]
        result = _VALID if found else _NONE_FOUND
        yield Outgoing("y", [(320, id_), (322, id_), (560, result), Outgoing.group(146, found)])

    def security_definition(self, message: Message) -> Iterator[Outgoing]:
        """SecurityDefinitionRequest (c), of one symbol."""
        id_, book = message.text(320), self._desk.market.books.get(message.text(55))
        if book is None:
            yield Outgoing("d", [(320, id_), (322, id_), (323, _NO_MATCH), (58, f"unknown Symbol: {message.text(55)}")])
        else:
            yield Outgoing("d", [(320, id_), (322, id_), (323, _ACCEPTED), *_description(book)])

    def security_status(self, message: Message) -> Iterator[Outgoing]:
        """SecurityStatusRequest (e): how an instrument stands, and with 263=1 each change of it."""
        id_, symbol, kind = message.text(324), message.text(55), message.text(263)
        book = self._desk.market.books.get(symbol)
        if kind == _UNSUBSCRIBE:
            self._watched.pop(id_, None)
        elif book is None:
            told: list[Field] = [(324, id_), (55, symbol), (326, _NOT_AVAILABLE), (58, f"unknown Symbol: {symbol}")]
            yield Outgoing("f", told)
        else:
            if kind == _SUBSCRIBE:
                self._watched[id_] = symbol
            yield self._status(id_, book)

    def render(self, data: dict[str, Any]) -> Iterator[Outgoing]:
        """Messages of what was said of an instrument's state."""
        symbol = data["instrument_name"]
        for id_, watched in self._watched.items():
            if watched == symbol:
                yield self._status(id_, self._desk.market.books[symbol])

    # The account.

    def positions(self, message: Message) -> Iterator[Outgoing]:
        """RequestForPositions (AN), of all instruments or those of a currency (15)."""
        id_, kind = message.text(710), message.integer(724)
        rows = self._desk.trading.positions(self._account, message.text(15, _ANY))
        found = [self._position(row) for row in rows]
        told: list[Field] = [(721, str(next(self._numbers))), (710, id_), (724, kind)]
        yield Outgoing("AP", [*told, (728, _VALID if found else _NONE_FOUND), Outgoing.group(702, found)])

    def user(self, message: Message) -> Iterator[Outgoing]:
        """UserRequest (BE): the account's money in a currency (15), BTC by default."""
        id_, currency = message.text(923), message.text(15, "BTC")
        told: list[Field] = [(923, id_), (553, message.text(553)), (926, _LOGGED_IN), (15, currency)]
        if message.integer(924) != _USER_STATUS or message.text(553) != self._account.key:
            yield Outgoing("BF", [(923, id_), (553, message.text(553)), (927, "forbidden")])
            return
        try:
            money = self._desk.trading.summary(self._account, currency)
        except RpcRefusal as refusal:
            yield Outgoing("BF", [*told, (927, refusal.message)])
            return
        names = ("equity", "balance", "initial_margin", "maintenance_margin")
        told += [(100_001 + number, exact(money[name])) for number, name in enumerate(names)]
        yield Outgoing("BF", [*told, (100_013, exact(money["margin_balance"]))])

    # How.

    def _status(self, id_: str, book: SimulatedBook) -> Outgoing:
        prices = [match.price for match in book.trades] or [book.last_price]
        high, low = (exact(book.contract.price_number(price)) for price in (max(prices), min(prices)))
        status = _TRADING.get(book.state, _NOT_AVAILABLE)
        return Outgoing("f", [(324, id_), (55, book.contract.name), (326, status), (332, high), (333, low)])

    def _position(self, row: dict[str, Any]) -> list[Field]:
        contract = self._desk.market.books[row["instrument_name"]].contract
        size = contracts(contract, row["size"])
        return [
            (703, "TQ"),
            (704, max(size, Decimal(0))),
            (705, max(-size, Decimal(0))),
            (55, contract.name),
            (854, 1),
            (231, multiplier(contract)),
            (883, exact(row["mark_price"])),
            (54, "2" if size < 0 else "1"),
            (730, exact(row["average_price"])),
        ]


def _selectors(contract: SimulatedContract) -> dict[int, tuple[str, ...]]:
    return {15: (contract.base, contract.currency), 55: (contract.name,), 167: (_TYPES[contract.kind],)}


def _description(book: SimulatedBook) -> list[Field]:
    contract = book.contract
    fields: list[Field] = [
        *instrument_fields(contract),
        (107, contract.kind),
        (167, _TYPES[contract.kind]),
        (15, contract.base if contract.kind == "option" else contract.quote),
        (969, Decimal(contract.tick)),
        (562, Decimal(contract.lot) / multiplier(contract)),
        (225, moment(contract.description(book.state)["creation_timestamp"])),
    ]
    if contract.settle:
        fields.append((120, contract.settle))
    if contract.strike is not None:
        fields += [(202, Decimal(contract.strike)), (947, contract.quote)]
    if contract.expiry is not None:
        expiry = datetime.fromtimestamp(contract.expiry / 1000, UTC)
        fields += [(541, expiry.date()), (1079, f"{expiry:%H:%M:%S}+00:00")]
    return fields
