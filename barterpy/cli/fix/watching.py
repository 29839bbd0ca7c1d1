"""``barterpy fix session``: connect, log on, and watch what goes by in both directions."""

import os
import re
import ssl
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final, Literal

import anyio
import msgspec
from cyclopts import Group, Parameter, validators

from barterpy.cli.countdown import Countdown
from barterpy.cli.failures import Exit
from barterpy.cli.fix.gateways import Plan, find_dictionary, find_gateway
from barterpy.cli.fix.messages import FixSessionLine, message_line
from barterpy.cli.fix.naming import Dictionaries, name_fields
from barterpy.cli.fix.painting import Painter
from barterpy.cli.options import Common, CommonOptions, ExistingFile, Until, UntilOptions
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

__all__ = ["parse_body", "session"]

_WHO: Final = Group("The session", sort_key=1)
_SHOWN: Final = Group("What is shown", sort_key=2)
_FIELD: Final = re.compile(r"([0-9]{1,9})=([^\x01]*)")
_VERSIONS: Final = {"FIX.5.0": "7", "FIX.5.0SP1": "8", "FIX.5.0SP2": "9"}


def session(
    where: str,
    /,
    *,
    sender: Annotated[str | None, Parameter(group=_WHO)] = None,
    target: Annotated[str | None, Parameter(group=_WHO)] = None,
    version: Annotated[
        Literal["FIX.4.0", "FIX.4.1", "FIX.4.2", "FIX.4.3", "FIX.4.4", "FIX.5.0", "FIX.5.0SP1", "FIX.5.0SP2"],
        Parameter(group=_WHO),
    ] = "FIX.4.4",
    heartbeat: Annotated[int, Parameter(group=_WHO, validator=validators.Number(gte=0))] = 30,
    store: Annotated[Path | None, Parameter(group=_WHO)] = None,
    ca: Annotated[ExistingFile | None, Parameter(group=_WHO)] = None,
    environment: Annotated[str, Parameter(group=_WHO)] = "live",
    url: Annotated[str | None, Parameter(group=_WHO)] = None,
    send: Annotated[tuple[str, ...], Parameter(group=_WHO, negative=(), show_default=False)] = (),
    types: Annotated[
        tuple[str, ...],
        Parameter(name=("--types", "-t"), group=_SHOWN, consume_multiple=True, negative=(), show_default=False),
    ] = (),
    dictionary: Annotated[str | None, Parameter(name=("--dictionary", "-d"), group=_SHOWN)] = None,
    lines: Annotated[bool, Parameter(group=_SHOWN, negative=(), show_default=False)] = False,
    heartbeats: Annotated[bool, Parameter(group=_SHOWN, negative=(), show_default=False)] = False,
    until: Until = UntilOptions,
    common: Common = CommonOptions,
) -> int:
    """Hold a FIX session and show what goes by, in both directions, until Ctrl-C logs out.

    `WHERE` is an address (`tcp+tls://host:port`, `tcp://host:port`) or a gateway that is known by its name:
    binance-order-entry, binance-drop-copy, binance-market-data, coinbase-order-entry, coinbase-drop-copy,
    coinbase-market-data, deribit, kraken-market-data, kraken-trading. Their keys come from the environment
    (`BINANCE_API_KEY`, `BINANCE_API_SECRET`, `BINANCE_TESTNET_API_KEY`, …); for an address, `FIX_USERNAME` and
    `FIX_PASSWORD` are sent if they are set.

    One connection: when it ends, so does the command. Passwords, keys and signatures are never shown. A key that may
    read is enough to look around; what `--send` sends is sent for real.

        barterpy fix session binance-market-data --environment testnet --lines
        barterpy fix session binance-drop-copy --json >> reports.jsonl
        barterpy fix session tcp+tls://fix.example.com:9000 --sender ME --target VENUE
        barterpy fix session binance-market-data --send '35=x|320=all|559=4' --count 1 --json

    Parameters
    ----------
    where
        An address, or the name of a gateway.
    sender
        SenderCompID (49); of a known gateway, instead of the usual.
    target
        TargetCompID (56), for an address.
    version
        The version of FIX, for an address; from 5.0 on over FIXT.1.1.
    heartbeat
        Seconds between heartbeats (108), for an address; 0 for none.
    store
        Keep the sequence numbers in this file and go on from them. Without it, both sides begin at 1.
    ca
        Trust the certificates in this PEM file instead of the usual ones.
    environment
        Of a known gateway: live, testnet, sandbox or uat.
    url
        Address to use instead of a known gateway's own.
    send
        A message to send once logged on, as `TAG=VALUE|…` from 35 on, in the order given; may be repeated.
    types
        Show these messages alone, by type (`8`) or name (`ExecutionReport`).
    dictionary
        For fields that the standard does not know: a file in QuickFIX's XML format, or `binance` or
        `binance-market-data`.
    lines
        One line a message.
    heartbeats
        Show heartbeats and test requests, too.
    """
    outgoings = [parse_body(text) for text in send]
    if "://" in where:
        if url is not None:
            raise ConfigurationError("--url is for a gateway's name; give the address alone")
        plan = _generic(where, sender, target, version, heartbeat, reset=store is None)
    else:
        if target is not None:
            raise ConfigurationError("--target is for an address; a gateway knows its own")
        plan = find_gateway(where).make(environment, url, sender)
    # What is sent by hand may hold groups, whose order no dictionary is asked about.
    settings = replace(plan.settings, field_order="given")
    known = plan.dictionary if dictionary is None else find_dictionary(dictionary)
    shown = _Shown(
        Dictionaries(known, version if "://" in where else None), Painter(compact=lines), types, heartbeats=heartbeats
    )
    tls: bool | ssl.SSLContext = plan.endpoint.tls
    if ca is not None and plan.endpoint.tls:
        tls = _trusting(ca)

    async def work(running: Session) -> int:
        watcher = _Watcher(running, shown, Countdown(until.count))
        try:
            with anyio.CancelScope() as connecting:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(watcher.stop_in_time, until.seconds, connecting)
                    async with initiate(
                        settings,
                        plan.endpoint.host,
                        plan.endpoint.port,
                        store=None if store is None else FileStore(store),
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


def _generic(where: str, sender: str | None, target: str | None, version: str, heartbeat: int, *, reset: bool) -> Plan:
    endpoint = parse_endpoint(where)
    if sender is None or target is None:
        raise ConfigurationError("an address needs --sender and --target, the CompIDs that were agreed on")
    settings = SessionSettings(
        begin_string="FIXT.1.1" if version in _VERSIONS else version,
        default_appl_ver_id=_VERSIONS.get(version, ""),
        sender=sender,
        target=target,
        heartbeat=heartbeat,
        reset_on_logon=reset,
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
