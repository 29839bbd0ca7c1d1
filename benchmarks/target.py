"""What a client is told, and what it tells back."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Outcome", "Target"]


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect, and how."""

    url: str
    certificate: Path | None = None
    """The only certificate to trust; verification is on for every client."""
    compressed: bool = False
    """Whether to offer permessage-deflate."""

    def ssl_context(self) -> ssl.SSLContext | None:
        """A context which verifies; None for a plain connection."""
        return None if self.certificate is None else ssl.create_default_context(cafile=str(self.certificate))


@dataclass(slots=True)
class Outcome:
    """What a client found: ``volume`` is what it added up, ``delays`` the nanoseconds from stamp to trade."""

    count: int = 0
    volume: str = "0"
    delays: list[int] = field(default_factory=list[int])
    extra: dict[str, float] = field(default_factory=dict[str, float])
