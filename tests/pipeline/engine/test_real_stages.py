"""The engine with the real stages and the bundled weights: what is done again, and which bytes come out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mangacolor.api import colorize_chapter, colorize_page
from mangacolor.pipeline.events import RunResult
from mangacolor.tests.helpers.fake_stages import files
from mangacolor.tests.helpers.stages import comic_page

PAGES = 3


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a small chapter in ``in`` and, in ``out``, that chapter coloured."""
    folder = tmp_path_factory.mktemp("real")
    (folder / "in").mkdir()
    for number in range(PAGES):
        page = comic_page(300, 220)
        cv2.circle(page, (60 + 20 * number, 80), 15 + number, 40, 2)
        cv2.imwrite(str(folder / "in" / f"{number}.png"), page)
    assert colour(folder, "out", jobs=1).done == PAGES
    yield folder


def colour(folder: Path, out: str, **options: Any) -> RunResult:
    options = {"scale": "1", "device": "cpu", **options}
    result = colorize_chapter(folder / "in", folder / out, **options)
    assert result.status == 0
    return result


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_bytes_do_not_depend_on_jobs(done: Path) -> None:
    colour(done, "many", jobs=4)
    assert files(done / "many") == files(done / "out")


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_batches_change_no_pixel_by_more_than_a_level(done: Path) -> None:
    pictures = []
    for batch in (1, 16):
        colour(done, f"batch{batch}", batch=batch)
        pictures.append([cv2.imread(str(file)) for file in sorted((done / f"batch{batch}").glob("*.png"))])
    for one, other in zip(*pictures, strict=True):
        assert np.abs(np.asarray(one).astype(int) - np.asarray(other)).max() <= 1


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_only_what_changed_is_done_again(done: Path) -> None:
    again = colour(done, "out")
    assert (again.cached, again.stages_run) == (PAGES, 0)
    larger = colour(done, "out", scale="2")
    assert (larger.done, larger.network_calls) == (PAGES, 0)
    page = cv2.imread(str(done / "in" / "1.png"), cv2.IMREAD_GRAYSCALE)
    cv2.imwrite(str(done / "in" / "1.png"), np.asarray(cv2.flip(np.asarray(page), 1)))
    alone = colour(done, "alone", pages="2")
    changed = colour(done, "out", scale="2")
    assert changed.network_calls == alone.network_calls > 0
    assert 1 <= changed.done <= PAGES


@pytest.mark.parametrize("referred", [False, True])
def test_one_page_comes_out_as_a_chapter_of_one_page_does(referred: bool, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    page = comic_page(300, 220)
    cv2.imwrite(str(tmp_path / "in" / "page.png"), page)
    options: dict[str, Any] = {}
    if referred:
        green = np.clip(page[..., None] * np.array([0.5, 1.0, 0.4]), 0, 255).astype(np.uint8)
        cv2.imwrite(str(tmp_path / "cover.png"), green)
        options = {"reference": str(tmp_path / "cover.png")}
    colour(tmp_path, "out", **options)
    theirs = cv2.imread(str(tmp_path / "out" / "page.png"))
    ours = colorize_page(page, scale="1", device="cpu", **options)
    assert np.array_equal(ours[..., ::-1], np.asarray(theirs))
    colour(tmp_path, "off", harmonize=False)
    assert not np.array_equal(np.asarray(theirs), np.asarray(cv2.imread(str(tmp_path / "off" / "page.png"))))
