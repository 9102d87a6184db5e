"""The house rules that a machine can check: sizes, imports, and documents that keep up with the code."""

from __future__ import annotations

import csv
import re
import statistics
import tomllib

import pytest

from mangacolor.tests.helpers.house import lines, project, python_files, shown
from mangacolor.tests.helpers.paths import ROOT

PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".svg"}
PICTURE_BYTES = 6_000_000


def requirements() -> dict[str, list[str]]:
    """The names of what pyproject.toml asks for, by group: core, build, and each extra."""
    document = project()
    told = document["project"]
    groups = {"core": told["dependencies"], "build": document["build-system"]["requires"]}
    groups |= told.get("optional-dependencies", {})
    return {
        group: [found[0] for row in rows if (found := re.match(r"[\w.-]+", row))]
        for group, rows in groups.items()
    }


def test_the_search_finds_the_house() -> None:
    found = {shown(path) for path in python_files()}
    assert {"cli.py", "stages/base.py", "tests/house/test_house.py", "benchmarks/speed/run.py"} <= found
    assert not any(".venv" in path for path in found)


def test_files_are_short() -> None:
    sizes = {shown(path): lines(path) for path in python_files()}
    assert {name: size for name, size in sizes.items() if size > 400} == {}
    assert statistics.median(sizes.values()) <= 150


@pytest.mark.parametrize(("group", "names"), requirements().items(), ids=requirements().keys())
def test_every_dependency_is_accounted_for(group: str, names: list[str]) -> None:
    text = (ROOT / "docs/design/dependencies.md").read_text(encoding="utf-8")
    assert names
    assert [name for name in names if f"`{name}`" not in text] == [], group


def test_the_notice_names_every_work_that_the_weights_are_trained_on() -> None:
    recipe = tomllib.loads((ROOT / "training/recipes/default.toml").read_text(encoding="utf-8"))
    notice = plain((ROOT / "NOTICE").read_text(encoding="utf-8"))
    assert recipe["source"]
    assert [s["folder"] for s in recipe["source"] if not is_named(s["folder"], notice)] == []


def test_the_notice_names_somebody_of_every_source_that_was_added() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    with (ROOT / "models/weights/attribution/sources.csv").open(encoding="utf-8", newline="") as table:
        sources = {row["source"]: row["authors"] for row in csv.DictReader(table)}
    assert len(sources) > 40
    assert [name for name, authors in sources.items() if not any(names(authors, notice))] == []
    assert not any(names("Nobody at all, Somebody Else", notice))


def names(authors: str, notice: str) -> list[str]:
    """Those of ``authors``, parted by commas, semicolons, strokes and brackets, that ``notice`` names."""
    words = " ".join(notice.split())
    each = (name.strip() for name in re.split(r"[,;/()]", authors))
    return [name for name in each if len(name) >= 4 and name in words]


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
