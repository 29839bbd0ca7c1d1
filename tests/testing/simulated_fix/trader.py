"""One account at an order desk without a session, for the tests beside it."""

from typing import Any

from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing
from barterpy.testing import VirtualClock
from barterpy.testing.simulated import SimulatedVenue
from barterpy.testing.simulated.fix.orders import OrderDesk

NEW = "35=D|34=2|49=A|56=SPOT|55=BTCUSDT|"


class Trader:
    """One account at a desk, and what it was told."""

    def __init__(self, seed: int = 1) -> None:
        self.clock = VirtualClock()
        self.venue = SimulatedVenue("spot", seed=seed, listen=False, clock=self.clock, history=1)
        self.told: list[tuple[str, Outgoing, int]] = []
        self.desk = OrderDesk(self.venue, self.clock, self._tell)
        self.book = self.venue.exchange.instruments["BTCUSDT"]

    def _tell(self, account: str, report: Outgoing, session: int) -> None:
        self.told.append((account, report, session))

    def ask(self, text: str, account: str = "me", session: int = 1) -> list[dict[int, Any]]:
        """What is told in answer, each with its type as 35."""
        message = Message.from_text(text)
        self.desk.check(message)
        before = len(self.told)
        self.desk.handle(account, message, session)
        return [{35: report.msg_type, **dict(report.fields)} for _, report, _ in self.told[before:]]

    def price(self, ticks: int) -> str:
        return self.book.symbol.price_text(ticks)

    def size(self, lots: int) -> str:
        return self.book.symbol.size_text(lots)

    def above(self, levels: int) -> int:
        """The price, in ticks, of a level of asks, counted from the best one."""
        return sorted(self.book.asks)[levels]

    def below(self, levels: int) -> int:
        """The price, in ticks, of a level of bids, counted from the best one."""
        return sorted(self.book.bids, reverse=True)[levels]

    def push(self, price: int) -> list[dict[int, Any]]:
        """Somebody else trades up, or down, to a price, in ticks; what was told of it, but to him."""
        buys = price >= self.book.best_ask
        levels = self.book.asks if buys else self.book.bids
        lots = sum(size for at, size in levels.items() if (at <= price if buys else at >= price))
        before = len(self.told)
        fields = f"11=p{before}|54={'1' if buys else '2'}|40=2|38={self.size(lots)}|44={self.price(price)}|59=3|"
        self.ask(NEW + fields, "somebody", 99)
        return [
            {35: report.msg_type, **dict(report.fields)} for to, report, _ in self.told[before:] if to != "somebody"
        ]


def statuses(reports: list[dict[int, Any]]) -> list[str]:
    return [f"{report[35]}{report.get(150, '')}{report.get(39, '')}" for report in reports]
