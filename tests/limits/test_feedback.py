"""What answers tell: headers of the draft and of its predecessors, statuses, and headers that tell nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barterpy.http import HttpResponse
from barterpy.limits import Pause, Usage, http_feedback


def told(*headers: tuple[str, str], status: int = 200) -> list[Usage | Pause]:
    return http_feedback(HttpResponse(status=status, headers=headers))


def test_the_headers_of_the_draft() -> None:
    # draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4.
    assert told(
        ("RateLimit-Policy", '"burst";q=100;w=60,"daily";q=1000;w=86400'),
        ("RateLimit", '"burst";r=50;t=30, "daily";r=900'),
    ) == [Usage(used=50, limit=100, period=60), Usage(used=100, limit=1000, period=86400)]


def test_nothing_that_remains_is_a_pause_until_the_reset() -> None:
    assert told(("RateLimit-Policy", '"a";q=10;w=5'), ("RateLimit", '"a";r=0;t=3')) == [
        Usage(used=10, limit=10, period=5),
        Pause(seconds=3, reason="nothing remains until the reset"),
    ]


@pytest.mark.parametrize("prefix", ["RateLimit", "X-RateLimit", "x-ratelimit"])
def test_the_headers_from_before(prefix: str) -> None:
    assert told((f"{prefix}-Limit", "100, 100;w=60"), (f"{prefix}-Remaining", "40"), (f"{prefix}-Reset", "7")) == [
        Usage(used=60, limit=100, period=60)
    ]
    assert told((f"{prefix}-Limit", "100"), (f"{prefix}-Remaining", "0"), (f"{prefix}-Reset", "7")) == [
        Usage(used=100, limit=100),
        Pause(seconds=7, reason="nothing remains until the reset"),
    ]


def test_a_reset_that_is_a_date_is_not_waited_for() -> None:
    assert told(("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "1767225600")) == []


@pytest.mark.parametrize(
    ("status", "retry_after", "expected"),
    [
        (429, "7", 7.0),
        (429, None, 1.0),
        (418, "300", 300.0),
        (418, None, 120.0),
        (503, "20", 20.0),
        (503, None, None),
        (500, "20", None),
        (403, "20", None),
        (200, "20", None),
    ],
)
def test_statuses_that_mean_to_stay_away(status: int, retry_after: str | None, expected: float | None) -> None:
    headers = () if retry_after is None else (("Retry-After", retry_after),)
    pauses = [one.seconds for one in told(*headers, status=status) if isinstance(one, Pause)]
    assert pauses == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("RateLimit", ""),),
        (("RateLimit", "nonsense"),),
        (("RateLimit", '"a";r=-1'),),
        (("RateLimit", '"a";r=1.5'),),
        (("RateLimit", '"a";r=5'),),
        (("RateLimit", '"a";r=5'), ("RateLimit-Policy", '"b";q=10;w=1')),
        (("RateLimit-Limit", "many"), ("RateLimit-Remaining", "some")),
        (("RateLimit-Remaining", "99999999999999999999"),),
    ],
)
def test_headers_that_tell_nothing(headers: tuple[tuple[str, str], ...]) -> None:
    assert told(*headers) == []


@given(
    name=st.sampled_from(
        ["RateLimit", "RateLimit-Policy", "RateLimit-Limit", "RateLimit-Remaining", "X-RateLimit-Reset"]
    ),
    value=st.text(alphabet='0123456789;,="abrtqw -.²', max_size=60),
)
def test_no_header_is_an_error(name: str, value: str) -> None:
    for one in told(
        (name, value), ("RateLimit-Remaining", "0"), ("RateLimit-Policy", value), ("RateLimit-Limit", value)
    ):
        assert isinstance(one, Pause) or one.used >= 0
