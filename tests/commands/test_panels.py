"""``mangacolor panels``: the files that other programs read, with the real stages and no colour network."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mangacolor.cli import main
from mangacolor.core.errors import Cancelled
from mangacolor.core.types import Image
from mangacolor.pipeline.engine.single_page import PageRunner
from mangacolor.stages.panels import detect as detection
from mangacolor.stages.panels.cutting.page import Detection, detect_polygons

ENTRIES = ["page", "size", "panels", "polygons", "confidence", "seconds"]


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No mangacolor.toml, and weights that cannot be found: panels must not ask for any."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MANGACOLOR_WEIGHTS", "nowhere.safetensors")


def draw(path: Path, boxes: list[tuple[int, int, int, int]]) -> None:
    page: Image = np.full((300, 200, 3), 255, np.uint8)
    for x, y, w, h in boxes:
        cv2.rectangle(page, (x, y), (x + w - 1, y + h - 1), (0, 0, 0), 3)
        cv2.circle(page, (x + w // 2, y + h // 2), 20, (90, 90, 90), -1)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), page)


def status(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["panels", *arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_a_page_becomes_one_json_and_one_overlay() -> None:
    boxes = [(107, 25, 70, 115), (23, 25, 70, 115), (23, 160, 154, 115)]
    draw(Path("page.png"), boxes)
    assert status("page.png", "--out", "found", "--quiet") == 0
    assert sorted(path.name for path in Path("found").iterdir()) == ["page.json", "page.panels.png"]
    document = json.loads(Path("found/page.json").read_text())
    assert list(document) == ENTRIES
    assert (document["page"], document["size"]) == ("page.png", [200, 300])
    # Frames are three pixels wide, and panels lie within them.
    np.testing.assert_allclose(document["panels"], boxes, atol=6)
    assert len(document["polygons"]) == len(document["confidence"]) == 3
    overlay = cv2.imread("found/page.panels.png")
    assert overlay is not None and overlay.shape == (300, 200, 3)
    assert (overlay != cv2.imread("page.png")).any()
    assert status("page.png", "--out", "found", "--direction", "ltr") == 0
    turned = json.loads(Path("found/page.json").read_text())
    assert turned["panels"][:2] == [document["panels"][1], document["panels"][0]]


@pytest.mark.parametrize("corrected", [False, True])
def test_explain_looks_for_panels_once(corrected: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    draw(Path("page.png"), [(107, 25, 70, 115), (23, 25, 70, 115), (23, 160, 154, 115)])
    assert status("page.png", "--out", "plain", "--quiet") == 0
    looks: list[Image] = []

    def look(luma: Image, *more: Any) -> list[Detection]:
        looks.append(luma)
        return detect_polygons(luma, *more)

    monkeypatch.setattr(detection, "detect_polygons", look)
    edits = ["--edits", "plain"] if corrected else []
    assert status("page.png", "--out", "found", "--explain", "--quiet", *edits) == 0
    assert len(looks) == 1
    plain, found = (json.loads(Path(f"{folder}/page.json").read_text()) for folder in ("plain", "found"))
    assert found["panels"] == plain["panels"] and found["polygons"] == plain["polygons"]


def test_explain_adds_a_drawing_and_its_numbers() -> None:
    draw(Path("page.png"), [(107, 25, 70, 115), (23, 25, 70, 115), (23, 160, 154, 115)])
    assert status("page.png", "--out", "found", "--explain", "--quiet") == 0
    names = ["page.explain.json", "page.explain.png", "page.json", "page.panels.png"]
    assert sorted(path.name for path in Path("found").iterdir()) == names
    explanation = json.loads(Path("found/page.explain.json").read_text())
    assert (explanation["page"], explanation["size"]) == ("page.png", [200, 300])
    assert sum(candidate["chosen"] for candidate in explanation["candidates"]) >= 2
    assert cv2.imread("found/page.explain.png") is not None
    assert list(json.loads(Path("found/page.json").read_text())) == ENTRIES


def test_a_blank_page_has_no_panels_but_both_files() -> None:
    draw(Path("tree/a/1.png"), [])
    assert status("tree", "--out", "found") == 0
    document = json.loads(Path("found/a/1.json").read_text())
    assert list(document) == ENTRIES
    assert (document["size"], document["panels"], document["polygons"]) == ([200, 300], [], [])
    assert Path("found/a/1.panels.png").is_file()


def test_pages_that_cannot_be_read_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    draw(Path("pages/1.png"), [(10, 10, 180, 280)])
    Path("pages/\x1b2.png").write_bytes(b"no picture")
    assert status("pages", "--out", "found", "--json") == 1
    said = capsys.readouterr()
    document = json.loads(said.out)
    assert [failure["page"] for failure in document["failed"]] == ["\x1b2.png"]
    assert (document["pages"], document["panels"]) == (2, 1) and r"\x1b2.png" in said.err
    assert "\x1b" not in said.err
    Path("pages/1.png").unlink()
    assert status("pages", "--out", "found") == 3


@pytest.mark.parametrize(("number", "expected"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_gives_its_own_status(
    number: signal.Signals, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw(Path("pages/1.png"), [(10, 10, 180, 280)])

    def interrupted(*_arguments: Any, **_options: Any) -> dict[str, Any]:
        signal.raise_signal(number)
        raise Cancelled("stopped")

    monkeypatch.setattr(PageRunner, "run", interrupted)
    left: list[int] = []
    monkeypatch.setattr(os, "_exit", left.append)  # how a stopped command leaves
    assert status("pages", "--out", "found") == expected
    assert left == [expected]


def test_one_name_for_two_pages_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    draw(Path("pages/1.png"), [(10, 10, 180, 280)])
    draw(Path("pages/1.jpg"), [(10, 10, 180, 280)])
    assert status("pages", "--out", "found") == 2
    assert "1.json" in capsys.readouterr().err and not Path("found").exists()


def test_one_name_but_for_its_case_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Some disks hold one file of such names."""
    draw(Path("pages/a.png"), [(10, 10, 180, 280)])
    draw(Path("pages/A.jpg"), [(10, 10, 180, 280)])
    assert status("pages", "--out", "found") == 2
    assert "both become" in capsys.readouterr().err and not Path("found").exists()
