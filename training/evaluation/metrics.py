"""How close a coloured picture comes to the truth: every figure of the tables, for one pair.

The neighbours do the arithmetic: ``colour`` (CIEDE2000, hue, colourfulness), ``structure`` (what our colour
knows beyond lightness), ``page`` (paper, ink, seams).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import Mask
from mangacolor.core.types import Image
from mangacolor.training.evaluation.colour import ciede2000, colourfulness, hue_agreement, to_lab
from mangacolor.training.evaluation.structure import StructureSums, structure


@dataclass(frozen=True, slots=True)
class Scores:
    """Figures of one pair, or their means. ``None``: the truth gives nothing to measure it on."""

    structure: float | None  # 0 … 1, more is better: see structure.py
    delta_e: float | None  # mean CIEDE2000 to the truth, less is better
    delta_e_share: float | None  # the same over that of the uncoloured input; below 1 helps
    hue: float | None  # share of coloured truth met within 30°
    colourfulness: float | None  # mean chroma over the truth's; best near 1
    l1: float | None  # mean absolute difference of RGB levels, 0 … 255
    psnr: float | None  # dB, over RGB
    ssim: float | None  # 7×7 windows, mean over RGB; whole picture, mask or not


@dataclass(frozen=True, slots=True)
class PairScores:
    """One pair's scores and the sums from which pooled figures are made."""

    scores: Scores
    structure_sums: StructureSums


def score_pair(truth: Image, result: Image, grey: Image, drawn: Mask | None = None) -> PairScores:
    """Compare ``result`` with ``truth`` (both H×W×3 uint8 RGB).

    ``grey``: the input the colour was made from (H×W uint8): left as it is, its error is the
    denominator of ``delta_e_share``. ``drawn``: H×W bool, the pixels that
    count (all, if absent). Raises ``ValueError`` where the sizes differ.
    """
    _check(truth, result, grey, drawn)
    true_rgb, our_rgb, input_rgb = (_pixels(picture, drawn) for picture in (truth, result, grey))
    true, ours, input_ = to_lab(true_rgb), to_lab(our_rgb), to_lab(input_rgb)
    sums = structure(true_rgb, our_rgb)
    error = _mean(ciede2000(true, ours))
    grey_error = _mean(ciede2000(true, input_))
    scores = Scores(
        structure=sums.share,
        delta_e=error,
        delta_e_share=error / grey_error if error is not None and grey_error else None,
        hue=hue_agreement(true, ours),
        colourfulness=colourfulness(true, ours),
        l1=_mean(cv2.absdiff(true_rgb, our_rgb)),
        psnr=_psnr(true_rgb, our_rgb),
        ssim=_ssim(truth, result),
    )
    return PairScores(scores, sums)


def average(pairs: Iterable[PairScores]) -> Scores:
    """Mean of each figure over the pairs that have it; structure is pooled.

    Structure sums residual and explained variance over all pairs before dividing: a picture that
    is nearly grey would otherwise weigh as much as one full of colour.
    """
    pairs = list(pairs)
    means = {}
    for field in fields(Scores):
        values = [value for pair in pairs if (value := getattr(pair.scores, field.name)) is not None]
        means[field.name] = float(np.mean(values)) if values else None
    sums = [pair.structure_sums for pair in pairs]
    pooled = StructureSums(
        sum(one.residual for one in sums),
        sum(one.explained for one in sums),
        sum(one.pixels for one in sums),
    )
    means["structure"] = pooled.share
    return Scores(**means)


def _check(truth: Image, result: Image, grey: Image, drawn: Mask | None) -> None:
    if truth.ndim != 3 or truth.shape != result.shape:
        raise ValueError(f"truth {truth.shape} and result {result.shape} must be H×W×3 and equal")
    if grey.shape != truth.shape[:2] or (drawn is not None and drawn.shape != grey.shape):
        raise ValueError(f"grey {grey.shape} and the mask must be {truth.shape[:2]}")


def _pixels(picture: Image, drawn: Mask | None) -> Image:
    """The pixels that count, as a picture one pixel wide."""
    channels = picture.shape[2:]
    chosen = picture.reshape(-1, *channels) if drawn is None else picture[drawn]
    return np.asarray(chosen[:, None], dtype=np.uint8)


def _mean(values: npt.ArrayLike) -> float | None:
    values = np.asarray(values)
    return float(np.mean(values, dtype=np.float64)) if values.size else None


def _psnr(truth: Image, result: Image) -> float | None:
    """Peak signal to noise in dB; 99 for equal pictures, where it is infinite."""
    if not truth.size:
        return None
    error = float(np.mean(np.square(truth.astype(np.float32) - result), dtype=np.float64))
    return min(99.0, 10 * float(np.log10(255**2 / error))) if error else 99.0


def _ssim(truth: Image, result: Image) -> float | None:
    from skimage.metrics import structural_similarity  # slow to import

    if min(truth.shape[:2]) < 7:
        return None
    pair = truth.astype(np.float32), result.astype(np.float32)
    return float(structural_similarity(*pair, channel_axis=2, data_range=255.0))  # type: ignore[no-untyped-call]
