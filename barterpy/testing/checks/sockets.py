"""The contract of :mod:`barterpy.socket`."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeAlias

import anyio
from anyio.lowlevel import checkpoint

from barterpy.errors import ConfigurationError
from barterpy.socket import Batch
from barterpy.testing.checks.clause import broken, require

__all__ = ["SocketFactory", "check_socket"]

SocketFactory: TypeAlias = Callable[[Sequence[Any], bool], AbstractAsyncContextManager[Any]]
"""``factory(messages, end)``: a fresh socket, used with ``async with``, that is sent these messages and no others. With
``end`` the other side then finishes in good order; without it stays open and silent."""

_REPEATS = 3
_PATIENT_CHECKPOINTS = 50


async def check_socket(
    factory: SocketFactory,
    messages: Sequence[Any] = ("one", "two", "three"),
    *,
    ends: bool = True,
    patience: float = 10.0,
) -> None:
    """Check a socket against the contract of :class:`barterpy.socket.Socket`, or of ``ReceiveSocket`` if it has no
    ``send``.

    :param factory: see :data:`SocketFactory`
    :param messages: what each socket receives, as ``receive`` gives it; two or more, each different from the others
    :param ends: whether the other side can finish; false for a poller, whose factory is called without ``end`` alone
    :param patience: seconds after which something that does not happen is said never to happen
    :raises AssertionError: a clause is broken
    :raises barterpy.errors.ConfigurationError: there are too few messages to check with
    """
    if len(messages) < 2:
        raise ConfigurationError("pass two messages or more")
    await _in_time(patience, "receive must hand over the messages that are there", _batches, factory, messages, ends)
    await _cancellation(factory, messages, patience)
    await _in_time(patience, "a receiver must be refused or wait", _busy, factory, messages)
    await _in_time(patience, "receive must not wait after aclose", _closing, factory, messages)
    if ends:
        await _in_time(patience, "receive must report the end every time it is called", _end, factory, messages)


async def _in_time(patience: float, sentence: str, check: Callable[..., Awaitable[None]], *args: Any) -> None:
    with anyio.move_on_after(patience) as scope:
        await check(*args)
    if scope.cancelled_caught:
        raise broken(f"{sentence}: nothing happened for {patience:g} s")


async def _drain(socket: Any, messages: Sequence[Any]) -> list[Any]:
    """Batches until as many messages have come as there are, each checked by itself."""
    received: list[Any] = []
    last = 0
    while len(received) < len(messages):
        try:
            batch: Batch[Any] = await socket.receive()
        except Exception as error:
            raise broken(f"receive must hand over all {len(messages)} messages, not {len(received)}", error) from error
        last = _check_batch(batch, last)
        received += batch.messages
    return received


def _check_batch(batch: Any, last: int) -> int:
    require(
        all(hasattr(batch, name) for name in ("messages", "received_at", "parsed")),
        f"receive must return a Batch, not {type(batch).__name__}",
    )
    require(len(batch.messages) > 0, "a batch must hold at least one message")
    stamp: Any = batch.received_at
    require(type(stamp) is int and stamp > 0, f"received_at must be int nanoseconds UTC, not {stamp!r}")
    require(stamp >= last, f"received_at must not go back: {stamp} comes after {last}")
    return int(stamp)


async def _batches(factory: SocketFactory, messages: Sequence[Any], end: bool) -> None:
    async with factory(messages, end) as socket:
        received = await _drain(socket, messages)
    require(
        received == list(messages), f"messages must come whole and in order: {received!r} is not {list(messages)!r}"
    )


async def _cancellation(factory: SocketFactory, messages: Sequence[Any], patience: float) -> None:
    """Cancel at each of the first checkpoints inside of receive, again and again."""
    for checkpoints in (0, 1, 2, 3, 5, 8):
        received: list[Any] = []
        async with factory(messages, False) as socket:
            with anyio.move_on_after(patience):
                while len(received) < len(messages):
                    await _receive_cancelled(socket, checkpoints, received)
                    if len(received) < len(messages):
                        received += (await socket.receive()).messages
        require(
            received == list(messages),
            f"a receive that was cancelled must lose nothing and repeat nothing: {received!r}, not {list(messages)!r}",
        )


async def _receive_cancelled(socket: Any, checkpoints: int, received: list[Any]) -> None:
    outcome: list[Any] = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_attempt, socket.receive, outcome)
        for _ in range(checkpoints):
            await checkpoint()
        tasks.cancel_scope.cancel()
    for result in outcome:
        if isinstance(result, Exception):
            raise broken("receive must hand over the messages that are there", result)
        received += result.messages


async def _attempt(call: Callable[[], Awaitable[Any]], outcome: list[Any]) -> None:
    """What a call returned or raised, as long as it was not cancelled."""
    try:
        outcome.append(await call())
    except Exception as error:  # noqa: BLE001 - judged by the caller
        outcome.append(error)


async def _busy(factory: SocketFactory, messages: Sequence[Any]) -> None:
    async with factory(messages, False) as socket:
        await _drain(socket, messages)
        first: list[Any] = []
        second: list[Any] = []
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_attempt, socket.receive, first)
            await _let_run()
            if not first:
                tasks.start_soon(_attempt, socket.receive, second)
                await _let_run()
            tasks.cancel_scope.cancel()
        _require_waiting(first)
        refused = second[0] if second else None
        if not isinstance(refused, anyio.BusyResourceError):
            cause = refused if isinstance(refused, Exception) else None
            raise broken("receive must raise BusyResourceError while another task is receiving", cause)


def _require_waiting(outcome: list[Any]) -> None:
    for result in outcome:
        cause = result if isinstance(result, Exception) else None
        raise broken("receive must wait while nothing comes and nothing ends", cause)


async def _let_run() -> None:
    for _ in range(_PATIENT_CHECKPOINTS):
        await checkpoint()


async def _closing(factory: SocketFactory, messages: Sequence[Any]) -> None:
    async with factory(messages, False) as socket:
        await _drain(socket, messages)
        waiting: list[Any] = []
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_attempt, socket.receive, waiting)
            await _let_run()
            await socket.aclose()
        _require_closed("a receive that waits while this side closes must raise ClosedResourceError", waiting[0])
        for _ in range(_REPEATS):
            try:
                await socket.aclose()
            except Exception as error:
                raise broken("closing twice must be fine", error) from error
            _require_closed("receive after aclose must raise ClosedResourceError", await _failure(socket.receive))
            if hasattr(socket, "send"):
                failure = await _failure(socket.send, messages[0])
                _require_closed("send after aclose must raise ClosedResourceError", failure)


async def _failure(call: Callable[..., Awaitable[Any]], *args: Any) -> BaseException | None:
    try:
        await call(*args)
    except Exception as error:  # noqa: BLE001 - judged by the caller
        return error
    return None


def _require_closed(sentence: str, outcome: Any) -> None:
    if not isinstance(outcome, anyio.ClosedResourceError):
        raise broken(sentence, outcome if isinstance(outcome, Exception) else None)


async def _end(factory: SocketFactory, messages: Sequence[Any]) -> None:
    async with factory(messages, True) as socket:
        await _drain(socket, messages)
        for _ in range(_REPEATS):
            failure = await _failure(socket.receive)
            if not isinstance(failure, anyio.EndOfStream):
                raise broken("receive must raise EndOfStream each time once the other side has finished", failure)
