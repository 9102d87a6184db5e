"""``mangacolor palette --forget``: a point of an edit counts no more."""

from __future__ import annotations

from pathlib import Path

from mangacolor.tests.helpers.edited_chapters import FLOOR, RED, TONE, palette


def test_a_point_of_an_edit_is_forgotten(folder: Path) -> None:
    out = folder / "out"
    palette(out, "--at", f"0.png:{TONE}", "--colour", RED, "--reach", "page", "--also", f"2.png:{TONE}")
    (before,) = palette(out, "--json").document["edits"]
    palette(out, "--edit", "e1", "--not", f"0.png:{FLOOR}")
    palette(out, "--edit", "e1", "--forget", f"0.png:{FLOOR}")
    (edit,) = palette(out, "--json").document["edits"]
    assert edit == before
    answer = palette(out, "--edit", "e1", "--forget", f"0.png:{FLOOR}")
    assert answer.status == 2 and "is no point of e1" in answer.err
    palette(
        out, "--edit", "e1", "--forget", f"1:{TONE}"
    )  # the page by its number, another pixel of it or not
    (edit,) = palette(out, "--json").document["edits"]
    assert (edit["at"], edit["not"]) == ([["2.png", 100, 100]], [])
    answer = palette(out, "--edit", "e1", "--forget", f"2.png:{TONE}")
    assert answer.status == 2 and "nothing would be left that is meant" in answer.err
    for nothing in (
        ("--forget", f"0.png:{TONE}"),
        ("--at", f"0.png:{TONE}", "--colour", RED, "--forget", "0.png:1,1"),
    ):
        answer = palette(out, *nothing)
        assert answer.status == 2 and "from which?" in answer.err
    assert len(palette(out, "--json").document["edits"]) == 1
