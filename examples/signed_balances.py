"""Signed GET of account balances, with a signing scheme and a parser of your own.

The endpoint is Binance Spot's account, so the example can be run against the simulated venue; nothing in it comes from
``barterpy.venues``. Run it with

    BINANCE_API_KEY=… BINANCE_API_SECRET=… python examples/signed_balances.py [BASE_URL]
"""

import sys
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

import anyio
import msgspec

from barterpy import Credentials, HttpRequest, HttpResponse, RestRequest, VenueError
from barterpy.protocols import http
from barterpy.signing import RequestSigner, hexadecimal, hmac_sha256

URL = "https://api.binance.com"
R = TypeVar("R")


class Balance(msgspec.Struct):
    asset: str
    free: Decimal
    locked: Decimal


class Account(msgspec.Struct):
    balances: list[Balance]


@dataclass(frozen=True)
class FetchBalances(RestRequest[Account]):
    """What is asked, and the type of the answer."""

    response = Account
    path = "/api/v3/account"
    signed = True


@dataclass(frozen=True)
class ExampleScheme:
    """What is signed, and where key and signature go. The bytes are final: they go out as they are signed."""

    api_key: str

    def prepare(self, request: HttpRequest, now: int) -> HttpRequest:
        return request.with_query(f"timestamp={now // 1_000_000}").with_headers(("X-MBX-APIKEY", self.api_key))

    def payload(self, request: HttpRequest) -> bytes:
        return request.query.encode() + request.body

    def attach(self, request: HttpRequest, signature: str) -> HttpRequest:
        return request.with_query(f"{request.query}&signature={signature}")


class ApiError(msgspec.Struct):
    code: int
    msg: str


class ExampleParser:
    """Makes the typed answer of a response, or raises what the venue said."""

    def parse(self, response: HttpResponse, type_: type[R]) -> R:
        if response.status != 200:
            error = msgspec.json.decode(response.body, type=ApiError)
            raise VenueError(error.msg, error.code, response.status)
        return msgspec.json.decode(response.body, type=type_)


async def main(url: str = URL, credentials: Credentials | None = None) -> list[Balance]:
    """Print what the account holds."""
    credentials = credentials or Credentials.from_environment("binance")
    signer = RequestSigner(ExampleScheme(credentials.key), hmac_sha256(credentials.secret), hexadecimal)
    async with http.rest_client(url, signer, ExampleParser()) as client:
        account = await client.execute(FetchBalances())  # Account, known to the type checker
    for balance in account.balances:
        print(f"{balance.asset:>8}  free {balance.free}  locked {balance.locked}")
    return account.balances


if __name__ == "__main__":
    anyio.run(main, next(iter(sys.argv[1:]), URL))
