"""Waking a task at once: when that is done, when it is left to the event loop, and every way to be cancelled."""

import asyncio
import contextvars
import gc
import weakref
from collections.abc import Callable

import anyio
import pytest

from barterpy.protocols.tcp.wakeup import Wakeup

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend(asyncio_only: object) -> object:
    """It is made for asyncio alone."""
    return asyncio_only


class Waiting:
    """A task that waits for a wakeup, and what it saw."""

    def __init__(self, *, context: contextvars.Context | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        self.wakeup = Wakeup(self.loop)
        self.seen: list[str] = []
        self.task = self.loop.create_task(self._wait(), context=context)

    async def _wait(self) -> None:
        try:
            await self.wakeup
            self.seen.append("woken")
        except asyncio.CancelledError as error:
            self.seen.append(f"cancelled {error.args}")
            raise

    async def begin(self) -> "Waiting":
        """Returns when the task waits, whether it began at once (an eager one) or did not."""
        await asyncio.sleep(0)
        assert not self.task.done()
        return self

    async def from_the_loop(self, *calls: Callable[[], object]) -> None:
        """Calls each in one callback of the event loop, where no task runs."""
        called = asyncio.Event()

        def call() -> None:
            for one in calls:
                one()
            called.set()

        self.loop.call_soon(call)
        await called.wait()


async def test_woken_from_the_loop_it_runs_within_the_caller() -> None:
    waiting = await Waiting().begin()
    seen: list[list[str]] = []
    await waiting.from_the_loop(waiting.wakeup.wake, lambda: seen.append(list(waiting.seen)))
    assert seen == [["woken"]]
    await waiting.task


async def test_woken_from_within_a_task_it_runs_after_that() -> None:
    waiting = await Waiting().begin()
    waiting.wakeup.wake()
    assert waiting.seen == []
    await waiting.task
    assert waiting.seen == ["woken"]


async def test_woken_by_a_task_of_the_same_context() -> None:
    context = contextvars.copy_context()
    waiting = await Waiting(context=context).begin()

    async def wake() -> None:
        waiting.wakeup.wake()

    await asyncio.get_running_loop().create_task(wake(), context=context)
    await waiting.task
    assert waiting.seen == ["woken"]


async def test_no_task_is_current_afterwards_and_each_sees_its_own_variables() -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="nobody's")
    seen: list[object] = []
    variable.set("the task's")
    loop = asyncio.get_running_loop()
    wakeup = Wakeup(loop)

    async def wait() -> None:
        await wakeup
        seen.append((variable.get(), asyncio.current_task() is task))

    task = loop.create_task(wait())
    await asyncio.sleep(0)
    variable.set("the caller's")
    called = asyncio.Event()

    def call() -> None:
        wakeup.wake()
        seen.append((variable.get(), asyncio.current_task() is None))
        called.set()

    loop.call_soon(call)
    await called.wait()
    assert seen == [("the task's", True), ("the caller's", True)]


async def test_an_exception_of_the_task_is_the_task_s() -> None:
    loop = asyncio.get_running_loop()
    wakeup = Wakeup(loop)

    async def wait() -> None:
        await wakeup
        raise LookupError

    task = loop.create_task(wait())
    await asyncio.sleep(0)
    after: list[bool] = []

    def call() -> None:
        wakeup.wake()
        after.append(True)

    loop.call_soon(call)
    with pytest.raises(LookupError):
        await task
    assert after == [True]


async def test_woken_before_anybody_waits() -> None:
    wakeup = Wakeup(asyncio.get_running_loop())
    assert not wakeup.done()
    wakeup.wake()
    wakeup.wake()
    assert wakeup.done()
    await wakeup
    assert not wakeup.cancel()


async def test_cancelled_before_anybody_waits() -> None:
    wakeup = Wakeup(asyncio.get_running_loop())
    assert wakeup.cancel()
    assert not wakeup.cancel()
    wakeup.wake()
    with pytest.raises(asyncio.CancelledError):
        await wakeup


@pytest.mark.parametrize("message", [(), ("why",)])
async def test_cancelling_the_task(message: tuple[str, ...]) -> None:
    waiting = await Waiting().begin()
    waiting.task.cancel(*message)
    assert waiting.seen == []
    with pytest.raises(asyncio.CancelledError):
        await waiting.task
    assert waiting.seen == [f"cancelled {message}"]


async def test_woken_and_then_cancelled_before_it_runs() -> None:
    """As with a future: the cancellation is delivered all the same."""
    waiting = await Waiting().begin()
    waiting.wakeup.wake()
    waiting.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting.task
    assert waiting.seen == ["cancelled ()"]


async def test_cancelled_and_then_woken_before_it_runs() -> None:
    waiting = await Waiting().begin()
    await waiting.from_the_loop(waiting.task.cancel, waiting.wakeup.wake)
    with pytest.raises(asyncio.CancelledError):
        await waiting.task
    assert waiting.seen == ["cancelled ()"]


async def test_a_task_that_cancels_itself_before_it_waits() -> None:
    wakeup = Wakeup(asyncio.get_running_loop())

    async def wait() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await wakeup

    with pytest.raises(asyncio.CancelledError):
        await asyncio.get_running_loop().create_task(wait())
    assert wakeup.done()


async def test_every_way_to_set_a_limit() -> None:
    loop = asyncio.get_running_loop()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await Wakeup(loop)
    with anyio.move_on_after(0.01) as scope:
        await Wakeup(loop)
    assert scope.cancelled_caught
    with pytest.raises(TimeoutError):
        with anyio.fail_after(0.01):
            await Wakeup(loop)

    async def wait() -> None:
        await Wakeup(loop)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(wait(), 0.01)
    async with anyio.create_task_group() as group:
        group.start_soon(wait)
        await asyncio.sleep(0)
        group.cancel_scope.cancel()
    waiting: list[asyncio.Task[None]] = []

    async def group_that_fails() -> None:
        async with asyncio.TaskGroup() as tasks:
            waiting.append(tasks.create_task(wait()))
            await asyncio.sleep(0)
            raise LookupError

    with pytest.raises(ExceptionGroup):
        await group_that_fails()
    assert waiting[0].cancelled()
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_a_limit_that_is_not_reached_leaves_no_trace() -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(60):
        with anyio.fail_after(60):
            wakeup = Wakeup(loop)
            loop.call_soon(wakeup.wake)
            await wakeup


async def test_a_cancelled_wakeup_is_gone_with_its_task() -> None:
    waiting = await Waiting().begin()
    waiting.task.cancel()
    await asyncio.wait([waiting.task])
    gone = weakref.ref(waiting.wakeup)
    gc.disable()
    try:
        del waiting.wakeup
        with pytest.raises(asyncio.CancelledError):
            await waiting.task
        del waiting
        assert gone() is None
    finally:
        gc.enable()
