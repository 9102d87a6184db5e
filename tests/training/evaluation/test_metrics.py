"""The metrics against known answers: perfect, grey, tinted, shuffled and reference implementations."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import color

from mangacolor.core.types import Image
from mangacolor.training.evaluation import tint_table
from mangacolor.training.evaluation.colour import (
    chroma,
    ciede2000,
    colourfulness,
    hue_agreement,
    to_lab,
)
from mangacolor.training.evaluation.metrics import PairScores, average, score_pair
from mangacolor.training.evaluation.structure import StructureSums, structure


def picture(seed: int = 0, size: int = 96) -> Image:
    """Soft blobs of unrelated lightness and colour: chroma is not a function of lightness."""
    rng = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(rng.normal(size=(size, size, 3)).astype(np.float32), (0, 0), 6)
    spread = noise / noise.std(axis=(0, 1)) * (25, 22, 22) + (130, 128, 128)
    ycc = np.clip(spread, (60, 80, 80), (200, 176, 176)).astype(np.uint8)
    return np.asarray(cv2.cvtColor(ycc, cv2.COLOR_YCrCb2RGB), dtype=np.uint8)


def luma(rgb: Image) -> Image:
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def as_rgb(grey: Image) -> Image:
    return np.dstack([grey, grey, grey])


def scored(truth: Image, result: Image) -> PairScores:
    return score_pair(truth, result, luma(truth))


def test_lab_and_ciede2000_meet_scikit_image() -> None:
    rng = np.random.default_rng(1)
    first = rng.integers(0, 256, (120, 90, 3), dtype=np.uint8)
    second = np.clip(first + rng.integers(-50, 50, first.shape), 0, 255).astype(np.uint8)
    second[:20] = as_rgb(luma(second[:20]))  # grey against colour: one hue undefined
    lab1, lab2 = to_lab(first), to_lab(second)
    assert np.abs(lab1 - color.rgb2lab(first)).max() < 0.01
    ours = ciede2000(lab1, lab2)
    doubles = lab1.astype(np.float64), lab2.astype(np.float64)
    reference = color.deltaE_ciede2000(*doubles)  # type: ignore[no-untyped-call]
    assert ours.shape == (120, 90)
    assert np.abs(ours - reference).max() < 0.01


def test_ciede2000_meets_the_published_pairs() -> None:
    """Three rows of the test data of Sharma, Wu and Dalal (2005), among them two turning points."""
    first = np.array([[50, 2.6772, -79.7751], [50, -1, 2], [60.2574, -34.0099, 36.2677]], np.float32)
    second = np.array([[50, 0, -82.7485], [50, 0, 0], [60.4626, -34.1751, 39.4387]], np.float32)
    assert ciede2000(first, second) == pytest.approx([2.0425, 2.3669, 1.2644], abs=1e-3)


def test_grey_pictures_have_no_chroma() -> None:
    assert chroma(to_lab(np.arange(256, dtype=np.uint8)[None])).max() < 0.02


def test_truth_scores_perfectly() -> None:
    truth = picture()
    scores = scored(truth, truth).scores
    assert scores.structure == pytest.approx(1.0, abs=1e-6)
    assert (scores.delta_e, scores.delta_e_share, scores.l1, scores.hue) == (0, 0, 0, 1)
    assert scores.colourfulness == pytest.approx(1) and scores.ssim == pytest.approx(1)
    assert scores.psnr == 99


def test_the_grey_page_scores_nothing() -> None:
    truth = picture()
    scores = scored(truth, as_rgb(luma(truth))).scores
    assert (scores.structure, scores.hue) == (0, 0)
    assert scores.delta_e_share == pytest.approx(1) and scores.colourfulness == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_structure_cannot_be_won_by_tinting(seed: int) -> None:
    truth = picture(seed)
    tints = {
        "table": tint_table.load_tint_table().colour(luma(truth)),
        "sepia": np.clip(as_rgb(luma(truth)) * np.array([1.07, 0.99, 0.8]), 0, 255).astype(np.uint8),
        "rainbow": np.asarray(cv2.applyColorMap(luma(truth), cv2.COLORMAP_TURBO))[..., ::-1],
    }
    for name, tint in tints.items():
        value = scored(truth, np.ascontiguousarray(tint)).scores.structure
        assert value is not None and value < 0.05, name


def rgb_of(luma: np.ndarray, chroma: np.ndarray) -> np.ndarray:
    """n×3 RGB, unrounded and unclipped, from luma (n) and Cb, Cr (n×2)."""
    red, blue = luma + chroma[:, 1] / 0.713, luma + chroma[:, 0] / 0.564
    return np.stack([red, (luma - 0.299 * red - 0.114 * blue) / 0.587, blue], axis=1)


def test_structure_of_a_pure_tint_is_zero() -> None:
    rng = np.random.default_rng(0)
    light = rng.uniform(0, 255, 5000)
    truth = rgb_of(light, rng.normal(size=(5000, 2)) * 20)
    tint = rgb_of(light, np.stack([30 - light + 0.004 * light**2, 0.5 * light], axis=1))
    assert structure(truth, tint).share == pytest.approx(0, abs=1e-9)
    assert structure(truth, np.round(tint)).share == pytest.approx(0, abs=1e-9)  # nor does rounding help


def test_structure_counts_only_what_lightness_leaves_over() -> None:
    """Half of the leftover variance known: structure is a half, whatever the lightness explains."""
    rng = np.random.default_rng(0)
    light = rng.uniform(0, 255, 20000)
    known, unknown = rng.normal(size=(2, 20000, 2)) * 10
    truth = rgb_of(light, known + unknown + np.stack([light, 0.01 * light**2], axis=1))
    assert structure(truth, rgb_of(light, known)).share == pytest.approx(0.5, abs=0.02)
    faded = rgb_of(light, 0.3 * known + light[:, None])
    assert structure(truth, faded).share == pytest.approx(0.5, abs=0.02)


def test_shuffled_colour_has_no_structure() -> None:
    truth = picture()
    shuffled = np.random.default_rng(0).permutation(truth.reshape(-1, 3)).reshape(truth.shape)
    assert (scored(truth, shuffled).scores.structure or 0) < 0.01


def test_structure_is_undefined_on_a_grey_truth() -> None:
    grey = as_rgb(luma(picture()))
    scores = scored(grey, picture(1)).scores
    assert scores.structure is None and scores.hue is None and scores.colourfulness is None
    assert structure([], []).share is None


def test_hue_agreement_is_a_matter_of_thirty_degrees() -> None:
    angles = np.radians([0, 29, 31, 180])
    truth = np.tile(np.array([50, 40, 0], np.float32), (4, 1))
    ours = np.stack([np.full(4, 50), 20 * np.cos(angles), 20 * np.sin(angles)], axis=1).astype(np.float32)
    assert hue_agreement(truth, ours) == 0.5
    pale = ours * np.array([1, 0.05, 0.05], np.float32)
    assert hue_agreement(truth, pale) == 0  # too pale to have a hue
    assert colourfulness(truth, ours) == pytest.approx(0.5)


def test_the_mask_decides_what_counts() -> None:
    truth = picture()
    result = truth.copy()
    result[:48] = 0
    drawn = np.zeros(truth.shape[:2], dtype=np.bool_)
    drawn[48:] = True
    assert score_pair(truth, result, luma(truth), drawn).scores.delta_e == 0
    assert (score_pair(truth, result, luma(truth), ~drawn).scores.delta_e or 0) > 20


def test_sizes_must_agree() -> None:
    truth = picture()
    with pytest.raises(ValueError, match="equal"):
        score_pair(truth, truth[1:], luma(truth))
    with pytest.raises(ValueError, match="grey"):
        score_pair(truth, truth, luma(truth)[1:])


def test_average_pools_structure_and_skips_what_is_undefined() -> None:
    truth, grey = picture(), as_rgb(luma(picture(2)))
    pairs = [scored(truth, truth), scored(grey, grey)]
    mean = average(pairs)
    assert mean.structure == pytest.approx(1) and mean.hue == 1
    assert StructureSums(300, 30, 100) == average_sums(
        [StructureSums(100, 30, 50), StructureSums(200, 0, 50)]
    )


def average_sums(sums: list[StructureSums]) -> StructureSums:
    return StructureSums(*(sum(column) for column in zip(*sums, strict=True)))


def test_a_megapixel_pair_is_scored_quickly() -> None:
    """0.3 s on an idle core; five times that leaves room for a busy one."""
    truth, result = picture(0, 1000), picture(1, 1000)
    grey = luma(truth)
    start = time.process_time()
    score_pair(truth, result, grey)
    assert time.process_time() - start < 2


def test_tint_table_recovers_the_curve_it_was_made_with(tmp_path: Path) -> None:
    made = tint_table.TintTable((10, -30, 15), (-6, 20, -12), 1.0, 1)
    grey = np.tile(np.arange(40, 216, dtype=np.uint8), (64, 1))
    fitted = tint_table.fit_tint_table([made.colour(grey)], gain=1.5)
    assert fitted.cb == pytest.approx(made.cb, abs=3) and fitted.cr == pytest.approx(made.cr, abs=3)
    strong, weak = fitted.colour(grey), made.colour(grey)
    ratio = colourfulness(to_lab(weak), to_lab(strong))
    assert ratio == pytest.approx(1.5, abs=0.1)
    path = tmp_path / "table.json"
    path.write_text(json.dumps(asdict(fitted)))
    assert tint_table.load_tint_table(path) == fitted


def test_tint_table_keeps_luma_and_stays_in_gamut() -> None:
    grey = np.arange(256, dtype=np.uint8)[None]
    assert np.abs(luma(tint_table.load_tint_table().colour(grey)).astype(int) - grey).max() <= 1
    vivid = tint_table.TintTable((90, 0, 0), (90, 0, 0), 1.5, 1).colour(grey)
    assert np.abs(luma(vivid).astype(int) - grey).max() <= 1


def test_tint_table_fits_a_folder(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), cv2.cvtColor(picture(), cv2.COLOR_RGB2BGR))
    out = tmp_path / "table.json"
    tint_table.fit_folders([tmp_path], out, gain=1.2)
    assert tint_table.load_tint_table(out).gain == 1.2
    with pytest.raises(ValueError, match="at least one"):
        tint_table.fit_tint_table([])
