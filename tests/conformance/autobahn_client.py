"""The client of the Autobahn WebSocket test suite: asks for the cases, echoes through each, asks for the report.

    python -m tests.conformance.autobahn_client ws://HOST:PORT --agent NAME
        [--backend asyncio|trio] [--compression on|off]

The other side is Autobahn's fuzzing server (``wstest -m fuzzingserver``), which is not part of this project. It serves
``/getCaseCount``, ``/runCase?case=N&agent=NAME`` and ``/updateReports?agent=NAME``; a case is run by sending every
message back as it came, text as text and binary as binary, until the connection ends.
"""

import argparse
import sys
from collections.abc import Sequence
from urllib.parse import quote

import anyio

from barterpy.errors import BarterError, ProtocolError, TransportError
from barterpy.protocols.websocket import Deflate, WebSocket, connect

__all__ = ["main", "run_cases"]

_MAX_MESSAGE_SIZE = 32 * 1024 * 1024  # the cases of 9.* go up to 16 MiB
_PATIENCE = 120.0  # seconds; the suite answers nothing while it writes its report


async def echo(socket: WebSocket) -> None:
    """Sends back what comes, until the connection ends, whichever way: judging that is the suite's work."""
    try:
        while True:
            for message in (await socket.receive()).messages:
                await socket.send(message)
    except (anyio.EndOfStream, TransportError, ProtocolError):
        return


async def run_cases(url: str, agent: str, compression: Deflate | None, cases: Sequence[int] | None = None) -> int:
    """Runs the suite's cases, or those given by number; returns how many were run."""
    agent = quote(agent, safe="")
    if cases is None:
        async with connect(f"{url}/getCaseCount") as socket:
            count = int((await socket.receive()).messages[0])
        cases = range(1, count + 1)
    for case in cases:
        try:
            async with connect(
                f"{url}/runCase?case={case}&agent={agent}",
                compression=compression,
                max_message_size=_MAX_MESSAGE_SIZE,
                open_timeout=_PATIENCE,
                ping_interval=None,
            ) as socket:
                await echo(socket)
        except BarterError as error:
            sys.stderr.write(f"case {case}: {error}\n")
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{case}/{cases[-1]} ")
    async with connect(f"{url}/updateReports?agent={agent}", open_timeout=_PATIENCE) as socket:
        await echo(socket)
    return len(cases)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs from the command line."""
    parser = argparse.ArgumentParser(prog="autobahn_client", description="Echoes through the Autobahn cases")
    parser.add_argument("url", help="the fuzzing server, ws://HOST:PORT")
    parser.add_argument("--agent", required=True, help="the name the report is filed under")
    parser.add_argument("--backend", choices=("asyncio", "trio"), default="asyncio")
    parser.add_argument("--compression", choices=("on", "off"), default="on", help="offer permessage-deflate")
    options = parser.parse_args(arguments)
    compression = Deflate(threshold=0) if options.compression == "on" else None
    run = anyio.run(run_cases, options.url.rstrip("/"), options.agent, compression, backend=options.backend)
    sys.stdout.write(f"{run} cases run as {options.agent}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
