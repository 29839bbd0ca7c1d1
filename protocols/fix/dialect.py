"""A venue's part in a session: what its Logon has beyond the standard's, and which messages announce the end."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final, TypeAlias

from barterpy.protocols.fix.message import Message
from barterpy.protocols.fix.outgoing import Outgoing, Value
from barterpy.protocols.fix.session.hooks import Hooks

__all__ = ["LogonSigner", "VenueHooks"]

LogonSigner: TypeAlias = Callable[[Mapping[int, str]], Sequence[tuple[int, str | bytes]]]
"""Given the header of a Logon (35, 34, 49, 52, 56) as it will be sent, the fields that sign it.
What is bytes gets its length before it, where the field is of the kind that has one (RawData, 96)."""

_HEADLINE: Final = 148
_TEXT: Final = 58


class VenueHooks(Hooks):
    """Hooks for sessions with a venue.

    :param signer: signs each Logon
    :param fields: further fields of each Logon's body
    :param header: and of its header
    :param announcements: types of messages by which the venue says that it will close the connection
    """

    def __init__(
        self,
        signer: LogonSigner | None = None,
        *,
        fields: Sequence[tuple[int, Value]] = (),
        header: Sequence[tuple[int, Value]] = (),
        announcements: Collection[str] = (),
    ) -> None:
        self._signer = signer
        self._fields = tuple(fields)
        self._header = tuple(header)
        self._announcements = frozenset(announcements)

    def sign_logon(self, outgoing: Outgoing, header: Sequence[tuple[int, bytes]]) -> Outgoing:
        """With the venue's fields, and those that sign it."""
        signed: Sequence[tuple[int, Value]] = ()
        if self._signer is not None:
            signed = self._signer({tag: value.decode() for tag, value in header})
        logon = outgoing.with_fields([*self._fields, *signed])
        return logon.with_header(self._header) if self._header else logon

    def planned_end(self, message: Message) -> str | None:
        """The venue's words, of a message that announces the end."""
        if message.msg_type not in self._announcements:
            return None
        return message.get(_HEADLINE) or message.get(_TEXT) or "the venue announced the end of the connection"
