"""What ``kinds`` leaves of a page, typed. This module alone knows under which names that is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import cv2
import numpy as np

from mangacolor.core.arrays import Mask, WindowMap
from mangacolor.core.types import Artifact, Image, Point
from mangacolor.stages.classify.reduced import chroma_beyond_paper, paper_tint
from mangacolor.stages.kinds.judging import PanelKind

# ``spot``: it has a second ink throughout.
Kind = Literal["manga", "colour", "mixed", "spot", "blank"]
# What messages say of a page after its name or number: "3.png: in colour".
KIND_IN_WORDS: Final[Mapping[Kind, str]] = {
    "manga": "in black and white",
    "colour": "in colour",
    "mixed": "partly in colour",
    "spot": "in black and one colour",
    "blank": "blank",
}


@dataclass(frozen=True, slots=True)
class KeptParams:
    """How colour is kept beyond its panels: what leans out of them, and corners that are a little off."""

    chroma: float = 10.0  # levels beyond the paper's tint: a pixel with more is in colour
    blur: float = 1.0  # sigma, in pixels of the page: noise of JPEG goes
    reach: float = 0.006  # of the long side: colour this near goes on in another panel, over its frame


KEPT: Final = KeptParams()


@dataclass(frozen=True, slots=True)
class PageKinds:
    """What a page is, and what of it stays as it came.

    ``panels``: what each panel is, in the layout's order; empty where nobody had to look. ``parts``: the
    coloured parts of those that are both, as the panel's number and a polygon in pixels. ``loose``: whether
    what lies outside all panels is in colour. ``kept``: whether what is in colour stays as it came.
    ``asked``: copied because the user said so.
    """

    kind: Kind
    panels: tuple[PanelKind, ...] = ()
    parts: tuple[tuple[int, tuple[Point, ...]], ...] = ()
    loose: bool = False
    kept: bool = False
    asked: bool = False

    def to_artifact(self, copied: bool) -> Artifact:
        """As it is kept. ``copied``: the page ends here."""
        data: dict[str, Any] = {
            "kind": self.kind,
            "panels": list(self.panels),
            "parts": [[number, [list(point) for point in polygon]] for number, polygon in self.parts],
            "loose": self.loose,
            "kept": self.kept,
            "asked": self.asked,
        }
        return Artifact(data=data, outcome="copy" if copied else None)

    @classmethod
    def from_artifact(cls, artifact: Artifact) -> PageKinds:
        """What ``to_artifact`` stored."""
        data = artifact.data
        parts = ((int(number), tuple((x, y) for x, y in polygon)) for number, polygon in data["parts"])
        return cls(
            data["kind"],
            tuple(data["panels"]),
            tuple(parts),
            *(data[name] for name in ("loose", "kept", "asked")),
        )

    def kept_mask(self, pixels: Image, windows: WindowMap) -> Mask:
        """H×W, what of a page (H×W×3 RGB) stays as it came. ``windows``: H×W, the window of each pixel, which
        has its panel's number; what belongs to no panel has the number after the last."""
        if not self.kept:
            return np.zeros(windows.shape, bool)
        whole = [number for number, kind in enumerate(self.panels) if kind == "colour"]
        kept = np.isin(windows, [*whole, len(self.panels)] if self.loose else whole)
        for number, polygon in self.parts:
            part = np.zeros(windows.shape, np.uint8)
            cv2.fillPoly(part, [np.array(polygon, np.int32)], 1)
            kept |= part.astype(bool) & (windows == number)
        return _with_colour_beside(kept, pixels, KEPT)


def _with_colour_beside(kept: Mask, pixels: Image, params: KeptParams) -> Mask:
    """What is kept, and the coloured areas that go on beyond it."""
    if not kept.any():
        return kept
    reach = max(1, round(params.reach * max(kept.shape)))
    near = cv2.dilate(kept.view(np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)).view(bool)
    _, beyond = chroma_beyond_paper(pixels, paper_tint(pixels))
    coloured = cv2.GaussianBlur(np.linalg.norm(beyond, axis=-1), (0, 0), params.blur) > params.chroma
    count, areas = cv2.connectedComponents((near | coloured).view(np.uint8), connectivity=8)
    goes_on = np.zeros(count, bool)
    goes_on[np.unique(areas[kept])] = True
    return np.asarray(kept | (coloured & goes_on[areas]))
