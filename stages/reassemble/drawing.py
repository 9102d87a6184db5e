"""What stages have left of a drawing, made ready to be painted: a page, or two halves of a spread as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np

from mangacolor.core.arrays import WindowMap
from mangacolor.core.colour import luma
from mangacolor.core.errors import PageError
from mangacolor.core.types import Image, Inputs
from mangacolor.stages.guest.surfaces import page_guest
from mangacolor.stages.harmonize.corrections import Corrections
from mangacolor.stages.kinds import PageKinds
from mangacolor.stages.panels import PanelLayout
from mangacolor.stages.reassemble.guided import GuidedWindow, correct_by_guest, guide_windows
from mangacolor.stages.reassemble.layers import ReadyWindow
from mangacolor.stages.reassemble.params import Params
from mangacolor.stages.windows.artifact import PageColours
from mangacolor.stages.windows.assign import assign_windows

# The page's long side in pixels over this is how far a balloon's outline reaches into it: half of the ink is
# kept.
OUTLINE_DIVISOR = 1000


@dataclass(frozen=True, slots=True)
class ReadyDrawing:
    """``grey``: H×W luma. ``windows``: H×W, the window of each pixel. ``keep``: H×W uint8, 255 where nothing
    is coloured. ``decided``: the same for parts that are as somebody wants them, or as they came.
    ``corrections``, ``guided``: of its windows, which ``colours`` holds."""

    grey: Image
    windows: WindowMap
    keep: Image
    decided: Image
    colours: PageColours
    corrections: Corrections
    guided: list[GuidedWindow | None]

    @classmethod
    def of(cls, inputs: Inputs) -> Self:
        """From what ``decode``, ``panels``, ``kinds``, ``balloons`` and ``colorize`` left, and
        ``harmonize`` and ``guest`` if they ran.

        Raises ``PageError`` where the windows that were coloured are not those of the page's panels.
        """
        picture = inputs["decode"].images["main"]
        guest = page_guest(inputs)
        colours = guest.refine(PageColours.from_artifact(inputs["colorize"]))
        corrections = Corrections.from_artifact(inputs.get("harmonize"))
        if not corrections.windows:
            corrections = correct_by_guest(colours, guest)
        layout = PanelLayout.from_artifact(inputs["panels"])
        windows = _map_windows(colours, layout)
        keep = _find_paper(windows, inputs["balloons"].images["main"])
        kept = PageKinds.from_artifact(inputs["kinds"]).kept_mask(picture, windows)
        keep[kept] = 255
        decided = layout.marked.mark_decided(kept.astype(np.uint8) * np.uint8(255))
        guided = guide_windows(colours, guest, corrections)
        return cls(luma(picture), windows, keep, decided, colours, corrections, guided)

    def ready_windows(self, params: Params) -> list[ReadyWindow]:
        """Its windows, each made ready."""
        return [
            ReadyWindow.of(window, self.corrections.of_window(number), guided, self.grey, params)
            for number, (window, guided) in enumerate(zip(self.colours.windows, self.guided, strict=True))
        ]


def _map_windows(colours: PageColours, layout: PanelLayout) -> WindowMap:
    """The window of each pixel of the page, H×W: too large to keep, so it is made again from the panels."""
    windows = assign_windows(layout.panels, layout.ground)
    if windows.boxes != colours.boxes:
        raise PageError(
            "the windows that were coloured are not those of the page's panels",
            "Colour the page again: add --from panels.",
        )
    return windows.labels


def _find_paper(windows: WindowMap, balloons: Image) -> Image:
    """H×W uint8, 255 where nothing is coloured: ground, and balloons up to the middle of their outline."""
    reach = max(1, round(max(balloons.shape) / OUTLINE_DIVISOR))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    keep = cv2.dilate(balloons, kernel)
    keep[windows < 0] = 255
    return np.asarray(keep, dtype=np.uint8)
