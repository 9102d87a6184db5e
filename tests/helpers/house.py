"""The house as its tests see it: the Python files, the packages, and who imports whom."""

from __future__ import annotations

import ast
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from mangacolor.tests.helpers.paths import ROOT

OUTSIDE = ("tests", "benchmarks", "docker", "examples", "docs")  # beside the package


@cache
def python_files() -> tuple[Path, ...]:
    """Every Python file of the house; not what was installed or built in it."""
    found = []
    for folder, inner, names in os.walk(ROOT):
        inner[:] = [name for name in inner if not name.startswith((".", "build"))]
        found += [Path(folder, name) for name in names if name.endswith(".py")]
    return tuple(sorted(found))


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def project() -> dict[str, Any]:
    """pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def package_data() -> dict[str, set[str]]:
    """What each glob of pyproject.toml's package-data matches, by package and glob."""
    globs = project()["tool"]["setuptools"]["package-data"]
    return {
        f"{package}: {glob}": {shown(path) for path in folder_of(package).glob(glob) if path.is_file()}
        for package, rows in globs.items()
        for glob in rows
    }


def folder_of(package: str) -> Path:
    return ROOT.joinpath(*package.split(".")[1:])


@cache
def modules() -> Mapping[str, Path]:
    """Every module of the package by its name without ``mangacolor.``; a package by its folder's name."""
    found: dict[str, Path] = {}
    for path in python_files():
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[0] not in OUTSIDE:
            found[".".join(part for part in parts if part != "__init__")] = path
    return found


@cache
def imported(path: Path) -> tuple[str, ...]:
    """The modules of the house that a file imports, wherever in it: inside functions and for types, too."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (a.name.removeprefix("mangacolor.") for a in node.names if _is_ours(a.name))
        elif isinstance(node, ast.ImportFrom) and _is_ours(node.module or ""):
            base = str(node.module).removeprefix("mangacolor").removeprefix(".")
            for alias in node.names:
                whole = f"{base}.{alias.name}".removeprefix(".")
                yield whole if whole in modules() else base


def _is_ours(name: str) -> bool:
    return re.match(r"mangacolor(\.|$)", name) is not None


def package_of(module: str) -> str:
    """``stages.panels`` for ``stages.panels.lines``, ``cli`` for ``cli``: the room that a module lies in."""
    is_package = modules()[module].name == "__init__.py"
    return module if is_package else module.rpartition(".")[0] or module


def circles(arrows: Mapping[str, set[str]]) -> list[set[str]]:
    """Sets of nodes that reach each other (strongly connected components of two or more; Tarjan, 1972)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[set[str]] = []

    def visit(node: str) -> None:
        order[node] = low[node] = len(order)
        stack.append(node)
        for other in sorted(arrows.get(node, ())):
            if other not in order:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], order[other])
        if low[node] == order[node]:
            circle = set(stack[stack.index(node) :])
            del stack[stack.index(node) :]
            if len(circle) > 1:
                found.append(circle)

    for node in sorted(arrows):
        if node not in order:
            visit(node)
    return found
