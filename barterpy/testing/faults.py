"""What a network does to a connection, as values: cut, stall, split, delay, corrupt, each at a byte of one's choice.

Positions count the bytes of one direction from the beginning of the connection, so a fault falls on the same byte
however the bytes were read. What is random depends on a seed and on positions alone.
:class:`~barterpy.testing.injector.FaultInjector` carries faults out.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, final

from barterpy.errors import ConfigurationError

__all__ = [
    "DIRECTIONS",
    "NO_FAULTS",
    "Corrupt",
    "Cut",
    "Delay",
    "Direction",
    "Fault",
    "FaultPlan",
    "Faults",
    "HalfClose",
    "HalfOpen",
    "Noise",
    "Piece",
    "Split",
    "Stall",
]

Direction = Literal["to_server", "to_client"]
"""Which way bytes go."""

DIRECTIONS: Final[tuple[Direction, Direction]] = ("to_server", "to_client")
"""Both of them."""


def _require(holds: bool, text: str) -> None:
    if not holds:
        raise ConfigurationError(text)


@dataclass(frozen=True, slots=True)
class Cut:
    """The end of the connection, for both sides, once ``after`` bytes were delivered.

    In good order by default (FIN): all that was delivered can be read. With ``reset`` by RST, which either side meets
    as an error, perhaps before it has read everything.
    """

    after: int = 0
    reset: bool = False

    def __post_init__(self) -> None:
        _require(self.after >= 0, "after is a number of bytes from 0")


@dataclass(frozen=True, slots=True)
class Stall:
    """Nothing more is delivered after ``after`` bytes, until it is released. The connection stays open; the sender
    meets full buffers in the end."""

    after: int = 0

    def __post_init__(self) -> None:
        _require(self.after >= 0, "after is a number of bytes from 0")


@dataclass(frozen=True, slots=True)
class HalfClose:
    """The receiver meets the end of the stream after ``after`` bytes; what is still sent to it vanishes. The other
    direction goes on."""

    after: int = 0

    def __post_init__(self) -> None:
        _require(self.after >= 0, "after is a number of bytes from 0")


@dataclass(frozen=True, slots=True)
class HalfOpen:
    """The receiver is cut off by RST after ``after`` bytes, and the sender never hears of it: what it sends vanishes
    and nothing comes back (RFC 9293 section 3.5.1), as when a machine or a router loses its memory."""

    after: int = 0

    def __post_init__(self) -> None:
        _require(self.after >= 0, "after is a number of bytes from 0")


@dataclass(frozen=True, slots=True)
class Split:
    """Bytes are delivered ``size`` at a time, each piece by a write of its own; with ``most``, from ``size`` to
    ``most`` of them at random. From byte ``after`` on, before byte ``until``."""

    size: int = 1
    most: int | None = None
    after: int = 0
    until: int | None = None

    def __post_init__(self) -> None:
        _require(self.size >= 1, "size is a number of bytes from 1")
        _require(self.most is None or self.most >= self.size, "most is not less than size")
        _require_range(self.after, self.until)


@dataclass(frozen=True, slots=True)
class Delay:
    """Each piece is held back for ``seconds``, and for up to ``jitter`` seconds more at random. From byte ``after`` on,
    before byte ``until``. Pieces stay in order: the next one waits behind."""

    seconds: float
    jitter: float = 0.0
    after: int = 0
    until: int | None = None

    def __post_init__(self) -> None:
        _require(self.seconds >= 0 and self.jitter >= 0, "seconds and jitter are not negative")
        _require_range(self.after, self.until)


@dataclass(frozen=True, slots=True)
class Corrupt:
    """Byte ``at`` (from 0) is delivered XORed with ``mask``, 1 to 255."""

    at: int
    mask: int = 0xFF

    def __post_init__(self) -> None:
        _require(self.at >= 0, "at is the number of a byte from 0")
        _require(1 <= self.mask <= 255, "mask is a byte other than 0")


@dataclass(frozen=True, slots=True)
class Noise:
    """Each byte is corrupted at random with probability ``rate``. From byte ``after`` on, before byte ``until``."""

    rate: float
    after: int = 0
    until: int | None = None

    def __post_init__(self) -> None:
        _require(0 < self.rate <= 1, "rate is a probability above 0")
        _require_range(self.after, self.until)


def _require_range(after: int, until: int | None) -> None:
    _require(after >= 0, "after is a number of bytes from 0")
    _require(until is None or until > after, "until lies behind after")


Fault: TypeAlias = Cut | Stall | HalfClose | HalfOpen | Split | Delay | Corrupt | Noise
"""What may befall one direction of a connection."""

Stop: TypeAlias = Cut | Stall | HalfClose | HalfOpen


@dataclass(frozen=True, slots=True)
class Faults:
    """The script of one connection. ``refuse`` closes it as soon as it is made, before a byte is read: by FIN, or by
    RST with ``"reset"``."""

    to_server: tuple[Fault, ...] = ()
    to_client: tuple[Fault, ...] = ()
    refuse: bool | Literal["reset"] = False

    def of(self, direction: Direction) -> tuple[Fault, ...]:
        """The faults of one direction."""
        return self.to_server if direction == "to_server" else self.to_client


NO_FAULTS = Faults()
"""The script that lets everything pass."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes to deliver by one write, ``delay`` seconds from now."""

    data: bytes
    delay: float


@final
class FaultPlan:
    """The faults of one direction, carried out over the bytes it is given; does no I/O.

    ``position`` is the number of bytes that were taken so far. Ask :meth:`due` before each :meth:`take`.
    """

    def __init__(self, faults: tuple[Fault, ...], seed: int | str) -> None:
        self.position: int = 0
        self._seed = seed
        self._rules = 0
        self._stops: list[tuple[int, Stop]] = []
        self._splits: list[_Splitter] = []
        self._delays: list[_Delayer] = []
        self._damage: list[_Damage] = []
        self.add(faults)

    def add(self, faults: tuple[Fault, ...]) -> None:
        """Further faults, whose positions count from here."""
        base = self.position
        for fault in faults:
            # A source of randomness each, or one fault would change what another does.
            self._rules += 1
            source = random.Random(f"{self._seed}/{self._rules}")  # noqa: S311 - repeatable on purpose
            match fault:
                case Split():
                    self._splits.append(_Splitter(fault, base, source))
                case Delay():
                    self._delays.append(_Delayer(fault, base, source))
                case Corrupt():
                    self._damage.append(_Damage(iter([(base + fault.at, fault.mask)])))
                case Noise():
                    self._damage.append(_Damage(_noise(fault, base, source)))
                case Cut() | Stall() | HalfClose() | HalfOpen():
                    self._stops.append((base + fault.after, fault))
        self._stops.sort(key=lambda stop: stop[0])

    def due(self) -> Stop | None:
        """The next fault that stops the direction here; each is given once."""
        if self._stops and self._stops[0][0] <= self.position:
            return self._stops.pop(0)[1]
        return None

    def take(self, data: bytes) -> Piece:
        """The piece that ``data``, at least one byte at ``position``, begins with; moves on behind it."""
        end = self.position + len(data)
        if self._stops:
            end = min(end, self._stops[0][0])
        for splitter in self._splits:
            end = min(end, splitter.boundary(self.position))
        for delayer in self._delays:
            end = min(end, delayer.boundary(self.position))
        piece = bytearray(data[: end - self.position])
        for damage in self._damage:
            damage.apply(piece, self.position)
        delay = sum(delayer.delay(self.position) for delayer in self._delays)
        self.position = end
        return Piece(bytes(piece), delay)


_NEVER: Final = math.inf
_FAR: Final = 1 << 62


class _Splitter:
    """Where the pieces of a :class:`Split` end: boundaries at fixed positions, whatever the reads were."""

    def __init__(self, fault: Split, base: int, source: random.Random) -> None:
        self._sizes = (fault.size, fault.most or fault.size)
        self._next = base + fault.after
        self._until: float = _NEVER if fault.until is None else base + fault.until
        self._source = source

    def boundary(self, position: int) -> int:
        while self._next <= position < self._until:
            self._next += self._source.randint(*self._sizes)
        # Before it begins its first boundary is where it does; behind its end there is none.
        return int(min(self._next, self._until)) if position < self._until else position + _FAR


class _Delayer:
    def __init__(self, fault: Delay, base: int, source: random.Random) -> None:
        self._fault = fault
        self._after = base + fault.after
        self._until: float = _NEVER if fault.until is None else base + fault.until
        self._source = source

    def boundary(self, position: int) -> int:
        if position < self._after:
            return self._after
        return int(self._until) if position < self._until < _NEVER else position + _FAR

    def delay(self, position: int) -> float:
        if not self._after <= position < self._until:
            return 0.0
        return self._fault.seconds + self._fault.jitter * self._source.random()


class _Damage:
    """Bytes to change, as (position, mask) in order; one is looked ahead."""

    def __init__(self, changes: Iterator[tuple[int, int]]) -> None:
        self._changes = changes
        self._next = next(changes, None)

    def apply(self, piece: bytearray, position: int) -> None:
        while self._next is not None and self._next[0] < position + len(piece):
            piece[self._next[0] - position] ^= self._next[1]
            self._next = next(self._changes, None)


def _noise(fault: Noise, base: int, source: random.Random) -> Iterator[tuple[int, int]]:
    """One draw a corrupted byte, of the distance to it (a geometric distribution), and not one a byte."""
    position = base + fault.after
    end: float = _NEVER if fault.until is None else base + fault.until
    while True:
        if fault.rate < 1:
            position += int(min(math.log(1.0 - source.random()) / math.log1p(-fault.rate), _FAR))
        if position >= end:
            return
        yield position, source.randint(1, 255)
        position += 1
