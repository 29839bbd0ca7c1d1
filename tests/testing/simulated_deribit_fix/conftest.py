"""Sessions with the simulated Deribit's FIX gateway, joined by hand: no socket, no clock, no task."""

from collections.abc import Callable
from typing import Any

import pytest

from barterpy.clock import SECOND
from barterpy.credentials import Credentials
from barterpy.protocols.fix.errors import LogonRefused
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing, Value
from barterpy.protocols.fix.session import Hooks, RejectReceived, Session
from barterpy.protocols.fix.session.events import ApplicationFailed, Closed, LoggedOn, LoggedOut, Messages, SessionEvent
from barterpy.testing.simulated.deribit.contracts import find_contracts
from barterpy.testing.simulated.deribit.desk import DeribitDesk
from barterpy.testing.simulated.deribit.fix.client import FixClient
from barterpy.testing.simulated.deribit.fix.floor import DeribitFixFloor
from barterpy.testing.simulated.deribit.market import SimulatedBook
from barterpy.venues.deribit.fix.auth import LogonSigner
from barterpy.venues.deribit.fix.dialect import client_hooks, client_settings

START = 1_767_225_605 * SECOND
NAMES = ("BTC-PERPETUAL", "BTC-25DEC26", "BTC-25DEC26-100000-C", "BTC_USDC")


class World:
    """A venue, its floor, and time. The market stands still until it is let go."""

    def __init__(self, **options: Any) -> None:
        self.now = 1000.0
        self.desk = DeribitDesk(find_contracts(NAMES), seed=3, rate=50, clock=self.at, history=30)
        self.desk.market.running = False
        self.floor = DeribitFixFloor(self.desk, **options)
        self.key = self.desk.accounts.create()
        self.lines: list[Line] = []

    @property
    def book(self) -> SimulatedBook:
        return self.desk.market.books["BTC-PERPETUAL"]

    def at(self) -> int:
        return START + int((self.now - 1000.0) * SECOND)

    def wait(self, seconds: float) -> None:
        """Let time go by: the market moves, sessions have their deadlines, messages travel."""
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + 0.1)
            self.desk.advance()
            for line in self.lines:
                line.pump()

    def line(self, sender: str = "ME", key: Credentials | None = None, **options: Any) -> "Line":
        return Line(self, sender, key or self.key, **options)

    def price(self, ticks: int) -> str:
        """A price ``ticks`` above the best ask, or below the best bid where it is negative."""
        best = self.book.engine.best_ask if ticks >= 0 else self.book.engine.best_bid
        assert best is not None
        return repr(self.book.contract.price_number(best + ticks))

    def between(self) -> tuple[int, int]:
        """Best bid and best ask in ticks, with room for a price between them: what stands too near is bought."""
        engine = self.book.engine
        while True:
            bid, ask = engine.best_bid, engine.best_ask
            assert bid is not None
            assert ask is not None
            if ask - bid > 2:
                return bid, ask
            self.hit(buys=True, lots=engine.levels[1][ask])

    def hit(self, *, buys: bool, lots: int) -> None:
        """Somebody else takes so much."""
        other = self.desk.accounts.create()
        params = {"instrument_name": "BTC-PERPETUAL", "amount": 10 * lots, "type": "market"}
        self.desk.trading.place(self.desk.accounts.by_key[other.key], params, 0, buys=buys)
        for line in self.lines:
            line.pump()


class Line:
    """One client's connection: its session, the venue's, and what came of it."""

    def __init__(
        self,
        world: World,
        sender: str,
        key: Credentials,
        *,
        hooks: Hooks | None = None,
        clock: Callable[[], int] | None = None,
        application: Credentials | None = None,
        heartbeat: int = 30,
        **options: Any,
    ) -> None:
        self.world = world
        self.mine = Session(
            client_settings(sender, heartbeat=heartbeat),
            hooks=hooks or client_hooks(LogonSigner(key, application=application, clock=clock or world.at), **options),
        )
        self.events: list[SessionEvent] = []
        self.closed = False
        self.failures: list[Exception] = []
        """What the venue's own side failed by."""
        self.sent: list[bytes] = []
        self.mine.connected(world.now, world.at())
        first = self.mine.data_to_send()
        settings = world.floor.settings(Message(first))
        assert settings is not None
        self.identity = settings.id
        self.theirs = Session(settings, hooks=world.floor.hooks(settings.id))
        self.theirs.connected(world.now, world.at())
        self.theirs.receive_data(first, world.now, world.at())
        world.lines.append(self)
        self.pump()

    @property
    def client(self) -> FixClient | None:
        return self.world.floor.clients.get(self.identity)

    @property
    def logged_on(self) -> bool:
        return any(isinstance(event, LoggedOn) for event in self.events) and not self.closed

    @property
    def refusal(self) -> str:
        """The text a refused Logon was answered with."""
        error = self.last(Closed).error
        assert isinstance(error, LogonRefused)
        return error.text

    def last(self, kind: type[SessionEvent]) -> Any:
        return [event for event in self.events if isinstance(event, kind)][-1]

    def ask(self, msg_type: str, fields: dict[int, Value] | list[tuple[int, Value]]) -> list[Message]:
        """What is said in answer, a Reject as well."""
        self.received()
        self.mine.send(Outgoing(msg_type, fields), self.world.now, self.world.at())
        self.pump()
        return self.received()

    def received(self) -> list[Message]:
        """Application messages and Rejects so far; asking forgets them."""
        messages: list[Message] = []
        for event in self.events:
            if isinstance(event, Messages):
                messages += event.messages
            elif isinstance(event, RejectReceived):
                messages.append(event.message)
        self.events = [event for event in self.events if not isinstance(event, Messages | RejectReceived)]
        return messages

    def cut(self) -> None:
        """The connection breaks."""
        self.closed = True
        self.world.floor.leave(self.identity)

    def log_out(self, fields: dict[int, str] | None = None) -> None:
        """Say Logout, with further fields, and see the connection end."""
        if fields is None:
            self.mine.logout(self.world.now, self.world.at())
        else:
            seq = self.mine.next_out
            header = f"35=5|34={seq}|49={self.identity.target}|52=20260101-00:00:05.000|56=DERIBITSERVER|"
            raw = Message.from_text(header + "".join(f"{tag}={value}|" for tag, value in fields.items())).raw
            self.theirs.receive_data(raw, self.world.now, self.world.at())
        self.pump()

    def pump(self) -> None:
        """Carry bytes and messages until nothing moves."""
        now, at = self.world.now, self.world.at()
        moved = True
        while moved and not self.closed:
            moved = False
            for side, other in ((self.mine, self.theirs), (self.theirs, self.mine)):
                deadline = side.next_deadline()
                if deadline is not None and deadline <= now:
                    side.handle_deadline(now, at)
                events = side.next_events(now, at)
                moved = moved or bool(events)
                if side is self.theirs:
                    self.failures += [event.error for event in events if isinstance(event, ApplicationFailed)]
                if side is self.mine:
                    self.events += events
                elif any(isinstance(event, LoggedOut | Closed) for event in events):
                    self.world.floor.leave(self.identity)
                side.changes()
                data = side.data_to_send()
                if data:
                    moved = True
                    if side is self.theirs:
                        self.sent.append(data)
                    other.receive_data(data, now, at)
            client = self.client
            if client is not None and self.theirs.is_logged_on:
                out = client.take()
                moved = moved or bool(out)
                self.theirs.send_many(out, now, at)
                if client.ending is not None:
                    self.theirs.logout(now, at, client.ending)
                    client.ending = None
                    moved = True


@pytest.fixture
def world() -> Callable[..., World]:
    """Makes a venue with its FIX floor, given the floor's options."""
    return World
