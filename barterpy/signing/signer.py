"""RequestSigner: what to sign ⟂ MAC or key ⟂ encoder, over the final bytes of a request."""

from typing import Protocol, TypeVar, final, runtime_checkable

from barterpy.errors import ConfigurationError
from barterpy.http import HttpRequest, HttpResponse
from barterpy.rest import SignFlow
from barterpy.signing.encoders import Encoder
from barterpy.signing.hmacs import Mac

__all__ = ["DialogueScheme", "RequestSigner", "SigningScheme"]

T = TypeVar("T")


class SigningScheme(Protocol):
    """What a venue wants signed, and where it wants the signature. Three pure functions over the request.

    ``now`` is int nanoseconds UTC; a nonce comes from a source given to the scheme. See
    :mod:`barterpy.signing.schemes` for the two usual ones.
    """

    def prepare(self, request: HttpRequest, now: int, /) -> HttpRequest:
        """The request with key, timestamp and nonce in query, headers or body: all but the signature."""
        ...

    def payload(self, request: HttpRequest, /) -> bytes:
        """The exact bytes to sign, made of a prepared request."""
        ...

    def attach(self, request: HttpRequest, signature: str, /) -> HttpRequest:
        """The prepared request with its encoded signature, ready to go out."""
        ...


@runtime_checkable
class DialogueScheme(SigningScheme, Protocol):
    """A scheme which looks at the answer and may sign once more."""

    def again(self, request: HttpRequest, response: HttpResponse, now: int, /) -> HttpRequest | None:
        """The request prepared anew (with the venue's clock, a higher nonce…), or None to let the answer stand.

        ``request`` is the one the caller made, before :meth:`prepare`. Only for refusals which say that nothing was
        done: the request may be an order.
        """
        ...


@final
class RequestSigner:
    """A :class:`barterpy.rest.Signer` composed of a scheme, a MAC or private key, and an encoder.

    :param scheme: what to sign and where to put it
    :param mac: signs the payload: :func:`~barterpy.signing.hmac_sha256`, :func:`~barterpy.signing.ed25519`…
    :param encoder: signature bytes to text: :func:`~barterpy.signing.hexadecimal`, :func:`~barterpy.signing.base64`…
    :param repeats: how often at most a :class:`DialogueScheme` may sign again
    """

    def __init__(self, scheme: SigningScheme, mac: Mac, encoder: Encoder, *, repeats: int = 1) -> None:
        if repeats < 0:
            raise ConfigurationError(f"repeats must not be negative, got {repeats}")
        self._scheme = scheme
        self._mac = mac
        self._encoder = encoder
        self._repeats = repeats if isinstance(scheme, DialogueScheme) else 0

    def sign(self, request: HttpRequest, now: int, /) -> SignFlow:
        """The dialogue: signed, and signed again as long as the scheme wants to and ``repeats`` allows."""
        response = yield self.signed(self._scheme.prepare(request, now))
        for _ in range(self._repeats):
            assert isinstance(self._scheme, DialogueScheme)
            # In the caller's clock, which need not be the one of the transport.
            now += response.elapsed
            prepared = self._scheme.again(request, response, now)
            if prepared is None:
                return
            response = yield self.signed(prepared)

    def signed(self, prepared: HttpRequest) -> HttpRequest:
        """A prepared request with its signature.

        :raises barterpy.errors.ConfigurationError: the scheme gives text in place of bytes, or no request
        """
        scheme = type(self._scheme).__name__
        prepared = _made(HttpRequest, prepared, f"{scheme}.prepare")
        payload = _made(bytes, self._scheme.payload(prepared), f"{scheme}.payload")
        return _made(HttpRequest, self._scheme.attach(prepared, self.signature(payload)), f"{scheme}.attach")

    def signature(self, payload: bytes) -> str:
        """The encoded signature of any payload, for logons outside of HTTP."""
        return self._encoder(_made(bytes, self._mac(payload), "the mac"))

    def __repr__(self) -> str:
        return f"RequestSigner({type(self._scheme).__name__}, {self._mac!r})"


def _made(kind: type[T], made: T, by: str) -> T:
    # What is signed decides about money: of a scheme nobody type-checked, the first mistake is to be the last step.
    if not isinstance(made, kind):
        raise ConfigurationError(f"{by} gives {type(made).__name__}; it must give {kind.__name__}")
    return made
