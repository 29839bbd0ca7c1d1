"""``barterpy fix session``: connect, log on, and watch what goes by in both directions."""

import os
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import anyio
import msgspec

from barterpy.cli.countdown import Countdown
from barterpy.cli.failures import Exit
from barterpy.cli.fix.gateways import Plan, find_dictionary, find_gateway
from barterpy.cli.fix.messages import FixSessionLine, message_line
from barterpy.cli.fix.naming import Dictionaries, name_fields
from barterpy.cli.fix.painting import Painter
from barterpy.cli.options import Common, Until
from barterpy.cli.session import Session, run
from barterpy.clock import wall_clock
from barterpy.errors import ConfigurationError, ParseError, ProtocolError
from barterpy.protocols.fix.encoder import encode
from barterpy.protocols.fix.endpoint import parse_endpoint
from barterpy.protocols.fix.errors import FieldInvalid
from barterpy.protocols.fix.fix_socket import FixSocket
from barterpy.protocols.fix.framing import Framer
from barterpy.protocols.fix.initiator import initiate
from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing
from barterpy.protocols.fix.session import (
    Closed,
    Hooks,
    Inbound,
    LoggedOn,
    LoggedOut,
    Messages,
    RejectReceived,
    SessionEvent,
    SessionSettings,
)
from barterpy.protocols.fix.stores import FileStore

__all__ = ["Wanted", "hold_session", "parse_body"]

_FIELD: Final = re.compile(r"([0-9]{1,9})=([^\x01]*)")
_VERSIONS: Final = {"FIX.5.0": "7", "FIX.5.0SP1": "8", "FIX.5.0SP2": "9"}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What ``barterpy fix session`` was told: its options, which its help describes."""

    where: str
    sender: str | None
    target: str | None
    version: str
    heartbeat: int
    store: Path | None
    ca: Path | None
    environment: str
    url: str | None
    send: Sequence[str]
    types: Sequence[str]
    dictionary: str | None
    lines: bool
    heartbeats: bool
    until: Until


def hold_session(wanted: Wanted, common: Common) -> int:
    """Run ``barterpy fix session`` and give the exit code.

    :raises barterpy.errors.ConfigurationError: options that do not fit each other, or a gateway that there is not
    """
    outgoings = [parse_body(text) for text in wanted.send]
    if "://" in wanted.where:
        if wanted.url is not None:
            raise ConfigurationError("--url is for a gateway's name; give the address alone")
        plan = _generic(wanted)
    else:
        if wanted.target is not None:
            raise ConfigurationError("--target is for an address; a gateway knows its own")
        plan = find_gateway(wanted.where).make(wanted.environment, wanted.url, wanted.sender)
    # What is sent by hand may hold groups, whose order no dictionary is asked about.
    settings = replace(plan.settings, field_order="given")
    known = plan.dictionary if wanted.dictionary is None else find_dictionary(wanted.dictionary)
    shown = _Shown(
        Dictionaries(known, wanted.version if "://" in wanted.where else None),
        Painter(compact=wanted.lines),
        wanted.types,
        heartbeats=wanted.heartbeats,
    )
    tls: bool | ssl.SSLContext = plan.endpoint.tls
    if wanted.ca is not None and plan.endpoint.tls:
        tls = _trusting(wanted.ca)

    async def work(running: Session) -> int:
        watcher = _Watcher(running, shown, Countdown(wanted.until.count))
        try:
            with anyio.CancelScope() as connecting:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(watcher.stop_in_time, wanted.until.seconds, connecting)
                    async with initiate(
                        settings,
                        plan.endpoint.host,
                        plan.endpoint.port,
                        store=None if wanted.store is None else FileStore(wanted.store),
                        hooks=plan.hooks,
                        tls=tls,
                        log=watcher,
                        on_event=watcher.hear,
                    ) as socket:
                        await watcher.watch(socket, outgoings)
                    tasks.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await watcher.relieve()
        return Exit.OK

    return run(work, common)


def parse_body(text: str) -> Outgoing:
    """The message of ``35=D|11=a|…``; ``|`` and SOH separate.

    :raises barterpy.errors.ConfigurationError: it is none
    """
    parts = [part for part in re.split(r"[|\x01]", text.strip()) if part]
    fields: list[tuple[int, str]] = []
    for part in parts:
        found = _FIELD.fullmatch(part)
        if found is None:
            raise ConfigurationError(f"--send: {part!r} is not TAG=VALUE")
        fields.append((int(found[1]), found[2]))
    if not fields or fields[0][0] != 35:
        raise ConfigurationError("--send: a message begins with its type: 35=…")
    try:
        outgoing = Outgoing(fields[0][1], fields[1:])
        encode([], outgoing, "given")
    except FieldInvalid as error:
        raise ConfigurationError(f"--send: {error}") from error
    return outgoing


def _generic(wanted: Wanted) -> Plan:
    endpoint = parse_endpoint(wanted.where)
    if wanted.sender is None or wanted.target is None:
        raise ConfigurationError("an address needs --sender and --target, the CompIDs that were agreed on")
    settings = SessionSettings(
        begin_string="FIXT.1.1" if wanted.version in _VERSIONS else wanted.version,
        default_appl_ver_id=_VERSIONS.get(wanted.version, ""),
        sender=wanted.sender,
        target=wanted.target,
        heartbeat=wanted.heartbeat,
        reset_on_logon=wanted.store is None,
        username=os.environ.get("FIX_USERNAME", "").strip(),
        password=os.environ.get("FIX_PASSWORD", "").strip(),
    )
    return Plan(endpoint, settings, Hooks())


def _trusting(ca: Path) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca)
    except ssl.SSLError as error:
        raise ConfigurationError(f"cannot use {ca}: {error.reason or 'it holds no certificate'}") from error


class _Shown:
    """Messages and events to lines of text or JSON."""

    def __init__(self, dictionaries: Dictionaries, painter: Painter, types: Sequence[str], *, heartbeats: bool) -> None:
        self._dictionaries = dictionaries
        self._painter = painter
        self._types = frozenset(types)
        self._heartbeats = heartbeats

    def message(self, raw: bytes, direction: str, *, json: bool) -> list[str]:
        try:
            message = Message(raw)
        except (ProtocolError, ParseError):
            return []  # the session says what it makes of it
        fields = name_fields(message, self._dictionaries.of(message))
        line = message_line(message, fields, direction=direction)
        if self._types:
            if not self._types & {line.type, line.name}:
                return []
        elif line.type in "01" and not self._heartbeats:
            return []
        return [msgspec.json.encode(line).decode()] if json else self._painter.message(line)

    def event(self, event: SessionEvent, at: int, *, json: bool) -> list[str]:
        line = FixSessionLine(at=at, kind=_kind(event), text=_text(event))
        return [msgspec.json.encode(line).decode()] if json else self._painter.session(line)


class _Watcher:
    """What a session tells: its log, its events, and the end of it. A ``MessageLog`` that prints."""

    def __init__(self, running: Session, shown: _Shown, countdown: Countdown) -> None:
        self._running = running
        self._shown = shown
        self._countdown = countdown
        self._framers = {"in": Framer(), "out": Framer()}
        self._lines: list[str] = []
        self._socket: FixSocket | None = None
        self._watching = anyio.CancelScope()

    async def stop_in_time(self, seconds: float | None, connecting: anyio.CancelScope) -> None:
        """Waits for a signal or the deadline; then a session is logged out, and a connection in the making given up."""
        with self._running.until(seconds):
            await anyio.sleep_forever()
        if self._socket is None:
            connecting.cancel()
        self._watching.cancel()

    async def watch(self, socket: FixSocket, outgoings: Sequence[Outgoing]) -> None:
        self._socket = socket
        with self._watching:
            await socket.send_many(outgoings)
            while not self._countdown.done:
                try:
                    batch = await socket.receive()
                except anyio.EndOfStream:
                    return
                self._countdown.take(batch.messages)
                await self.relieve()

    # The log and the events of the session.

    def hear(self, event: SessionEvent) -> None:
        # What is a message is shown as one.
        if not isinstance(event, Inbound | Messages | RejectReceived):
            self._lines += self._shown.event(event, wall_clock(), json=self._running.common.json)

    def received(self, data: bytes, at: int) -> None:
        self._pass("in", data)

    def sent(self, data: bytes, at: int) -> None:
        self._pass("out", data)

    def note(self, text: str, at: int) -> None:
        """Events say the same."""

    async def relieve(self) -> None:
        lines, self._lines = self._lines, []
        if lines:
            await self._running.lines(lines)

    async def aclose(self) -> None:
        await self.relieve()

    def _pass(self, direction: str, data: bytes) -> None:
        framer = self._framers[direction]
        framer.feed(data)
        for frame in framer.frames():
            if isinstance(frame, bytes):
                self._lines += self._shown.message(frame, direction, json=self._running.common.json)


def _kind(event: SessionEvent) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(event).__name__).lower()


def _text(event: SessionEvent) -> str:
    match event:
        case LoggedOn():
            return f"heartbeat {event.heartbeat} s{', numbers begin at 1' if event.reset else ''}"
        case LoggedOut():
            return f"by {'the other side' if event.by_peer else 'us'}{': ' if event.text else ''}{event.text}"
        case Closed():
            return event.reason
        case _:
            told = {name: getattr(event, name) for name in event.__struct_fields__ if name not in ("message", "error")}
            return ", ".join(f"{name} {value}" for name, value in told.items())
