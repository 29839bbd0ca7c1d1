"""Is the type of every public name known to a user's type checker? Asks pyright of the package as it is installed.

Pyright does not walk links, so of the tree it would see the core alone, and find it complete; besides, it looks only at
what is installed. So this builds the wheel and installs it in an environment of its own, where the folders `protocols`
and `venues` are what users get. The dependencies are those of the environment it runs in.
"""

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MUST_BE_SEEN = ("barterpy.stream", "barterpy.protocols", "barterpy.venues")
# A directive may stand among outputs of any type, so to checkers its base class is Any (barterpy/transformer.py says
# why). Pyright calls a base that is no class unknown, and after it all that mentions such a class.
DELIBERATE = frozenset(
    {
        "barterpy.transformer.Directive",
        "barterpy.transformer.Fetch",
        "barterpy.transformer.Reply",
        "barterpy.transformer.Send",
        "barterpy.connection.Acknowledgements",
        "barterpy.connection.Acknowledgements.on_reply",
        "barterpy.supervision.authentication.Authentication",
        "barterpy.supervision.authentication.Authentication.on_reply",
        "barterpy.supervision.heartbeat.Pulse",
        "barterpy.supervision.heartbeat.Pulse.on_reply",
        "barterpy.supervision.inlet.Inlet",
        "barterpy.supervision.inlet.Inlet.start_fetch",
        "barterpy.supervision.ledger.Ledger",
        "barterpy.supervision.ledger.Ledger.on_reply",
        "barterpy.supervision.authentication.authenticated",
        "barterpy.supervision.supervised.SupervisedConnection",
        "barterpy.supervision.supervised.SupervisedConnection.ledger",
        "barterpy.supervision.supervised.SupervisedConnection.authentication",
        "barterpy.supervision.shared.Shared",
        "barterpy.supervision.shared.Shared.ledger",
        "barterpy.supervision.shared.Shared.authentication",
        "barterpy.supervision.restoration.Restoration",
        "barterpy.supervision.restoration.Restoration.__init__",
        "barterpy.supervision.restoration.Restoration.on_reply",
        "barterpy.supervision.vigil.Vigil",
        "barterpy.supervision.vigil.Vigil.__init__",
        "barterpy.supervision.vigil.Vigil.on_reply",
        "barterpy.supervision.life.Life",
        "barterpy.supervision.life.Life.__init__",
        "barterpy.supervision.authenticated",
        "barterpy.supervision.SupervisedConnection",
        "barterpy.sync.books.SyncOutput",
    }
)


def install_wheel(target: Path) -> Path:
    """Build the wheel of the tree and install it in a new environment; gives that environment's interpreter."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target / "dist")]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = (target / "dist").glob("*.whl")
    venv.create(target / "env", with_pip=False, symlinks=True)
    (site_packages,) = (target / "env").glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site_packages)
    # Path files are not read in folders that a path file adds, so the tree, installed over there, stays out of reach.
    (site_packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return target / "env" / "bin" / "python"


def main() -> int:
    """Exit status 0 if all is known but for the names above, 1 if not or if a part of the package was not looked at."""
    pyright = str(Path(sys.executable).with_name("pyright"))
    with tempfile.TemporaryDirectory() as folder:
        python = install_wheel(Path(folder))
        command = [pyright, "--verifytypes", "barterpy", "--ignoreexternal", "--outputjson"]
        # It asks the `python` of PATH where packages are, and disregards --pythonpath.
        environment = os.environ | {"PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
        environment.pop("PYTHONPATH", None)  # it may name the tree
        answer = subprocess.run(command, cwd=folder, env=environment, check=False, stdout=subprocess.PIPE).stdout
        report = json.loads(answer)
    completeness = report["typeCompleteness"]
    seen = {module["name"] for module in completeness["modules"]}
    unseen = [name for name in MUST_BE_SEEN if name not in seen]
    symbols = [symbol for symbol in completeness["symbols"] if symbol["isExported"]]
    deliberate = {
        name
        for symbol in symbols
        if symbol["name"] in DELIBERATE
        for name in (symbol["name"], *symbol.get("alternateNames", ()))
    }
    complaints = [f"pyright did not look at {name}" for name in unseen]
    for symbol in symbols:
        name, known = symbol["name"], symbol["isTypeKnown"]
        if known and name in deliberate:
            complaints.append(f"{name}: is known, and need not be excused here any more")
        elif not known and name not in deliberate:
            messages = [diagnostic["message"] for diagnostic in symbol["diagnostics"]]
            complaints += [f"{name}: {message}" for message in messages or ["mentions a type that is not known"]]
    complaints += [f"{name}: is not there, and need not be excused here" for name in sorted(DELIBERATE - deliberate)]
    sys.stdout.writelines(f"{complaint}\n" for complaint in complaints)
    counts = completeness["exportedSymbolCounts"]
    sys.stdout.write(
        f"{counts['withKnownType']} public names known, {counts['withAmbiguousType']} ambiguous, "
        f"{counts['withUnknownType']} unknown, {len(deliberate)} of them deliberately, in {len(seen)} modules\n"
    )
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
