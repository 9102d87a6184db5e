"""``--spreads auto``: which pages become halves, and what comes of them."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mangacolor.api import colorize_chapter
from mangacolor.core import devices
from mangacolor.core.errors import SetupError
from mangacolor.core.settings import Options, RunOptions
from mangacolor.core.types import Image, Page
from mangacolor.pipeline.events import Event, PageDone, PageFailed, RunResult, Warned
from mangacolor.pipeline.plan import as_document, as_text, plan_run
from mangacolor.pipeline.preparation import WorkPlan, make_plan
from mangacolor.pipeline.run import run
from mangacolor.pipeline.spreads import SpreadFinder
from mangacolor.stages.registry import default_graph
from mangacolor.tests.helpers.fake_stages import files
from mangacolor.tests.helpers.spreads import cut, wide_drawing, write_spread
from mangacolor.tests.helpers.stages import comic_page, tiny_weights

HEIGHT, WIDTH = 360, 520
INK = 64  # luma up to which the scan's ink stays as it is


def write_chapter(folder: Path, direction: str = "rtl") -> Path:
    """A page with margins, then a spread in two files."""
    write_spread(folder, ("2.png", "3.png"), wide_drawing(HEIGHT, WIDTH), direction)
    assert cv2.imwrite(str(folder / "1.png"), comic_page(HEIGHT, WIDTH // 2))
    return folder


def plan(folder: Path, options: Options | None = None, **run_options: Any) -> WorkPlan:
    settings = RunOptions(**{"spreads": "auto", **run_options})
    return make_plan([folder], folder.parent / "out", options or Options(), settings, default_graph())


def halves(work: WorkPlan) -> dict[str, str]:
    """Each half's partner."""
    pages = [page for chapter in work.chapters for page in chapter.pages]
    return {page.name: page.spread.partner for page in pages if page.spread}


def page(work: WorkPlan, name: str) -> Page:
    return next(page for chapter in work.chapters for page in chapter.pages if page.name == name)


# -- before any page is read


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"device": "cuda"}, "--device cuda: torch sees 0 CUDA devices"),
        ({"device": "cpu", "upscaler": "wat"}, "There is no upscaler 'wat'"),
    ],
)
def test_a_wrong_device_or_network_is_refused_before_a_page_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], says: str
) -> None:
    monkeypatch.setattr(devices, "_driver", lambda: None)
    monkeypatch.setattr(devices, "_torch_build", lambda: {"cuda": None, "hip": None})
    monkeypatch.setattr(SpreadFinder, "mark", lambda *_: pytest.fail("pages were read"))
    folder, told = write_chapter(tmp_path / "in"), list[Event]()
    settings = RunOptions(spreads="auto")
    with pytest.raises(SetupError, match=says):
        run([folder], tmp_path / "out", Options(**options), settings, emit=told.append)
    assert not (tmp_path / "out").exists()
    assert [event.pages for event in told if isinstance(event, RunResult)] == [0] and len(told) == 1


# -- which pages are halves


def test_nothing_is_sought_unless_asked_for(tmp_path: Path) -> None:
    work = plan(write_chapter(tmp_path / "in"), spreads="off")
    assert halves(work) == {} and work.spreads == ()


def test_a_spread_is_found_and_told(tmp_path: Path) -> None:
    work = plan(write_chapter(tmp_path / "in"))
    assert halves(work) == {"2.png": "3.png", "3.png": "2.png"}
    assert work.spreads == ("2.png and 3.png are a spread: coloured as one drawing",)
    first, second = page(work, "2.png").spread, page(work, "3.png").spread
    assert first is not None and second is not None
    assert (first.box, first.partner_box) == (second.partner_box, second.box)
    assert first.box[0] == WIDTH // 2 and second.box[0] == 0  # the first page is the right half


@pytest.mark.parametrize("told", ["option", "comicinfo", "default"])
def test_the_reading_direction_says_which_half_comes_first(told: str, tmp_path: Path) -> None:
    folder = write_chapter(tmp_path / "in", "ltr")
    if told == "comicinfo":
        (folder / "ComicInfo.xml").write_text("<ComicInfo><Manga>No</Manga></ComicInfo>")
    work = plan(folder, Options(direction="ltr" if told == "option" else None))
    assert bool(halves(work)) == (told != "default")


@pytest.mark.parametrize("pages", ["2", "3"])
def test_a_half_alone_still_sees_its_partner(pages: str, tmp_path: Path) -> None:
    work = plan(write_chapter(tmp_path / "in"), pages=pages)
    assert list(halves(work)) == [f"{pages}.png"]


def test_pages_that_nobody_asked_for_are_not_looked_at(tmp_path: Path) -> None:
    folder = write_chapter(tmp_path / "in")
    (folder / "3.png").write_bytes(b"damaged")
    assert plan(folder, pages="1").spreads == ()


def test_a_page_that_is_copied_is_no_half(tmp_path: Path) -> None:
    assert halves(plan(write_chapter(tmp_path / "in"), copy_pages="3")) == {}


def test_a_half_in_colour_is_left_alone(tmp_path: Path) -> None:
    folder = write_chapter(tmp_path / "in")
    grey = np.asarray(cv2.imread(str(folder / "3.png")), np.uint8)
    colour = grey.copy()
    colour[:, :, 0] //= 3
    cv2.imwrite(str(folder / "3.png"), colour)
    assert halves(plan(folder)) == {}


def test_a_damaged_half_leaves_the_other_alone(tmp_path: Path) -> None:
    folder = write_chapter(tmp_path / "in")
    (folder / "3.png").write_bytes((folder / "3.png").read_bytes()[:-200])
    work = plan(folder)
    assert halves(work) == {}
    assert work.spreads == ("3.png cannot be read: whether it is half of a spread is not known",)


def test_each_page_is_in_one_spread_at_most(tmp_path: Path) -> None:
    strip = wide_drawing(HEIGHT, 3 * WIDTH // 2)
    third = WIDTH // 2
    (tmp_path / "in").mkdir()
    for number, left in enumerate((2 * third, third, 0), 1):
        cv2.imwrite(str(tmp_path / "in" / f"{number}.png"), strip[:, left : left + third])
    assert len(halves(plan(tmp_path / "in"))) == 2


def test_a_spread_of_too_many_pixels_stays_apart(tmp_path: Path) -> None:
    work = plan(write_chapter(tmp_path / "in"), Options(max_pixels=HEIGHT * WIDTH - 1))
    assert halves(work) == {}
    assert "--max-pixels" in work.spreads[0]


def write_edit(folder: Path, name: str, size: tuple[int, int]) -> None:
    folder.mkdir(exist_ok=True)
    document = {"size": list(size), "panels": [[0, 0, size[0], size[1]]], "polygons": None}
    (folder / name).write_text(json.dumps(document))


def test_corrected_panels_of_a_half_keep_it_apart(tmp_path: Path) -> None:
    folder = write_chapter(tmp_path / "in")
    write_edit(tmp_path / "edits", "2.json", (WIDTH // 2, HEIGHT))
    work = plan(folder, edits=tmp_path / "edits")
    assert halves(work) == {} and page(work, "2.png").edit is not None
    assert "the panels of one are corrected" in work.spreads[0]


def test_corrected_panels_of_the_whole_drawing_count_for_both(tmp_path: Path) -> None:
    folder = write_chapter(tmp_path / "in")
    write_edit(tmp_path / "edits", "3.json", (WIDTH, HEIGHT))
    work = plan(folder, edits=tmp_path / "edits")
    assert len(halves(work)) == 2
    assert page(work, "2.png").edit == page(work, "3.png").edit == tmp_path / "edits" / "3.json"


def test_plan_tells_of_spreads(tmp_path: Path) -> None:
    folder = write_chapter(tmp_path / "in")
    found = plan_run([folder], tmp_path / "out", Options(), RunOptions(spreads="auto"))
    assert "2.png and 3.png are a spread: coloured as one drawing" in as_text(found)
    told = [row.get("spread") for row in as_document(found)["pages"]]
    assert told == [None, "3.png", "2.png"]
    without = as_document(plan_run([folder], tmp_path / "out", Options(), RunOptions()))
    assert all("spread" not in row for row in without["pages"])


# -- what comes of them


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A chapter in ``in``, and in ``out`` coloured with its spread as one drawing."""
    folder = tmp_path_factory.mktemp("spreads")
    write_chapter(folder / "in")
    tiny_weights(folder)
    assert colour(folder, "out")[0].done == 3
    yield folder


def colour(folder: Path, out: str, source: str = "in", **options: Any) -> tuple[RunResult, list[Event]]:
    events: list[Event] = []
    chosen = {"spreads": "auto", "scale": "1", "device": "cpu", "jobs": 1, **options}
    weights = str(folder / "tiny.safetensors")
    result = colorize_chapter(
        folder / source, folder / out, weights=weights, listener=events.append, **chosen
    )
    return result, events


def picture(file: Path) -> Image:
    return np.asarray(cv2.imread(str(file)), np.uint8)


def test_halves_are_the_drawing_cut_in_two(done: Path) -> None:
    """Pixel for pixel what the drawing in one file gives: nothing shows where it was cut."""
    (done / "whole").mkdir()
    cv2.imwrite(str(done / "whole" / "1.png"), wide_drawing(HEIGHT, WIDTH))
    colour(done, "whole-out", source="whole", harmonize=False)
    colour(done, "halves", harmonize=False)
    colour(done, "apart", spreads="off", harmonize=False)
    whole = picture(done / "whole-out" / "1.png")
    assert np.array_equal(joined(done / "halves"), whole)
    assert np.abs(joined(done / "apart").astype(int) - whole).mean() > 1


def test_the_chapters_colours_make_no_seam_either(done: Path) -> None:
    """The network's own colours are wild here: no step is larger than it is within a half."""
    step, elsewhere = join_step(joined(done / "out"))
    assert step <= max(elsewhere)


def joined(out: Path) -> Image:
    return np.hstack([picture(out / "3.png"), picture(out / "2.png")])


def join_step(whole: Image) -> tuple[float, list[float]]:
    """The mean step of chroma from column to column of drawn pixels: over the join, and elsewhere."""
    chroma = np.asarray(cv2.cvtColor(whole, cv2.COLOR_BGR2YCrCb), np.float64)[..., 1:]
    drawn = wide_drawing(HEIGHT, WIDTH) > INK
    both = drawn[:, 1:] & drawn[:, :-1]
    steps = np.linalg.norm(np.diff(chroma, axis=1), axis=-1)
    means = [float(steps[:, column][both[:, column]].mean()) for column in range(WIDTH - 1)]
    join = WIDTH // 2 - 1
    return means[join], means[:join] + means[join + 1 :]


def test_ink_and_size_of_each_half_stay_the_scans(done: Path) -> None:
    for name in ("2.png", "3.png"):
        source = np.asarray(cv2.imread(str(done / "in" / name), cv2.IMREAD_GRAYSCALE), np.uint8)
        result = picture(done / "out" / name)
        assert result.shape[:2] == source.shape
        luma = result.astype(float) @ (0.114, 0.587, 0.299)
        ink = source <= INK
        assert ink.any() and np.abs(luma - source)[ink].max() <= 1.5
        assert np.ptp(result.astype(int), axis=2).max() > 20  # and it is in colour


def test_other_pages_are_what_they_would_be_alone(done: Path) -> None:
    colour(done, "one", spreads="auto", harmonize=False)
    colour(done, "two", spreads="off", harmonize=False)
    assert (done / "one" / "1.png").read_bytes() == (done / "two" / "1.png").read_bytes()


def test_events_name_the_partner(done: Path, tmp_path: Path) -> None:
    _, events = colour(done, "out")
    told = {event.page: event.spread for event in events if isinstance(event, PageDone)}
    assert told == {"1.png": "", "2.png": "3.png", "3.png": "2.png"}
    notes = [event.message for event in events if isinstance(event, Warned)]
    assert notes == ["2.png and 3.png are a spread: coloured as one drawing"]


def test_a_second_run_does_nothing(done: Path) -> None:
    result, _ = colour(done, "out")
    assert (result.cached, result.stages_run) == (3, 0)


def test_bytes_do_not_depend_on_jobs(done: Path) -> None:
    colour(done, "many", jobs=2)
    assert files(done / "many") == files(done / "out")


def test_what_changes_in_one_half_reaches_the_other_and_no_further(done: Path) -> None:
    shutil.copytree(done / "in", done / "changing")
    colour(done, "changed", source="changing", harmonize=False)
    for name in ("2.png", "3.png"):
        file = done / "changing" / name
        half = picture(file)
        half[40:60, 100:130] = 255 - half[40:60, 100:130]
        cv2.imwrite(str(file), half)
        _, events = colour(done, "changed", source="changing", harmonize=False)
        ran = {event.page: set(event.stages) for event in events if isinstance(event, PageDone)}
        assert "colorize" in ran["2.png"] & ran["3.png"]
        assert ran["1.png"] == set()
    (done / "changing" / "3.png").write_bytes(b"no picture")
    result, events = colour(done, "changed", source="changing", harmonize=False)
    assert (result.status, result.failed) == (1, 1)
    assert [event.page for event in events if isinstance(event, PageFailed)] == ["3.png"]
    alone = next(event for event in events if isinstance(event, PageDone) and event.page == "2.png")
    assert alone.outcome == "done" and alone.spread == ""


def test_an_archive_holds_both_halves(done: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.cbz", "w") as archive:
        for file in sorted((done / "in").iterdir()):
            archive.write(file, file.name)
    tiny_weights(tmp_path)
    result, events = colour(tmp_path, "out", source="x.cbz")
    assert result.done == 3
    assert any("x.cbz/2.png and x.cbz/3.png are a spread" in getattr(e, "message", "") for e in events)
    with zipfile.ZipFile(tmp_path / "out" / "x.cbz") as archive:
        for name in ("1.png", "2.png", "3.png"):
            assert archive.read(name) == (done / "out" / name).read_bytes()


def test_the_palette_counts_a_spread_once_and_places_it_on_its_halves(done: Path) -> None:
    handed = json.loads((done / "out" / ".mangacolor" / "chapters" / "harmonize.json").read_text())
    text = json.dumps(handed)
    assert "2.png" in text
    pages = [
        json.loads((done / "out" / ".mangacolor" / "pages" / name / "harmonize.json").read_text())["windows"]
        for name in ("2.png", "3.png")
    ]
    assert pages[0] == pages[1] != []
    palette = json.loads((done / "out" / ".mangacolor" / "palette.json").read_text())
    seen = [place for group in palette["groups"] for place in group["seen"]]
    assert {"2.png", "3.png"} <= {name for name, _ in seen}
    for _, (x, y, *_size) in seen:
        assert 0 <= x < WIDTH // 2 and 0 <= y < HEIGHT


def test_one_half_alone_gets_the_colours_of_its_part(done: Path) -> None:
    colour(done, "pages", pages="2")
    colour(done, "plain", harmonize=False)
    assert not (done / "pages" / "3.png").exists()
    assert (done / "pages" / "2.png").read_bytes() == (done / "plain" / "2.png").read_bytes()


def test_scans_that_are_shifted_and_have_a_border_are_joined_too(tmp_path: Path) -> None:
    level = cv2.resize(
        wide_drawing(2 * HEIGHT, WIDTH), (2 * WIDTH, 2 * HEIGHT), interpolation=cv2.INTER_NEAREST
    )
    left, right = cut(np.asarray(level, np.uint8))
    border = np.full((2 * HEIGHT - 3, 2), 255, np.uint8)
    (tmp_path / "in").mkdir()
    cv2.imwrite(str(tmp_path / "in" / "1.png"), right[:-3])
    cv2.imwrite(str(tmp_path / "in" / "2.png"), np.hstack([left[3:], border]))
    tiny_weights(tmp_path)
    result, events = colour(tmp_path, "out")
    assert result.done == 2
    assert all(event.spread for event in events if isinstance(event, PageDone))
    assert (picture(tmp_path / "out" / "2.png")[:, -2:] == 255).all()  # what the scan added stays paper


def test_each_half_fits_the_display_by_itself(done: Path) -> None:
    colour(done, "fitted", fit="180x180", levels="auto", harmonize=False)
    for name in ("2.png", "3.png"):
        assert picture(done / "fitted" / name).shape[:2] == (180, 180 * (WIDTH // 2) // HEIGHT)
