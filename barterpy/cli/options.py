"""Options that several commands share, each said once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Group, Parameter, validators

from barterpy.subscription import Channel

__all__ = [
    "ChannelName",
    "Common",
    "CommonOptions",
    "EndpointOptions",
    "Endpoints",
    "ExistingFile",
    "Until",
    "UntilOptions",
]

_OUTPUT = Group("Output", sort_key=3)
_VENUE = Group("Venue", sort_key=1)
_STOP = Group("When to stop", sort_key=2)


@Parameter(name="*", group=_OUTPUT)
@dataclass(frozen=True, kw_only=True)
class Common:
    """Of every command."""

    json: Annotated[bool, Parameter(negative=(), show_default=False)] = False
    """JSON lines on standard output, one object each; see barterpy schema."""
    quiet: Annotated[bool, Parameter(name=("--quiet", "-q"), negative=(), show_default=False)] = False
    """Neither progress nor summary: nothing but the data and errors."""
    debug: Annotated[bool, Parameter(negative=(), show_default=False)] = False
    """Show the traceback of an error instead of one line."""
    backend: Literal["asyncio", "trio"] = "asyncio"
    """The event loop to run on."""


@Parameter(name="*", group=_VENUE)
@dataclass(frozen=True, kw_only=True)
class Endpoints:
    """Where a venue is reached."""

    environment: str | None = None
    """Live, testnet or demo, as barterpy venues lists them."""
    ws_url: str | None = None
    """WebSocket address to use instead, such as that of barterpy serve."""
    rest_url: str | None = None
    """REST address to use instead."""


@Parameter(name="*", group=_STOP)
@dataclass(frozen=True, kw_only=True)
class Until:
    """When a command that would run for ever stops by itself."""

    count: Annotated[int | None, Parameter(name=("--count", "-n"), validator=validators.Number(gte=1))] = None
    """Stop after this many data events; what happens to the connection is not counted."""
    seconds: Annotated[float | None, Parameter(name=("--seconds", "-s"), validator=validators.Number(gt=0))] = None
    """Stop after this time."""


# One default instance each: all fields are immutable.
CommonOptions: Common = Common()
EndpointOptions: Endpoints = Endpoints()
UntilOptions: Until = Until()

ChannelName = Annotated[Channel, Parameter(name_transform=str.lower)]
"""A channel by its own name, underscores and all."""

ExistingFile = Annotated[Path, Parameter(validator=validators.Path(exists=True, dir_okay=False))]
