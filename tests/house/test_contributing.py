"""CONTRIBUTING.md is followed to the letter: its examples are Python, its changes fit the files they name."""

from __future__ import annotations

import ast
import re

import pytest

from mangacolor.tests.helpers.paths import ROOT
from mangacolor.tests.helpers.walk_through import TEXT, blocks, changed, changed_file, new_files


@pytest.mark.parametrize("text", blocks("python"), ids=lambda text: text.splitlines()[0][:40])
def test_every_example_is_python(text: str) -> None:
    ast.parse(text)


@pytest.mark.parametrize("change", blocks("diff"), ids=lambda text: text.splitlines()[1][6:])
def test_every_change_fits_the_file_it_names(change: str) -> None:
    name = changed_file(change)
    changed(new_files(TEXT).get(name) or (ROOT / name).read_text(encoding="utf-8"), change)


def test_every_file_it_names_is_there_or_is_made_by_it() -> None:
    made = {
        "formats/archive_ar.py",
        "stages/night.py",
        "tests/stages/test_night.py",
    }
    named = set(re.findall(r"`((?:docs|formats|models|pipeline|stages|tests|training)/[\w/.-]+\.\w+)`", TEXT))
    assert made <= named
    assert not {name for name in named - made if not (ROOT / name).exists()}


def test_every_target_it_names_is_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"\bmake ([a-z]+)\b", "\n".join(re.findall(r"`make [a-z]+`|(?m:^make .*)", TEXT))))
    assert {"setup", "test", "check"} <= named
    assert [name for name in sorted(named) if not re.search(rf"(?m)^{name}:", makefile)] == []
