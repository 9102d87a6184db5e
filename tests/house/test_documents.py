"""Code and documents stand by themselves: they point at nothing that lies outside the repository."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mangacolor.tests.helpers.house import python_files, shown
from mangacolor.tests.helpers.paths import ROOT

# Paths of some machine, not of a system's own files that every machine has, nor the container's own folders.
MACHINE_PATH = re.compile(
    r"(?<![\w.~/:$}-])/(?:data(?!/(?:in|out|serve)\b)|home|mnt|opt|root|scratch|srv|tmp|Users|usr|var|Volumes|work)\b"
)
BESIDE = re.compile(r"\.\./(?:data|shared)\b")
# Seven to twelve hex digits, or forty, with a letter and a figure among them: no number, no word, no colour.
COMMIT = re.compile(r"(?<![\w#-])(?=[0-9a-f]*[a-f])(?=[a-f]*[0-9])(?:[0-9a-f]{7,12}|[0-9a-f]{40})(?![\w-])")
RULES = {"a path of one machine": MACHINE_PATH, "a folder beside": BESIDE, "a commit": COMMIT}


def documents() -> Iterator[Path]:
    """What people read beside Python files."""
    for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md", "training/**/*.toml", "**/templates/*.html"):
        yield from (path for path in ROOT.glob(pattern) if ".venv" not in path.parts)
    yield from (ROOT / name for name in ("Makefile", "NOTICE", "pyproject.toml"))


def texts() -> dict[str, Path]:
    files = [path for path in (*python_files(), *documents()) if path != Path(__file__).resolve()]
    return {shown(path): path for path in files}


def breaches(text: str) -> list[str]:
    return [
        f"{number}: {name}: {match[0]}"
        for number, line in enumerate(text.splitlines(), start=1)
        for name, rule in RULES.items()
        for match in rule.finditer(line)
    ]


def breaches_of(names: list[str]) -> dict[str, list[str]]:
    files = texts()
    rows = {name: breaches(files[name].read_text(encoding="utf-8")) for name in names}
    return {name: row for name, row in rows.items() if row}


def test_code_tests_and_contributing_point_at_nothing_outside() -> None:
    names = [name for name in texts() if not name.startswith("docs/")]
    assert {"CONTRIBUTING.md", "README.md", "cli.py", "tests/helpers/paths.py"} <= set(names)
    assert breaches_of(names) == {}


def test_documents_point_at_nothing_outside() -> None:
    assert breaches_of([name for name in texts() if name.startswith("docs/")]) == {}


@pytest.mark.parametrize(
    "text",
    [
        'Path("/srv/data")',
        "from /data/manga",
        "see ../data",
        "since commit 6074b57",
        "mangacolor x --out /tmp/x",
        "from /home/me/pages",
    ],
)
def test_what_points_outside_is_noticed(text: str) -> None:
    assert len(breaches(f"all is well\n{text}")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/home/x",
        "`stages/work/x.py` and OUT/tmp",
        "#c0392b and #c0392bff",
        "vgg16-397923af.pth of 20260101 bytes",
        "../night/pyproject.toml, ~/data",
        "a decade of facades",
    ],
)
def test_what_does_not_is_let_be(text: str) -> None:
    assert breaches(text) == []
