"""What a series is learnt from: its coloured pages, their panels, what is kept aside, a step's crops."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from mangacolor.core.colour import luma
from mangacolor.core.errors import Cancelled, InputError
from mangacolor.core.types import Image, Panel
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.tests.helpers.coloured_series import page_in_colour
from mangacolor.tests.helpers.stages import comic_page
from mangacolor.training.display import silent
from mangacolor.training.series.batches import Crops
from mangacolor.training.series.dials import Dials
from mangacolor.training.series.lessons import KEPT_SIZE, ColouredPage, Lesson, cut_lessons
from mangacolor.training.series.pages import find_coloured_pages, spread_order
from mangacolor.training.series.rehearsal import LOOKED_AT, PACK, read_rehearsal
from mangacolor.training.series.shares import keep_aside

DIALS = Dials(size=64, own=2, rehearsed=1)


def save(path: Path, picture: Image) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), picture[..., ::-1] if picture.ndim == 3 else picture)


def picture(seed: int, height: int = 300, width: int = 400) -> Image:
    rng = np.random.default_rng(seed)
    return np.asarray(cv2.resize(rng.integers(0, 256, (8, 8, 3), np.uint8), (width, height)), np.uint8)


def read(*inputs: Path, most: int = 40, cancel: CancelToken | None = None) -> tuple[list[str], object]:
    found = find_coloured_pages(inputs, Path("series.safetensors"), silent, cancel or CancelToken(), most)
    return [Path(page.name).name for page in found.coloured], found


def test_coloured_pages_are_told_from_the_others(tmp_path: Path) -> None:
    save(tmp_path / "a" / "01.png", page_in_colour())
    save(tmp_path / "a" / "02.png", comic_page())
    save(tmp_path / "a" / "03.png", np.full((600, 400), 255, np.uint8))
    (tmp_path / "a" / "04.png").write_bytes(b"\x89PNG\r\n\x1a\n and then nothing")
    save(tmp_path / "cover" / "01.png", page_in_colour()[:, ::-1])
    found = find_coloured_pages(
        [tmp_path / "a", tmp_path / "cover"], tmp_path / "s.safetensors", silent, CancelToken()
    )
    assert [Path(page.name).parent.name for page in found.coloured] == ["a", "cover"]
    assert found.left_out == {"manga": 1, "blank": 1}
    assert len(found.unread) == 1 and "04.png" in found.unread[0]
    assert found.skipped == 0
    panels = found.coloured[0].panels
    assert panels is not None and len(panels) >= 2


def test_inputs_of_one_name_are_no_rivals(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        save(tmp_path / folder / "cover.png", page_in_colour())
    names, _ = read(tmp_path / "one" / "cover.png", tmp_path / "two" / "cover.png")
    assert names == ["cover.png", "cover.png"]


def test_of_many_pages_some_are_taken_from_everywhere(tmp_path: Path) -> None:
    for number in range(8):
        save(tmp_path / f"{number}.png", page_in_colour())
    found = find_coloured_pages([tmp_path], tmp_path / "s.safetensors", silent, CancelToken(), most=4)
    assert [Path(page.name).name for page in found.coloured] == ["0.png", "2.png", "4.png", "6.png"]
    assert found.skipped == 4


def test_large_pages_are_made_smaller_with_their_panels(tmp_path: Path) -> None:
    page = page_in_colour()
    large = np.asarray(cv2.resize(page, None, fx=5, fy=5, interpolation=cv2.INTER_NEAREST), np.uint8)
    save(tmp_path / "1.png", large)
    found = find_coloured_pages([tmp_path], tmp_path / "s.safetensors", silent, CancelToken())
    (one,) = found.coloured
    assert max(one.colour.shape) == 2400
    height, width = one.colour.shape[:2]
    boxes = [panel.box for panel in one.panels or () if not panel.residual]
    assert all(0 <= x < x + w <= width and 0 <= y < y + h <= height for x, y, w, h in boxes)
    assert sum(w * h for _, _, w, h in boxes) > 0.7 * width * height


def test_without_a_coloured_page_it_is_said_what_there_is(tmp_path: Path) -> None:
    save(tmp_path / "01.png", comic_page())
    (tmp_path / "02.jpg").write_bytes(b"\xff\xd8\xff\xe0 hostile")
    with pytest.raises(InputError) as caught:
        read(tmp_path)
    assert caught.value.message.startswith(
        f"no coloured page in {tmp_path}: 1 page in black and white, 1 not readable"
    )
    assert "02.jpg" in caught.value.message and "covers" in caught.value.remedy


def test_a_video_is_no_input(tmp_path: Path) -> None:
    video = tmp_path / "opening.mp4"
    video.write_bytes(b"\x00\x00\x00\x18ftypmp42" + bytes(64))
    with pytest.raises(InputError, match=r"opening\.mp4: not an image or archive"):
        read(video)


def test_a_stop_ends_the_reading(tmp_path: Path) -> None:
    save(tmp_path / "01.png", page_in_colour())
    cancel = CancelToken()
    cancel.request()
    with pytest.raises(Cancelled):
        read(tmp_path, cancel=cancel)


@pytest.mark.parametrize("count", [0, 1, 2, 7, 16, 33])
def test_every_beginning_of_the_order_is_spread(count: int) -> None:
    order = spread_order(count)
    assert sorted(order) == list(range(count))
    half = sorted(order[: count // 2])
    assert all(after - before <= 4 for before, after in pairwise(half))


def test_panels_are_cut_to_scale_and_small_ones_left_out() -> None:
    boxes = [(10, 10, 700, 600), (10, 650, 40, 300)]
    page = ColouredPage("p", picture(0, 1000, 800), [Panel.from_box(box) for box in boxes])
    (lesson,) = cut_lessons(page)
    assert min(lesson.colour.shape[:2]) == KEPT_SIZE
    assert lesson.page == "p" and lesson.grey is None


def test_a_page_of_residual_panels_alone_teaches_as_a_whole() -> None:
    page = ColouredPage("p", picture(0), [Panel.from_box((0, 0, 400, 300), residual=True)])
    assert [lesson.colour.shape for lesson in cut_lessons(page)] == [(288, 384, 3)]


def test_both_editions_are_cut_alike() -> None:
    colour = picture(1, 500, 500)
    fits = np.zeros((500, 500), np.bool_)
    fits[:250] = True
    page = ColouredPage("p", colour, [Panel.from_box((0, 0, 500, 500))], luma(colour), fits)
    (lesson,) = cut_lessons(page)
    assert lesson.grey is not None and lesson.fits is not None
    assert np.abs(lesson.grey.astype(int) - luma(lesson.colour)).max() <= 2
    assert lesson.fits[:140].all() and not lesson.fits[148:].any()


def test_a_page_from_the_middle_is_kept_aside() -> None:
    learnt, aside = keep_aside([ColouredPage(str(number), picture(number), ()) for number in range(4)])
    assert {lesson.page for lesson in aside} == {"2"}
    assert {lesson.page for lesson in learnt} == {"0", "1", "3"}
    learnt, aside = keep_aside([ColouredPage(str(number), picture(number), ()) for number in range(24)])
    assert len({lesson.page for lesson in aside}) == 3


def test_of_a_lone_page_panels_are_kept_aside_and_of_a_lone_drawing_a_part() -> None:
    panels = [Panel.from_box((0, 100 * number, 200, 90)) for number in range(3)]
    learnt, aside = keep_aside([ColouredPage("p", picture(0, 300, 200), panels)])
    assert (len(learnt), len(aside)) == (2, 1)
    colour = picture(0)
    learnt, aside = keep_aside([ColouredPage("p", colour, (), luma(colour), np.ones((300, 400), np.bool_))])
    (one,), (other,) = learnt, aside
    assert one.colour.shape[1] + other.colour.shape[1] == 384 > 2 * other.colour.shape[1]
    for lesson in (one, other):
        assert lesson.grey is not None and lesson.fits is not None
        assert lesson.grey.shape == lesson.fits.shape == lesson.colour.shape[:2]


@pytest.mark.parametrize(("height", "width"), [(30, 30), (100, 100), (60, 500)])
def test_a_tiny_page_is_refused(height: int, width: int) -> None:
    with pytest.raises(InputError, match=r"tiny\.png is too small to learn from"):
        keep_aside([ColouredPage("tiny.png", picture(0, height, width), ())])


def test_a_lone_cover_that_cannot_be_parted_is_told_what_is_missing() -> None:
    with pytest.raises(InputError, match=r"alone: its drawing has 200×200 pixels, and 214 on") as told:
        keep_aside([ColouredPage("cover.png", picture(0, 200, 200), ())])
    assert "second coloured page" in told.value.remedy
    assert keep_aside([ColouredPage("cover.png", picture(0, 200, 214), ())])
    assert keep_aside([ColouredPage(name, picture(0, 200, 200), ()) for name in "ab"])
    with pytest.raises(InputError, match=r"each of 2 pages is too small .* 64 pixels on its short side"):
        keep_aside([ColouredPage(name, picture(0, 30, 200), ()) for name in "ab"])


def test_a_step_s_crops_depend_on_the_seed_and_the_step_alone() -> None:
    lessons, others = [Lesson("p", picture(0))], [picture(1)]
    crops = Crops(lessons, others, DIALS, 7)
    first = crops.pairs(3)
    assert [len(half) for half in first] == [3, 3]
    again = Crops(lessons, others, DIALS, 7).pairs(3)
    for one, other in zip(chain(*first), chain(*again), strict=True):
        np.testing.assert_array_equal(one.grey, other.grey)
        np.testing.assert_array_equal(one.colour, other.colour)
    changed = (crops.pairs(4), Crops(lessons, others, DIALS, 8).pairs(3))
    assert all((other[0][0].grey != first[0][0].grey).any() for other in changed)
    assert (first[0][0].grey != first[1][0].grey).any()


def test_real_pairs_are_cropped_and_bent_together() -> None:
    """The black-and-white edition is the luma of the other here: it has to stay that in every crop."""
    colour = picture(2)
    fits = np.zeros(colour.shape[:2], np.bool_)
    fits[:, :200] = True
    lesson = Lesson("p", colour, luma(colour), fits)
    quiet = replace(DIALS.synthesis, scan_noise=0.0)
    crops = Crops([lesson], [colour], replace(DIALS, real_pairs=1.0, synthesis=quiet), 0)
    shares = []
    for step in range(8):
        pair = crops.pairs(step)[0][0]
        assert np.abs(pair.grey.astype(int) - luma(pair.colour)).max() <= 4
        shares.append(pair.fits.mean() / 255)
    assert min(shares) < 0.3
    assert max(shares) > 0.7


def test_the_bundled_pictures_are_small_and_some_are_measured_on() -> None:
    assert PACK.stat().st_size <= 2 * 2**20
    rehearsed, measured = read_rehearsal()
    assert len(measured) == LOOKED_AT and len(rehearsed) > 100
    assert not {one.tobytes() for one in measured} & {one.tobytes() for one in rehearsed}
    assert all(min(one.shape[:2]) <= KEPT_SIZE for one in rehearsed)
