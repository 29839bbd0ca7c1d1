"""What the simulated gateway says no with. Raised and caught inside of it."""

from typing import final

__all__ = ["FieldRefusal", "OrderRefusal"]


@final
class FieldRefusal(Exception):
    """A message that cannot be looked at: a Reject (3) with SessionRejectReason (373), tag (371) and text (58).

    ``code`` is Binance's own for it.
    """

    def __init__(self, reason: int, tag: int | None, code: int, text: str) -> None:
        super().__init__(reason, tag, code, text)
        self.reason: int = reason
        self.tag: int | None = tag
        self.code: int = code
        self.text: str = text


@final
class OrderRefusal(Exception):
    """A request that was understood and not carried out, with Binance's error code (25016) and text."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(code, text)
        self.code: int = code
        self.text: str = text
