"""classify: is this page black and white, in colour already, or blank? The last two are copied.

A scan of a black-and-white page is seldom grey: paper yellows, unevenly and in stains; sepia and blue
inks, lamp light, JPEG and shifted colour plates add chroma everywhere. All of it is *smooth*: it depends
on the tone, slowly on the place, and at an edge on the edge. So chroma is measured as what none of these
explains, and a tint only explains what a print can have (``print_limits.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import F64
from mangacolor.core.colour import luma as luma_of
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Image, Inputs, Page
from mangacolor.stages.base import CAME_COLOURED, WHY_COPIED, Stage, StageContext, Summary
from mangacolor.stages.demand import Demand, PageSize
from mangacolor.stages.print_limits import PRINTS, PrintLimits, excess_over_prints

_AGE_HUE = np.radians(
    28
)  # radians, of Cr against -Cb; yellow is at 9°, stained paper at 25–33°, skin at 45–50°
_AGE_WEIGHT = 0.5  # chroma along that hue counts half, so that a stain is no colour
_BLOCK_ROWS = 48  # of a matrix product: so small a one stays on one thread
_SPREAD_ASPECT = 1.15  # width over height from which the two halves may be two scans
_BLACK_TONE = 0.06  # of [0, 1]: darker pixels say nothing of colour
_WHITE_TONE = 0.97  # of [0, 1]: brighter ones neither
_LEAST_PIXELS = 64  # of tones between: fewer decide no tint
_FITS = 4  # times the tint is fitted, each time with less weight on what it did not explain
_OLD_PAPER = 20.0  # levels of chroma along the hue of age that old paper has
_NOISE_CHROMA = 2.0  # levels: residuals below it weigh alike


class Limit(NamedTuple):
    """A page is coloured if ``share`` of it has more chroma than this, in levels of Cr, Cb (0–255)."""

    share: float
    across: float  # across the hue of age, where no stain and no yellowing lies
    weighted: float  # both together, along the hue of age at half its weight


# A quarter above the most that black-and-white pages had in benchmarks/quality/score_classify.py, JPEG at
# quality 10 apart. Small areas are allowed more: stamps and stains.
LIMITS = (
    Limit(0.012, 11.4, 15.2),
    Limit(0.02, 3.8, 11.4),
    Limit(0.035, 2.95, 4.1),
    Limit(0.06, 2.4, 3.3),
    Limit(0.10, 1.9, 2.55),
)


@dataclass(frozen=True, slots=True)
class Config:
    """What makes a page coloured, or blank."""

    force_color: bool
    working_area: int = 8800  # pixels, 112×79 for a page: fringes and noise average out, figures stay
    blur: float = 1.75  # sigma at that size
    limits: tuple[Limit, ...] = LIMITS
    prints: PrintLimits = PRINTS
    blank_contrast: float = 24.0  # levels a pixel must differ from the page's median to be drawn
    drawn: float = 0.0005  # share of drawn pixels below which a page is blank


def configure(options: Options, _chapter: Chapter) -> Config:
    """Take what forces colour from the options."""
    return Config(force_color=options.force_color)


def run(context: StageContext[Config], inputs: Inputs) -> Artifact:
    """Measure ``decode``'s picture.

    Data: ``kind`` (``manga``, ``colour`` or ``blank``), ``chroma`` (what no tint explains, as a share of
    what a black-and-white page may have: above 1 the page is coloured), ``drawn`` (share that differs from
    the page's ground), ``forced``, and ``wanted`` if the user said what to do with this page.
    ``outcome`` is ``copy`` for blank pages, and for coloured ones unless the user forces colour; what the
    user said of the page goes before both.
    """
    config = context.config
    pixels = inputs["decode"].images["main"]
    drawn = drawn_share(pixels, config.blank_contrast)
    chroma = 0.0 if inputs["decode"].data["grey"] else unexplained_chroma(pixels, config)
    kind = "colour" if chroma > 1 else "blank" if drawn < config.drawn else "manga"
    wanted = context.page.wanted
    copied = kind == "blank" or (kind == "colour" and not config.force_color)
    copied = wanted == "copy" if wanted else copied
    data = {
        "kind": kind,
        "chroma": round(chroma, 4),
        "drawn": round(drawn, 6),
        "forced": kind == "colour" and not copied,
        **({"wanted": wanted} if wanted else {}),
    }
    return Artifact(data=data, outcome="copy" if copied else None)


def drawn_share(pixels: Image, contrast: float) -> float:
    """Share of the pixels (at half size) whose luma differs from the median's by ``contrast`` levels."""
    luma = luma_of(pixels)
    half = (max(1, luma.shape[1] // 2), max(1, luma.shape[0] // 2))
    luma = np.asarray(cv2.resize(luma, half, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return float(np.mean(np.abs(luma.astype(np.int16) - int(np.median(luma))) >= contrast))


def unexplained_chroma(pixels: Image, config: Config) -> float:
    """Chroma of H×W×3 ``pixels`` that no tint of a scan explains, as the largest share of a limit."""
    small = _shrink(pixels, config.working_area).astype(np.float32) / 255
    luma_chroma = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2YCrCb), dtype=np.float64)
    tone, plane = luma_chroma[..., 0], (luma_chroma[..., 1:] - 0.5) * 255
    useful = (tone > _BLACK_TONE) & (tone < _WHITE_TONE)
    if np.count_nonzero(useful) < _LEAST_PIXELS:
        return 0.0
    residual = np.zeros_like(plane)
    aged = _by_hue_of_age(plane)
    residual[useful] = _without_tint(aged[useful], tone[useful], _bases(tone, useful))
    # What is left of fringes alternates in sign; areas of colour do not.
    areas = np.asarray(cv2.GaussianBlur(residual, (0, 0), config.blur), dtype=np.float64)
    across = np.sort(np.abs(areas[..., 1]), axis=None)
    weighted = np.sort(np.hypot(areas[..., 0] * _AGE_WEIGHT, areas[..., 1]), axis=None)
    excess = excess_over_prints(tone.ravel(), aged.reshape(-1, 2), config.prints)
    for limit in config.limits:
        at = min(tone.size - 1, int(tone.size * (1 - limit.share)))
        excess = max(excess, across[at] / limit.across, weighted[at] / limit.weighted)
    return float(excess)


def _shrink(pixels: Image, area: int) -> Image:
    height, width = pixels.shape[:2]
    scale = min(1.0, (area / (height * width)) ** 0.5)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _by_hue_of_age(chroma: F64) -> F64:
    """…×2 Cr, Cb as …×2: along the hue of ageing paper and stains, and across it."""
    along = np.array([np.sin(_AGE_HUE), -np.cos(_AGE_HUE)])
    return np.asarray(chroma @ np.stack([along, [-along[1], along[0]]], axis=1))


class _Bases(NamedTuple):
    """Functions of the N useful pixels: which scan they are of, their place on it, slopes of the tone."""

    scans: F64  # N×1, or N×2 for a spread
    places: F64  # N×8, changing slowly
    slopes: F64  # N×2


def _bases(tone: F64, useful: npt.NDArray[np.bool_]) -> _Bases:
    height, width = tone.shape
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    scans = [np.ones_like(x)]
    if width > _SPREAD_ASPECT * height:
        scans.append(np.sign(x))
        x = 2 * np.abs(x) - 1
    places = [np.ones_like(x), x, y, x * x, x * y, y * y, x**4, y**4]
    slopes = [
        np.gradient(tone, axis=axis) if tone.shape[axis] > 1 else np.zeros_like(tone) for axis in (0, 1)
    ]
    return _Bases(*(np.stack(functions, axis=-1)[useful] for functions in (scans, places, slopes)))


def _without_tint(chroma: F64, tone: F64, bases: _Bases) -> F64:
    """What is left of N×2 ``chroma`` (along, across the hue of age) when the page's tint is taken off.

    Any tint is a curve of the tone (two, where the page is two scans), and a colour plate shifted by a
    pixel adds the tone's slope (Taylor). Along the hue of age the curve may also change with the place;
    across it only as far as ageing itself turns from yellow to brown where it is deeper. Robust: least
    squares, reweighted so that areas of real colour do not bend the fit.
    """
    tones = _products(bases.scans, np.stack([tone**power for power in range(4)], axis=-1))
    ageing = np.concatenate([_products(bases.places, tones), bases.slopes], axis=1)
    tint = np.concatenate([tones, bases.slopes], axis=1)
    weights, left = np.ones(len(tone)), chroma
    for _ in range(_FITS):
        along = _fit(ageing, chroma[:, 0], weights)
        depth = along / _OLD_PAPER
        turning = np.stack([depth, depth**2, depth * tone, depth**2 * tone], axis=-1)
        across = _fit(np.concatenate([tint, turning], axis=1), chroma[:, 1], weights)
        left = chroma - np.stack([along, across], axis=-1)
        weights = np.maximum(np.hypot(left[:, 0], left[:, 1]), _NOISE_CHROMA) ** -1.5
    return left


def _products(first: F64, second: F64) -> F64:
    """N×A and N×B functions to all N×AB products."""
    return np.asarray((first[:, :, None] * second[:, None, :]).reshape(len(first), -1))


def _fit(basis: F64, values: F64, weights: F64) -> F64:
    """Weighted least squares by normal equations, a little damped: a flat page decides few functions."""
    blocks = _in_blocks(basis)
    weighted = _in_blocks(basis * weights[:, None])
    gram = np.sum(weighted.transpose(0, 2, 1) @ blocks, axis=0)
    right = np.sum(basis * (weights * values)[:, None], axis=0)
    damping = 1e-6 * len(values) * np.eye(basis.shape[1])
    fitted = blocks @ np.linalg.solve(gram + damping, right)
    return np.asarray(fitted.reshape(-1)[: len(values)])


def _in_blocks(rows: F64) -> F64:
    """N×P as B×48×P, filled up with zeros.

    Products of so small matrices stay on one thread: with many, a busy machine made the BLAS library's
    threads wait for each other a hundred times as long as they worked.
    """
    blocks = -(-len(rows) // _BLOCK_ROWS)
    padded = np.zeros((blocks * _BLOCK_ROWS, rows.shape[1]))
    padded[: len(rows)] = rows
    return padded.reshape(blocks, _BLOCK_ROWS, -1)


def fingerprint_of_wish(page: Page) -> str:
    """What the user said of a page belongs to its cache key, and to no other's."""
    return page.wanted or ""


def summary(artifact: Artifact) -> Summary:
    """Whether the page came in colour, and why it is copied, if it is."""
    kind, wanted = artifact.data["kind"], artifact.data.get("wanted")
    why = "as asked" if wanted == "copy" else {"colour": "in colour already"}.get(kind, kind)
    return {CAME_COLOURED: kind == "colour", WHY_COPIED: why if artifact.outcome == "copy" else ""}


def demand(_config: Config, size: PageSize) -> Demand:
    """All but the luma is small."""
    return Demand(0.01 + 0.01 * size.megapixels, working=4 * size.pixels)


STAGE = Stage(
    "classify",
    run,
    configure,
    needs=("decode",),
    version=4,
    decides=True,
    page_fingerprint=fingerprint_of_wish,
    summary=summary,
    demand=demand,
)
