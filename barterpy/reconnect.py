"""The one place that reconnects: connect, subscribe, stream; and again, after a back-off, when it ends.

Everything the consumer should know is emitted in order among the data: Connected, Subscribed, Disconnected with the
reason, Reconnecting with attempt and delay.
"""

import math
import random as _random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Literal, cast

import anyio
import msgspec

from barterpy.backoff import Attempts, Backoff
from barterpy.clock import SECOND, WallClock, wall_clock
from barterpy.connection import Acknowledgements, Connection, Inbox
from barterpy.errors import BarterError, ConnectionLost, ParseError, TransportTimeout, excerpt
from barterpy.events import Connected, Disconnected, MessageError, Reconnecting, Subscribed
from barterpy.socket import Socket
from barterpy.stream import ErrorPolicy, ExchangeStream
from barterpy.transformer import Directive, Fetch, Reply

__all__ = ["ReconnectPolicy", "supervise"]

Emit = Callable[[Sequence[Any]], Awaitable[None]]


class ReconnectPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """When and how a stream is connected again. Times are in seconds.

    ``first_connect``: raise the error of the very first attempt, or treat it like every other. ``reconnect`` false
    ends the stream when the connection ends in good order and raises when it does not.
    """

    backoff: Backoff = Backoff()
    connect_timeout: float = 15.0
    first_connect: Literal["fail", "retry"] = "fail"
    reconnect: bool = True
    on_error: ErrorPolicy = "yield"


async def supervise(
    connection: Connection[Any],
    emit: Emit,
    policy: ReconnectPolicy,
    *,
    clock: WallClock = wall_clock,
    random: Callable[[], float] = _random.random,
) -> None:
    """Run ``connection`` for ever, handing events and outputs to ``emit`` in order.

    :raises barterpy.errors.BarterError: the first connect failed, attempts were used up, or only a person can help
    """
    life = _Life(connection, emit, policy, clock)
    attempts = Attempts(policy.backoff)
    while True:
        try:
            await life.run(attempts)
            ended: Exception = ConnectionLost("the other side finished", _close_code(life.socket))
            final = not policy.reconnect
            if final:
                await life.disconnected(ended)
                return
        except anyio.BrokenResourceError as error:
            ended = ConnectionLost(str(error) or "the connection broke")
            ended.__cause__ = error
        except BarterError as error:
            ended = error
        await life.disconnected(ended)
        if not _worth_another(ended, policy, life.epoch):
            raise ended
        delay = attempts.failed(clock(), random(), getattr(ended, "retry_after", None))
        if delay is None:
            raise ended
        await life.reconnecting(attempts.count, delay, ended)
        await anyio.sleep(delay)


def _worth_another(error: Exception, policy: ReconnectPolicy, epoch: int) -> bool:
    if not policy.reconnect or (epoch == 0 and policy.first_connect == "fail"):
        return False
    return isinstance(error, BarterError) and error.needs_reconnect and not error.fatal


def _close_code(socket: Any) -> int | None:
    code = getattr(socket, "close_code", None)
    return None if code is None else int(code)


class _Life:
    """What outlives a single connection: its epoch, and when the last one ended."""

    def __init__(self, connection: Connection[Any], emit: Emit, policy: ReconnectPolicy, clock: WallClock) -> None:
        self.connection = connection
        self.emit = emit
        self.policy = policy
        self.clock = clock
        self.epoch = 0
        self.socket: Any = None
        self._up = False
        self._ended_at: int | None = None

    async def run(self, attempts: Attempts) -> None:
        """One connection from connect to its end. Returns when the other side finished in good order."""
        # The scope spans the connection's whole life, so it nests with whatever connect() opens; once connected it
        # has no deadline any more.
        with anyio.move_on_after(self.policy.connect_timeout) as scope:
            async with self.connection.connect() as socket:
                scope.deadline = math.inf
                self.socket = socket
                self._up = True
                self.epoch += 1
                now = self.clock()
                attempts.connected(now)
                downtime = None if self._ended_at is None else now - self._ended_at
                await self.emit([Connected(**self._where(now), downtime=downtime)])
                await self._stream(socket)
        if scope.cancelled_caught:
            raise TransportTimeout("connecting", self.policy.connect_timeout)

    async def _stream(self, socket: Socket[Any, Any]) -> None:
        failure: Exception | None = None
        # The tasks never raise: what they find goes through the inbox, so no exception group reaches the consumer.
        async with anyio.create_task_group() as tasks:
            inbox = Inbox(socket, tasks, self.connection.fetch, self.clock)
            try:
                await self._pump(inbox)
            except Exception as error:  # noqa: BLE001 - raised again below, outside of the task group
                failure = error
            finally:
                inbox.close()
            tasks.cancel_scope.cancel()
        if failure is not None:
            raise failure

    async def _pump(self, inbox: Inbox) -> None:
        connection = self.connection
        acknowledgements = Acknowledgements(connection.requests)

        def obey(directive: Directive) -> Iterable[Any] | None:
            if isinstance(directive, Fetch):
                inbox.start_fetch(directive)
            elif isinstance(directive, Reply):
                names = acknowledgements.on_reply(directive)
                if names:
                    return [Subscribed(**self._where(self.clock()), subscriptions=names)]
            return None

        stream: ExchangeStream[Any] = ExchangeStream(
            inbox,
            connection.parser,
            connection.transformer,
            on_error=cast("Any", self.policy.on_error),
            epoch=self.epoch,
            clock=self.clock,
            on_directive=obey,
        )
        if connection.requests:
            inbox.fail_after(
                connection.subscribe_timeout, lambda: bool(acknowledgements.pending), acknowledgements.timeout
            )
        for index, request in enumerate(connection.requests):
            if index and connection.send_interval:
                await anyio.sleep(connection.send_interval)
            await inbox.send(request.message)
        errors = 0
        async for outputs in stream.batches():
            if stream.errors != errors:
                errors = stream.errors
                outputs = [self._visible(output) for output in outputs]
            await self.emit(outputs)

    def _visible(self, output: Any) -> Any:
        if not isinstance(output, ParseError):
            return output
        return MessageError(
            **self._where(self.clock()), reason=excerpt(output.reason, 200), payload=excerpt(output.payload, 200)
        )

    async def disconnected(self, error: Exception) -> None:
        """Tell why a connection that was up has ended."""
        if not self._up:
            return
        self._up = False
        now = self.clock()
        self._ended_at = now
        await self.emit(
            [
                Disconnected(
                    **self._where(now),
                    reason=str(error),
                    error=type(error).__name__,
                    code=getattr(error, "code", None) if isinstance(error, ConnectionLost) else None,
                )
            ]
        )

    async def reconnecting(self, attempt: int, delay: float, error: Exception) -> None:
        """Tell that there will be another attempt."""
        await self.emit(
            [Reconnecting(**self._where(self.clock()), attempt=attempt, delay=int(delay * SECOND), reason=str(error))]
        )

    def _where(self, now: int) -> dict[str, Any]:
        return {
            "venue": self.connection.venue,
            "connection": self.connection.name,
            "epoch": self.epoch,
            "received_at": now,
        }
