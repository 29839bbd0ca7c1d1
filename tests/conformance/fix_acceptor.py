"""The acceptor of the FIX acceptance: its configuration, its echo application, every version on one port.

    python -m tests.conformance.fix_acceptor --port P [--host 127.0.0.1]
        [--backend asyncio|trio] [--store memory|file] [--directory DIR]

Our side is ISLD in every session. :mod:`tests.conformance.fix_scenarios` plays the counterparties; so may any other
program that knows this configuration.
"""

import argparse
import contextlib
import signal
import sys
import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from functools import cache
from pathlib import Path

import anyio

from barterpy.protocols.fix import Outgoing
from barterpy.protocols.fix.acceptor import accept
from barterpy.protocols.fix.dictionary import GroupMember, Rules, Validator, builtin
from barterpy.protocols.fix.fix_socket import FixSocket
from barterpy.protocols.fix.session import MemoryStore, Role, SessionSettings, Store
from barterpy.protocols.fix.stores import FileStore
from tests.conformance.fix_script import ACCEPTOR
from tests.conformance.fix_versions import EMPTY_VALUES, VERSION_TW, VERSIONS, Version

__all__ = ["acceptance_sessions", "echo", "main", "store_maker"]

_APPLICATIONS = {"7": "FIX.5.0", "8": "FIX.5.0SP1", "9": "FIX.5.0SP2"}


@cache
def _validator(begin_string: str, application: str | None, rules: Rules) -> Validator:
    return Validator(builtin(begin_string), None if application is None else builtin(_APPLICATIONS[application]), rules)


def _settings(version: Version) -> SessionSettings:
    rules = Rules.strict().but(values=version is not EMPTY_VALUES)
    return SessionSettings(
        begin_string=version.begin_string,
        sender=ACCEPTOR,
        target=version.comp_id,
        role=Role.ACCEPTOR,
        default_appl_ver_id=version.application or "",
        reset_on_logon=True,
        validator=_validator(version.begin_string, version.application, rules),
    )


def acceptance_sessions() -> list[SessionSettings]:
    """The sessions of the acceptance: always open, numbers from 1 with each logon, every check made."""
    return [_settings(version) for version in (*VERSIONS, VERSION_TW, EMPTY_VALUES)]


async def echo(socket: FixSocket) -> None:
    """Orders, security definitions and emails come back as they were sent; nothing else is understood.

    An order that says it may have been sent before (97=Y), and was, is dropped.
    """
    validator = socket.settings.validator
    assert isinstance(validator, Validator)
    dictionary = validator.application or validator.session
    groups: dict[str, Mapping[int, GroupMember]] = {
        name: dictionary.messages[name].layout.groups for name in ("D", "d", "C") if name in dictionary.messages
    }
    seen: set[str] = set()
    while True:
        for message in (await socket.receive()).messages:
            kind = message.msg_type
            if kind == "D":
                order = message.text(11)
                if order in seen and message.boolean(97, False):
                    continue
                seen.add(order)
            if kind in groups:
                socket.put(Outgoing.echo(message, groups[kind]))
            else:
                socket.put_business_reject(message)


def store_maker(directory: Path | None) -> Callable[[SessionSettings], Store]:
    """Makes the sessions' stores: files in a directory, or memory."""
    if directory is None:
        return lambda _: MemoryStore()
    return lambda settings: FileStore(directory / f"{settings.begin_string}-{settings.target}.fix")


@contextlib.contextmanager
def _directory(store: str, given: Path | None) -> Generator[Path | None]:
    if store == "memory":
        yield None
    elif given is not None:
        yield given
    else:
        with tempfile.TemporaryDirectory(prefix="fix-acceptor-") as made:
            yield Path(made)


async def serve(host: str, port: int, directory: Path | None) -> None:
    """Until the program is told to end."""
    async with accept(echo, acceptance_sessions(), host, port, store_factory=store_maker(directory)) as acceptor:
        sys.stdout.write(f"listening on {host}:{acceptor.port}\n")
        sys.stdout.flush()
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            async for _ in signals:
                return


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until it is interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.fix_acceptor")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 for a free one, which is printed")
    parser.add_argument("--backend", choices=("asyncio", "trio"), default="asyncio")
    parser.add_argument("--store", choices=("memory", "file"), default="memory")
    parser.add_argument("--directory", type=Path, help="for the files; a temporary one by default")
    options = parser.parse_args(arguments)
    with _directory(options.store, options.directory) as directory:
        anyio.run(serve, options.host, options.port, directory, backend=options.backend)
    return 0


if __name__ == "__main__":
    sys.exit(main())
