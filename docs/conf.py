"""How the documentation is built: `make docs`, with every warning an error."""

import importlib
import pkgutil
import sys
from collections.abc import Collection, Mapping, Sequence
from importlib.metadata import version as installed_version
from inspect import isroutine
from pathlib import Path
from typing import ParamSpec, TypeVar

from docutils.nodes import Element
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.pycode import ModuleAnalyzer

import barterpy

project = "barterpy"
author = "The barterpy authors"
project_copyright = "The barterpy authors"
version = release = installed_version("barterpy")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build"]
default_role = "code"

html_theme = "furo"
html_title = "barterpy"
html_static_path = ["_static"]
html_css_files = ["barterpy.css"]
html_copy_source = False
myst_enable_extensions = ["colon_fence", "deflist", "substitution"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
python_use_unqualified_type_names = True
autodoc_use_type_comments = False
# Defaults as they are written: what the repr of a function or of an object says is no name, and breaks the signature.
autodoc_preserve_defaults = True
maximum_signature_line_length = 88
# With every attribute of every struct in the side bar, drawing the side bars took longer than all the rest.
toc_object_entries = False

# The build works without a network, so other projects' inventories are out of reach: names of theirs, and the type
# variables of signatures, are left unlinked. A reference into barterpy that leads nowhere stays an error.
nitpick_ignore_regex = [(r"py:.*", r"(?!barterpy\b).*")]


# The floors, from what a newcomer meets first; what no prefix of a later floor fits is the core.
FLOORS = {
    "core": ("barterpy", "The primitives, and all that knows neither a wire format nor a venue."),
    "protocols": ("barterpy.protocols", "Wire protocols: state machines, and adapters that move bytes."),
    "venues": ("barterpy.venues", "Venues: URLs, messages and rules, one folder each."),
    "testing": ("barterpy.testing", "Tests without a network."),
    "cli": ("barterpy.cli", "The command line."),
}


def write_the_reference(app: Sphinx) -> None:
    """One page a public module and one list a floor. The walk finds the linked folders as well.

    Not autosummary: it takes a function that has its module's name for the module.
    """
    folder = Path(app.srcdir) / "reference"
    modules = ["barterpy", *sorted(module.name for module in pkgutil.walk_packages(barterpy.__path__, "barterpy."))]
    pages: dict[str, str] = {}
    listed: dict[str, list[str]] = {floor: [] for floor in FLOORS}
    for name in modules:
        if any(part.startswith("_") for part in name.split(".")):
            continue
        options = "   :members:\n   :show-inheritance:\n   :ignore-module-all:\n"
        if borrowed := defined_elsewhere(name):
            options += f"   :exclude-members: {', '.join(borrowed)}\n"
        pages[f"{name}.rst"] = f"{name}\n{'=' * len(name)}\n\n.. automodule:: {name}\n{options}\n{listing(borrowed)}"
        fitting = [floor for floor, (prefix, _) in FLOORS.items() if name == prefix or name.startswith(f"{prefix}.")]
        listed[fitting[-1]].append(name)
    for floor, (prefix, words) in FLOORS.items():
        # The side bar has no room for what is the same in all of them.
        entries = "".join(f"   {name.removeprefix(f'{prefix}.')} <{name}>\n" for name in listed[floor])
        pages[f"{floor}.rst"] = f"{floor}\n{'=' * len(floor)}\n\n{words}\n\n.. toctree::\n   :maxdepth: 1\n\n{entries}"
    folder.mkdir(exist_ok=True)
    for stale in set(folder.glob("*.rst")) - {folder / name for name in pages}:
        stale.unlink()
    for name, text in pages.items():
        page = folder / name
        if not page.exists() or page.read_text() != text:  # an untouched page is not built again
            page.write_text(text)


def defined_elsewhere(module: str) -> Mapping[str, str]:
    """The names that a module offers and others define, and the full name of each there."""
    offering = importlib.import_module(module)
    homes = {
        name: _home(name, getattr(offering, name))
        for name in sorted(getattr(offering, "__all__", ()), key=str.casefold)
    }
    return {name: home for name, home in homes.items() if home is not None and home != f"{module}.{name}"}


def listing(borrowed: Mapping[str, str]) -> str:
    """A list of names, each leading to where it is documented: the page of a package would be empty without."""
    lines = [
        f"   * :py:obj:`{name} <{home}>`\n" if _is_documented(home) else f"   * ``{name}``\n"
        for name, home in borrowed.items()
    ]
    return f".. rubric:: Names\n\n.. hlist::\n   :columns: 3\n\n{''.join(lines)}" if lines else ""


def _is_documented(home: str) -> bool:
    """Whether autodoc takes it up: it has a docstring, or is data with one beneath it."""
    module, _, name = home.rpartition(".")
    value = getattr(sys.modules[module], name)
    # An instance has its class's module and docstring, and neither of its own.
    if (isroutine(value) or isinstance(value, type)) and value.__module__ == module:
        return bool(value.__doc__)
    return name in _commented(module)


def _commented(module: str) -> Collection[str]:
    """The module's data with a docstring beneath it."""
    return {name for owner, name in ModuleAnalyzer.for_module(module).find_attr_docs() if not owner}


def draw_figures_as_they_stand(
    _app: Sphinx, _what: str, _name: str, _obj: object, _options: object, lines: list[str]
) -> None:
    """Docstrings indent figures, trees and programs by four; reStructuredText wants two colons before them as well."""
    lines[:] = with_literal_blocks(with_indented_payloads(lines))


def with_indented_payloads(lines: Sequence[str]) -> list[str]:
    """The same text, with what follows a summary line that ends in two colons indented again.

    When nothing but the payload follows the summary, cleaning a docstring takes its indentation away.
    """
    if not lines or not lines[0].endswith("::"):
        return list(lines)
    rest = [line for line in lines[1:] if line.strip()]
    if not rest or rest[0].startswith(" "):
        return list(lines)
    return [lines[0], *(f"    {line}" if line.strip() else line for line in lines[1:])]


def with_literal_blocks(lines: Sequence[str]) -> list[str]:
    """The same text, with a literal block wherever a paragraph is followed by one indented by four or more."""
    result: list[str] = []
    margin, blank, literal = 0, True, None
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if not line.strip():
            blank = True
        else:
            if literal is not None and indent < literal:
                literal = None
            if literal is None:
                if blank and indent >= margin + 4 and result and not _introduces_a_block(result):
                    result += [" " * margin + "::", ""]
                    literal = indent
                else:
                    margin = indent
            blank = False
        result.append(line)
    return result


def _introduces_a_block(lines: Sequence[str]) -> bool:
    """Whether the last text already says what the indented block after it is."""
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return last.endswith("::") or last.startswith((".. ", ":"))


def find_where_it_is_documented(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, contnode: Element
) -> Element | None:
    """A name is documented where it is defined; a reference by the package that re-exports it leads there.

    Type variables and private helpers, which signatures mention, have no entry of their own and stay unlinked.
    """
    target = node.get("reftarget", "")
    if node.get("refdomain") != "py" or not target.startswith("barterpy."):
        return None
    value = _look_up(target)
    if isinstance(value, (TypeVar, ParamSpec)) or any(part.startswith("_") for part in target.split(".")):
        return contnode
    home = _home(target.rpartition(".")[2], value)
    if home is None or home == target:
        return None
    domain = env.get_domain("py")
    return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", home, node, contnode)


def _look_up(target: str) -> object | None:
    """The object behind a dotted name, or None."""
    parts = target.split(".")
    for end in range(len(parts) - 1, 0, -1):
        try:
            value: object = importlib.import_module(".".join(parts[:end]))
        except ImportError:
            continue
        for part in parts[end:]:
            value = getattr(value, part, None)
        return value
    return None


def _home(name: str, value: object) -> str | None:
    """The full name of the module-level object ``value`` in the module that defines it."""
    if value is None:
        return None
    module = getattr(value, "__module__", None)
    if isinstance(module, str) and getattr(sys.modules.get(module), name, None) is value:
        return f"{module}.{name}"
    # Constants and aliases do not know. The docstring stands beneath the definition; where there is none, the longest
    # name among the modules that have it is taken.
    exporting = [
        module.__name__
        for module in list(sys.modules.values())
        if module.__name__.startswith("barterpy.") and getattr(module, name, None) is value
    ]
    documenting = [module for module in exporting if name in _commented(module)]
    return f"{max(documenting or exporting, key=len)}.{name}" if exporting else None


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("builder-inited", write_the_reference)
    app.connect("missing-reference", find_where_it_is_documented)
    app.connect("autodoc-process-docstring", draw_figures_as_they_stand)
