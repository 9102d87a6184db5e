"""The house rules that a machine can check: sizes, imports, and documents that keep up with the code."""

from __future__ import annotations

import ast
import os
import re
import statistics
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("formats", "models", "pipeline", "stages", "training")
# Which part may import which (docs/architecture.md draws it), and the two files that may reach back.
BELOW = {
    "formats": set[str](),
    "models": set[str](),
    "stages": {"formats", "models"},
    "pipeline": {"formats", "stages"},
    "training": {"formats", "models", "pipeline", "stages"},
}
REACH_BACK = {("stages/registry.py", "pipeline"), ("models/weights_io.py", "pipeline")}
PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".svg"}
PICTURE_BYTES = 6_000_000


def python_files() -> list[Path]:
    """Every Python file of the house; not what was installed or built in it."""
    found = []
    for folder, inner, names in os.walk(ROOT):
        inner[:] = [name for name in inner if not name.startswith((".", "build"))]
        found += [Path(folder, name) for name in names if name.endswith(".py")]
    return sorted(found)


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def requirements() -> dict[str, list[str]]:
    """The names of what pyproject.toml asks for, by group: core, build, and each extra."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = document["project"]
    groups = {"core": project["dependencies"], "build": document["build-system"]["requires"]}
    groups |= project.get("optional-dependencies", {})
    return {
        group: [found[0] for row in rows if (found := re.match(r"[\w.-]+", row))]
        for group, rows in groups.items()
    }


def sections(text: str) -> dict[str, str]:
    """The parts of a Markdown text, by the first word of their second-level headings, without backticks."""
    parts = re.split(r"(?m)^## ", text)[1:]
    return {part.split()[0].strip("`:/"): part for part in parts}


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Level and top-level name of everything that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.level, (node.module or "").partition(".")[0]


def test_the_search_finds_the_house() -> None:
    found = {shown(path) for path in python_files()}
    assert {"cli.py", "stages/base.py", "tests/test_house.py", "benchmarks/run.py"} <= found
    assert not any(".venv" in path for path in found)


def test_files_are_short() -> None:
    sizes = {shown(path): lines(path) for path in python_files()}
    assert {name: size for name, size in sizes.items() if size > 400} == {}
    assert statistics.median(sizes.values()) <= 150


def test_imports_are_absolute() -> None:
    bare = {
        f"{shown(path)}: {'.' * level}{name}"
        for path in python_files()
        for level, name in imports(path)
        if level or name in PACKAGES
    }
    assert bare == set()


@pytest.mark.parametrize("folder", PACKAGES)
def test_imports_follow_the_flow(folder: str) -> None:
    used = {
        (shown(path), part)
        for path in sorted((ROOT / folder).glob("*.py"))
        for part in PACKAGES
        if re.search(rf"(?m)^\s*(?:from|import) mangacolor\.{part}\b", path.read_text(encoding="utf-8"))
    }
    assert {(file, part) for file, part in used if part not in BELOW[folder] | {folder}} <= REACH_BACK


@pytest.mark.parametrize("folder", ("", *PACKAGES))
def test_the_architecture_has_a_line_about_every_module(folder: str) -> None:
    parts = sections((ROOT / "docs/architecture.md").read_text(encoding="utf-8"))
    there = (ROOT / folder).rglob("*.py") if folder else ROOT.glob("*.py")
    modules = {path.relative_to(ROOT / folder).as_posix(): lines(path) for path in there}
    told = set(re.findall(r"(?m)^- \*\*`([^`]+\.py)`\*\*: .", parts[folder or "The"]))
    assert told
    assert {name for name, size in modules.items() if size} - told == set(), "say what these are for"
    assert told - modules.keys() == set(), "these are gone"


@pytest.mark.parametrize(("group", "names"), requirements().items(), ids=requirements().keys())
def test_every_dependency_is_accounted_for(group: str, names: list[str]) -> None:
    text = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    assert names
    assert [name for name in names if f"`{name}`" not in text] == [], group


def test_the_notice_names_every_work_that_the_weights_are_trained_on() -> None:
    recipe = tomllib.loads((ROOT / "training/recipes/default.toml").read_text(encoding="utf-8"))
    notice = plain((ROOT / "NOTICE").read_text(encoding="utf-8"))
    assert recipe["source"]
    assert [s["folder"] for s in recipe["source"] if not is_named(s["folder"], notice)] == []


def plain(text: str) -> str:
    return re.sub(r"[^a-z]", "", text.lower())


def is_named(folder: str, notice: str) -> bool:
    """A folder is called after its work: ``peppercarrot_art`` after Pepper&Carrot, its first word."""
    first = folder.partition("_")[0]
    return plain(folder) in notice or (len(first) > 4 and plain(first) in notice)


def test_a_work_that_the_notice_lacks_is_noticed() -> None:
    assert is_named("peppercarrot_art", plain("Pepper&Carrot, by David Revoy"))
    assert not is_named("open_comics", plain("Open Bible Stories"))
    assert not is_named("somebody", plain("Pepper&Carrot"))


def test_pictures_do_not_swell_the_repository() -> None:
    files = [path for folder in ("docs", "examples") for path in (ROOT / folder).rglob("*")]
    pictures = [path for path in files if path.suffix.lower() in PICTURES]
    assert pictures
    assert sum(path.stat().st_size for path in pictures) <= PICTURE_BYTES
