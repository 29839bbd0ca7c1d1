"""What the simulated gateway says no with. Raised and caught inside of it.

Codes and texts are those of Binance's error page, 2026-09; ErrorCode (25016) carries the code in every kind of answer.
"""

from typing import Final, final

from barterpy.protocols.fix.session.hooks import RejectMessage

__all__ = ["ERROR_CODE", "FieldRefusal", "OrderRefusal", "invalid", "missing"]

ERROR_CODE: Final = 25016
"""The tag of ErrorCode."""


@final
class FieldRefusal(Exception):
    """A message that cannot be looked at: a Reject (3) with SessionRejectReason (373), tag (371) and text (58).

    ``code`` is Binance's own for it (25016).
    """

    def __init__(self, reason: int, tag: int | None, code: int, text: str) -> None:
        super().__init__(reason, tag, code, text)
        self.reason: int = reason
        self.tag: int | None = tag
        self.code: int = code
        self.text: str = text

    @property
    def rejection(self) -> RejectMessage:
        """The Reject it stands for, as a hook of the session raises it."""
        return RejectMessage(self.reason, self.tag, self.text, [(ERROR_CODE, self.code)])


@final
class OrderRefusal(Exception):
    """A request that was understood and not carried out, with Binance's error code (25016) and text."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(code, text)
        self.code: int = code
        self.text: str = text


def missing(tag: int) -> FieldRefusal:
    """A field that has to be there is not."""
    return FieldRefusal(1, tag, -1102, f"Required tag '{tag}' missing.")


def invalid(tag: int, reason: int = 5) -> FieldRefusal:
    """A field has a value that it cannot have; ``reason`` is 6 for one that cannot be read."""
    return FieldRefusal(reason, tag, -1130, f"Data sent for parameter '{tag}' is not valid.")
