"""``mangacolor palette --not`` says what it takes away on further pages, as the studio does."""

from __future__ import annotations

from pathlib import Path

import pytest

from mangacolor.tests.helpers.edited_chapters import FLOOR, RED, TONE, palette

SAID = "without --not"
EDIT = ("--at", f"0.png:{TONE}", "--colour", RED, "--likeness", ".3")


@pytest.fixture
def out(folder: Path) -> Path:
    return folder / "out"


def test_what_not_takes_away_elsewhere_is_told(out: Path) -> None:
    first = palette(out, *EDIT)
    assert first.status == 0 and SAID not in first.out
    (free,) = palette(out, "--json").document["edits"]
    assert free["unopposed"] is None and len(free["pages"]) > 1

    answer = palette(out, "--edit", "e1", "--not", f"1.png:{TONE}")
    (held,) = palette(out, "--json").document["edits"]
    assert held["unopposed"] == [free["surfaces"], len(free["pages"])]
    assert len(held["pages"]) < len(free["pages"])
    line = f"  {SAID} {free['surfaces']} surfaces on {len(free['pages'])} pages: on further pages it leaves"
    assert line in answer.out


def test_where_no_page_goes_nothing_is_said(out: Path) -> None:
    answer = palette(out, *EDIT, "--reach", "page", "--not", f"0.png:{FLOOR}")
    assert answer.status == 0 and SAID not in answer.out
    (edit,) = palette(out, "--json").document["edits"]
    assert edit["unopposed"] is not None and list(edit["pages"]) == ["0.png"]
