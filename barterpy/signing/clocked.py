"""A signer that keeps the venue's time, and asks for it when a timestamp was refused."""

from collections.abc import Callable, Generator
from typing import final

from barterpy.errors import ParseError
from barterpy.http import HttpRequest, HttpResponse
from barterpy.rest import Signer, SignFlow
from barterpy.timesync import ClockOffset

__all__ = ["ClockedSigner"]


@final
class ClockedSigner:
    """Signs with the venue's time. A request that was refused for its timestamp was not done: the clock is measured
    anew, and the request signed once more.

    :param signer: signs, given the venue's time
    :param offset: what is known of the venue's clock; shared with a :class:`~barterpy.timesync.ServerClock`, or with
        other signers
    :param refused: whether an answer means that the timestamp is outside of the venue's window
    :param time_request: the request for the server's time, made of the one that was refused
    :param server_time: reads its answer, int nanoseconds UTC; None when there is no time in it
    """

    def __init__(
        self,
        signer: Signer,
        offset: ClockOffset,
        *,
        refused: Callable[[HttpResponse], bool],
        time_request: Callable[[HttpRequest], HttpRequest],
        server_time: Callable[[HttpResponse], int | None],
    ) -> None:
        self.offset: ClockOffset = offset
        self._signer = signer
        self._refused = refused
        self._time_request = time_request
        self._server_time = server_time

    def sign(self, request: HttpRequest, now: int, /) -> SignFlow:
        """The inner signer's dialogue; and once more, with the server's time, when the timestamp was refused.

        :raises barterpy.errors.ParseError: there is no time in the answer with the server's time
        """
        response = yield from self._signed(request, now)
        if not self._refused(response):
            return
        # By the caller's clock, which need not be the transport's.
        now += response.elapsed
        measured = yield self._time_request(request)
        server = self._server_time(measured)
        if server is None:
            if 200 <= measured.status < 300:
                # As the call's answer it would pass for the success of a request that was refused.
                raise ParseError("there is no time in it", measured.body, kind="answer with the server's time")
            return  # this answer is then the call's: it tells why the clock could not be measured
        # What was known has just been refuted.
        self.offset.reset()
        self.offset.observe(now, server, now + measured.elapsed)
        yield from self._signed(request, now + measured.elapsed)

    def _signed(self, request: HttpRequest, now: int) -> Generator[HttpRequest, HttpResponse, HttpResponse]:
        flow = self._signer.sign(request, now + self.offset.offset(now))
        outgoing = next(flow)
        while True:
            response = yield outgoing
            try:
                outgoing = flow.send(response)
            except StopIteration:
                return response

    def __repr__(self) -> str:
        return f"ClockedSigner({self._signer!r})"
