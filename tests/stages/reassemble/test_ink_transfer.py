"""Ink stays, paper takes the network's tone and colour, nothing leaves the gamut by clipping."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from mangacolor.core.colour import DARKEST, INK, chroma, luma, to_rgb
from mangacolor.stages.edits.model import OWN_LOOK, Look
from mangacolor.stages.reassemble import ink_transfer
from mangacolor.stages.reassemble.ink_transfer import own_colour, pack_tone, paint
from mangacolor.stages.reassemble.params import InkParams


def layer_of(
    colour: tuple[int, int, int], tone: float, shape: tuple[int, int], around: int = 255
) -> np.ndarray:
    """A layer all of this colour, its paper at ``tone`` of the scan's, on pages of this mean luma."""
    cb, cr = chroma(np.full((1, 1, 3), colour, np.uint8))
    steps = pack_tone(np.full((1, 1), tone, np.float32))[0, 0]
    return np.full((*shape, 4), (cb[0, 0] + 128, cr[0, 0] + 128, steps, around), np.uint8)


@given(st.integers(0, 255), st.integers(-120, 120), st.integers(-120, 120))
def test_gamut_is_kept_at_constant_luma(value: int, cb: int, cr: int) -> None:
    planes = [np.full((1, 1), number, np.float32) for number in (value, cb, cr)]
    assert abs(int(luma(to_rgb(*planes))[0, 0]) - value) <= 1


def test_chroma_and_back_is_the_same_colour() -> None:
    rng = np.random.default_rng(1)
    rgb = rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)
    exact = 0.299 * rgb[..., 0] + 0.587 * rgb[..., 1] + 0.114 * rgb[..., 2]
    assert np.abs(to_rgb(exact.astype(np.float32), *chroma(rgb)).astype(int) - rgb).max() <= 1


def test_ink_is_untouched_whatever_the_network_says() -> None:
    light = np.tile(np.arange(256, dtype=np.uint8), (4, 1))
    page = paint(light, layer_of((200, 30, 30), DARKEST, light.shape), np.zeros_like(light), None, OWN_LOOK)
    ink = light <= INK
    assert np.abs(luma(page)[ink].astype(int) - light[ink]).max() <= 1


def test_tone_mapping_is_monotone_and_has_no_step() -> None:
    light = np.tile(np.arange(256, dtype=np.uint8), (2, 1))
    for tone in (DARKEST, 0.7, 1.0):
        page = paint(
            light, layer_of((128, 128, 128), tone, light.shape), np.zeros_like(light), None, OWN_LOOK
        )
        steps = np.diff(luma(page)[0].astype(int))
        assert steps.min() >= 0
        assert steps.max() <= 2


def test_white_paper_can_hold_skin() -> None:
    light = np.full((8, 8), 255, np.uint8)
    skin = layer_of((245, 205, 180), 0.83, light.shape)
    page = paint(light, skin, np.zeros_like(light), None, OWN_LOOK)
    red, green, blue = (int(value) for value in page[4, 4])
    assert red > green > blue
    assert red - blue > 30


def painted(colour: tuple[int, int, int], look: Look, keep: int = 0) -> npt.NDArray[np.int64]:
    """Luma from 0 to 255 in this colour with a look, 256×3."""
    light = np.arange(256, dtype=np.uint8)[None]
    layer = layer_of(colour, 0.8, light.shape, around=200)
    shown = paint(light, layer, np.full_like(light, keep), None, look)[0]
    return np.asarray(shown, np.int64)


def test_warmth_turns_colours_along_amber_and_blue_at_their_luma() -> None:
    for colour in ((150, 90, 60), (60, 120, 90), (70, 80, 150)):
        cold, own, warm = (painted(colour, Look(warmth=warmth))[100:] for warmth in (-1, 0, 1))
        blueness = [(some[:, 2] - some[:, 0]).mean() for some in (cold, own, warm)]
        assert blueness[0] > blueness[1] + 15 and blueness[1] > blueness[2] + 15
        for some in (cold, warm):
            weighed = (some - own) @ np.array([0.299, 0.587, 0.114])
            assert np.abs(weighed).max() <= 1


def test_saturation_multiplies_chroma() -> None:
    plain = painted((130, 110, 100), OWN_LOOK)
    for factor in (0.0, 0.5, 2.0):
        stronger = painted((130, 110, 100), Look(factor))
        for own, new in zip(
            *(chroma(some[None].astype(np.uint8)) for some in (plain, stronger)), strict=True
        ):
            assert np.abs(new - factor * own)[0, 100:240].max() <= 1.2


def test_ink_paper_and_what_is_grey_have_no_warmth() -> None:
    for warmth in (-1, 1):
        look = Look(1.0, warmth)
        assert np.ptp(painted((128, 128, 128), look), axis=1).max() == 0
        assert np.ptp(painted((150, 90, 60), look, keep=255), axis=1).max() == 0
        ink, own = (painted((150, 90, 60), some)[:50] for some in (look, OWN_LOOK))
        assert np.abs(ink - own).max() <= 1


def test_kept_paper_has_no_colour_and_no_tone() -> None:
    light = np.full((8, 8), 250, np.uint8)
    page = paint(
        light, layer_of((200, 30, 30), DARKEST, light.shape), np.full_like(light, 255), None, OWN_LOOK
    )
    assert (page == 250).all()


def test_tinted_paper_keeps_its_own_tint() -> None:
    source = np.full((8, 8, 3), (250, 240, 215), np.uint8)
    layer = layer_of((30, 30, 200), DARKEST, (8, 8))
    page = paint(luma(source), layer, np.full((8, 8), 255, np.uint8), source, OWN_LOOK)
    assert np.abs(page.astype(int) - source).max() <= 1


def test_lines_take_their_chroma_from_the_surface_beside_them() -> None:
    coloured = np.full((64, 64, 3), (220, 120, 100), np.uint8)
    grey = np.full((64, 64), 170, np.uint8)
    coloured[:, 30:32] = 20  # the network paints its lines grey
    grey[:, 30:32] = 10
    found = own_colour(coloured, grey, InkParams())
    even, flat = np.full((64, 64, 3), (220, 120, 100), np.uint8), np.full((64, 64), 170, np.uint8)
    wanted = own_colour(even, flat, InkParams())
    assert np.abs(found[32, 28:34, :2] - wanted[32, 28:34, :2]).max() <= 4


def test_tone_is_compared_surface_by_surface() -> None:
    grey = np.full((64, 64), 255, np.uint8)
    coloured = np.full((64, 64, 3), 204, np.uint8)
    assert abs(own_colour(coloured, grey, InkParams())[32, 32, 2] - 0.8) < 0.01


def test_what_is_dark_on_a_light_surface_has_no_chroma_and_a_dark_surface_has() -> None:
    light = np.tile(np.arange(256, dtype=np.uint8), (4, 1))
    day, night = (
        np.hypot(
            *chroma(paint(light, layer_of((200, 60, 40), 1, light.shape, around), 0 * light, None, OWN_LOOK))
        )[0]
        for around in (200, 45)
    )
    assert day[:64].max() <= 4
    assert np.abs(np.diff(day)).max() < 3  # and comes back without a step
    assert day[140:160].min() > 45
    assert night[50:64].min() > 15
    assert night[:20].max() <= 4  # black is black


def test_the_share_of_chroma_that_is_looked_up_is_the_one_that_is_computed() -> None:
    rng = np.random.default_rng(3)
    value, layer = (rng.integers(0, 256, (96, 512, *more), dtype=np.uint8) for more in ((), (4,)))
    cb, cr, ground = (layer[..., channel].astype(np.float32) for channel in (0, 1, 3))
    light = value.astype(np.float32)
    full = np.clip(ground * np.float32(0.9), 70, 128)
    lit = np.clip((light - 60) / (full - 60), 0, 1)
    inked = np.clip((ground - 40) / 50, 0, 1)
    most = (3 + np.maximum(light - 24, 0) * np.float32(0.8)) / np.maximum(np.hypot(cb - 128, cr - 128), 1)
    wanted = np.minimum(1 - inked * (1 - lit), most)
    assert np.allclose(ink_transfer._chroma_share(value, layer), wanted, rtol=0, atol=1e-6)
    part = layer[3:50, 7:300]  # of a page that is painted in parts
    assert np.allclose(ink_transfer._chroma_share(value[3:50, 7:300], part), wanted[3:50, 7:300], atol=1e-6)
