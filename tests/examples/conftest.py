"""Examples are programs, not a package: each is loaded from its file, before the event loop runs."""

import importlib
import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"example_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def example() -> Callable[[str], ModuleType]:
    """Finds an example by its name."""
    for server in ("asyncio", "trio"):
        importlib.import_module(f"hypercorn.{server}")
    modules = {path.stem: _load(path) for path in EXAMPLES.glob("*.py")}
    return modules.__getitem__
