"""What is particular about a FIX session with Deribit, for either side of it (docs.deribit.com, FIX API, 2026-09).

A subset of FIX.4.4. The client's SendingTime is not looked at. A Logon is echoed, and so is its RawData (96) without
the length (95) that the standard wants before it. Missing messages may be asked for.

    CancelOnDisconnect (9001)    Y cancels this session's orders with it
    UseWordsafeTags (9002)       custom tags from 5000 instead of 100000; not used here
    DeribitAppId, -Sig (9004/5)  of a registered application
    DeribitSequential (9007)     answers and notifications in one queue
"""

from typing import Final

from barterpy.protocols.fix.dialect import LogonSigner, VenueHooks
from barterpy.protocols.fix.outgoing import Value
from barterpy.protocols.fix.session.settings import SessionSettings

__all__ = ["BEGIN_STRING", "TARGET", "client_hooks", "client_settings"]

BEGIN_STRING: Final = "FIX.4.4"
TARGET: Final = "DERIBITSERVER"
_DEFAULT_SENDER: Final = "barterpy"


def client_settings(sender: str = _DEFAULT_SENDER, *, heartbeat: int = 30, reset: bool = True) -> SessionSettings:
    """Of a client's session.

    :param sender: SenderCompID, a name of your own
    :param heartbeat: seconds
    :param reset: begin at 1 with each logon; otherwise a store has to remember where the last one ended
    """
    return SessionSettings(
        begin_string=BEGIN_STRING,
        sender=sender,
        target=TARGET,
        heartbeat=heartbeat,
        reset_on_logon=reset,
        timestamp_precision="ms",
    )


def client_hooks(
    signer: LogonSigner, *, cancel_on_disconnect: bool | None = None, sequential: bool | None = None
) -> VenueHooks:
    """What a client's Logon has beyond the standard's.

    :param cancel_on_disconnect: whether this session's orders end with it; None for the account's default
    :param sequential: whether notifications wait for answers and the other way round, in one queue
    """
    fields: list[tuple[int, Value]] = []
    if cancel_on_disconnect is not None:
        fields.append((9001, cancel_on_disconnect))
    if sequential is not None:
        fields.append((9007, sequential))
    return VenueHooks(signer, fields=fields)
