"""A guest's colours on the page: each surface its own, though nothing in the scan divides two."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mangacolor.core.colour import INK, chroma, luma
from mangacolor.stages.guest.surfaces import COVER_STEPS, GuestWindow, PageGuest
from mangacolor.stages.harmonize.corrections import Corrections, WindowCorrections
from mangacolor.stages.reassemble.guided import correct_by_guest, guide_windows
from mangacolor.stages.windows.artifact import PageColours, WindowColours
from mangacolor.tests.helpers.drawing import draw_window
from mangacolor.tests.helpers.segments import window_of

SIDE = 120


def window(light: int = 160) -> WindowColours:
    """Three segments side by side; no line and no tone divides them, and the network sees blotches."""
    labels = np.ones((SIDE, SIDE), np.uint16)
    labels[:, SIDE // 3 :] = 2
    labels[:, 2 * SIDE // 3 :] = 3
    picture = np.full((SIDE, SIDE, 3), light, np.uint8)
    picture[::7, ::5] = (190, 150, 150)
    return window_of(np.full((SIDE, SIDE), light, np.uint8), labels, picture)


def guest(colours: Sequence[tuple[int, int] | None], edges: int | None = None, light: int = 255) -> PageGuest:
    rows = [
        (128 + c[0], 128 + c[1], 0, int(COVER_STEPS), light) if c else (128, 128, 0, 0, 0) for c in colours
    ]
    plane = None if edges is None else np.full((SIDE, SIDE), edges, np.uint8)
    return PageGuest((GuestWindow(np.array(rows, np.uint8), edges=plane),))


def painted(told: PageGuest, light: int = 160) -> tuple[np.ndarray, np.ndarray]:
    """Median chroma of each third of the window, away from borders; and the picture."""
    page = PageColours((window(light),))
    corrections = correct_by_guest(page, told)
    (guided,) = guide_windows(page, told, corrections)
    only = page.windows[0]
    picture = draw_window(only, only.descreened, corrections.of_window(0), guided=guided)
    planes = np.stack(chroma(picture), axis=2)
    thirds = [planes[:, x + 8 : x + SIDE // 3 - 8].reshape(-1, 2) for x in range(0, SIDE, SIDE // 3)]
    return np.array([np.median(third, axis=0) for third in thirds]), picture


def dimmest(light: int, highest: float) -> float:
    """The luma of a ``light`` surface where paper is so dark that a channel can be ``highest`` above luma."""
    return INK + (light - INK) * (255 - highest - INK) / (255 - INK)


def test_neighbours_keep_their_colours_without_a_line_between() -> None:
    colours = [(-20, 30), (25, -10), (0, 0)]
    found, picture = painted(guest(colours))
    assert np.abs(found - colours).max() <= 1.5
    assert np.abs(luma(picture)[:, -30:].astype(int) - 160).max() <= 1
    assert luma(picture).min() >= dimmest(160, 1.772 * 25) - 3


def test_paper_makes_room_for_a_vivid_colour() -> None:
    found, picture = painted(guest([(0, 0), (-10, 50), (0, 0)]), light=240)
    assert np.abs(found - [(0, 0), (-10, 50), (0, 0)]).max() <= 2
    thirds = np.median(luma(picture).reshape(SIDE, 3, -1), axis=(0, 2))
    assert np.abs(thirds - [240, dimmest(240, 1.402 * 50), 240]).max() <= 3


def test_blotches_of_the_network_go() -> None:
    _, picture = painted(guest([(-20, 30), (-20, 30), (-20, 30)]))
    red = chroma(picture)[1][10:-10, 10:-10]
    assert np.ptp(red) <= 4


def test_what_the_guest_left_out_follows_its_neighbours_where_nothing_divides() -> None:
    found, _ = painted(guest([(-20, 30), None, (-20, 30)]))
    assert found[1, 1] >= 15  # on its own it would be grey
    assert np.abs(found[0] - (-20, 30)).max() <= 1.5


def test_without_a_guest_nothing_is_guided() -> None:
    page = PageColours((window(),))
    assert guide_windows(page, PageGuest(), Corrections()) == [None]
    assert correct_by_guest(page, PageGuest()) == Corrections()


def test_colours_flow_where_the_guests_change_little_by_little() -> None:
    def jump(edges: int) -> float:
        _, picture = painted(guest([(-20, 30), (25, -10), (0, 0)], edges))
        red = chroma(picture)[1][SIDE // 2]
        return float(np.abs(np.diff(red)).max())

    assert jump(3) < 0.5 * jump(60)


def lightness(light: int, scan: int = 240, corrections: Corrections | None = None) -> float:
    """The median luma of the first third, to which the guest gives a colour that is so light."""
    told = guest([(-6, 8), (25, -10), (0, 0)], light=light)
    page = PageColours((window(scan),))
    corrections = corrections or correct_by_guest(page, told)
    (guided,) = guide_windows(page, told, corrections)
    only = page.windows[0]
    picture = draw_window(only, only.descreened, corrections.of_window(0), guided=guided)
    return float(np.median(luma(picture)[:, 8 : SIDE // 3 - 8]))


def test_a_surface_is_as_light_as_the_guest_has_it_but_no_lighter_than_the_scan() -> None:
    assert abs(lightness(150) - 150) <= 2
    assert abs(lightness(200) - 200) <= 2
    assert abs(lightness(255, scan=160) - dimmest(160, 1.402 * 8)) <= 2  # the lightest paint of that chroma
    assert lightness(20) >= 64 + (240 - 64) * (0.4 * 255 - 64) / 191 - 2  # hatching is still seen


def test_where_a_guest_is_not_believed_luma_is_ours() -> None:
    other = np.array([[20, -20]] * 3)
    corrections = Corrections((WindowCorrections(np.full(3, -1), other, np.full(3, -1), other),))
    assert abs(lightness(120, corrections=corrections) - lightness(230, corrections=corrections)) < 0.5


def test_where_the_luma_of_a_guest_is_not_known_it_is_ours() -> None:
    doubted = np.array([[20, -20]] * 3)
    not_believed = Corrections((WindowCorrections(np.full(3, -1), doubted, np.full(3, -1), doubted),))
    assert abs(lightness(0) - lightness(120)) > 10
    assert lightness(0) > lightness(1)
    assert abs(lightness(0, corrections=not_believed) - lightness(120, corrections=not_believed)) < 0.5
