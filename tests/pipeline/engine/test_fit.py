"""``--fit`` through a whole run: all pages have the display's size; another display only encodes again."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pypdfium2
import pytest
from PIL import Image as PillowImage

from mangacolor.core.errors import UsageError
from mangacolor.core.settings import Options, RunOptions
from mangacolor.pipeline.engine.memory import page_size
from mangacolor.pipeline.events import Event, PageDone
from mangacolor.pipeline.plan import plan_run
from mangacolor.pipeline.run import run
from mangacolor.stages import encode
from mangacolor.stages.demand import PageSize
from mangacolor.stages.fit import fit_picture
from mangacolor.stages.graph import Graph
from mangacolor.tests.helpers.archives import INFO, make_zip
from mangacolor.tests.helpers.colouring import Colouring
from mangacolor.tests.helpers.screentone import dots
from mangacolor.tests.helpers.stages import comic_page

FRAME = (150, 200)
FIT = "150x200"


def manga(width: int = 300, height: int = 420) -> np.ndarray:
    return comic_page(height, width)


def cover(width: int = 270, height: int = 380) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 255 // width, y * 255 // height, 255 - x * 255 // width], axis=-1).astype(np.uint8)


def encoded(pixels: np.ndarray, form: str) -> bytes:
    file = io.BytesIO()
    PillowImage.fromarray(pixels).save(file, form)
    return file.getvalue()


def pages() -> dict[str, bytes]:
    return {
        "0.jpg": encoded(cover(), "JPEG"),
        "1.png": encoded(manga(), "PNG"),
        "2.png": encoded(np.full((400, 300), 250, np.uint8), "PNG"),  # blank
        "3.png": encoded(manga(600, 420), "PNG"),  # a spread
    }


SIZES = {"0.jpg": (142, 200), "1.png": (143, 200), "2.png": (150, 200), "3.png": (200, 140)}


def go(graph: Graph, source: Path, out: Path, **options: Any) -> dict[str, PageDone]:
    events: list[Event] = []
    rest = {name: options.pop(name) for name in ("output_form", "keep") if name in options}
    done = run(
        [source],
        out,
        Options(device="cpu", **{"fit": FIT, "scale": "1", **options}),
        RunOptions(**rest),
        emit=events.append,
        graph=graph,
    )
    assert done.status == 0
    return {event.page: event for event in events if isinstance(event, PageDone)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    source = tmp_path / "in"
    source.mkdir()
    for name, data in pages().items():
        (source / name).write_bytes(data)
    return source


def sizes(out: Path) -> dict[str, tuple[int, int]]:
    return {path.name: size_of(path.read_bytes()) for path in sorted(out.iterdir()) if path.is_file()}


def size_of(data: bytes) -> tuple[int, int]:
    return PillowImage.open(io.BytesIO(data)).size


def test_every_page_has_the_size_of_the_display(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = go(Colouring().graph(), folder, out)
    assert sizes(out) == SIZES
    assert [done[name].outcome for name in SIZES] == ["copied", "done", "copied", "done"]
    with PillowImage.open(out / "0.jpg") as image:
        assert image.format == "JPEG"
        shrunk = cv2.resize(cover(), (142, 200), interpolation=cv2.INTER_AREA)
        assert np.abs(np.asarray(image).astype(int) - shrunk).mean() < 4  # as coloured as it came


def test_a_second_run_has_nothing_to_do_and_another_display_encodes_only(
    folder: Path, tmp_path: Path
) -> None:
    out, colouring = tmp_path / "out", Colouring()
    go(colouring.graph(), folder, out, keep=True)
    assert colouring.runs == {"1.png": 1, "3.png": 1}
    assert {event.outcome for event in go(colouring.graph(), folder, out).values()} == {"cached"}
    again = go(colouring.graph(), folder, out, fit="105x140")
    assert colouring.runs == {"1.png": 1, "3.png": 1}
    assert [sorted(again[name].stages) for name in ("1.png", "3.png")] == [["encode"], ["encode"]]
    assert sizes(out)["0.jpg"] == (99, 140) and sizes(out)["2.png"] == (105, 140)


def test_without_it_copies_are_byte_for_byte_again(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    go(Colouring().graph(), folder, out)
    go(Colouring().graph(), folder, out, fit=None)
    assert (out / "0.jpg").read_bytes() == pages()["0.jpg"]
    assert (out / "2.png").read_bytes() == pages()["2.png"]


def test_copies_that_fit_already_are_not_touched(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    (source / "exact.jpg").write_bytes(encoded(cover(150, 200), "JPEG"))
    (source / "small.jpg").write_bytes(encoded(cover(75, 100), "JPEG"))
    go(Colouring().graph(), source, tmp_path / "out")
    for name in ("exact.jpg", "small.jpg"):  # --scale 1 enlarges nothing
        assert (tmp_path / "out" / name).read_bytes() == (source / name).read_bytes()
    go(Colouring().graph(), source, tmp_path / "out", scale="auto")
    assert sizes(tmp_path / "out") == {"exact.jpg": (150, 200), "small.jpg": (150, 200)}


def test_a_copy_whose_format_holds_no_colour_is_told(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    (source / "blank.gif").write_bytes(encoded(np.full((400, 300), 250, np.uint8), "GIF"))
    out, colouring = tmp_path / "out", Colouring()
    done = go(colouring.graph(), source, out)
    assert done["blank.gif"].reason == "blank; written as blank.png, because GIF cannot hold its colours"
    assert sizes(out) == {"blank.png": (150, 200)}
    assert go(colouring.graph(), source, out)["blank.gif"].outcome == "cached"


def test_archives_tell_the_real_sizes(tmp_path: Path) -> None:
    book = make_zip(tmp_path / "x.cbz", {"ComicInfo.xml": INFO, **pages()})
    go(Colouring().graph(), book, tmp_path / "out")
    with zipfile.ZipFile(tmp_path / "out" / "x.cbz") as archive:
        info = archive.read("ComicInfo.xml").decode()
        found = {name: size_of(archive.read(name)) for name in SIZES}
        length = archive.getinfo("0.jpg").file_size
    assert found == SIZES
    assert f'ImageWidth="142" ImageHeight="200" ImageSize="{length}"' in info


def test_a_pdf_has_them_in_it(folder: Path, tmp_path: Path) -> None:
    go(Colouring().graph(), folder, tmp_path / "out", output_form="pdf")
    document = pypdfium2.PdfDocument(next((tmp_path / "out").rglob("*.pdf")))
    found = [next(iter(page.get_objects())).get_px_size() for page in document]
    assert found == list(SIZES.values())


def test_an_unknown_display_is_refused_before_any_page(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--fit kindel"):
        go(Colouring().graph(), folder, tmp_path / "out", fit="kindel")
    assert not (tmp_path / "out").exists()


def test_a_plan_tells_the_sizes(folder: Path, tmp_path: Path) -> None:
    planned = plan_run(
        [folder], tmp_path / "out", Options(fit=FIT, scale="1"), RunOptions(), Colouring().graph()
    )
    notes = {page.page: page.note for page in planned.pages}
    assert notes["1.png"] == "pages of 300×420 pixels come out 143×200, --fit 150x200"


def test_memory_counts_what_fitting_takes() -> None:
    file = encoded(manga(), "PNG")
    assert page_size(file, "auto").scale == 4 and page_size(file, "auto", FRAME).scale == 1
    assert page_size(file, "auto", (600, 840)).scale == 2


def test_the_figure_for_fitting_is_what_it_takes() -> None:
    """Where the page hardly becomes smaller, which takes most."""
    tone = np.repeat(dots(900, 5.0, 0.3)[..., None], 3, axis=2)
    fit_picture(tone[:200, :200], (190, 190))  # tables and what else is kept
    tracemalloc.start()
    fit_picture(tone, (880, 880))
    taken = tracemalloc.get_traced_memory()[1] / 900**2
    tracemalloc.stop()
    assert 0.7 * encode.FITTING <= taken <= encode.FITTING
    size, plain = PageSize(900, 900), encode.Config()
    more = encode.demand(encode.Config(frame=FRAME), size).working - encode.demand(plain, size).working
    assert more == encode.FITTING * 900**2
