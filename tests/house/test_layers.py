"""Who may import whom: packages lie in layers, no circle anywhere, and every package says what it is for."""

from __future__ import annotations

import ast
import re
from collections import defaultdict

import pytest

from mangacolor.stages.registry import built_in_stages
from mangacolor.tests.helpers.house import (
    circles,
    folder_of,
    imported,
    modules,
    package_data,
    package_of,
    project,
    python_files,
    shown,
    tree,
)
from mangacolor.tests.helpers.paths import ROOT

# What each part may import besides itself (docs/design/architecture.md draws it).
BELOW = {
    "core": set[str](),
    "formats": {"core"},
    "models": {"core"},
    "stages": {"core", "formats", "models"},
    "pipeline": {"core", "formats", "stages"},
    "training": {"core", "formats", "models", "pipeline", "stages"},
    "server": {"core", "formats", "pipeline", "stages"},
    "studio": {"core", "formats", "pipeline", "server", "stages"},
    "watcher": {"core", "formats", "pipeline", "stages"},
    "commands": {
        "core",
        "formats",
        "models",
        "pipeline",
        "server",
        "stages",
        "studio",
        "training",
        "watcher",
    },
    "api": {"core", "formats", "pipeline", "stages", "training"},
    "cli": {"core", "commands", "pipeline"},
    "__main__": {"cli"},
    "": {"api", "core", "models", "pipeline", "stages"},  # the package's own names
}
# What a room of stages may import of the others; all of them know ``stages`` itself: base, batching, graph.
STAGE_ROOMS = {
    "classify": set[str](),
    "spreads": set[str](),
    "panels": {"spreads"},
    "kinds": {"classify", "panels"},
    "balloons": {"panels"},
    "windows": {"panels"},
    "segments": {"windows"},
    "registration": set[str](),
    "colorize": {"panels", "segments", "windows"},
    "guest": {"registration", "segments", "windows"},
    "edits": {"guest", "panels", "segments", "spreads", "windows"},
    "harmonize": {"edits", "guest", "panels", "segments", "spreads", "windows"},
    "reassemble": {"edits", "guest", "harmonize", "kinds", "panels", "segments", "spreads", "windows"},
    "upscale": {"spreads"},
    "fit": set[str](),
}
MODEL_ROOMS = {
    "files": set[str](),
    "runtime": set[str](),
    "page": {"files", "runtime"},
    "encoders": {"files"},
    "colour": {"encoders", "files", "runtime"},
    "losses": {"colour", "encoders", "files"},
    "upscale": {"files", "runtime"},
}


def part(module: str) -> str:
    return module.partition(".")[0]


def test_every_part_has_its_layer() -> None:
    assert {part(module) for module in modules()} == BELOW.keys()


@pytest.mark.parametrize("name", BELOW)
def test_imports_go_down(name: str) -> None:
    up = {
        f"{shown(path)} imports {other}"
        for module, path in modules().items()
        if part(module) == name
        for other in imported(path)
        if part(other) not in BELOW[name] | {name}
    }
    assert up == set()


@pytest.mark.parametrize(("above", "rooms"), [("stages", STAGE_ROOMS), ("models", MODEL_ROOMS)])
def test_rooms_know_only_those_they_need(above: str, rooms: dict[str, set[str]]) -> None:
    strangers = set()
    for module, path in modules().items():
        _, _, room = package_of(module).partition(f"{above}.")
        for other in imported(path):
            if room and part(other) == above and other.count(".") >= 1:
                theirs = package_of(other).removeprefix(above).removeprefix(".")
                if theirs and part(theirs) not in rooms[part(room)] | {part(room)}:
                    strangers.add(f"{shown(path)} imports {other}")
    assert strangers == set()


def test_no_file_is_in_a_circle() -> None:
    assert circles({module: set(imported(path)) for module, path in modules().items()}) == []


def test_no_package_is_in_a_circle() -> None:
    arrows: defaultdict[str, set[str]] = defaultdict(set)
    for module, path in modules().items():
        arrows[package_of(module)] |= {package_of(other) for other in imported(path)}
    # A folder's own files (stages/registry.py) and the rooms in it are parts of one thing.
    flat = {room: {other for other in others if not related(room, other)} for room, others in arrows.items()}
    assert circles(flat) == []


def related(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def test_a_circle_is_noticed() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [{"a", "b", "c"}]
    assert circles({"a": {"b", "c"}, "b": {"c"}}) == []


def test_imports_are_absolute() -> None:
    bare = set()
    for path in python_files():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ImportFrom):
                first = (node.module or "").partition(".")[0]
                if node.level or (first in BELOW and first):
                    bare.add(f"{shown(path)}: {'.' * node.level}{first}")
    assert bare == set()


def packages() -> list[str]:
    return sorted(module for module, path in modules().items() if path.name == "__init__.py")


def test_every_folder_of_modules_is_a_package() -> None:
    assert {package_of(module) for module in modules() if "." in module} <= set(packages())


@pytest.mark.parametrize("package", packages())
def test_every_package_says_what_lives_there(package: str) -> None:
    text = ast.get_docstring(tree(modules()[package])) or ""
    assert len(text.split()) >= 5, "say what lives there"
    exported = [
        node
        for node in tree(modules()[package]).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    assert exported or "Public:" in text, "list the public names: in __all__, or after 'Public:'"


@pytest.mark.parametrize("package", packages())
def test_a_folder_is_no_warehouse(package: str) -> None:
    inside = [module for module in modules() if package_of(module) == package and module != package]
    # formats/ stays flat: clear nouns, no circle.
    assert len(inside) <= (24 if package == "formats" else 17)


def test_the_wheel_has_every_package() -> None:
    names = {f"mangacolor.{package}".rstrip(".") for package in packages()}
    assert set(project()["tool"]["setuptools"]["packages"]) == names


def test_every_glob_of_the_wheel_matches_a_file() -> None:
    assert [glob for glob, files in package_data().items() if not files] == []


def test_every_data_file_of_a_package_is_in_the_wheel() -> None:
    """Code aside, what lies in a package's folder is there to be read while it runs."""
    there = {
        shown(path)
        for package in packages()
        if package
        for path in folder_of(f"mangacolor.{package}").glob("**/*")
        if path.is_file() and path.suffix != ".py" and "__pycache__" not in path.parts
    }
    assert len(there) > 8
    assert (there | {"py.typed"}) == set().union(*package_data().values())


def test_the_pipeline_names_no_stage() -> None:
    names = "|".join(stage.name for stage in built_in_stages())
    named = set()
    for path in sorted((ROOT / "pipeline").rglob("*.py")):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Constant) and re.fullmatch(names, str(node.value)):
                named.add(f"{shown(path)}:{node.lineno} {node.value!r}")
    assert named == set()
