"""What can be wrong with a dictionary that a user brings."""

from barterpy.errors import ConfigurationError

__all__ = ["DictionaryError"]


class DictionaryError(ConfigurationError):
    """A dictionary that cannot be read. Nothing of it was used, and a person has to mend it.

    ``source`` names it, ``line`` is where it is wrong (0: as a whole), and ``reason`` says how.
    """

    def __init__(self, source: str, line: int, reason: str) -> None:
        super().__init__(source, line, reason)
        self.source = source
        self.line = line
        self.reason = reason

    def __str__(self) -> str:
        where = f", line {self.line}" if self.line else ""
        return f"FIX dictionary {self.source}{where}: {self.reason}"
