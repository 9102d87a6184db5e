"""``mangacolor palette --renew``: edits of an earlier version, whose points keep rows of features alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mangacolor.models.files.reading import weights_path
from mangacolor.tests.helpers.edited_chapters import (
    RED,
    TONE,
    age_edits,
    change_points,
    colour,
    palette,
    write_pages,
)

SAID = "made when figures of one colour were told apart less well: "


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pages coloured by the bundled network, which tells identities, and an edit of all that is alike."""
    folder = tmp_path_factory.mktemp("renew")
    out = folder / "out"
    colour(write_pages(folder / "in", 2), out, weights_path("default"))
    assert palette(out, "--at", f"0.png:{TONE}", "--not", "1.png:300,500", "--colour", RED).status == 0
    return out


@pytest.fixture
def out(edited: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(edited, tmp_path / "out"))


@pytest.mark.parametrize("identities", [False, True])
def test_edits_of_an_earlier_version_are_told_and_renewed(out: Path, *, identities: bool) -> None:
    file = out / ".mangacolor/palette.json"
    new = json.loads(file.read_text())["log"]
    assert SAID not in palette(out).out and palette(out, "--json").document["edits"][0]["old"] is False
    old = age_edits(out, identities=identities)
    said = palette(out).out
    assert said.count(SAID) == 1 and f"{SAID}e1; --renew" in said
    assert palette(out, "--json").document["edits"][0]["old"] is True
    assert palette(out, "--renew", "--preview", str(out / "look.png")).status == 0
    assert file.read_bytes() == old
    done = palette(out, "--renew")
    assert done.status == 0 and SAID not in done.out and done.out.startswith(f"e1: {RED}")
    renewed = json.loads(file.read_text())["log"][1]
    assert [renewed["anchors"], renewed["negatives"]] == [new[0]["anchors"], new[0]["negatives"]]
    assert palette(out, "--undo").status == 0
    assert file.read_bytes() == old


def test_one_edit_is_renewed_alone(out: Path) -> None:
    assert palette(out, "--at", f"1.png:{TONE}", "--colour", "blue").status == 0
    age_edits(out)
    assert f"{SAID}e1, e2;" in palette(out).out
    assert palette(out, "--edit", "e2", "--renew").status == 0
    assert f"{SAID}e1;" in palette(out).out


def test_several_edits_are_renewed_in_one_change(out: Path) -> None:
    assert palette(out, "--at", f"1.png:{TONE}", "--colour", "blue").status == 0
    file = out / ".mangacolor/palette.json"
    new = [json.loads(file.read_text())["log"][place]["anchors"] for place in (0, 1)]
    old = age_edits(out)
    assert palette(out, "--renew").status == 0
    assert "3  e1, e2 revised" in palette(out, "--edits").out
    renewed = json.loads(file.read_text())["log"]
    assert [entry["do"] for entry in renewed] == ["edit", "edit", "revise"]
    assert [edit["anchors"] for edit in renewed[2]["edits"]] == new
    assert SAID not in palette(out).out
    done = file.read_bytes()
    undone = palette(out, "--undo")
    assert undone.status == 0 and "e1, e2 revised: undone" in undone.out
    assert f"{SAID}e1, e2;" in palette(out).out
    assert json.loads(file.read_text())["log"] == json.loads(old)["log"]
    assert palette(out, "--redo").status == 0 and file.read_bytes() == done
    assert palette(out, "--undo", "e1").status == 0, "what made an edit is undone, whatever came after it"
    assert [edit["id"] for edit in palette(out, "--json").document["edits"]] == ["e2"]


def test_what_cannot_or_need_not_be_renewed_is_not_told(out: Path) -> None:
    nothing = palette(out, "--renew")
    assert nothing.status == 2 and "--renew: every edit is up to date" in nothing.err
    age_edits(out)
    change_points(out, lambda point: point.update(page="gone.png", digest="0" * 16))
    assert SAID not in palette(out).out and palette(out, "--renew").status == 2


def test_an_edit_of_one_surface_is_as_good_as_new(out: Path) -> None:
    assert palette(out, "--edit", "e1", "--reach", "segment").status == 0
    age_edits(out)
    assert SAID not in palette(out).out
