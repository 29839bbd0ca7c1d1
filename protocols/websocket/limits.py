"""Sizes nothing may outgrow, and times nothing may outlast, each with the name an error calls it by."""

from dataclasses import dataclass

from barterpy.errors import ConfigurationError

__all__ = ["DEFAULT_MAX_HEADER_SIZE", "DEFAULT_MAX_MESSAGE_SIZE", "Limits"]

DEFAULT_MAX_MESSAGE_SIZE = 16 * 1024 * 1024
DEFAULT_MAX_HEADER_SIZE = 32 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one connection, in bytes.

    ``max_frame_size`` bounds the payload of one frame as it is on the wire, ``max_message_size`` a whole message after
    its fragments are joined and inflated, ``max_header_size`` the head of the opening handshake.
    """

    max_frame_size: int = DEFAULT_MAX_MESSAGE_SIZE
    max_message_size: int = DEFAULT_MAX_MESSAGE_SIZE
    max_header_size: int = DEFAULT_MAX_HEADER_SIZE

    def __post_init__(self) -> None:
        for name in ("max_frame_size", "max_message_size", "max_header_size"):
            if getattr(self, name) < 1:
                raise ConfigurationError(f"{name} must be at least 1 byte")
