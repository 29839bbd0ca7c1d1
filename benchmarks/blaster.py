"""The server all clients read from: frames made beforehand, written as fast as the connection takes them.

It runs in a process of its own (``python -m benchmarks.blaster``) and does no work a message, so that what is measured
is the client. It is no WebSocket library on purpose: none of the peers meets its own server here. The first line it
prints is its port. What a connection gets is fixed by the options, except for its pace and length, which the request's
query asks for: ``?repeat=N`` blasts everything N times over, ``?rate=R&count=N`` sends N messages at R a second, each
stamped with :func:`time.perf_counter_ns`, a clock which all processes of a machine share.
"""

import argparse
import base64
import contextlib
import hashlib
import socket
import ssl
import sys
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from benchmarks.affinity import pin
from benchmarks.messages import stamped

__all__ = ["COMPRESSIONS", "main"]

COMPRESSIONS = ("none", "takeover", "no-takeover")
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_CLOSE = b"\x88\x02\x03\xe8"
_PIECE = 1 << 20


def frame(payload: bytes, first: int = 0x81) -> bytes:
    """One unmasked frame; by default a whole text message."""
    size = len(payload)
    if size < 126:
        return bytes((first, size)) + payload
    return bytes((first, 126, size >> 8, size & 255)) + payload


def frames(messages: Sequence[bytes], compression: str) -> Iterator[bytes]:
    """Each message as a frame; compressed ones as RFC 7692 has it, with one window for all of them or one for each."""
    if compression == "none":
        yield from map(frame, messages)
        return
    deflater = zlib.compressobj(6, zlib.DEFLATED, -15)
    fresh = deflater.copy()
    for message in messages:
        if compression == "no-takeover":
            deflater = fresh.copy()
        data = deflater.compress(message) + deflater.flush(zlib.Z_SYNC_FLUSH)
        yield frame(data[:-4], 0xC1)


class Blaster:
    """Serves connections, each in a thread; a peer which does not read blocks only its own."""

    def __init__(self, messages: Sequence[bytes], compression: str, context: ssl.SSLContext | None) -> None:
        self._messages = messages
        self._compression = compression
        self._context = context
        self._wire = memoryview(b"".join(frames(messages, compression)))

    def serve(self, listener: socket.socket) -> None:
        """Until the process ends."""
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=self._guarded, args=(connection,), daemon=True).start()

    def _guarded(self, connection: socket.socket) -> None:
        # A client which has seen enough closes, whatever is still being written to it.
        with contextlib.suppress(OSError), connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is None:
                self._talk(connection)
            else:
                with self._context.wrap_socket(connection, server_side=True) as secure:
                    self._talk(secure)

    def _talk(self, connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(4096)
            if not piece:
                return
            head += piece
        lines = head.split(b"\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
        query = parse_qs(urlsplit(lines[0].split()[1].decode("ascii")).query)
        offered = b"permessage-deflate" in headers.get(b"sec-websocket-extensions", b"")
        if self._compression != "none" and not offered:
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            return
        accept = base64.b64encode(hashlib.sha1(headers[b"sec-websocket-key"] + _GUID).digest())
        answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        answer += b"Sec-WebSocket-Accept: " + accept + b"\r\n"
        if self._compression != "none":
            answer += b"Sec-WebSocket-Extensions: permessage-deflate"
            answer += b"; server_no_context_takeover" if self._compression == "no-takeover" else b""
            answer += b"\r\n"
        connection.sendall(answer + b"\r\n")
        if "rate" in query:
            self._pace(connection, int(query["rate"][0]), int(query["count"][0]))
        else:
            for _ in range(int(query.get("repeat", ["1"])[0])):
                for start in range(0, len(self._wire), _PIECE):
                    connection.sendall(self._wire[start : start + _PIECE])
        connection.sendall(_CLOSE)
        # RFC 6455 section 7.1.1: the server closes the connection, once it has the client's close frame.
        connection.settimeout(5.0)
        connection.recv(4096)

    def _pace(self, connection: socket.socket, rate: int, count: int) -> None:
        period = 1_000_000_000 // rate
        due = time.perf_counter_ns()
        for index in range(count):
            due += period
            rest = due - time.perf_counter_ns()
            if rest > 0:
                time.sleep(rest / 1e9)
            message = self._messages[index % len(self._messages)]
            connection.sendall(frame(stamped(message, time.perf_counter_ns())))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Blast WebSocket frames at whoever connects.")
    parser.add_argument("workload", type=Path, help="messages, one a line")
    parser.add_argument("--compression", choices=COMPRESSIONS, default="none")
    parser.add_argument("--certificate", type=Path, help="PEM file with key and certificate; serves TLS")
    parser.add_argument("--core", type=int, help="the core to run on")
    options = parser.parse_args(arguments)
    pin(options.core)
    context = None
    if options.certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate)
    blaster = Blaster(options.workload.read_bytes().splitlines(), options.compression, context)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        # The benchmark holds the other end of standard input: when it is gone, so are we.
        threading.Thread(target=blaster.serve, args=(listener,), daemon=True).start()
        sys.stdin.read()


if __name__ == "__main__":
    main()
