"""The kit for signers passes the library's own, and names the clause that a broken one breaks."""

from typing import Any

import msgspec
import pytest

from barterpy.clock import wall_clock
from barterpy.credentials import Credentials
from barterpy.errors import ConfigurationError
from barterpy.http import HttpRequest
from barterpy.rest import PublicRequests, SignFlow
from barterpy.signing import HeaderScheme, QueryScheme, RequestSigner, hexadecimal, hmac_sha256
from barterpy.testing.checks import check_signer
from barterpy.venues import binance

SECRET = "s3cr3t-of-the-account"
REQUEST = HttpRequest(
    method="POST", url="https://x.example/api/order?symbol=BTC&size=1", headers=(("X-A", "1"),), body=b"side=buy"
)
QUERY = QueryScheme(api_key="key", key_header="X-KEY")


def headers_scheme() -> HeaderScheme:
    return HeaderScheme(
        api_key="key",
        key_header="X-KEY",
        timestamp_header="X-TIME",
        signature_header="X-SIGN",
        template="{timestamp}{method}{target}{body}",
    )


@pytest.mark.parametrize(
    "signer",
    [
        PublicRequests(),
        RequestSigner(QUERY, hmac_sha256(SECRET), hexadecimal),
        RequestSigner(headers_scheme(), hmac_sha256(SECRET), hexadecimal),
        binance.BinanceSigner(Credentials("key", SECRET), binance.Market.SPOT),
        binance.BinanceSigner(Credentials("key", SECRET), binance.Market.FUTURES),
    ],
)
def test_signers_of_the_library_keep_the_contract(signer: Any) -> None:
    check_signer(signer, REQUEST, secrets=[SECRET])


class Signing:
    def change(self, request: HttpRequest, now: int) -> HttpRequest:
        return request.with_headers(("X-SIGN", str(now)))

    def sign(self, request: HttpRequest, now: int, /) -> SignFlow:
        yield self.change(request, now)


class ReadsClock(Signing):
    def change(self, request: HttpRequest, now: int) -> HttpRequest:
        return request.with_headers(("X-SIGN", str(wall_clock())))


class ChangesBody(Signing):
    def change(self, request: HttpRequest, now: int) -> HttpRequest:
        return request.with_body(b"other")


class ChangesHost(Signing):
    def change(self, request: HttpRequest, now: int) -> HttpRequest:
        return msgspec.structs.replace(request, url=request.url.replace("x.example", "y.example"))


class ChangesMethod(Signing):
    def change(self, request: HttpRequest, now: int) -> HttpRequest:
        return msgspec.structs.replace(request, method="GET")


class DropsTls(Signing):
    def change(self, request: HttpRequest, now: int) -> HttpRequest:
        return msgspec.structs.replace(request, url=request.url.replace("https", "http"))


class DropsQuery(Signing):
    def change(self, request: HttpRequest, now: int) -> HttpRequest:
        return request.with_query("symbol=BTC&signature=1")


class DropsHeaders(Signing):
    def change(self, request: HttpRequest, now: int) -> HttpRequest:
        return msgspec.structs.replace(request, headers=())


class ShowsSecret(Signing):
    def __repr__(self) -> str:
        return f"ShowsSecret({SECRET})"


class SendsSecret(Signing):
    def change(self, request: HttpRequest, now: int) -> HttpRequest:
        return request.with_headers(("X-SECRET", SECRET))


class AsksAgain(Signing):
    def sign(self, request: HttpRequest, now: int, /) -> SignFlow:
        while True:
            yield request


class SignsNothing(Signing):
    def sign(self, request: HttpRequest, now: int, /) -> SignFlow:
        yield from ()


class RaisesWhileSigning(Signing):
    def change(self, request: HttpRequest, now: int) -> HttpRequest:
        raise KeyError("key")


class Refuses(Signing):
    def change(self, request: HttpRequest, now: int) -> HttpRequest:
        raise ConfigurationError("no")


BROKEN_SIGNERS: dict[type[Signing], str] = {
    ReadsClock: "the same for the same request and the same now",
    ChangesBody: "must not change the body",
    ChangesHost: "must not change the host",
    ChangesMethod: "must not change the method",
    DropsTls: "must not change the scheme",
    DropsQuery: "must keep the query's parameters",
    DropsHeaders: "must keep the headers",
    ShowsSecret: "no secret must be in the repr",
    SendsSecret: "no secret must be sent",
    AsksAgain: "must let a success stand, and not ask again",
    SignsNothing: "must yield the request to send, not NoneType",
    RaisesWhileSigning: "raise only errors of the tree, and it raised KeyError",
    Refuses: "must sign a request that can be signed, and it raised ConfigurationError: no",
}


@pytest.mark.parametrize("kind", BROKEN_SIGNERS, ids=lambda kind: kind.__name__)
def test_a_broken_signer_is_told_its_clause(kind: type[Signing]) -> None:
    check_signer(Signing(), REQUEST, secrets=[SECRET])
    with pytest.raises(AssertionError, match=BROKEN_SIGNERS[kind]):
        check_signer(kind(), REQUEST, secrets=[SECRET])
