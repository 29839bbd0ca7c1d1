"""Outbox: messages on their way out, in the order in which they were put there, as fast as the venue allows."""

from collections import deque
from collections.abc import Callable
from typing import Any, Final, final

import anyio

from barterpy.errors import ConnectionLost, LimitExceeded, TransportError
from barterpy.limits import Limiter
from barterpy.socket import Socket

__all__ = ["Outbox"]

_MOST: Final = 10_000
_GRACE_OF_READER: Final = 1.0
"""Seconds the reading side has to say why a connection broke, after sending has failed on it."""


@final
class Outbox:
    """Each message is made when its turn comes, so that what it says of the time is so when it goes.

    :param limiter: acquired before each message
    :param on_sent: called when a message goes
    """

    def __init__(self, limiter: Limiter | None, on_sent: Callable[[], None]) -> None:
        self._limiter = limiter
        self._on_sent = on_sent
        self._waiting: deque[tuple[Callable[[], Any], Limiter | None]] = deque()
        self._filled = anyio.Event()
        self.waits: bool = False
        """Whether it is the limits that keep it from sending: that nothing happens then is not the venue's doing."""

    def __contains__(self, make: Callable[[], Any]) -> bool:
        return any(waiting == make for waiting, _ in self._waiting)

    def put(self, make: Callable[[], Any], limiter: Limiter | None = None) -> None:
        """Send what ``make`` gives, when its turn has come, by a limiter of its own as well."""
        self._waiting.append((make, limiter))
        self._filled.set()

    async def queue(self, message: Any, limiter: Limiter | None = None) -> None:
        """Send this, by a limiter of its own as well; who puts it here does not wait for it.

        :raises barterpy.errors.LimitExceeded: too many messages wait already
        """
        if len(self._waiting) >= _MOST:
            raise LimitExceeded("messages waiting to be sent", _MOST)
        self.put(lambda: message, limiter)

    async def run(self, socket: Socket[Any, Any], end: Callable[[Exception], None]) -> None:
        """Send for ever. Never raises: ``end`` is told why it cannot go on."""
        try:
            while True:
                self._filled = anyio.Event()
                while self._waiting:
                    self.waits = True
                    for limiter in (self._waiting[0][1], self._limiter):
                        if limiter is not None:
                            await limiter.acquire()
                    self.waits = False
                    # Noted first: the answer may be there before send returns.
                    make, _ = self._waiting.popleft()
                    message = make()
                    self._on_sent()
                    await socket.send(message)
                await self._filled.wait()
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            await anyio.sleep(_GRACE_OF_READER)
            lost = ConnectionLost(str(error) or "the connection broke while sending")
            lost.__cause__ = error
            end(lost)
        except TransportError as error:
            await anyio.sleep(_GRACE_OF_READER)
            end(error)
        except Exception as error:  # noqa: BLE001 - a message that cannot be made: the supervisor decides
            end(error)
