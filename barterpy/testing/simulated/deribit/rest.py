"""The simulated Deribit's methods over HTTP: ``/api/v2/public/get_time?…``. A request in, an answer out; no server."""

import re
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final, final
from urllib.parse import parse_qsl

import msgspec

from barterpy.http import HttpRequest, HttpResponse
from barterpy.testing.simulated.deribit.accounts import Accounts, RpcRefusal
from barterpy.testing.simulated.deribit.methods import Methods

__all__ = ["DeribitRest"]

_REST_PREFIX: Final = "/api/v2/"
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")


@final
class DeribitRest:
    """See the module.

    :param failures: refusals that are planned, by method
    :param stamp: what every answer carries
    """

    def __init__(
        self,
        accounts: Accounts,
        methods: Methods,
        failures: Mapping[str, deque[RpcRefusal]],
        stamp: Callable[[], dict[str, Any]],
    ) -> None:
        self.requests: deque[str] = deque(maxlen=10_000)
        """Method and target of every request."""
        self._accounts = accounts
        self._methods = methods
        self._failures = failures
        self._stamp = stamp

    async def respond(self, request: HttpRequest) -> HttpResponse:
        """The answer, whatever the request is."""
        headers = {name.lower(): value for name, value in request.headers}
        self.requests.append(f"{request.method} {request.target}")
        answer: dict[str, Any] = {"jsonrpc": "2.0", **self._stamp()}
        status = 200
        try:
            if not request.path.startswith(_REST_PREFIX):
                return HttpResponse(status=404, body=b"not found", url=request.url)
            method = request.path.removeprefix(_REST_PREFIX)
            account = None
            if method.startswith("private/"):
                account = self._accounts.of_request(
                    headers.get("authorization", ""), request.method, request.target, request.body.decode()
                )
            failures = self._failures.get(method)
            if failures:
                raise failures.popleft()
            params = {name: _typed(value) for name, value in parse_qsl(request.query, keep_blank_values=True)}
            answer["result"] = self._methods.call(method, params, account)
        except RpcRefusal as refusal:
            answer["error"] = refusal.wire()
            status = 400
        body = msgspec.json.encode(answer)
        return HttpResponse(status=status, headers=(("Content-Type", "application/json"),), body=body, url=request.url)


def _typed(value: str) -> Any:
    """A query's value as JSON would have it."""
    if value in ("true", "false"):
        return value == "true"
    if not _NUMBER.fullmatch(value):
        return value
    return float(value) if "." in value else int(value)
