"""What a page is, by what its panels are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from mangacolor.stages.classify.reduced import ReducedPage
from mangacolor.stages.kinds.judging import JudgedPanel, PartKind
from mangacolor.stages.kinds.params import KindParams

# Of a page with colour on it: ``spot`` is one with a second ink throughout, which is its own look.
Decision = Literal["colour", "mixed", "spot"]

_HUES = 72  # bins around the circle: five degrees each


def decide(
    page: ReducedPage, panels: Sequence[JudgedPanel], params: KindParams
) -> tuple[Decision, list[JudgedPanel]]:
    """What a page with colour on it is, and its panels: those with a second ink are whole ones."""
    inked = _inked(panels, params) if has_one_ink(page, params) else None
    judged = list(inked or panels)
    grey, coloured = _share(judged, "grey"), _share(judged, "colour")
    if coloured <= params.least_coloured:
        return "colour", judged
    if inked is not None and coloured >= params.ink_throughout * (coloured + grey):
        return "spot", judged
    return "mixed" if grey > params.least_grey else "colour", judged


def _inked(panels: Sequence[JudgedPanel], params: KindParams) -> list[JudgedPanel] | None:
    """The panels, whole, of a page whose colour is printed into a drawing; None where panels are painted."""
    coloured = [part for panel in panels for part in panel.parts if part.kind == "colour"]
    area = sum(part.share for part in coloured)
    if not area or sum(part.share * part.filled for part in coloured) >= params.ink_filled * area:
        return None
    return [JudgedPanel(panel.whole, (panel.whole,)) for panel in panels]


def _share(panels: Sequence[JudgedPanel], kind: PartKind) -> float:
    """The share of the page that parts of a kind take up."""
    return sum(part.share for panel in panels for part in panel.parts if part.kind == kind)


def has_one_ink(page: ReducedPage, params: KindParams) -> bool:
    """Whether all that is in colour has one hue."""
    hues = page.hue[page.chroma > params.part.coloured_chroma]
    if not hues.size:
        return False
    counts = np.bincount(((hues + np.pi) / (2 * np.pi) * _HUES).astype(int) % _HUES, minlength=_HUES)
    peak = (int(counts.argmax()) + 0.5) / _HUES * 2 * np.pi - np.pi
    away = np.abs(np.angle(np.exp(1j * (hues - peak))))
    return bool(np.mean(away <= params.ink_hues) >= params.one_ink)
