"""``--spreads auto`` with what a run can do besides: PDFs, hints, a cluster."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pypdfium2
import pytest

from mangacolor.core.types import Image
from mangacolor.pipeline.events import Event, PageDone, Warned
from mangacolor.tests.formats.test_pdf import make_pdf
from mangacolor.tests.helpers.cluster import cluster
from mangacolor.tests.helpers.fake_stages import files
from mangacolor.tests.helpers.stages import tiny_weights
from mangacolor.tests.pipeline.test_spreads import HEIGHT, WIDTH, colour, joined, picture, write_chapter

BLUE = "#1530e0"
NAMES = ("1.png", "2.png", "3.png")


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A chapter in ``in``, and in ``out`` coloured with its spread as one drawing."""
    folder = tmp_path_factory.mktemp("spreads")
    write_chapter(folder / "in")
    tiny_weights(folder)
    assert colour(folder, "out")[0].done == 3
    yield folder


def partners(events: list[Event]) -> dict[str, str]:
    return {event.page: event.spread for event in events if isinstance(event, PageDone)}


def notes(events: list[Event]) -> list[str]:
    return [event.message for event in events if isinstance(event, Warned)]


def pages_of(pdf: Path) -> list[Image]:
    """The pictures of a PDF's pages, BGR."""
    document = pypdfium2.PdfDocument(pdf)
    return [np.asarray(next(iter(page.get_objects())).get_bitmap().to_numpy())[..., :3] for page in document]


def test_a_pdf_holds_both_halves(done: Path) -> None:
    result, events = colour(done, "pdf", output_form="pdf")
    assert (result.done, result.failed) == (3, 0)
    assert [pair for pair in partners(events).values() if pair] != []
    (file,) = (done / "pdf").glob("*.pdf")
    for pixels, name in zip(pages_of(file), NAMES, strict=True):
        assert np.array_equal(pixels, picture(done / "out" / name))


@pytest.mark.parametrize("form", ["same", "pdf"])
def test_the_pages_of_a_pdf_are_halves_too(done: Path, tmp_path: Path, form: str) -> None:
    make_pdf(tmp_path / "x.pdf", *((done / "in" / name).read_bytes() for name in NAMES))
    tiny_weights(tmp_path)
    result, events = colour(tmp_path, "out", source="x.pdf", output_form=form)
    name = {"same": "x.cbz", "pdf": "x.pdf"}[form]
    assert (result.done, result.failed) == (3, 0)
    assert partners(events)[f"{name}/002.png"] == f"{name}/003.png"
    assert colour(tmp_path, "out", source="x.pdf", output_form=form)[0].cached == 3


def hinted(folder: Path, out: str, *hints: tuple[str | int, int, int]) -> list[Event]:
    rows = [{"page": page, "x": x, "y": y, "colour": BLUE} for page, x, y in hints]
    (folder / f"{out}.json").write_text(json.dumps(rows))
    result, events = colour(folder, out, hints=str(folder / f"{out}.json"))
    assert result.failed == 0
    return events


def blueness(out: Path) -> np.ndarray:
    """By how much each pixel of the whole drawing is bluer than it is without a hint: Cb."""
    chroma = [cv2.cvtColor(joined(one), cv2.COLOR_BGR2YCrCb)[..., 2] for one in (out, out.parent / "out")]
    return np.asarray(chroma[0], float) - chroma[1]


def test_a_hint_on_one_half_colours_its_group_on_both(done: Path) -> None:
    """``2.png`` is the right half, ``3.png`` the left one: the same point by either name."""
    grey = cv2.imread(str(done / "in" / "3.png"), cv2.IMREAD_GRAYSCALE)
    assert grey is not None
    y, x = next((int(y), int(x)) for y, x in np.argwhere(cv2.erode(grey, np.ones((15, 15))) > 200) if y > 20)
    events = hinted(done, "hinted", ("3.png", x, y))
    assert not any("no effect" in note for note in notes(events))
    bluer = blueness(done / "hinted")
    assert bluer[y, x] > 20
    assert (bluer[:, : WIDTH // 2] > 20).any() and (bluer[:, WIDTH // 2 :] > 20).any()
    hinted(done, "numbered", (3, x, y))
    assert files(done / "numbered") == files(done / "hinted")


@pytest.mark.parametrize("page", ["2.png", "3.png"])
def test_a_hint_beside_its_half_does_not_land_on_the_other(done: Path, page: str) -> None:
    half = WIDTH // 2
    events = hinted(done, f"beside {page}", (page, half + 40, 30), (page, 10, HEIGHT + 5))
    found = [(event.page, event.message) for event in events if isinstance(event, Warned)]
    why = f"has no effect: the page has {half}×{HEIGHT} pixels; move the point"
    assert (page, f"the hint at {half + 40}, 30 {why}") in found
    assert (page, f"the hint at 10, {HEIGHT + 5} {why}") in found
    assert files(done / f"beside {page}") == files(done / "out")


@pytest.mark.slow
def test_a_cluster_gives_the_bytes_of_a_local_run(done: Path) -> None:
    with cluster() as started:
        started.add("real", count=2)
        result, events = colour(done, "far", cluster=started.address)
        assert (result.done, result.failed) == (3, 0)
        assert partners(events) == {"1.png": "", "2.png": "3.png", "3.png": "2.png"}
        assert files(done / "far") == files(done / "out")
        only, _ = colour(done, "far half", cluster=started.address, pages="3")
        assert only.done == 1
    colour(done, "near half", pages="3")
    assert files(done / "far half") == files(done / "near half")
