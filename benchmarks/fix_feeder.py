"""A plain socket that feeds an echoing FIX acceptor, and knows no FIX library: what it measures is the acceptor.

    python -m benchmarks.fix_feeder throughput PORT COUNT [CORE]
    python -m benchmarks.fix_feeder pings PORT[,PORT…] BURSTS [CORE]

Orders of 17 fields are made beforehand and written as fast as they are taken; every echo has to come back, in order.
Or one order at a time is sent, and its echo waited for: in short bursts, to one acceptor after the other, because how
fast the machine is may change within seconds.
"""

import datetime as dt
import json
import re
import socket
import sys
import threading
import time
from collections.abc import Sequence

from benchmarks.affinity import pin

__all__ = ["main", "make_order"]

_IDENTITY = re.compile(rb"\x0111=(\d+)\x01")
_PORTION = 1 << 18
_BURST = 200
_WARM = 2000
"""Round trips before any is measured."""


def _message(fields: Sequence[bytes]) -> bytes:
    body = b"\x01".join(fields) + b"\x01"
    whole = b"8=FIX.4.4\x019=%d\x01%b" % (len(body), body)
    return b"%b10=%03d\x01" % (whole, sum(whole) % 256)


def make_order(number: int, stamp: bytes) -> bytes:
    """A NewOrderSingle of 17 fields."""
    header = (b"35=D", b"34=%d" % number, b"49=TW44", b"52=" + stamp, b"56=ISLD")
    body = (b"11=%d" % number, b"21=1", b"38=100", b"40=2", b"44=101.25", b"54=1", b"55=MSFT", b"59=0", b"60=" + stamp)
    return _message((*header, *body))


class _Feeder:
    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._next = 2
        self.stamp = f"{dt.datetime.now(dt.UTC):%Y%m%d-%H:%M:%S.%f}"[:-3].encode()
        logon = (b"35=A", b"34=1", b"49=TW44", b"52=" + self.stamp, b"56=ISLD", b"98=0", b"108=300")
        self._socket.sendall(_message(logon))
        assert b"\x0135=A\x01" in self._socket.recv(65536), "the acceptor did not answer the Logon"

    def throughput(self, count: int) -> float:
        """Seconds from the first byte written to the last echo read."""
        first, self._next = self._next, self._next + count
        orders = b"".join(make_order(number, self.stamp) for number in range(first, first + count))
        echoes: list[bytes] = []

        def read() -> None:
            size = 0
            while size < len(orders):  # an echo is as long as its order
                data = self._socket.recv(_PORTION)
                if not data:
                    return
                size += len(data)
                echoes.append(data)

        reader = threading.Thread(target=read)
        begin = time.perf_counter()
        reader.start()
        self._socket.sendall(orders)
        reader.join()
        seconds = time.perf_counter() - begin
        found = _IDENTITY.findall(b"".join(echoes))
        if found != [b"%d" % number for number in range(first, first + count)]:
            raise RuntimeError(f"{len(found)} echoes of {count} came, or not in order")
        return seconds

    def round_trips(self, count: int) -> list[int]:
        """Nanoseconds each."""
        delays: list[int] = []
        first, self._next = self._next, self._next + count
        for number in range(first, first + count):
            order = make_order(number, self.stamp)
            begin = time.perf_counter_ns()
            self._socket.sendall(order)
            size = len(self._socket.recv(65536))
            delays.append(time.perf_counter_ns() - begin)
            if size != len(order):
                raise RuntimeError("an echo is not as long as its order")
        return delays


def main(kind: str, ports: str, count: str, core: str | None = None) -> None:
    """Prints what was found as JSON: seconds, or for each port the round trips of each burst in nanoseconds."""
    pin(None if core is None else int(core))
    feeders = [_Feeder(int(port)) for port in ports.split(",")]
    if kind == "throughput":
        print(json.dumps({"seconds": feeders[0].throughput(int(count))}))
        return
    for feeder in feeders:
        feeder.round_trips(_WARM)
    bursts: list[list[list[int]]] = [[] for _ in feeders]
    for _ in range(int(count)):
        for place, feeder in enumerate(feeders):
            bursts[place].append(feeder.round_trips(_BURST))
    print(json.dumps({"bursts": bursts}))


if __name__ == "__main__":
    main(*sys.argv[1:])
