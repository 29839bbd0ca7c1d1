"""Every scenario of the FIX acceptance, in every version it exists in, against our acceptor: to the byte.

Time is virtual, so half a minute of heartbeats takes none.
"""

from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from barterpy.protocols.fix.acceptor import accept
from barterpy.protocols.fix.session import SessionSettings, Store
from barterpy.protocols.fix.stores import SqliteStore
from barterpy.testing import VirtualClock, virtual_backends
from tests.conformance.fix_acceptor import acceptance_sessions, echo, store_maker
from tests.conformance.fix_memory import MemoryListener
from tests.conformance.fix_scenario import Scenario
from tests.conformance.fix_scenarios import SCENARIOS
from tests.conformance.fix_script import Mismatch, Player
from tests.conformance.fix_versions import VERSIONS, Version

SESSIONS = acceptance_sessions()


@pytest.fixture(params=virtual_backends())
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return request.param


async def play(version: Version, *scripts: str, stores: Callable[[SessionSettings], Store] | None = None) -> None:
    """Against an acceptor of its own."""
    clock = VirtualClock()
    listener = MemoryListener()
    async with accept(echo, SESSIONS, listener=listener, clock=clock, store_factory=stores):
        player = Player(version, listener.dial, clock)
        for script in scripts:
            await player.play(script)


@pytest.mark.anyio
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
async def test_a_scenario_goes_as_written_in_every_version(scenario: Scenario) -> None:
    mismatches: list[str] = []
    for version in scenario.versions:
        try:
            await play(version, scenario.script(version))
        except Mismatch as mismatch:
            mismatches.append(str(mismatch))
    assert not mismatches, "\n\n".join(mismatches)


@pytest.mark.anyio
async def test_sessions_do_not_disturb_each_other() -> None:
    clock = VirtualClock()
    listener = MemoryListener()

    async def play_all(version: Version) -> None:
        player = Player(version, listener.dial, clock, slack=1.0)
        for scenario in SCENARIOS:
            if version in scenario.versions:
                await player.play(scenario.script(version))

    async with accept(echo, SESSIONS, listener=listener, clock=clock), anyio.create_task_group() as players:
        for version in (VERSIONS[0], VERSIONS[4], VERSIONS[-1]):
            players.start_soon(play_all, version)


@pytest.mark.anyio
async def test_a_script_that_does_not_fit_fails() -> None:
    version = VERSIONS[4]
    for wrong in (
        f"> {version.logon()}\n< {version.logon(2)}",
        f"> {version.logon()}\n< {version.logon()}\n< 0|34=2 @29",
        f"> {version.logon()}\nclosed",
        f"> {version.logon(extra='|999=1')}\n< {version.logon()}",
        f"> {version.logon()}\n< {version.logon()}\n> {version.order(2)}\n< {version.order(2, 'OTHER')}",
    ):
        with pytest.raises(Mismatch):
            await play(version, wrong)


@pytest.fixture(params=["asyncio", "trio"])
def real_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("store", ["file", "sqlite"])
def test_scenarios_with_stores_on_the_disk(store: str, real_backend: str, tmp_path: Path) -> None:
    """Threads do not wait in virtual time, so those which take time are left out."""

    def sqlite(settings: SessionSettings) -> Store:
        return SqliteStore(tmp_path / "sessions.db", str(settings.id))

    stores = store_maker(tmp_path) if store == "file" else sqlite
    version = VERSIONS[4]
    scripts = [one.script(version) for one in SCENARIOS if version in one.versions and not one.seconds]

    async def run() -> None:
        await play(version, *scripts, stores=stores)

    anyio.run(run, backend=real_backend)
