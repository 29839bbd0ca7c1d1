"""Bodies, decompressed within a bound.

A few kilobytes of gzip can hold gigabytes, so the limit is on what comes out: decompression stops at the byte where it
is reached, however little came in. gzip is the one coding asked for; a server which sends another broke the protocol.
"""

import zlib
from typing import Final, final

from barterpy.errors import LimitExceeded, ProtocolError

__all__ = ["BodyDecoder"]

_GZIP: Final = 16 + zlib.MAX_WBITS


@final
class BodyDecoder:
    """Sans-IO: :meth:`feed` it what comes, then ask :meth:`finish` for the whole body.

    :param encoding: the value of ``Content-Encoding``, or None (RFC 9110 section 8.4)
    :param limit: bytes the decoded body may have
    :raises barterpy.errors.ProtocolError: the coding is none that was asked for
    """

    def __init__(self, encoding: str | None, limit: int) -> None:
        coding = (encoding or "identity").strip().lower()
        if coding not in ("identity", "gzip", "x-gzip"):
            raise ProtocolError(f"content coding {coding[:40]!r} was not asked for")
        self._gzip = None if coding == "identity" else zlib.decompressobj(_GZIP)
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = 0
        self._started = False

    def feed(self, data: bytes) -> None:
        """Take in some bytes.

        :raises barterpy.errors.LimitExceeded: the body is larger than ``max_response_size``
        :raises barterpy.errors.ProtocolError: it is not gzip
        """
        if self._gzip is None:
            self._keep(data)
            return
        while data:
            if self._gzip.eof:
                # RFC 1952 section 2.2: members follow one another; some writers pad the last with zeros.
                data = data.lstrip(b"\0")
                if not data:
                    return
                self._gzip = zlib.decompressobj(_GZIP)
            self._started = True
            try:
                # One byte more than fits tells a body of just the limit from one that goes on.
                self._keep(self._gzip.decompress(data, self._limit - self._size + 1))
            except zlib.error as error:
                raise ProtocolError("the body is not valid gzip") from error
            data = self._gzip.unconsumed_tail or self._gzip.unused_data

    def finish(self) -> bytes:
        """The whole body.

        :raises barterpy.errors.ProtocolError: the compressed stream is not complete
        """
        if self._gzip is not None and self._started and not self._gzip.eof:
            raise ProtocolError("the gzip body ends early")
        return b"".join(self._parts)

    def _keep(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._limit:
            raise LimitExceeded("max_response_size", self._limit)
        self._parts.append(data)
