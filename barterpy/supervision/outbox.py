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
        self._waiting: deque[Callable[[], Any]] = deque()
        self._filled = anyio.Event()

    def __contains__(self, make: Callable[[], Any]) -> bool:
        return make in self._waiting

    def put(self, make: Callable[[], Any]) -> None:
        """Send what ``make`` gives, when its turn has come."""
        self._waiting.append(make)
        self._filled.set()

    async def queue(self, message: Any) -> None:
        """Send this; who puts it here does not wait for it.

        :raises barterpy.errors.LimitExceeded: too many messages wait already
        """
        if len(self._waiting) >= _MOST:
            raise LimitExceeded("messages waiting to be sent", _MOST)
        self.put(lambda: message)

    async def run(self, socket: Socket[Any, Any], end: Callable[[Exception], None]) -> None:
        """Send for ever. Never raises: ``end`` is told why it cannot go on."""
        try:
            while True:
                self._filled = anyio.Event()
                while self._waiting:
                    if self._limiter is not None:
                        await self._limiter.acquire()
                    # Noted first: the answer may be there before send returns.
                    message = self._waiting.popleft()()
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
