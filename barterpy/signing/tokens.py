"""JSON Web Tokens as venues want them: signed compact JWS, a fresh one a request, in the Authorization header."""

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias, final

import msgspec

from barterpy.errors import ConfigurationError, CredentialsError
from barterpy.http import HttpRequest
from barterpy.rest import SignFlow
from barterpy.signing.encoders import base64url_unpadded
from barterpy.signing.hmacs import Mac

__all__ = ["ClaimFactory", "JwtSigner", "jwt"]

ClaimFactory: TypeAlias = Callable[[HttpRequest, int], Mapping[str, object]]
"""Makes the claims (or the header) of one token, of the request and the time in int nanoseconds UTC."""


def jwt(
    header: Mapping[str, object],
    claims: Mapping[str, object],
    key: Mac,
    algorithm: Literal["ES256", "EdDSA"] = "ES256",
) -> str:
    """A signed token in compact form (RFC 7515 section 3.1, RFC 7519).

    ``alg`` and ``typ`` are put into the header unless it has them; members keep their order.

    :param key: :func:`~barterpy.signing.es256` or :func:`~barterpy.signing.eddsa`
    :raises barterpy.errors.CredentialsError: the key is of another kind than the algorithm
    :raises barterpy.errors.ConfigurationError: the header names another algorithm
    """
    if header.get("alg", algorithm) != algorithm:
        raise ConfigurationError(f"the header's alg is {header['alg']!r}, the token's is {algorithm!r}")
    kind = getattr(key, "algorithm", algorithm)
    if kind != algorithm:
        raise CredentialsError(f"{algorithm} needs another kind of key than {kind}")
    whole: dict[str, object] = {"alg": algorithm, **header}
    whole.setdefault("typ", "JWT")
    signing_input = ".".join(base64url_unpadded(msgspec.json.encode(dict(part))) for part in (whole, claims))
    return f"{signing_input}.{base64url_unpadded(key(signing_input.encode('ascii')))}"


@final
class JwtSigner:
    """A :class:`barterpy.rest.Signer` which sends a fresh token with every request.

    :param claims: makes the claims: issuer, times in whole seconds, the request's method and URI…
    :param key: signs; its kind must fit ``algorithm``
    :param header: further members of the token's header, such as ``kid``, or what makes them
    :param scheme: the word before the token
    """

    def __init__(
        self,
        claims: ClaimFactory,
        key: Mac,
        *,
        algorithm: Literal["ES256", "EdDSA"] = "ES256",
        header: Mapping[str, object] | ClaimFactory | None = None,
        header_name: str = "Authorization",
        scheme: str = "Bearer",
    ) -> None:
        kind = getattr(key, "algorithm", algorithm)
        if kind != algorithm:
            raise CredentialsError(f"{algorithm} needs another kind of key than {kind}")
        self._claims = claims
        self._key = key
        self._algorithm: Literal["ES256", "EdDSA"] = algorithm
        self._header: Mapping[str, object] | ClaimFactory = header or {}
        self._header_name = header_name
        self._scheme = scheme

    def sign(self, request: HttpRequest, now: int, /) -> SignFlow:
        """One request with its token."""
        header = self._header(request, now) if callable(self._header) else self._header
        token = jwt(header, self._claims(request, now), self._key, self._algorithm)
        yield request.with_headers((self._header_name, f"{self._scheme} {token}".strip()))

    def __repr__(self) -> str:
        return f"JwtSigner({self._algorithm}, ***)"
