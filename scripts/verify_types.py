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
    """Exit status 0 if all is known, 1 if a type is missing or a part of the package was not looked at."""
    pyright = str(Path(sys.executable).with_name("pyright"))
    with tempfile.TemporaryDirectory() as folder:
        python = install_wheel(Path(folder))
        command = [pyright, "--verifytypes", "barterpy", "--ignoreexternal", "--outputjson"]
        # It asks the `python` of PATH where packages are, and disregards --pythonpath.
        environment = os.environ | {"PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
        answer = subprocess.run(command, cwd=folder, env=environment, check=False, stdout=subprocess.PIPE).stdout
        report = json.loads(answer)
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
