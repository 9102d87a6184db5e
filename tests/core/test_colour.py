"""How light coloured paper is: what is left blank is nearly as light as its chroma lets it be."""

from __future__ import annotations

import numpy as np
import pytest

from mangacolor.core.arrays import F32
from mangacolor.core.colour import (
    BLANK,
    DARKEST,
    INK,
    LEFT_DARK,
    PRINTED,
    beyond_luma,
    lightened,
    scaled_luma,
    share_of_tone,
)

SHARES = np.linspace(DARKEST, 1, 46, dtype=np.float32)
CHROMAS = [(0.0, 0.0), (-16.0, 12.0), (30.0, -10.0), (-12.0, 55.0)]


def of_tone(tone: float, cb: float = 0.0, cr: float = 0.0) -> F32:
    same = np.ones_like(SHARES)
    return lightened(SHARES, tone * same, cb * same, cr * same)


@pytest.mark.parametrize("chroma", CHROMAS)
def test_blank_paper_is_never_darker_than_before_and_keeps_its_order(chroma: tuple[float, float]) -> None:
    light = of_tone(255, *chroma)
    assert (light >= SHARES).all() and (np.diff(light) >= -1e-6).all()


@pytest.mark.parametrize("chroma", CHROMAS)
def test_blank_paper_leaves_its_chroma_room(chroma: tuple[float, float]) -> None:
    cb, cr = (np.full(1, value, np.float32) for value in chroma)
    most = 1 - max(float(plane[0]) for plane in beyond_luma(cb, cr)) / 255
    light = of_tone(255, *chroma)
    assert (light[most > SHARES] <= most + 1e-6).all()
    assert (light[most <= SHARES] == SHARES[most <= SHARES]).all()


def test_a_little_dark_is_lit_and_clearly_dark_stays_a_little_darker() -> None:
    light = of_tone(255)
    assert light[0] == pytest.approx(1 - LEFT_DARK * (1 - DARKEST), abs=1e-6)
    assert (light[(SHARES > 0.8) & (SHARES < 1)] > 0.97).all()
    assert (light[SHARES < 0.7] < 0.93).all()


def test_what_is_printed_in_tones_is_left_alone() -> None:
    assert np.allclose(of_tone(PRINTED), SHARES, atol=1e-6)
    between = of_tone((PRINTED + BLANK) / 2)
    assert (between >= SHARES).all() and (between <= of_tone(BLANK)).all()
    assert (between - SHARES).max() > 0.02 and (of_tone(BLANK) - between).max() > 0.02


def test_a_share_and_the_luma_that_it_makes_belong_together() -> None:
    for tone in (80.0, 150.0, 255.0):
        tones = np.full_like(SHARES, tone)
        assert np.allclose(share_of_tone(tones, scaled_luma(tones, SHARES)), SHARES, atol=1e-4)
    ink = np.full_like(SHARES, INK)
    assert (scaled_luma(ink, SHARES) == INK).all() and (share_of_tone(ink, ink) == 1).all()
