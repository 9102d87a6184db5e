"""Every drawn pixel belongs to a window that covers it; ground belongs to none."""

from __future__ import annotations

import numpy as np

from mangacolor.core.types import Panel
from mangacolor.stages.windows.assign import assign_windows


def ground_outside(shape: tuple[int, int], *drawn: tuple[int, int, int, int]) -> np.ndarray:
    ground = np.full(shape, 255, np.uint8)
    for x, y, w, h in drawn:
        ground[y : y + h, x : x + w] = 0
    return ground


def covered(windows: object, labels: np.ndarray) -> bool:
    for number, (x, y, w, h) in enumerate(windows.boxes):  # type: ignore[attr-defined]
        rows, columns = np.nonzero(labels == number)
        if len(rows) and not (
            columns.min() >= x and columns.max() < x + w and rows.min() >= y and rows.max() < y + h
        ):
            return False
    return True


def test_ground_has_no_window_and_panels_have_their_own() -> None:
    panels = [Panel.from_box((20, 20, 100, 80)), Panel.from_box((20, 120, 100, 80))]
    ground = ground_outside((220, 140), (20, 20, 100, 80), (20, 120, 100, 80))
    windows = assign_windows(panels, ground)
    assert len(windows.boxes) == 2
    assert (windows.labels[ground == 255] == -1).all()
    assert (windows.labels[30:90, 30:110] == 0).all()
    assert (windows.labels[130:190, 30:110] == 1).all()


def test_what_sticks_out_goes_with_its_panel_and_the_window_grows() -> None:
    panels = [Panel.from_box((20, 20, 100, 80)), Panel.from_box((20, 150, 100, 50))]
    ground = ground_outside((220, 160), (20, 20, 100, 80), (20, 150, 100, 50), (60, 100, 12, 20))
    windows = assign_windows(panels, ground)
    assert (windows.labels[104:116, 62:70] == 0).all()
    assert covered(windows, windows.labels)


def test_what_touches_no_panel_gets_a_window_over_the_page() -> None:
    panels = [Panel.from_box((10, 10, 40, 40))]
    ground = ground_outside((400, 300), (10, 10, 40, 40), (200, 300, 60, 60))
    windows = assign_windows(panels, ground)
    assert windows.boxes[-1] == (0, 0, 300, 400)
    assert (windows.labels[310:350, 210:250] == len(panels)).all()


def test_an_inset_is_painted_over_the_panel_it_lies_in() -> None:
    panels = [Panel.from_box((50, 50, 30, 30)), Panel.from_box((0, 0, 200, 200))]
    windows = assign_windows(panels, np.zeros((200, 200), np.uint8))
    assert windows.labels[60, 60] == 0
    assert windows.labels[150, 150] == 1


def test_every_drawn_pixel_is_coloured_on_random_pages() -> None:
    rng = np.random.default_rng(5)
    for _ in range(10):
        ground = np.where(rng.random((90, 70)) < 0.3, np.uint8(0), np.uint8(255))
        boxes = [(int(rng.integers(50)), int(rng.integers(60)), 15, 20) for _ in range(3)]
        windows = assign_windows([Panel.from_box(box) for box in boxes], ground)
        assert (windows.labels[ground == 0] >= 0).all()
        assert covered(windows, windows.labels)


def test_a_one_pixel_page() -> None:
    windows = assign_windows([Panel.from_box((0, 0, 1, 1))], np.zeros((1, 1), np.uint8))
    assert windows.labels[0, 0] == 0
