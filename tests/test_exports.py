"""What is public is what `__all__` says, everywhere; and importing the front door stays cheap."""

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import barterpy

MODULES = sorted(module.name for module in pkgutil.walk_packages(barterpy.__path__, "barterpy."))
PUBLIC = [name for name in MODULES if not any(part.startswith("_") for part in name.split("."))]
# Each takes long to import, or is an extra that need not be there.
NOT_LOADED = (
    "anyio",
    "msgspec",
    "orjson",
    "asyncio",
    "httpx",
    "cryptography",
    "wsproto",
    "trio",
    "rich",
    "cyclopts",
    "pyarrow",
    "zstandard",
    "starlette",
)


def own_public_names(module: ModuleType) -> set[str]:
    """Classes and functions that the module defines itself under a public name."""
    return {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == module.__name__
    }


def has_words(value: object) -> bool:
    """Classes and functions need a docstring of their own; the signature a dataclass makes up is none."""
    if inspect.isclass(value) or inspect.isfunction(value):
        words = value.__doc__ or f"{value.__name__}("
        return not words.startswith(f"{value.__name__}(")
    return True


@pytest.mark.parametrize("name", PUBLIC)
def test_all_is_what_the_module_offers(name: str) -> None:
    module = importlib.import_module(name)
    exported: list[str] = module.__all__
    assert len(exported) == len(set(exported))
    assert not [missing for missing in exported if not hasattr(module, missing)]
    assert own_public_names(module) <= set(exported)


@pytest.mark.parametrize("name", PUBLIC)
def test_what_is_exported_is_documented(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__, f"{name} does not say why it exists"
    silent = [export for export in module.__all__ if not has_words(getattr(module, export))]
    assert silent == []


def test_the_front_door_exports_what_the_rooms_export() -> None:
    """Each name of the top level is one submodule's public name, or a submodule; no name means two things."""
    homes: dict[str, set[int]] = {}
    for name in PUBLIC:
        module = importlib.import_module(name)
        for export in module.__all__:
            homes.setdefault(export, set()).add(id(getattr(module, export)))
    exported = barterpy.__all__
    assert sorted(exported) == sorted(set(exported))
    for export in exported:
        value = getattr(barterpy, export)
        if isinstance(value, ModuleType):
            assert value.__name__ == f"barterpy.{export}"
        else:
            assert homes.get(export) == {id(value)}, f"{export} is not one public name of one module"


def test_the_front_door_gives_type_checkers_what_it_gives_programs() -> None:
    """A new public name is imported where type checkers look, and listed where it is looked up when it is asked for."""
    tree = ast.parse(Path(barterpy.__file__).read_text())
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    seen = {(node.module, name.name) for node in imports for name in node.names}
    table: dict[str, str] = vars(barterpy)["_HOMES"]
    listed = {(module, name) for module, names in table.items() for name in names.split()}
    listed |= {("barterpy", room) for room in vars(barterpy)["_ROOMS"]}
    assert seen == listed
    assert sorted(name for _, name in seen) == sorted(barterpy.__all__)
    assert set(barterpy.__all__) <= set(dir(barterpy))


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        getattr(barterpy, "nonsense")  # noqa: B009 - a type checker would refuse the plain form
    with pytest.raises(ImportError):
        exec("from barterpy import nonsense")


def test_nothing_is_imported_at_the_front_door_and_left_out_of_all() -> None:
    public = {name: value for name, value in vars(barterpy).items() if not name.startswith("_")}
    modules = {name for name, value in public.items() if isinstance(value, ModuleType)}
    assert set(public) - modules == set(barterpy.__all__) - modules


@pytest.mark.parametrize("heavy", NOT_LOADED)
def test_importing_barterpy_does_not_load(heavy: str, loaded_by_import: frozenset[str]) -> None:
    assert heavy not in loaded_by_import


@pytest.fixture(scope="module")
def loaded_by_import() -> frozenset[str]:
    """The names of the modules a fresh interpreter has loaded after `import barterpy`."""
    program = "import sys, barterpy; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = frozenset(done.stdout.split())
    assert "barterpy" in loaded
    return loaded


def test_importing_barterpy_loads_nothing_else_of_it(loaded_by_import: frozenset[str]) -> None:
    assert [name for name in loaded_by_import if name.startswith("barterpy.")] == []


@pytest.mark.parametrize("name", PUBLIC)
def test_no_name_hides_a_module(name: str) -> None:
    """Or ``import package.module as m`` gives a function."""
    parent, _, child = name.rpartition(".")
    value = getattr(importlib.import_module(parent), child, None)
    assert value is None or isinstance(value, ModuleType)
