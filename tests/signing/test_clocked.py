"""A signer with the venue's time: right from the start when it is known, put right once when it is not."""

import pytest

from barterpy.clock import MILLISECOND, SECOND
from barterpy.errors import ParseError
from barterpy.http import HttpRequest, HttpResponse
from barterpy.rest import SignFlow
from barterpy.signing import ClockedSigner
from barterpy.timesync import ClockOffset

REQUEST = HttpRequest(method="POST", url="https://x.test/order")
TIME = HttpRequest(method="GET", url="https://x.test/time")
REFUSED = HttpResponse(status=400, body=b"timestamp", elapsed=10 * MILLISECOND)
DONE = HttpResponse(status=200)


class Stamp:
    """Signs with the time in a header; a status of 300 makes it sign again, a second later."""

    def sign(self, request: HttpRequest, now: int, /) -> SignFlow:
        response = yield request.with_headers(("At", str(now)))
        if response.status == 300:
            yield request.with_headers(("At", str(now + SECOND)))


def signer(offset: ClockOffset) -> ClockedSigner:
    return ClockedSigner(
        Stamp(),
        offset,
        refused=lambda response: response.body == b"timestamp",
        time_request=lambda request: TIME,
        server_time=lambda response: int(response.body) if response.body.isdigit() else None,
    )


def converse(flow: SignFlow, *answers: HttpResponse) -> list[HttpRequest]:
    """What is sent, as long as there are answers; the dialogue has to end with them."""
    sent = [next(flow)]
    for answer in answers:
        try:
            sent.append(flow.send(answer))
        except StopIteration:
            assert answer is answers[-1]
            return sent
    raise AssertionError("the dialogue goes on")


def test_what_is_known_is_used_at_once() -> None:
    offset = ClockOffset(resolution=0)
    offset.observe(0, 5 * SECOND, 0)
    (sent,) = converse(signer(offset).sign(REQUEST, 100 * SECOND), DONE)
    assert sent.header("At") == str(105 * SECOND)


def test_a_refused_timestamp_is_put_right_once_and_remembered() -> None:
    offset = ClockOffset(resolution=0)
    offset.observe(0, 5 * SECOND, 0)  # which is wrong by now
    clocked = signer(offset)
    measured = HttpResponse(status=200, body=str(200 * SECOND).encode(), elapsed=20 * MILLISECOND)
    first, time, again = converse(clocked.sign(REQUEST, 100 * SECOND), REFUSED, measured, DONE)
    assert (first.header("At"), time) == (str(105 * SECOND), TIME)
    # The server read its clock half way of the 20 ms.
    assert again.header("At") == str(200 * SECOND + 10 * MILLISECOND)
    (later,) = converse(clocked.sign(REQUEST, 300 * SECOND), DONE)
    assert abs(int(later.header("At") or 0) - 400 * SECOND) < 50 * MILLISECOND
    sent = converse(clocked.sign(REQUEST, 300 * SECOND), REFUSED, measured, REFUSED)
    assert len(sent) == 3, "refused twice is the answer"


def test_a_time_that_cannot_be_read_is_the_answer() -> None:
    sent = converse(signer(ClockOffset()).sign(REQUEST, 0), REFUSED, HttpResponse(status=503, body=b"down"))
    assert sent[1:] == [TIME]


def test_a_success_without_a_time_in_it_is_not_the_answer_to_the_request() -> None:
    with pytest.raises(ParseError, match="server's time: there is no time in it") as caught:
        converse(signer(ClockOffset()).sign(REQUEST, 0), REFUSED, HttpResponse(status=200, body=b"{}"))
    assert caught.value.payload == b"{}"


def test_the_inner_signers_dialogue_is_kept() -> None:
    sent = converse(signer(ClockOffset()).sign(REQUEST, 0), HttpResponse(status=300), DONE)
    assert [request.header("At") for request in sent] == ["0", str(SECOND)]
