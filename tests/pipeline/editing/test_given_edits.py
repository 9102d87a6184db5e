"""A painted page has what a series, a palette to keep and hints give it, as the page that a run writes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image as PilImage

from mangacolor.core.errors import UsageError
from mangacolor.core.types import Image
from mangacolor.pipeline.editing.chapter import ColouredChapter, open_chapter
from mangacolor.pipeline.editing.coverage import Surfaces
from mangacolor.pipeline.editing.given_edits import GivenEdits
from mangacolor.pipeline.editing.painter import PagePainter
from mangacolor.pipeline.editing.palette_document import read_palette
from mangacolor.pipeline.editing.preview import find_changes
from mangacolor.pipeline.store.cache import PageCache
from mangacolor.pipeline.store.last_run import LastRun, known_last_run
from mangacolor.stages.reassemble.traced_page import TracedPage
from mangacolor.tests.helpers.edited_chapters import FLOOR, RED, TONE, colour, palette, write_pages
from mangacolor.tests.helpers.stages import tiny_weights

# Levels: mean difference of a page from the finished one. Where an edit is missing it is several.
SAME = 0.3
GREEN, BLUE, VIOLET = "#2e8b57", "#2255aa", "#8e44ad"
PAGES = ("1.png", "2.png")  # after a cover in colour, which is the first page


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``out``: coloured with a series that remembers an edit, a locked edit of another palette, and a hint by
    the page's number; then edited, also where the lock holds, and coloured again."""
    folder = tmp_path_factory.mktemp("given")
    weights = tiny_weights(folder)
    series = str(folder / "memory.series")
    earlier = write_pages(folder / "earlier", 2)
    (earlier / "1.png").unlink()
    write_pages(folder / "in", 3)
    rows, columns = np.mgrid[0:420, 0:300]
    cover = np.stack([rows % 256, columns % 256, np.full_like(rows, 90)], -1).astype(np.uint8)
    PilImage.fromarray(cover).save(folder / "in" / "0.png")
    PilImage.fromarray(cover).save(earlier / "1.png")
    second = cv2.imread(str(earlier / "0.png"), cv2.IMREAD_GRAYSCALE)
    cv2.imwrite(str(earlier / "2.png"), np.asarray(second)[:600])
    colour(earlier, folder / "first", weights, series=series)
    palette(folder / "first", "--at", f"0.png:{TONE}", "--colour", VIOLET, "--likeness", "1")
    colour(earlier, folder / "first", weights, series=series)
    colour(folder / "in", folder / "out", weights)
    palette(folder / "out", "--at", f"1.png:{FLOOR}", "--colour", RED, "--reach", "page", "--lock")
    kept = folder / "out" / ".mangacolor" / "palette.json"
    kept.rename(folder / "kept.json")
    (folder / "hints.json").write_text(
        json.dumps([{"page": 3, "x": 100, "y": 100, "colour": GREEN, "reach": "segment"}])
    )
    options = given_options(folder)
    colour(folder / "in", folder / "out", weights, **options)
    palette(folder / "out", "--at", f"1.png:{FLOOR}", "--colour", BLUE, "--reach", "segment")
    palette(folder / "out", "--at", f"2.png:{FLOOR}", "--colour", BLUE, "--reach", "segment")
    colour(folder / "in", folder / "out", weights, **options)
    return folder


def given_options(folder: Path) -> dict[str, Any]:
    files = {"series": "memory.series", "palette": "kept.json", "hints": "hints.json"}
    return {option: str(folder / name) for option, name in files.items()}


@pytest.fixture
def chapter(folder: Path) -> ColouredChapter:
    return open_chapter(folder / "out")


@pytest.fixture
def work(chapter: ColouredChapter) -> LastRun:
    found = known_last_run(chapter.state)
    assert found is not None
    return found


def difference(painted: Image, file: Path) -> float:
    page = np.asarray(PilImage.open(file).convert("RGB")).astype(int)
    return float(np.abs(page - painted).mean())


def test_a_page_is_painted_as_the_run_writes_it(chapter: ColouredChapter, work: LastRun) -> None:
    given = GivenEdits(chapter, work)
    assert [edit.colour for edit in given()] == [VIOLET, RED, GREEN]
    surfaces, own = Surfaces.of(chapter, given), read_palette(chapter).edits
    for page in PAGES:
        file = chapter.state.out / page
        assert difference(PagePainter(chapter, page, 2000, surfaces).paint(own), file) < SAME
        alone = PagePainter(chapter, page, 2000, Surfaces.of(chapter)).paint(own)
        assert difference(alone, file) > 3 * SAME


def test_what_a_lock_holds_is_no_change(chapter: ColouredChapter, work: LastRun) -> None:
    surfaces, (held, free) = Surfaces.of(chapter, GivenEdits(chapter, work)), read_palette(chapter).edits
    assert [change.page for change in find_changes(surfaces, [free], [held, free])] == []
    assert [change.page for change in find_changes(surfaces, [held], [held, free])] == ["2.png"]


def test_files_are_read_anew_when_they_change(folder: Path, chapter: ColouredChapter, work: LastRun) -> None:
    hints = folder / "other.json"
    row = {"page": "2.png", "x": 100, "y": 100, "colour": "#101010"}
    hints.write_text(json.dumps([row]))
    given = GivenEdits(chapter, replace(work, options=replace(work.options, hints=str(hints))))
    assert given()[-1].colour == "#101010" and given() is given()
    hints.write_text(json.dumps([row, {**row, "colour": "#20202a"}]))
    assert given()[-1].colour == "#20202a"
    hints.unlink()
    with pytest.raises(UsageError, match="--hints"):
        given()
    assert GivenEdits(chapter, None)() == ()


def test_segments_are_painted_as_they_were_traced(chapter: ColouredChapter) -> None:
    cache = PageCache(chapter.state.page_folder("1.png"))
    kept, key, surfaces = cache.latest("trace"), cache.key("trace"), Surfaces.of(chapter)
    version = cache.version("trace")
    assert kept is not None and version is not None
    traced = TracedPage.from_artifact(kept)
    before = PagePainter(chapter, "1.png", 400, surfaces).paint(())
    darker = np.array([0, 0, -0.5], np.float32)
    windows = [replace(window, rows=window.rows.moved(darker)) for window in traced.windows]
    try:
        changed = replace(traced, windows=tuple(windows)).to_artifact()
        cache.save("trace", key, changed, version=version, seconds=0)
        after = PagePainter(chapter, "1.png", 400, surfaces).paint(())
    finally:
        cache.save("trace", key, kept, version=version, seconds=0)
    assert after.mean() < before.mean() - 5
