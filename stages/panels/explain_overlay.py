"""Draw on a page where it could have been cut, how well each cut scores, and which were chosen."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.types import Image, Point
from mangacolor.stages.panels.cutting.record import CutCandidate
from mangacolor.stages.panels.explanation import Explanation

Colour = tuple[int, int, int]
Corners = npt.NDArray[np.int32]  # N×2 pixels of the picture

_LEAST_SIDE = 1400  # pixels: a smaller page is enlarged, or its numbers would hide it
_FADE = 0.55  # of the way to white, so that the page stands back
_MOST_LABELS = 30  # on candidates that were not chosen: more would hide the page; the JSON has them all
_REJECTED_STRENGTH = 0.6  # of the lines that were not chosen, so that many of them do not hide the page
_BAND_STRENGTH = 0.35  # of a chosen band's filling
_CHOSEN: Colour = (0, 140, 60)
_OBJECTED: Colour = (170, 0, 170)
_RAMP: tuple[Colour, Colour] = ((80, 140, 225), (235, 95, 0))  # far below the threshold, close to it
_RAMP_RANGE = 0.12  # of score below the threshold over which the colour changes: all that a shared line gains
_EMPTY: Colour = (120, 120, 120)
_LETTERS = {
    "white gutter": "W",
    "black gutter": "B",
    "shared line": "S",
    "bare band": "F",
    "half cut": "H",
    "inset": "I",
    "strip": "T",
}
_LABEL_PLACES = (0.5, 0.35, 0.65, 0.2, 0.8, 0.1, 0.9)  # along a line, the first that is free
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_LEGEND = (
    (_CHOSEN, "chosen: number, kind, score; the band is what falls between two panels"),
    (_RAMP[1], "not chosen: scores a little too low"),
    (_RAMP[0], "not chosen: scores far too low"),
    (_OBJECTED, "not chosen, although it scores enough: the JSON says why"),
    (_EMPTY, "a region that is no panel"),
    (
        (0, 0, 0),
        "W white gutter, B black gutter, S shared line, F frameless band, H half cut, I inset, T strip",
    ),
)


def draw_explanation(page: Image, explanation: Explanation) -> Image:
    """The page (H×W×3, RGB), faded and perhaps enlarged, with every candidate, above a legend."""
    scale = max(1.0, _LEAST_SIDE / max(page.shape[:2]))
    size = round(page.shape[1] * scale), round(page.shape[0] * scale)
    large = cv2.resize(page, size, interpolation=cv2.INTER_CUBIC)
    faded = (large + (255 - large.astype(np.float32)) * _FADE).astype(np.uint8)
    canvas = _Canvas(faded, scale)
    for region in explanation.regions:
        if region.outcome == "no panel":
            canvas.cross_out(region.polygon)
    shown = [pair for pair in enumerate(explanation.candidates) if not pair[1].own_side]
    shown.sort(key=lambda pair: (pair[1].chosen, pair[1].score - pair[1].threshold))
    chosen = sum(candidate.chosen for _, candidate in shown)
    for _, candidate in shown[: len(shown) - chosen]:
        canvas.draw_line(candidate)
    canvas.blend(faded, _REJECTED_STRENGTH)
    for _, candidate in shown[len(shown) - chosen :]:
        canvas.draw_line(candidate)
    for number, candidate in shown[: -chosen - _MOST_LABELS - 1 : -1]:
        canvas.write_label(number, candidate)
    return np.vstack([canvas.picture, _draw_legend(size[0], canvas.font_scale, explanation.note)])


class _Canvas:
    """The picture that is drawn on, and where it has labels already."""

    def __init__(self, picture: Image, scale: float) -> None:
        self.picture = picture.copy()
        self.font_scale = max(picture.shape[:2]) / 2600
        self._scale = scale
        self._thin = max(1, round(max(picture.shape[:2]) / 1400))
        self._labels: list[tuple[int, int, int, int]] = []

    def blend(self, page: Image, strength: float) -> None:
        """Take back what was drawn on ``page``, to ``strength``."""
        self.picture = cv2.addWeighted(self.picture, strength, page, 1 - strength, 0).astype(np.uint8)

    def draw_line(self, candidate: CutCandidate) -> None:
        """A candidate's line, or the outline of its band; one that was chosen is filled and strong."""
        corners = self._corners(candidate.corners)
        colour = _colour(candidate)
        if candidate.chosen:
            without = self.picture.copy()
            cv2.fillPoly(self.picture, [corners], colour)
            self.blend(without, _BAND_STRENGTH)
        width = 4 * self._thin if candidate.chosen else self._thin
        cv2.polylines(self.picture, [corners], len(corners) > 2, colour, width, cv2.LINE_AA)

    def write_label(self, number: int, candidate: CutCandidate) -> None:
        """Number, kind and score, where no other label is; without such a place only if it was chosen."""
        text = f"{number} {_LETTERS.get(candidate.kind, '?')} {candidate.score:.2f}"
        (width, height), _ = cv2.getTextSize(text, _FONT, self.font_scale, self._thin)
        corners = self._corners(candidate.corners)
        boxes = [self._label_box(corners, place, width, height) for place in _LABEL_PLACES]
        free = [box for box in boxes if not any(_overlap(box, label) for label in self._labels)]
        if not free and not candidate.chosen:
            return
        left, top, right, bottom = box = (free or boxes)[0]
        self._labels.append(box)
        cv2.rectangle(self.picture, (left, top), (right, bottom), (255, 255, 255), -1)
        at, colour = (left + 3, bottom - 4), _colour(candidate)
        cv2.putText(self.picture, text, at, _FONT, self.font_scale, colour, self._thin, cv2.LINE_AA)

    def cross_out(self, polygon: Sequence[Point]) -> None:
        """A region that is no panel."""
        corners = self._corners(polygon)
        low, high = corners.min(0), corners.max(0)
        for ends in ((low, high), ((low[0], high[1]), (high[0], low[1]))):
            first, last = (tuple(int(value) for value in end) for end in ends)
            cv2.line(self.picture, first, last, _EMPTY, self._thin, cv2.LINE_AA)
        cv2.polylines(self.picture, [corners], True, _EMPTY, self._thin, cv2.LINE_AA)

    def _corners(self, points: Sequence[Point]) -> Corners:
        return np.rint(np.array(points) * self._scale).astype(np.int32)

    def _label_box(
        self, corners: Corners, place: float, width: int, height: int
    ) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of a label that lies on a candidate's first line."""
        x, y = corners[0] + place * (corners[1] - corners[0])
        left = int(np.clip(x - width / 2 - 3, 0, max(0, self.picture.shape[1] - width - 6)))
        top = int(np.clip(y - height / 2 - 4, 0, max(0, self.picture.shape[0] - height - 8)))
        return left, top, left + width + 6, top + height + 8


def _colour(candidate: CutCandidate) -> Colour:
    if candidate.chosen:
        return _CHOSEN
    if candidate.score >= candidate.threshold:
        return _OBJECTED
    near = float(np.clip(1 - (candidate.threshold - candidate.score) / _RAMP_RANGE, 0, 1))
    red, green, blue = (round(a + near * (b - a)) for a, b in zip(*_RAMP, strict=True))
    return red, green, blue


def _overlap(first: tuple[int, int, int, int], second: tuple[int, int, int, int]) -> bool:
    apart = first[2] < second[0] or second[2] < first[0] or first[3] < second[1] or second[3] < first[1]
    return not apart


def _draw_legend(width: int, font_scale: float, note: str) -> Image:
    """What the colours and letters mean, as a strip as wide as the page."""
    rows = [*_LEGEND, *([((0, 0, 0), note)] if note else [])]
    longest = max(cv2.getTextSize(text, _FONT, font_scale, 1)[0][0] for _, text in rows)
    scale = font_scale * min(1.0, 0.9 * width / longest)
    height = int(34 * scale / 0.8) + 6
    strip = np.full((height * len(rows) + 10, width, 3), 255, np.uint8)
    for row, (colour, text) in enumerate(rows):
        y = height * row + height // 2 + 5
        cv2.line(strip, (8, y), (max(20, width // 18), y), colour, max(2, height // 6))
        at = max(20, width // 18) + 10, y + height // 4
        cv2.putText(strip, text, at, _FONT, scale, (0, 0, 0), 1, cv2.LINE_AA)
    return strip
