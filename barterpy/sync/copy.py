"""One life of a book, as a synchroniser sees it: what an update or a snapshot makes of it, and what is told of that.

There are two kinds, of levels (:mod:`barterpy.sync.replica`) and of single orders (:mod:`barterpy.sync.orders`).
"""

from typing import Protocol, TypeVar

__all__ = ["Change", "Copy", "Whole"]


class Change(Protocol):
    """An update of any kind."""

    @property
    def first_id(self) -> int: ...
    @property
    def last_id(self) -> int: ...
    @property
    def previous_id(self) -> int | None: ...
    @property
    def checksum(self) -> int | None: ...


class Whole(Protocol):
    """A snapshot of any kind."""

    @property
    def last_id(self) -> int: ...
    @property
    def checksum(self) -> int | None: ...


U_contra = TypeVar("U_contra", bound=Change, contravariant=True)
S_contra = TypeVar("S_contra", bound=Whole, contravariant=True)
E_co = TypeVar("E_co", covariant=True)


class Copy(Protocol[U_contra, S_contra, E_co]):
    """One life of a book, from a snapshot to the next, and the events that tell a consumer of it."""

    def load(self, snapshot: S_contra, received_at: int, epoch: int, /) -> E_co:
        """Begin with this snapshot; the event to emit.

        :raises barterpy.errors.BookError: it contradicts itself
        """
        ...

    def apply(self, update: U_contra, received_at: int, epoch: int, /) -> E_co | None:
        """Apply these changes; the event to emit, None where the consumer has nothing to change.

        :raises barterpy.errors.BookError: they do not fit to what is there: something was missed
        """
        ...

    def intact(self, checksum: int | None, /) -> bool:
        """Whether it has the checksum that the venue says; True where it says none, or none is computed."""
        ...

    def crossed(self) -> bool:
        """Whether the best bid is at or above the best ask."""
        ...

    def invalidate(self, reason: str, /) -> None:
        """It is not to be read any more."""
        ...
