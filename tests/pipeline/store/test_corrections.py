"""A corrected Panels JSON is used instead of detection, for its page and no other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mangacolor.cli import main
from mangacolor.core.settings import Options, RunOptions
from mangacolor.pipeline.plan import plan_run
from mangacolor.pipeline.run import run
from mangacolor.tests.helpers.commands import exit_status

DETECTED = [[107, 25, 70, 115], [23, 25, 70, 115], [23, 160, 154, 115]]
CORRECTED = [[23, 160, 154, 115], [23, 25, 154, 115]]


SQUARE = [[10, 10], [20, 10], [20, 20], [10, 20]]


def marking(**parts: Any) -> str:
    """A correction of the first page that marks parts of it."""
    return json.dumps({"page": "1.png", "size": [200, 300], "panels": CORRECTED} | parts)


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("1.png", "2.png"):
        page = np.full((300, 200, 3), 255, np.uint8)
        for x, y, w, h in DETECTED:
            cv2.rectangle(page, (x, y), (x + w - 1, y + h - 1), (0, 0, 0), 3)
            cv2.circle(page, (x + w // 2, y + h // 2), 20, (90, 90, 90), -1)
        Path("pages").mkdir(exist_ok=True)
        cv2.imwrite(f"pages/{name}", page)


def correct(folder: str, page: str = "1", **changes: Any) -> Path:
    document = {"page": f"{page}.png", "size": [200, 300], "panels": CORRECTED} | changes
    file = Path(folder, f"{page}.json")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


def find_panels(edits: Path | None = None) -> int:
    """Run up to the panels stage and return the exit status."""
    options = RunOptions(until="panels", edits=edits)
    return run([Path("pages")], Path("out"), Options(device="cpu"), options, emit=lambda _: None).status


def kept(page: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        Path(f"out/.mangacolor/pages/{page}.png/panels.json").read_text(encoding="utf-8")
    )
    return dict(found.get("data", found))


def to_run(edits: Path | None = None) -> list[tuple[str, ...]]:
    options = RunOptions(until="panels", edits=edits)
    return [page.to_run for page in plan_run([Path("pages")], Path("out"), Options(), options).pages]


def test_a_correction_in_the_state_folder_redoes_its_page_only() -> None:
    assert find_panels() == 0
    np.testing.assert_allclose(kept("1")["panels"], DETECTED, atol=6)
    assert to_run() == [(), ()]
    file = correct("out/.mangacolor/edits")
    redone, untouched = to_run()
    assert redone[-1] == "panels" and untouched == ()
    assert find_panels() == 0
    assert kept("1")["panels"] == CORRECTED and kept("1")["confidence"] == [1, 1]
    np.testing.assert_allclose(kept("2")["panels"], DETECTED, atol=6)
    assert to_run() == [(), ()]
    correct("out/.mangacolor/edits", panels=CORRECTED[:1])
    assert to_run()[0][-1] == "panels"  # its content counts, not that it is there
    file.unlink()
    assert find_panels() == 0
    np.testing.assert_allclose(kept("1")["panels"], DETECTED, atol=6)


def test_the_option_names_another_folder_and_its_place_does_not_matter() -> None:
    correct("mine")
    assert find_panels(Path("mine")) == 0
    assert kept("1")["panels"] == CORRECTED
    Path("mine").rename("moved")
    assert to_run(Path("moved")) == [(), ()]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{", "not JSON"),
        ("[]", "no JSON object"),
        (b"\xff\xfe", "not JSON"),
        ('{"size": [9, 9]}', "size"),
        (marking(left_out={"a": 1}), "'left_out' must be a list"),
        (marking(coloured=[[[1, 2], [3, 4]]]), "part 1 of 'coloured'"),
        (marking(coloured=[SQUARE, [[1, 2], [3, "x"], [5, 6]]]), "part 2 of 'coloured'"),
        (marking(left_out=[[[500, 500], [600, 500], [600, 600]]]), "no area inside the page"),
    ],
)
def test_a_file_that_cannot_be_used_fails_its_page_by_name(
    text: str | bytes, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = correct("mine")
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    arguments = ["colorize", "pages", "--out", "out", "--edits", "mine", "--until", "panels", "--json"]
    assert exit_status(*arguments) == 1
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    failed = [event for event in events if event["event"] == "page_failed"]
    assert [event["page"] for event in failed] == ["1.png"]
    assert str(file) in failed[0]["error"] and word in failed[0]["error"] and failed[0]["remedy"]


@pytest.mark.parametrize("command", ["colorize", "plan", "panels"])
def test_a_folder_that_is_not_there_or_corrects_nothing_is_refused(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("nowhere", "other"):
        correct("other", "12")
        assert exit_status(command, "pages", "--out", "out", "--edits", folder) == 3
        assert f"--edits {folder}" in capsys.readouterr().err


def test_panels_draws_corrections() -> None:
    correct("mine")
    assert exit_status("panels", "pages", "--out", "found", "--edits", "mine", "--quiet") == 0
    assert json.loads(Path("found/1.json").read_text(encoding="utf-8"))["panels"] == CORRECTED
    assert len(json.loads(Path("found/2.json").read_text(encoding="utf-8"))["panels"]) == 3


def test_panels_writes_and_draws_the_parts_that_a_correction_marks() -> None:
    square = [[3, 3], [20, 3], [20, 20], [3, 20]]
    correct("mine", coloured=[square], left_out=[])
    with pytest.raises(SystemExit):
        main(["panels", "pages", "--out", "found", "--edits", "mine", "--quiet"])
    plain = ["page", "size", "panels", "polygons", "confidence", "seconds"]
    assert list(json.loads(Path("found/1.json").read_text(encoding="utf-8"))) == [*plain, "coloured"]
    assert list(json.loads(Path("found/2.json").read_text(encoding="utf-8"))) == plain
    assert json.loads(Path("found/1.json").read_text(encoding="utf-8"))["coloured"] == [square]
    drawn, other = (cv2.imread(f"found/{page}.panels.png") for page in ("1", "2"))
    assert drawn is not None and other is not None
    assert (drawn[17, 6] == 255).all() and (other[17, 6] != 255).any()  # paper no more


def test_marked_parts_are_part_of_their_pages_key_alone() -> None:
    file = correct("out/.mangacolor/edits")
    assert find_panels() == 0
    assert "left_out" not in kept("1")
    correct("out/.mangacolor/edits", left_out=[SQUARE])
    assert [page[-1:] for page in to_run()] == [("panels",), ()]
    assert find_panels() == 0
    assert kept("1")["left_out"] == [SQUARE]
    file.unlink()
    assert find_panels() == 0
    assert "left_out" not in kept("1")


def test_cleaning_leaves_corrections() -> None:
    file = correct("out/.mangacolor/edits")
    find_panels()
    with pytest.raises(SystemExit):
        main(["clean", "out", "--all"])
    assert [path for path in Path("out").rglob("*") if path.is_file()] == [file]
