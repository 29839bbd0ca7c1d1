"""Sessions with the simulated venue's FIX gateways, joined by hand: no socket, no clock, no task."""

from collections.abc import Callable
from typing import Any

import pytest

from barterpy.clock import SECOND
from barterpy.credentials import Credentials
from barterpy.protocols.fix.errors import LogonRefused
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing, Value
from barterpy.protocols.fix.session import Session
from barterpy.protocols.fix.session.events import Closed, LoggedOn, LoggedOut, Messages, SessionEvent
from barterpy.testing.simulated import SimulatedVenue
from barterpy.testing.simulated.fix.client import Gateway, GatewayClient
from barterpy.testing.simulated.fix.floor import FixFloor, server_settings
from barterpy.venues.binance.fix.auth import LogonSigner
from barterpy.venues.binance.fix.dialect import client_hooks, client_settings
from barterpy.venues.binance.fix.endpoints import GatewayKind

START = 1_767_225_605 * SECOND


class World:
    """A venue, its floor, and time."""

    def __init__(self, **options: Any) -> None:
        self.now = 1000.0
        self.venue = SimulatedVenue("spot", seed=2, listen=False, clock=self.at, history=1, rate=100)
        self.floor = FixFloor(self.venue, lambda: self.now, **options)
        self.venue.listen(self.floor)
        self.credentials = self.venue.credentials("ed25519")
        self.lines: list[Line] = []

    def at(self) -> int:
        return START + int((self.now - 1000.0) * SECOND)

    def wait(self, seconds: float) -> None:
        """Let time go by: the market moves, sessions have their deadlines, messages travel."""
        end = self.now + seconds
        while self.now < end:
            self.now = min(end, self.now + 0.1)
            exchange = self.venue.exchange
            for name, text in exchange.advance(self.at(), self.floor.wanted):
                self.floor.hear(name, text)
            for line in self.lines:
                line.pump()

    def line(self, gateway: Gateway = Gateway.ORDER_ENTRY, sender: str = "ME", **options: Any) -> "Line":
        return Line(self, gateway, sender, **options)


class Line:
    """One client's connection: its session, the venue's, and what came of it."""

    def __init__(
        self,
        world: World,
        gateway: Gateway,
        sender: str,
        *,
        credentials: Credentials | None = None,
        heartbeat: int = 30,
        **options: Any,
    ) -> None:
        self.world = world
        self.gateway = gateway
        self.sender = sender
        signer = LogonSigner(credentials or world.credentials)
        self.mine = Session(
            client_settings(sender, heartbeat=heartbeat), hooks=client_hooks(GatewayKind(gateway), signer, **options)
        )
        self.theirs = Session(server_settings(sender), hooks=world.floor.hooks(gateway))
        self.events: list[SessionEvent] = []
        self.sent: list[bytes] = []
        self.closed = False
        self.silent = False
        """Whether nothing of what the client says arrives."""
        world.lines.append(self)
        self.mine.connected(world.now, world.at())
        self.theirs.connected(world.now, world.at())
        self.pump()

    @property
    def client(self) -> GatewayClient | None:
        return self.world.floor.clients.get((self.gateway, self.sender))

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

    def say(self, msg_type: str, fields: dict[int, Value]) -> None:
        self.mine.send(Outgoing(msg_type, fields), self.world.now, self.world.at())
        self.pump()

    def received(self) -> list[Message]:
        """Application messages so far; asking forgets them."""
        messages = [message for event in self.events if isinstance(event, Messages) for message in event.messages]
        self.events = [event for event in self.events if not isinstance(event, Messages)]
        return messages

    def cut(self) -> None:
        """The connection breaks."""
        self.closed = True
        if self.client is not None:
            self.world.floor.leave(self.client)

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
                if side is self.mine:
                    self.events += events
                else:
                    self._serve(events)
                side.changes()
                data = side.data_to_send()
                if data:
                    moved = True
                    if side is self.theirs:
                        self.sent.append(data)
                    if side is self.theirs or not self.silent:
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

    def _serve(self, events: list[SessionEvent]) -> None:
        for event in events:
            if isinstance(event, Messages) and self.client is not None:
                for message in event.messages:
                    self.world.floor.handle(self.client, message)
            elif isinstance(event, LoggedOut | Closed) and self.client is not None:
                self.world.floor.leave(self.client)


@pytest.fixture
def world() -> Callable[..., World]:
    """Makes a venue with its FIX floor, given the floor's options."""
    return World
