"""The tree is two things at once: folders to work in, and one package `barterpy` to install. Both must hold.

`barterpy/protocols` and `barterpy/venues` are links to the top-level folders, which the build replaces by the folders.
"""

import hashlib
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

import barterpy

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("barterpy", "protocols", "venues")
LINKS = {"barterpy/protocols": "../protocols", "barterpy/venues": "../venues"}


def hatchling(source: Path, target: Path, kind: str) -> Path:
    """Build ``source`` with the backend that is installed here: no network, no isolated environment."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(target)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = target.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return built


def digests(wheel: Path) -> dict[str, str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}


def package_files() -> Iterator[str]:
    """What a user should get, by its path in the installed package."""
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            inside = path.relative_to(ROOT).as_posix()
            if path.is_file() and "__pycache__" not in path.parts and not inside.startswith(tuple(LINKS)):
                yield inside if folder == "barterpy" else f"barterpy/{inside}"


def constraints() -> list[Requirement]:
    return [Requirement(line) for line in (ROOT / "constraints.txt").read_text().splitlines()]


def pinned_version(requirement: Requirement) -> str:
    return str(requirement.specifier).removeprefix("==")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hatchling(ROOT, tmp_path_factory.mktemp("wheel"), "wheel")


@pytest.fixture(scope="session")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hatchling(ROOT, tmp_path_factory.mktemp("sdist"), "sdist")


@pytest.mark.parametrize("link", LINKS)
def test_a_link_is_a_relative_link_to_its_folder(link: str) -> None:
    path = ROOT / link
    assert path.is_symlink()
    assert str(path.readlink()) == LINKS[link]
    assert (path / "__init__.py").is_file()


def test_the_folders_are_imported_only_below_barterpy() -> None:
    program = (
        "import pkgutil, sys, importlib, barterpy\n"
        "for module in pkgutil.walk_packages(barterpy.__path__, 'barterpy.'): importlib.import_module(module.name)\n"
        "assert 'barterpy.protocols' in sys.modules and 'barterpy.venues' in sys.modules\n"
        "print(*[name for name in sys.modules if name.split('.')[0] in ('protocols', 'venues')])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


def test_the_tests_themselves_import_no_top_level_folder() -> None:
    assert {name.split(".")[0] for name in sys.modules}.isdisjoint({"protocols", "venues"})


def test_the_package_under_test_is_the_one_of_this_tree() -> None:
    assert Path(barterpy.__file__).resolve() == ROOT / "barterpy" / "__init__.py"


def test_the_wheel_holds_exactly_the_package(wheel: Path) -> None:
    names = set(digests(wheel))
    metadata = {name for name in names if name.startswith("barterpy-") and ".dist-info/" in name}
    assert names - metadata == set(package_files())
    assert {name.split("/", 1)[1] for name in metadata} == {
        "METADATA",
        "RECORD",
        "WHEEL",
        "entry_points.txt",
        "licenses/LICENSE",
    }


@pytest.mark.parametrize("name", ["py.typed", "stream.py", "protocols/__init__.py", "venues/__init__.py"])
def test_the_wheel_holds(wheel: Path, name: str) -> None:
    assert f"barterpy/{name}" in digests(wheel)


def test_the_sdist_holds_folders_and_no_links(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        members = archive.getmembers()
    assert not [member.name for member in members if member.issym() or member.islnk()]
    names = {member.name.split("/", 1)[1] for member in members}
    assert {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "tests/test_layout.py"} <= names
    assert {"barterpy/stream.py", "protocols/__init__.py", "venues/__init__.py"} <= names
    assert not [name for name in names if name.startswith(tuple(LINKS))]


def test_a_wheel_built_of_the_sdist_is_the_wheel_built_of_the_tree(sdist: Path, wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        # Python 3.11 has filters from 3.11.4 on.
        options: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(tmp_path / "source", **options)
    (source,) = (tmp_path / "source").iterdir()
    assert digests(hatchling(source, tmp_path / "built", "wheel")) == digests(wheel)


def test_the_lock_is_of_the_ranges_in_pyproject() -> None:
    """A range that was changed without `make lock` shows here, without asking an index."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    pinned = {(requirement.name, pinned_version(requirement)) for requirement in constraints()}
    groups = [text for group in project["dependency-groups"].values() for text in group if isinstance(text, str)]
    extras = [text for extra in project["project"]["optional-dependencies"].values() for text in extra]
    for text in [*project["project"]["dependencies"], *extras, *groups]:
        requirement = Requirement(text)
        versions = [version for name, version in pinned if name == requirement.name]
        assert versions or requirement.name == "barterpy", f"{text} is not locked"
        assert all(map(requirement.specifier.contains, versions)), f"{text} is locked at {versions}"
