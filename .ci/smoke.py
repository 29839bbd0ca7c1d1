"""A user's first minute with the installed package, away from the tree: what was built is what they get.

Run by .ci/run in a clean environment that holds the wheel and its dependencies alone.
"""

import importlib
import pkgutil
import sys
from collections.abc import Iterable
from importlib.metadata import files
from importlib.util import find_spec
from pathlib import Path

import anyio

import barterpy
from barterpy import Batch, ExchangeStream, JsonParser

NEEDS_AN_EXTRA = ("barterpy.cli", "barterpy.metrics.opentelemetry", "barterpy.metrics.prometheus", "barterpy.testing")


class ListSocket:
    """A socket over a list of messages."""

    def __init__(self, messages: list[bytes]) -> None:
        self.messages = messages

    async def receive(self) -> Batch[bytes]:
        if not self.messages:
            raise anyio.EndOfStream
        messages, self.messages = self.messages, []
        return Batch(messages, received_at=1)

    async def aclose(self) -> None:
        self.messages = []


class Sum:
    """A transformer: the sum so far."""

    def __init__(self) -> None:
        self.total = 0

    def transform(self, message: int, received_at: int) -> Iterable[int]:
        self.total += message
        yield self.total


def check_installation() -> None:
    """The package is the installed one, whole, typed, and brings no neighbours along."""
    home = Path(barterpy.__file__).resolve().parent
    assert home.is_relative_to(Path(sys.prefix).resolve()), f"{home} is not the installed package"
    assert find_spec("protocols") is None, "a top-level package `protocols` was installed"
    assert find_spec("venues") is None, "a top-level package `venues` was installed"
    owned = {str(path).split("/", 1)[0] for path in files("barterpy") or ()}
    foreign = {name for name in owned if name != "barterpy" and not name.endswith(".dist-info") and name != ".."}
    assert not foreign, f"the wheel also installs {foreign}"
    assert (home / "py.typed").is_file()
    names = [module.name for module in pkgutil.walk_packages(barterpy.__path__, "barterpy.", onerror=lambda name: None)]
    assert "barterpy.protocols.websocket" in names, names
    assert "barterpy.venues.binance" in names, names
    for name in names:
        if not name.startswith(NEEDS_AN_EXTRA):
            importlib.import_module(name)


async def check_stream() -> None:
    """Bytes in, outputs out."""
    outputs = [total async for total in ExchangeStream(ListSocket([b"1", b"2", b"3"]), JsonParser(int), Sum())]
    assert outputs == [1, 3, 6], outputs


if __name__ == "__main__":
    check_installation()
    anyio.run(check_stream)
    sys.stdout.write(f"barterpy works from {Path(barterpy.__file__).parent}\n")
