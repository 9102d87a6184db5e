"""Two editions of a series: which pages go together, what is learnt from, and what is said of the others."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from mangacolor.core.colour import chroma, luma
from mangacolor.core.errors import Cancelled, InputError
from mangacolor.core.types import Image
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.tests.helpers.editions import example_page, letter, reprint
from mangacolor.training.series.editions import PairedPages, pair_editions
from mangacolor.training.series.lessons import cut_lessons
from mangacolor.training.series.pages import in_turn

# Where their page 3 has a balloon that ours has not (x, y, width, height, in ours), and its scale.
BALLOON = (200, 560, 300, 240)
SCALE = 0.8


def png(picture: Image) -> bytes:
    ordered = picture if picture.ndim == 2 else picture[..., ::-1]
    return bytes(cv2.imencode(".png", ordered)[1])


def quiet(_what: str, _done: int, _of: int) -> None:
    pass


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A folder in black and white, with a page that is in colour, and an archive in colour, in another order.

    In that are a page in black and white, a damaged one, and one that the folder lacks.
    """
    black, coloured = tmp_path_factory.mktemp("bw"), tmp_path_factory.mktemp("col") / "colour.cbz"
    for number in (2, 3, 5):
        (black / f"{number}.png").write_bytes(png(example_page(number)))
    (black / "4.png").write_bytes(png(reprint(example_page(4)).theirs))
    (black / "6.png").write_bytes(png(example_page(6)))
    box = tuple(round(SCALE * value) for value in BALLOON)
    pages = {
        "1.png": png(reprint(example_page(5), scale=0.6).theirs),
        "2.png": png(reprint(example_page(7), scale=0.5).theirs),
        "3.png": png(letter(reprint(example_page(3), scale=SCALE).theirs, (box[0], box[1], box[2], box[3]))),
        "4.png": png(example_page(1)),
        "5.png": png(reprint(example_page(2), scale=0.9).theirs)[:-300],
    }
    with zipfile.ZipFile(coloured, "w") as archive:
        for name, data in pages.items():
            archive.writestr(name, data)
    return black, coloured


@pytest.fixture(scope="module")
def paired(editions: tuple[Path, Path]) -> PairedPages:
    return pair_editions(*editions, editions[0] / "out.safetensors", quiet, CancelToken())


def test_pages_of_both_are_found_and_laid_on_each_other(
    editions: tuple[Path, Path], paired: PairedPages
) -> None:
    black, _ = editions
    assert (paired.black, paired.coloured, paired.matched, paired.skipped) == (4, 3, 2, 0)
    assert [page.name for page in paired.pages] == [str(black / "3.png"), str(black / "5.png")]
    for page, number in zip(paired.pages, (3, 5), strict=True):
        assert page.grey is not None and page.fits is not None
        assert np.array_equal(page.grey, example_page(number))
        assert page.colour.shape == (*page.grey.shape, 3)
        assert page.fits.mean() > 0.7
        assert np.corrcoef(luma(page.colour)[page.fits], page.grey[page.fits])[0, 1] > 0.8
        assert np.hypot(*chroma(page.colour))[page.fits].mean() > 10
        assert len(cut_lessons(page)) >= 3
    assert paired.describe() == (
        "editions: 2 of 4 black-and-white pages matched with 3 coloured pages, 2 laid on each other"
    )


def test_what_is_lettered_in_one_of_them_is_not_learnt(paired: PairedPages) -> None:
    fits = paired.pages[0].fits
    assert fits is not None
    x, y, w, h = BALLOON
    assert fits[y + 40 : y + h - 40, x + 40 : x + w - 40].mean() < 0.1


def test_every_other_page_is_named_with_its_reason(editions: tuple[Path, Path], paired: PairedPages) -> None:
    black, coloured = editions
    damaged = [line for line in paired.told if "5.png" in line and str(coloured) in line]
    assert len(damaged) == 1
    assert sorted(line for line in paired.told if line not in damaged) == sorted(
        [
            f"{black / '4.png'}: in colour",
            f"{coloured}: 4.png: in black and white",
            f"{black / '2.png'}: no page of {coloured} shows the same drawing",
            f"{black / '6.png'}: no page of {coloured} shows the same drawing",
            f"{coloured}: 2.png: goes with no page of {black}",
        ]
    )


def test_editions_named_the_wrong_way_round_are_told(editions: tuple[Path, Path]) -> None:
    black, _ = editions
    only = black / "3.png"
    with pytest.raises(InputError, match=r"is in colour, and .*3\.png in black and white") as caught:
        pair_editions(black / "4.png", only, black / "out.safetensors", quiet, CancelToken())
    assert "first" in caught.value.remedy
    with pytest.raises(InputError, match=r"no page of .*3\.png is in colour: .*3\.png: in black and white"):
        pair_editions(only, only, black / "out.safetensors", quiet, CancelToken())
    with pytest.raises(InputError, match=r"no page of .*6\.png is found in .*4\.png: "):
        pair_editions(black / "6.png", black / "4.png", black / "out.safetensors", quiet, CancelToken())


def test_a_stop_that_is_asked_for_ends_it(editions: tuple[Path, Path]) -> None:
    cancel = CancelToken()

    def stop(_what: str, done: int, _of: int) -> None:
        if done == 2:
            cancel.request()

    with pytest.raises(Cancelled):
        pair_editions(*editions, editions[0] / "out.safetensors", stop, cancel)


def test_what_is_worked_on_at_once_comes_in_order_and_lazily() -> None:
    started: list[int] = []

    def do(number: int) -> int:
        started.append(number)
        return number * number

    answers: Iterator[tuple[int, int]] = in_turn(do, range(100))
    assert [next(answers) for _ in range(3)] == [(0, 0), (1, 1), (2, 4)]
    assert len(started) < 50
    assert list(in_turn(do, [])) == []
