"""Authentication: whether a connection is logged on, until when, and who waits for it. No I/O; time is an argument."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final, final

import anyio

from barterpy.clock import SECOND
from barterpy.connection import Logon, SubscribeRequest
from barterpy.errors import AuthenticationError, TransportTimeout
from barterpy.transformer import Reply

__all__ = ["AUTHENTICATION", "Authentication", "AuthenticationInput", "AuthenticationState", "authenticated"]

_REFRESH_AT: Final = 0.8
"""Share of the validity after which a logon is renewed: late enough to be rare, early enough for some attempts."""


class AuthenticationState(StrEnum):
    """How far a logon is."""

    IDLE = "idle"
    PENDING = "pending"
    AUTHENTICATED = "authenticated"
    REFRESHING = "refreshing"
    """Logged on still, and a renewal is under way."""
    FAILED = "failed"


class AuthenticationInput(StrEnum):
    """What may happen to it."""

    BEGIN = "begin"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    TIMEOUT = "timeout"
    RESET = "reset"


_S, _I = AuthenticationState, AuthenticationInput

AUTHENTICATION: Final[Mapping[AuthenticationState, Mapping[AuthenticationInput, AuthenticationState]]] = {
    _S.IDLE: {_I.BEGIN: _S.PENDING, _I.RESET: _S.IDLE},
    # A newer attempt takes the place of the one that is under way.
    _S.PENDING: {
        _I.BEGIN: _S.PENDING,
        _I.ACCEPTED: _S.AUTHENTICATED,
        _I.REJECTED: _S.FAILED,
        _I.TIMEOUT: _S.FAILED,
        _I.RESET: _S.IDLE,
    },
    _S.AUTHENTICATED: {_I.BEGIN: _S.REFRESHING, _I.RESET: _S.IDLE},
    _S.REFRESHING: {
        _I.BEGIN: _S.REFRESHING,
        _I.ACCEPTED: _S.AUTHENTICATED,
        _I.REJECTED: _S.FAILED,
        _I.TIMEOUT: _S.FAILED,
        _I.RESET: _S.IDLE,
    },
    _S.FAILED: {_I.BEGIN: _S.PENDING, _I.RESET: _S.IDLE},
}


@final
class Authentication:
    """The logon of one connection, attempt after attempt.

    :param logon: the plan of it
    """

    def __init__(self, logon: Logon) -> None:
        self.state: AuthenticationState = AuthenticationState.IDLE
        self.error: Exception | None = None
        """Why the last attempt failed."""
        self.result: Any = None
        """What the venue answered to the last one it accepted. It may hold a token."""
        self.expires_in: float | None = None
        """Seconds the present logon is valid, from when it was accepted; None for no end."""
        self.refresh_at: int | None = None
        """When it is to be renewed, int nanoseconds of the clock its methods are given."""
        self._logon = logon
        self._id: int | str | None = None
        self._renewing = False
        self._in_vain = False
        self._deadline: int | None = None
        self._waiters: list[Callable[[], None]] = []

    def __repr__(self) -> str:
        return f"Authentication({self.state})"

    @property
    def ok(self) -> bool:
        """Whether requests that need a logon may be sent."""
        return self.state in (AuthenticationState.AUTHENTICATED, AuthenticationState.REFRESHING)

    def begin(self, now: int, utc: int) -> SubscribeRequest:
        """The message of a new attempt, to be sent at once. The answer to an older one means nothing any more.

        :param utc: the time the message is signed with, int nanoseconds UTC
        :raises barterpy.errors.BarterError: the message cannot be made, for example without credentials
        """
        logon = self._logon
        refresh = logon.refresh if self.ok and not self._in_vain else None
        request = logon.request(utc) if refresh is None else refresh(self.result, utc)
        self._renewing = refresh is not None
        self._id = request.id
        self._deadline = now + round(logon.timeout * SECOND)
        self.refresh_at = None
        self._feed(AuthenticationInput.BEGIN)
        return request

    def on_reply(self, reply: Reply, now: int) -> bool:
        """Whether this was the answer to the present attempt; then :attr:`state` tells what it was. A renewal that was
        refused is still refreshing: a token may have become worthless where the key has not, so a logon is due."""
        if self._id is None or reply.id != self._id:
            return False
        self._id = self._deadline = None
        if reply.error is not None and self._renewing:
            self._in_vain, self.refresh_at = True, now
            return True
        self._in_vain = False
        if reply.error is not None:
            self._fail(AuthenticationInput.REJECTED, reply.error)
            return True
        self.error = None
        self.result = reply.result
        self.expires_in = None if self._logon.expires is None else self._logon.expires(reply.result)
        if self.expires_in is not None:
            self.refresh_at = now + round(self.expires_in * _REFRESH_AT * SECOND)
        self._feed(AuthenticationInput.ACCEPTED)
        return True

    def reset(self) -> None:
        """The connection is gone, and its logon with it. Who waits goes on waiting for the next one."""
        self._id = self._deadline = self.refresh_at = None
        self._in_vain = False
        self._feed(AuthenticationInput.RESET)

    def next_deadline(self) -> int | None:
        """When :meth:`handle_deadline` wants to be called."""
        return self._deadline if self._deadline is not None else self.refresh_at

    def handle_deadline(self, now: int) -> bool:
        """Whether it is time to :meth:`begin` a renewal. An attempt that was not answered in time has failed, see
        :attr:`error`."""
        if self._deadline is not None:
            if now >= self._deadline:
                self._id = self._deadline = None
                self._fail(AuthenticationInput.TIMEOUT, TransportTimeout("logging on", self._logon.timeout))
            return False
        return self.refresh_at is not None and now >= self.refresh_at

    def _fail(self, input_: AuthenticationInput, error: Exception) -> None:
        self.error = error
        self._feed(input_)

    def _feed(self, input_: AuthenticationInput) -> None:
        state = AUTHENTICATION[self.state].get(input_)
        if state is None or state is self.state:
            return
        self.state = state
        if self.ok or state is AuthenticationState.FAILED:
            waiters, self._waiters = self._waiters, []
            for wake in waiters:
                wake()

    def on_change(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Have ``wake`` called once, when an attempt was accepted or has failed. Returns what takes it back."""
        self._waiters.append(wake)

        def forget() -> None:
            if wake in self._waiters:
                self._waiters.remove(wake)

        return forget


async def authenticated(authentication: Authentication, *, timeout: float = 10.0) -> None:
    """Wait until the connection is logged on.

    :raises barterpy.errors.TransportTimeout: it is not within ``timeout`` seconds
    :raises barterpy.errors.AuthenticationError: the venue refused; other errors of the logon as they are
    """
    with anyio.move_on_after(timeout):
        while not authentication.ok:
            if authentication.state is AuthenticationState.FAILED:
                raise authentication.error or AuthenticationError("the logon failed")
            event = anyio.Event()
            forget = authentication.on_change(event.set)
            try:
                await event.wait()
            finally:
                forget()
        return
    raise TransportTimeout("waiting for the logon", timeout)
