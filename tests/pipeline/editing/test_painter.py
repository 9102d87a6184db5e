"""A page at screen size is the finished page scaled down, with an edit and without; what an edit covers."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as PilImage

from mangacolor.core.errors import PageError
from mangacolor.core.types import Image
from mangacolor.pipeline.editing.chapter import ColouredChapter, open_chapter
from mangacolor.pipeline.editing.coverage import Surfaces
from mangacolor.pipeline.editing.page_looks import PageLooks
from mangacolor.pipeline.editing.painter import PagePainter
from mangacolor.pipeline.editing.palette_document import read_palette
from mangacolor.pipeline.editing.points import make_anchor, read_point
from mangacolor.stages.edits.model import Edit, Reach
from mangacolor.stages.reassemble import screen_page
from mangacolor.tests.helpers.edited_chapters import FLOOR, TONE, colour, palette, write_pages
from mangacolor.tests.helpers.stages import tiny_weights

BLUE = "#2255aa"
# Levels: mean difference of a page at its own size from the finished page; and of a small one, in which lines
# are part ink, part paper, and the tiny network's speckles are sampled.
SAME, SCALED = 0.3, 3.5


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chapter")
    weights = tiny_weights(folder)
    source = write_pages(folder / "in", 2)
    with zipfile.ZipFile(folder / "book.cbz", "w") as book:
        for page in sorted(source.iterdir()):
            book.write(page, page.name)
    colour(source, folder / "out", weights)
    colour(folder / "book.cbz", folder / "books", weights)
    palette(folder / "out", "--at", f"0.png:{TONE}", "--colour", BLUE, "--reach", "page", "--likeness", "1")
    palette(folder / "out", "--at", f"0.png:{FLOOR}", "--colour", "crimson", "--reach", "segment")
    colour(source, folder / "edited", weights)
    (folder / "edited" / ".mangacolor" / "palette.json").write_bytes(
        (folder / "out" / ".mangacolor" / "palette.json").read_bytes()
    )
    colour(source, folder / "edited", weights)
    return folder


@pytest.fixture(scope="module")
def chapter(folder: Path) -> ColouredChapter:
    return open_chapter(folder / "out")


def edit(chapter: ColouredChapter, point: str, reach: Reach = Reach.SEGMENT) -> Edit:
    return Edit(
        1,
        BLUE,
        reach,
        (make_anchor(chapter, PageLooks(chapter.pages.__getitem__), read_point(point, "--at")),),
    )


def finished(path: Path, size: tuple[int, int]) -> Image:
    picture = np.asarray(PilImage.open(path).convert("RGB"))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


@pytest.mark.parametrize(("long_side", "most"), [(2000, SAME), (400, SCALED)])
def test_a_painted_page_is_the_finished_one_scaled_down(folder: Path, long_side: int, most: float) -> None:
    chapter = open_chapter(folder / "edited")
    painter = PagePainter(chapter, "0.png", long_side, Surfaces.of(chapter))
    assert painter.size == ((440, 620) if long_side == 2000 else (284, 400))
    plain, edits = folder / "out" / "0.png", read_palette(chapter).edits
    assert len(edits) == 2
    for file, wanted in ((plain, ()), (folder / "edited" / "0.png", edits), (plain, ())):
        painted, page = painter.paint(wanted), finished(file, painter.size)
        assert painted.shape == page.shape
        assert np.abs(painted.astype(int) - page).mean() < most
    changed = np.abs(painter.paint(edits).astype(int) - painter.paint([])).max(axis=2) > 20
    assert 0.1 < changed.mean() < 0.9


@pytest.mark.parametrize("long_side", [2000, 500])
def test_a_page_painted_click_by_click_is_the_page_painted_at_once(
    chapter: ColouredChapter, long_side: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    surfaces = Surfaces.of(chapter)
    clicked, at_once = (PagePainter(chapter, "0.png", long_side, surfaces) for _ in range(2))
    tone, floor = edit(chapter, f"0.png:{TONE}"), edit(chapter, f"0.png:{FLOOR}", Reach.PAGE)
    clicks = [
        [tone],
        [tone, replace(floor, id=2)],
        [replace(floor, id=2)],
        [replace(tone, colour="#ff0000")],
        [],
    ]
    by_click = [clicked.paint(edits) for edits in clicks]
    (height, width) = by_click[0].shape[:2]
    parts = [part for edits in clicks for part in screen_page._parts_of(changes(clicked, edits))]
    assert any((rows, columns) != ((0, height), (0, width)) for rows, columns in parts)
    monkeypatch.setattr(screen_page, "_parts_of", lambda _changed: [((0, height), (0, width))])
    for painted, edits in zip(by_click, clicks, strict=True):
        assert np.array_equal(painted, at_once.paint(edits))
    assert len({painted.tobytes() for painted in by_click}) == len(clicks)


def changes(painter: PagePainter, edits: list[Edit]) -> np.ndarray:
    """Where a page painted with edits differs from the plain one."""
    plain, painted = painter.paint([]), painter.paint(edits)
    return np.asarray((plain != painted).any(axis=2))


def test_what_an_edit_covers(chapter: ColouredChapter) -> None:
    surfaces = Surfaces.of(chapter)
    one = surfaces.covers([edit(chapter, f"1.png:{TONE}")])[1]
    assert one.pages == {"1.png": 1} and 0 < one.area < 0.2
    alike = edit(chapter, f"1.png:{TONE}", Reach.ALIKE)
    counts = [sum(cover.pages.values()) for cover in surfaces.covers_at(alike, [1.0, 0.5, 0.0])]
    assert 1 <= counts[0] <= counts[1] <= counts[2] == len(surfaces.segments)
    again = surfaces.covers([alike])[1]
    assert again.pages == surfaces.covers([alike])[1].pages and "0.png" in again.pages


def test_pages_of_an_archive_are_found_again(folder: Path) -> None:
    chapter = open_chapter(folder / "books")
    assert chapter.names == ("book.cbz/0.png", "book.cbz/1.png")
    painter = PagePainter(chapter, "book.cbz/1.png", 2000, Surfaces.of(chapter))
    packed = zipfile.ZipFile(folder / "books" / "book.cbz").read("1.png")
    page = np.asarray(PilImage.open(io.BytesIO(packed)).convert("RGB"))
    assert np.abs(painter.paint([]).astype(int) - page).mean() < SAME
    told = palette(folder / "books", "--at", f"1.png:{TONE}", "--colour", BLUE, "--reach", "segment")
    assert told.status == 0 and "book.cbz/1.png 1" in told.out


def test_a_source_that_is_gone_or_has_changed_is_told(folder: Path) -> None:
    chapter = open_chapter(folder / "out")
    surfaces, page = Surfaces.of(chapter), folder / "in" / "1.png"
    kept = page.read_bytes()
    try:
        PilImage.fromarray(np.full((100, 80), 255, np.uint8)).save(page)
        with pytest.raises(PageError, match=r"1\.png: its source has changed since it was coloured"):
            PagePainter(chapter, "1.png", 300, surfaces)
        page.unlink()
        with pytest.raises(PageError, match=r"1\.png: its source .* is gone"):
            PagePainter(chapter, "1.png", 300, surfaces)
    finally:
        page.write_bytes(kept)


def outline(folder: Path, *corners: tuple[int, int], colour: str = BLUE) -> Edit:
    """An outline on the first page."""
    chapter = open_chapter(folder / "out")
    anchor = make_anchor(chapter, PageLooks(chapter.pages.__getitem__), read_point(f"0.png:{TONE}", "--at"))
    return Edit(1, colour, Reach.OUTLINE, (anchor,), outline=corners)


@pytest.mark.parametrize("long_side", [2000, 400])
def test_outlines_are_painted_over_where_they_change_as_on_a_new_page(folder: Path, long_side: int) -> None:
    chapter = open_chapter(folder / "out")
    surfaces = Surfaces.of(chapter)
    painter = PagePainter(chapter, "0.png", long_side, surfaces)
    plain = painter.paint([])
    first = outline(folder, (40, 60), (200, 70), (190, 210), (50, 200))
    second = outline(folder, (120, 100), (330, 110), (300, 420), (130, 400), colour="#c0392b")
    moved = outline(folder, (40, 80), (200, 90), (190, 230), (50, 220))
    for edits in (
        [first],
        [first, second],
        [second, first],
        [moved, second],
        [edit(chapter, f"0.png:{FLOOR}"), moved],
    ):
        found = painter.paint(edits)
        assert (found != plain).any()
        assert np.array_equal(found, PagePainter(chapter, "0.png", long_side, surfaces).paint(edits))
    assert np.array_equal(painter.paint([]), plain)
