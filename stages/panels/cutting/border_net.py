"""Where a small network sees borders of panels, also behind figures and balloons, and what that counts."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from mangacolor.core.arrays import F64
from mangacolor.core.types import Image
from mangacolor.models.files.known import NEWSPAPER_PANELS, PANELS
from mangacolor.models.files.reading import BUNDLED
from mangacolor.models.runtime.backends import CpuBackend
from mangacolor.stages.panels.cutting.polygons import Line
from mangacolor.stages.panels.params import GutterParams, SecondLookParams

WEIGHTS = BUNDLED / PANELS.file
# For yellowed paper: they learnt from old newspapers, whose crowded pictures are parted by one thin line. On
# manga they take a few more lines of drawings for borders.
YELLOWED_WEIGHTS = BUNDLED / NEWSPAPER_PANELS.file
_NETWORK_AREA = 0.4  # of the working scale's pixels: a long side of about 768, as the network was trained
# Of yellowed paper, that of old newspapers: at that scale their single lines are thinner than a pixel, and
# half of them are not seen. A second look stays at the smaller one: on newspapers it tells no more at this.
_YELLOWED_AREA = 0.7


def border_probability(luma: Image, backend: CpuBackend, *, yellowed: bool = False) -> Image:
    """How likely each pixel of a page at working scale (H×W luma) is on a panel's border: 255 = 1.

    ``yellowed``: it is printed on paper that is not white, looked at larger, and by a network of its own.

    Raises ``SetupError`` if the network's weights, which come with the package, cannot be loaded.
    """
    from mangacolor.models.page.networks import page_reader

    read = page_reader(YELLOWED_WEIGHTS if yellowed else WEIGHTS, backend, rare=yellowed)
    probability, _outside = read(_at_network_scale(luma, _YELLOWED_AREA if yellowed else _NETWORK_AREA))
    return np.asarray(cv2.resize(probability, luma.shape[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


def _at_network_scale(luma: Image, area: float = _NETWORK_AREA) -> Image:
    scale = area**0.5
    size = max(1, round(luma.shape[1] * scale)), max(1, round(luma.shape[0] * scale))
    return np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.uint8)


@dataclass(slots=True)
class SecondLook:
    """Looks at slanted lines of a view (H×W luma, at working scale) once more, each straightened.

    The network knows level borders better than slanted ones, of which each slope is rare. Sheared so that a
    line is level, the band around it is such a page as the network knows best.
    """

    luma: Image
    backend: CpuBackend
    # What may still be looked at on this page, in lengths of lines from side to side; a line that leaves a
    # doubt is looked at both ways up for one.
    left: float
    # By number of the line: its samples, as ``Lines.border`` has them.
    seen: dict[int, Image] = field(default_factory=dict)
    _small: Image | None = None

    def along(self, line: Line, xs: F64, params: SecondLookParams, *, turned: bool = False) -> Image:
        """How likely a border runs along a line at ``xs`` (N, in pixels): levels, 255 = 1.

        ``turned``: the network sees the band upside down, which to it is another page.
        """
        from mangacolor.models.page.networks import page_reader

        if self._small is None:
            self._small = _at_network_scale(self.luma)
        scale = self._small.shape[1] / self.luma.shape[1]
        offset, slope = line[0] * scale, line[1]
        first = max(0.0, float(xs[0]) * scale - params.beyond)
        last = min(float(self._small.shape[1]), float(xs[-1]) * scale + params.beyond)
        # Of a pixel of the band: where it lies on the page.
        matrix = np.array([[1, 0, first], [slope, 1, offset + slope * first - params.half]])
        size = max(1, round(last - first)), 2 * params.half
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        band = cv2.warpAffine(self._small, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        way = -1 if turned else 1
        shown = np.ascontiguousarray(np.asarray(band, np.uint8)[::way, ::way])
        probability, _outside = page_reader(WEIGHTS, self.backend)(shown)
        seen = np.asarray(cv2.resize(probability, size, interpolation=cv2.INTER_LINEAR), np.uint8)
        seen = seen[::way, ::way]
        highest = seen[params.half - params.across : params.half + params.across + 1].max(0)
        where = np.clip(np.rint(xs * scale - first), 0, size[0] - 1).astype(np.intp)
        return np.asarray(highest[where], np.uint8)


def network_bonus(probability: F64 | np.float64, painted: bool, params: GutterParams) -> F64:
    """What mean probabilities of a border (N, in [0, 1]) add to the scores of gutters; negative if low.

    The network learnt from black-and-white pages: on a page in colour it speaks against nothing, for of
    paintings with soft edges it knows little.
    """
    bonus = params.network_weight * (probability - params.neutral_probability)
    return np.asarray(bonus.clip(min=0.0) if painted else bonus)


def end_support(border: Image, params: GutterParams) -> float:
    """The lower of the mean probabilities near a line's two ends, away from the borders that it meets there.

    ``border``: the line's samples, uint8. Returns levels, 255 = 1. Of a short line, the mean of all.
    """
    ends = slice(params.end_first, params.end_last)
    if len(border) < 3 * params.end_last:
        return float(border.mean()) if len(border) else 0.0
    return min(float(border[ends].mean()), float(border[::-1][ends].mean()))
