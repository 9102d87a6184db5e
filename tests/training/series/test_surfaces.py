"""The table of surfaces: which parts of pages are looked at, and what is said of what is seen there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from mangacolor.core.types import Image, Panel
from mangacolor.models.colour.segment_embedding import embedding_fingerprint
from mangacolor.models.colour.series.file import SeriesFile
from mangacolor.models.files.known import find_weights
from mangacolor.stages.segments.features import LEFT, RIGHT, SegmentFeatures
from mangacolor.training.series import surfaces
from mangacolor.training.series.lessons import ColouredPage
from mangacolor.training.series.surfaces import MAX_VIEWS, choose_views, collect_surfaces, with_surfaces

RED, BLUE, GROUND = (200, 60, 60), (60, 90, 200), (225, 225, 225)


def discs(*colours: tuple[int, int, int]) -> Image:
    """Discs on a grey ground, outlined in ink."""
    page = np.full((300, 300, 3), GROUND, np.uint8)
    for number, colour in enumerate(colours):
        middle = (90 + 120 * number, 150)
        cv2.circle(page, middle, 45, colour, -1)
        cv2.circle(page, middle, 45, (0, 0, 0), 3, cv2.LINE_AA)
    return page


def whole(page: Image) -> ColouredPage:
    height, width = page.shape[:2]
    return ColouredPage("page.png", page, [Panel.from_box((0, 0, width, height))])


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surfaces, "ZOOMS", ())


@pytest.mark.usefixtures("few")
def test_surfaces_have_the_colours_of_the_page() -> None:
    pages = [whole(discs(RED, BLUE)), whole(discs(BLUE))]
    found = collect_surfaces(pages, "default")
    assert found is not None and found.embedded and found.vote_count == 64
    features = SegmentFeatures(found.rows, found.vote_count)
    large = features.area > 1500
    true = {"red": (-19.9, 67.6), "blue": (60.0, -24.0)}  # Cb and Cr by Rec. 601
    near = {name: (np.hypot(*(features.chroma - colour).T) < 6) & large for name, colour in true.items()}
    assert set(found.page[near["red"]]) == {0}
    assert set(found.page[near["blue"]]) == {0, 1}
    assert not ((features.sides & LEFT > 0) & (features.sides & RIGHT > 0)).any()
    again = collect_surfaces(pages, "default")
    assert again is not None and np.array_equal(again.rows, found.rows)


@pytest.mark.usefixtures("few")
def test_of_two_editions_what_does_not_fit_is_left_out() -> None:
    page = discs(RED, BLUE)
    grey = np.asarray(cv2.cvtColor(page, cv2.COLOR_RGB2GRAY), np.uint8)
    fits = np.ones(grey.shape, np.bool_)
    fits[:, 150:] = False  # the blue disc is another's
    found = collect_surfaces([replace(whole(page), grey=grey, fits=fits)], "default")
    assert found is not None
    chroma = SegmentFeatures(found.rows, found.vote_count).chroma
    assert (np.hypot(*(chroma - (-19.9, 67.6)).T) < 6).any()
    assert not (np.hypot(*(chroma - (60.0, -24.0)).T) < 20).any()


@pytest.mark.usefixtures("few")
def test_a_series_gets_its_table_and_nothing_else_stays(tmp_path: Path) -> None:
    base = find_weights("default")
    assert base is not None
    series = SeriesFile("A", base.name, base.sha256)
    told: list[tuple[str, int, int]] = []
    made = with_surfaces(
        series, [whole(discs(RED))], tmp_path / "a.safetensors", tell=lambda *what: told.append(what)
    )
    expected = collect_surfaces([whole(discs(RED))], "default")
    assert expected is not None and np.array_equal(made.surfaces["rows"], expected.rows)
    assert made.embedding == embedding_fingerprint("default", base.sha256) != ""
    assert list(tmp_path.iterdir()) == []
    assert told[-1][1:] == (2, 2)  # grey and printed


def test_a_stop_ends_the_table_with_what_has_been_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surfaces, "BATCH", 1)
    views: list[int] = []

    def tell(_what: str, done: int, _of: int) -> None:
        views.append(done)

    pages = [whole(discs(RED, BLUE))]
    part = collect_surfaces(pages, "default", tell=tell, stop=lambda: len(views) == 1)
    assert views == [1] and part is not None
    seen = collect_surfaces(pages, "default")
    assert seen is not None and np.array_equal(part.rows, seen.rows[: len(part)]) and len(part) < len(seen)


def test_a_page_on_which_nothing_is_drawn_gives_no_table() -> None:
    assert collect_surfaces([whole(np.full((200, 200, 3), 255, np.uint8))], "default") is None


def test_panels_come_first_and_views_are_not_many() -> None:
    page = np.full((1400, 1000, 3), 200, np.uint8)
    panels = [Panel.from_box((0, 280 * row, 1000, 270)) for row in range(5)]
    one = choose_views([ColouredPage("a", page, panels)])
    assert [view.box[2:] for view in one[:10]] == [(1000, 270)] * 10
    assert {id(view.of) for view in one[:5]} != {id(view.of) for view in one[5:10]}  # grey and printed
    assert len(one) > 20 and min(min(view.box[2:]) for view in one) >= 128
    many = choose_views(
        [ColouredPage(str(n), page[:300, :300], [Panel.from_box((0, 0, 300, 300))]) for n in range(80)]
    )
    assert len(many) == MAX_VIEWS
    pages = [view.of.page for view in many]
    assert min(pages) == 0 and max(pages) == 79 and len(set(pages)) > 50
