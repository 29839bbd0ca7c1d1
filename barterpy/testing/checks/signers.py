"""The contract of :class:`barterpy.rest.Signer`."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from barterpy.clock import SECOND
from barterpy.errors import BarterError
from barterpy.http import HttpRequest, HttpResponse
from barterpy.rest import Signer
from barterpy.testing.checks.clause import broken, require, subject

__all__ = ["check_signer"]

_NOW: Final = 1_767_225_600 * SECOND


def check_signer(
    signer: Signer | Callable[[], Signer],
    request: HttpRequest,
    *,
    now: int = _NOW,
    secrets: Sequence[str] = (),
    signs_body: bool = False,
) -> None:
    """Check a signer against the contract of :class:`barterpy.rest.Signer`.

    :param signer: the signer; for one that counts nonces a function that makes a fresh one
    :param request: what is signed, with a query, headers and a body such as the venue has them
    :param now: int nanoseconds UTC
    :param secrets: what must be neither shown nor sent
    :param signs_body: whether it puts key or signature into the body
    :raises AssertionError: a clause is broken
    """
    before = msgspec.structs.replace(request)
    signed = _sign(subject(signer, "sign"), request, now)
    require(request == before, "sign must not change the request it is given")
    again = _sign(subject(signer, "sign"), request, now)
    require(_content(signed) == _content(again), "sign must give the same for the same request and the same now")
    _check_kept(request, signed, signs_body=signs_body)
    for secret in secrets:
        shown = (repr(subject(signer, "sign")), str(subject(signer, "sign")), repr(signed), str(signed))
        require(not any(secret in text for text in shown), "no secret must be in the repr of signer or request")
        require(not any(secret in text for text in _content(signed)), "no secret must be sent")


def _sign(signer: Any, request: HttpRequest, now: int) -> HttpRequest:
    try:
        flow = signer.sign(request, now)
        outgoing = next(flow, None)
    except BarterError as error:
        raise broken("sign must sign a request that can be signed", error) from error
    except Exception as error:
        raise broken("sign must return a generator of requests and raise only errors of the tree", error) from error
    if not isinstance(outgoing, HttpRequest):
        raise broken(f"sign must yield the request to send, not {type(outgoing).__name__}")
    try:
        flow.send(HttpResponse(status=200, body=b"{}"))
    except StopIteration:
        return outgoing
    except Exception as error:
        raise broken("a signer must let a success stand", error) from error
    flow.close()
    raise broken("a signer must let a success stand, and not ask again")


def _content(request: HttpRequest) -> tuple[str, ...]:
    """All that would go out, as text."""
    headers = (text for pair in request.headers for text in pair)
    return (request.method, request.url, *headers, request.body.decode("latin-1"))


def _check_kept(request: HttpRequest, signed: HttpRequest, *, signs_body: bool) -> None:
    for name in ("method", "host", "path", "timeout"):
        require(getattr(signed, name) == getattr(request, name), f"sign must not change the {name} of a request")
    require(
        signed.url.partition(":")[0] == request.url.partition(":")[0], "sign must not change the scheme of a request"
    )
    kept = set(signed.query.split("&"))
    require(
        not request.query or kept.issuperset(request.query.split("&")),
        "sign must keep the query's parameters as they are",
    )
    require(
        {name.lower(): value for name, value in request.headers}.items()
        <= {name.lower(): value for name, value in signed.headers}.items(),
        "sign must keep the headers of a request",
    )
    require(signs_body or signed.body == request.body, "sign must not change the body, whose bytes are final")
