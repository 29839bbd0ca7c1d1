"""What a store says when it cannot keep what it is asked to keep."""

from barterpy.protocols.fix.errors import FixError

__all__ = ["StoreError"]


class StoreError(FixError):
    """A session's store cannot be read or written, and why; ``path`` is the file.

    What is not stored is not sent, so the session ends. A full disk, a damaged file and a file that another process
    holds all need a person.
    """

    fatal = True

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"FIX store {self.path}: {self.reason}"
