"""``barterpy fix session``."""

from pathlib import Path
from typing import Annotated, Final, Literal

from cyclopts import Group, Parameter, validators

from barterpy.cli.options import Common, CommonOptions, ExistingFile, Until, UntilOptions

__all__ = ["session"]

_WHO: Final = Group("The session", sort_key=1)
_SHOWN: Final = Group("What is shown", sort_key=2)


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
        barterpy fix session binance-market-data --send '35=x|320=1|559=4' -n 1

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
        A message to send once logged on, as TAG=VALUE|… from 35 on, in the order given; may be repeated.
    types
        Show these messages alone, by type (8) or name (ExecutionReport).
    dictionary
        For fields that the standard does not know: a file in QuickFIX's XML format, or binance or
        binance-market-data.
    lines
        One line a message.
    heartbeats
        Show heartbeats and test requests, too.
    """
    from barterpy.cli.fix.watching import Wanted, hold_session

    wanted = Wanted(
        where=where,
        sender=sender,
        target=target,
        version=version,
        heartbeat=heartbeat,
        store=store,
        ca=ca,
        environment=environment,
        url=url,
        send=send,
        types=types,
        dictionary=dictionary,
        lines=lines,
        heartbeats=heartbeats,
        until=until,
    )
    return hold_session(wanted, common)
