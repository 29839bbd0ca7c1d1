"""Is the type of every public name known to a user's type checker? Asks pyright of the package as it is installed.

Pyright does not walk links, so of the tree it would see the core alone, and find it complete. This builds the wheel,
unpacks it in a temporary folder and asks there: the folders `protocols` and `venues` are then where users find them.
"""

import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MUST_BE_SEEN = ("barterpy.stream", "barterpy.protocols", "barterpy.venues")


def unpack_wheel(target: Path) -> None:
    """Build the wheel of the tree and lay it out in ``target`` as an installer would."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target / "dist")]
    subprocess.run(build, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    (wheel,) = (target / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)


def main() -> int:
    """Exit status 0 if all is known, 1 if a type is missing or a part of the package was not looked at."""
    pyright = str(Path(sys.executable).with_name("pyright"))
    with tempfile.TemporaryDirectory() as folder:
        unpack_wheel(Path(folder))
        command = [pyright, "--verifytypes", "barterpy", "--ignoreexternal", "--outputjson"]
        command += ["--pythonpath", sys.executable]
        # The working directory comes before site-packages, where the tree itself is installed.
        report = json.loads(subprocess.run(command, cwd=folder, check=False, stdout=subprocess.PIPE).stdout)
    completeness = report["typeCompleteness"]
    seen = {module["name"] for module in completeness["modules"]}
    unseen = [name for name in MUST_BE_SEEN if name not in seen]
    for symbol in completeness["symbols"]:
        if symbol["isExported"] and not symbol["isTypeKnown"]:
            for diagnostic in symbol["diagnostics"]:
                sys.stdout.write(f"{symbol['name']}: {diagnostic['message']}\n")
    if unseen:
        sys.stdout.write(f"pyright did not look at: {', '.join(unseen)}\n")
    counts = completeness["exportedSymbolCounts"]
    sys.stdout.write(
        f"{counts['withKnownType']} public names known, {counts['withAmbiguousType']} ambiguous, "
        f"{counts['withUnknownType']} unknown, in {len(seen)} modules\n"
    )
    return 1 if unseen or counts["withAmbiguousType"] or counts["withUnknownType"] else 0


if __name__ == "__main__":
    sys.exit(main())
