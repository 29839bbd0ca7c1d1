"""The one place that reconnects: the supervisor's actions carried out, and what came of them told to it.

Everything is decided by the state machines beside this module; here are the socket, the tasks and the clocks. Events
go out in order among the data: Connected, Authenticated, Subscribed, … Disconnected with the reason, Reconnecting with
attempt and delay.
"""

import random as _random
from collections.abc import Callable
from typing import Any, final

import anyio

from barterpy.clock import SECOND, WallClock, wall_clock
from barterpy.connection import Connection
from barterpy.errors import BarterError, ConfigurationError, ConnectionLost
from barterpy.events import Disconnected, Reconnecting
from barterpy.subscription import Subscription
from barterpy.supervision.authentication import Authentication
from barterpy.supervision.ledger import Ledger
from barterpy.supervision.life import Life
from barterpy.supervision.policy import Emit, ReconnectPolicy
from barterpy.supervision.shared import Shared, loop_time
from barterpy.supervision.supervisor import Supervisor
from barterpy.supervision.transitions import State

__all__ = ["SupervisedConnection", "supervise"]


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
    await SupervisedConnection(connection, emit, policy, clock=clock, random=random).run()


@final
class SupervisedConnection:
    """A plan, made and made again until it is closed or has failed.

    :param emit: takes events and outputs in order; while it waits, nothing is read
    :param clock: int nanoseconds UTC; stamps events. Timers run on the event loop's own clock
    :param epoch: of the connection before the first one, where it goes on for another
    """

    def __init__(
        self,
        connection: Connection[Any],
        emit: Emit,
        policy: ReconnectPolicy,
        *,
        clock: WallClock = wall_clock,
        random: Callable[[], float] = _random.random,
        epoch: int = 0,
    ) -> None:
        self.connection: Connection[Any] = connection
        logon = connection.logon
        self.supervisor: Supervisor = Supervisor(
            policy,
            logon_timeout=None if logon is None else logon.timeout,
            # Twice what one subscription may take: its own deadline comes first and says which it was.
            restore_timeout=2 * connection.subscribe_timeout,
            random=random,
        )
        self.supervisor.epoch = epoch
        self.ledger: Ledger = Ledger(connection.subscribe_timeout, getattr(connection.transformer, "last_seen", None))
        self.authentication: Authentication | None = None if logon is None else Authentication(logon)
        for request in connection.requests:
            for name in request.subscriptions:
                self.ledger.add(name)
        for topic in connection.topics:
            self.ledger.add(topic.name, topic)
        self._shared = Shared(
            connection=connection,
            policy=policy,
            supervisor=self.supervisor,
            ledger=self.ledger,
            authentication=self.authentication,
            emit=emit,
            clock=clock,
        )
        self._ended_at: int | None = None
        self._life: Life | None = None
        self._closing = anyio.Event()

    async def run(self) -> None:
        """Until it is closed.

        :raises barterpy.errors.BarterError: the first connect failed, attempts were used up, or only a person can help
        """
        supervisor = self.supervisor
        supervisor.start(loop_time())
        while not supervisor.done:
            if supervisor.state is State.CONNECTING:
                await self._live()
            else:
                await self._wait()
        if supervisor.state is State.FAILED:
            assert supervisor.error is not None
            raise supervisor.error

    def close(self) -> None:
        """End it in order, within the policy's close timeout, whatever it is doing. Closing twice is fine."""
        action = self.supervisor.close(loop_time())
        self._closing.set()
        if self._life is not None:
            self._life.obey(action)

    def subscribe(self, *subscriptions: Subscription) -> None:
        """Want these too, from now on and on every connection to come.

        :raises barterpy.errors.ConfigurationError: this connection cannot subscribe anything
        """
        if subscriptions and self.connection.subscribe is None:
            raise ConfigurationError(f"{self.connection.name}: the plan does not say how to subscribe")
        added = [subscription for subscription in subscriptions if self.ledger.add(subscription.name, subscription)]
        if added and self._life is not None:
            self._life.ask()

    def unsubscribe(self, *subscriptions: Subscription) -> None:
        """Want these no longer. Each has to be unsubscribed as often as it was subscribed."""
        ending = [subscription for subscription in subscriptions if self.ledger.remove(subscription.name)]
        if ending and self._life is not None:
            self._life.release(ending)

    @property
    def wanted(self) -> tuple[str, ...]:
        """Names of the subscriptions somebody wants still."""
        return self.ledger.wanted

    async def _wait(self) -> None:
        deadline = self.supervisor.next_deadline()
        assert deadline is not None
        delay = (deadline - loop_time()) / SECOND
        with anyio.move_on_after(max(delay, 0.0)):
            await self._closing.wait()
        if not self._closing.is_set():
            self.supervisor.handle_deadline(max(loop_time(), deadline))

    async def _live(self) -> None:
        """One connection, from connect to its end, and what is told of the end."""
        supervisor = self.supervisor
        life = self._life = Life(self._shared, self._ended_at)
        try:
            await life.run()
        except anyio.BrokenResourceError as error:
            lost = ConnectionLost(str(error) or "the connection broke")
            lost.__cause__ = error
            supervisor.ended(lost, loop_time())
        except Exception as error:  # noqa: BLE001 - raised by run() if it is the last word
            supervisor.ended(error, loop_time())
        finally:
            self._life = None
        supervisor.closed(loop_time())
        if self.authentication is not None:
            self.authentication.reset()
        ended = supervisor.error
        now = self._shared.clock()
        if life.up and (ended is None or isinstance(ended, BarterError) or supervisor.state is State.CLOSED):
            self._ended_at = now
            closed = supervisor.state is State.CLOSED and self._closing.is_set()
            await self._shared.emit([self._disconnected(None if closed else ended, now)])
        if supervisor.state is State.WAITING:
            delay = round(supervisor.delay * SECOND)
            await self._shared.emit(
                [Reconnecting(**self._shared.where(now), attempt=supervisor.attempt, delay=delay, reason=str(ended))]
            )

    def _disconnected(self, error: Exception | None, now: int) -> Disconnected:
        if error is None:
            return Disconnected(**self._shared.where(now), reason="closed by this side")
        code = error.code if isinstance(error, ConnectionLost) else None
        return Disconnected(**self._shared.where(now), reason=str(error), error=type(error).__name__, code=code)
