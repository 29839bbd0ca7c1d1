"""A session under test, and the other side as a hand that writes messages and reads answers. No I/O, no clock."""

from collections.abc import Sequence
from typing import Any, TypeVar

from barterpy.protocols.fix.checksum import checksum_field
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing
from barterpy.protocols.fix.session import (
    Change,
    Hooks,
    Messages,
    Received,
    Reset,
    Role,
    Sent,
    Session,
    SessionEvent,
    SessionSettings,
    State,
    Stored,
)
from barterpy.protocols.fix.timestamps import format_timestamp

AT = 1_700_000_000_000_000_000
"""2023-11-14 22:13:20 UTC."""
SECOND = 1_000_000_000
E = TypeVar("E")


def settings(version: str = "FIX.4.4", role: Role = Role.ACCEPTOR, **changes: Any) -> SessionSettings:
    """Ours is US, the other side THEM."""
    extra: dict[str, Any] = {"default_appl_ver_id": "9"} if version == "FIXT.1.1" else {}
    return SessionSettings(begin_string=version, sender="US", target="THEM", role=role, **(extra | changes))


def frame(text: str, begin: str = "FIX.4.4") -> bytes:
    """A whole message of what stands between BodyLength and CheckSum, with ``|`` for the separator."""
    body = text.rstrip("|").replace("|", "\x01").encode() + b"\x01"
    head = b"8=%b\x019=%d\x01" % (begin.encode(), len(body)) + body
    return head + checksum_field(head)


class MemoryOfStore:
    """What a store would hold, synchronously; every change is seen to be applied before what depends on it is sent."""

    def __init__(self) -> None:
        self.stored: Stored | None = None
        self.messages: dict[int, bytes] = {}

    def apply(self, changes: Sequence[Change]) -> None:
        for change in changes:
            stored = self.stored or Stored(1, 1, 0)
            if isinstance(change, Reset):
                self.messages.clear()
                self.stored = Stored(1, 1, change.created_at)
            elif isinstance(change, Sent):
                assert change.seq == stored.next_out
                if change.raw:
                    self.messages[change.seq] = change.raw
                self.stored = Stored(change.next_out, stored.next_in, stored.created_at)
            else:
                assert isinstance(change, Received)
                self.stored = Stored(stored.next_out, change.next_in, stored.created_at)

    def read(self, begin: int, end: int) -> list[tuple[int, bytes]]:
        if begin > end:
            numbers = [n for n in sorted(self.messages) if n >= begin] + [n for n in sorted(self.messages) if n <= end]
        else:
            numbers = [n for n in sorted(self.messages) if begin <= n <= end]
        return [(n, self.messages[n]) for n in numbers]


class Counterparty:
    """Drives one session as an adapter would, and keeps everything it says and tells."""

    def __init__(
        self,
        settings: SessionSettings,
        *,
        stored: Stored | None = None,
        hooks: Hooks | None = None,
        store: MemoryOfStore | None = None,
        at: int = AT,
    ) -> None:
        self.store = MemoryOfStore() if store is None else store
        if stored is not None:
            self.store.stored = stored
        self.session = Session(settings, self.store.stored, hooks=hooks)
        self.now = 0.0
        self.at = at
        self.events: list[SessionEvent] = []
        self.sent = b""
        self.most_wanted = 0

    def connect(self) -> "Counterparty":
        self.session.connected(self.now, self.at)
        return self.pump()

    def flush(self) -> None:
        self.store.apply(self.session.changes())
        self.sent += self.session.data_to_send()

    def pump(self) -> "Counterparty":
        """Act as the adapter does until the session wants bytes."""
        while True:
            events = self.session.next_events(self.now, self.at)
            self.flush()
            self.events += events
            if (part := self.session.wanted()) is not None:
                found = self.store.read(*part)
                self.most_wanted = max(self.most_wanted, len(found))
                self.session.provide(found, self.now, self.at)
                self.flush()
            elif not events:
                return self

    def write(self, text: str) -> bytes:
        """A message of the other side's; 49, 56 and 52 are right unless they are said."""
        fields = text.split("|")
        tags = {field.split("=")[0] for field in fields}
        header = [
            f"{tag}={value}"
            for tag, value in (("49", "THEM"), ("56", "US"), ("52", format_timestamp(self.at).decode()))
            if tag not in tags
        ]
        begin = self.session.settings.begin_string
        return frame("|".join([*fields[:2], *header, *fields[2:]]), begin)

    def say(self, *texts: str) -> "Counterparty":
        """The other side sends these, in one read."""
        return self.send_raw(b"".join(self.write(text) for text in texts))

    def send_raw(self, data: bytes) -> "Counterparty":
        self.session.receive_data(data, self.now, self.at)
        return self.pump()

    def hang_up(self) -> "Counterparty":
        self.session.receive_eof(self.now, self.at)
        return self.pump()

    def log_on(self, extra: str = "") -> "Counterparty":
        """As the acceptor, take the other side's Logon; what was said and told up to then is forgotten."""
        if self.session.settings.role is Role.ACCEPTOR:
            self.connect()
            more = "|1137=9" if self.session.settings.is_fixt else ""
            self.say(f"35=A|34={self.session.next_in}|98=0|108=30{more}{extra}")
        else:
            self.connect()
            more = "|1137=9" if self.session.settings.is_fixt else ""
            self.say(f"35=A|34={self.session.next_in}|98=0|108=30{more}{extra}")
        assert self.session.state is State.LOGGED_ON, self.events
        self.heard()
        self.events.clear()
        return self

    def pass_time(self, seconds: float) -> "Counterparty":
        """Go through every deadline up to then."""
        end = self.now + seconds
        while (deadline := self.session.next_deadline()) is not None and deadline <= end:
            self._move(max(deadline, self.now))
            self.session.handle_deadline(self.now, self.at)
            self.pump()
        self._move(end)
        return self

    def _move(self, now: float) -> None:
        self.at += round((now - self.now) * SECOND)
        self.now = now

    def wire(self) -> bytes:
        """All bytes the session has sent since this or :meth:`heard` was asked last."""
        sent, self.sent = self.sent, b""
        return sent

    def heard(self) -> list[str]:
        """What the session has sent since, without 8, 9, 10, 49, 56 and 52."""
        messages: list[str] = []
        for message in self.wire().split(b"\x0110=")[:-1]:
            text = message[message.index(b"\x0135=") + 1 :].decode()
            messages.append("|".join(f for f in text.split("\x01") if f[:3] not in ("49=", "56=", "52=")))
        return messages

    def told(self, kind: type[E]) -> list[E]:
        """The events of a kind, all there were."""
        return [event for event in self.events if isinstance(event, kind)]

    def delivered(self) -> list[str]:
        """What the application got: type and 11 or 112 or 58 or number of each message."""
        return [f"{message.msg_type}{message.seq_num}" for event in self.told(Messages) for message in event.messages]

    def last_message(self) -> Message:
        """What the application got last."""
        return self.told(Messages)[-1].messages[-1]

    def order(self, identity: str) -> None:
        """The application sends an order."""
        self.session.send(Outgoing("D", {11: identity, 55: "BTC"}), self.now, self.at)
        self.flush()
