"""TLS as every connection of ours uses it: verified, with SNI, and one context for all of them."""

import ssl

import anyio
from anyio.abc import ByteStream
from anyio.streams.tls import TLSStream

from barterpy.errors import ConnectError, TlsError
from barterpy.protocols.authorities import default_ssl_context

__all__ = ["wrap_tls"]

_WENT_AWAY = "the peer closed the connection during the TLS handshake"


async def wrap_tls(stream: ByteStream, hostname: str, context: ssl.SSLContext | None, target: str) -> TLSStream:
    """TLS over a connected stream; ``hostname`` is sent (SNI) and verified.

    :raises TlsError: the certificate does not verify, or the peer does not speak TLS
    :raises ConnectError: the peer went away meanwhile
    """
    try:
        return await TLSStream.wrap(
            stream,
            server_side=False,
            hostname=hostname,
            ssl_context=default_ssl_context("http/1.1") if context is None else context,
            standard_compatible=False,
        )
    except ssl.SSLCertVerificationError as error:
        raise TlsError(target, f"certificate not accepted: {error.verify_message}") from error
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
        raise ConnectError(target, _WENT_AWAY) from error
    except ssl.SSLError as error:
        raise TlsError(target, f"TLS handshake failed: {error.reason or error.strerror or 'unknown reason'}") from error
    except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError, OSError) as error:
        cause = error.__cause__
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            raise TlsError(target, f"TLS handshake failed: {cause.reason}") from error
        raise ConnectError(target, _WENT_AWAY) from error
