"""The views of a window: the sizes and sides at which the network is shown it, whose answers are averaged.

Test-time augmentation over scale and mirroring. A panel of a page with many is drawn larger than the pictures
that the network learnt from: at 256 pixels an eye fills its sight, and comes out yellow. A picture that fills
its page is full of small things instead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mangacolor.core.types import Box, Image
from mangacolor.stages.windows.scale import PAGE_ASPECT, SHORT_SIDE, shrink

# Pixels of the short side of a panel among others, in its first view; one that fills its page has 256.
NEAR_SIDE = 192
# Shares of the page that a panel takes up, from which on it is no longer one among others, and fills it.
SHARES = (0.35, 0.65)
# Of the first view's size the second's, which is mirrored.
SECOND = 0.75


@dataclass(frozen=True, slots=True)
class View:
    """``size``: width and height in pixels; ``mirrored``: left is right."""

    size: tuple[int, int]
    mirrored: bool = False

    def turn(self, picture: Image) -> Image:
        """A picture as it is seen in this view: mirrored, if the view is. Turns one of the view back, too."""
        return np.ascontiguousarray(picture[:, ::-1]) if self.mirrored else picture


@dataclass(frozen=True, slots=True)
class ShownWindow:
    """A window as the network is shown it: its ``size`` at working scale (width, height), its ``views``, and
    what is seen in each, h×w luma uint8."""

    size: tuple[int, int]
    views: tuple[View, ...]
    greys: tuple[Image, ...]


def show_window(grey: Image, box: Box, working: tuple[int, int], share: float) -> ShownWindow:
    """The views of the part ``box`` of a page's luma; ``working`` and ``share`` as of ``find_views``."""
    views = find_views(working, share)
    return ShownWindow(working, views, tuple(view.turn(shrink(grey, box, view.size)) for view in views))


def find_views(working: tuple[int, int], share: float) -> tuple[View, ...]:
    """The views of a window that is ``working`` (width, height) at working scale.

    ``share``: of its page that its panel takes up (``page_share``). No view is larger than the window is at
    working scale, and one is as large if that is smaller than the view.
    """
    first = float(np.interp(share, SHARES, (NEAR_SIDE, SHORT_SIDE)))
    return tuple(
        View(_shrunk(working, side), mirrored) for side, mirrored in ((first, False), (SECOND * first, True))
    )


def page_share(panel: Box, page: tuple[int, int]) -> float:
    """The share of a ``page`` (width, height) that a panel takes up, at most 1; of a strip of several screens
    that of one."""
    height = min(page[1], round(PAGE_ASPECT * page[0]))
    return min(1.0, panel[2] * panel[3] / (page[0] * height))


def _shrunk(working: tuple[int, int], side: float) -> tuple[int, int]:
    # A panel too small for 256 pixels has fewer at working scale; what leans out of one may make it more.
    factor = min(1.0, side / min(SHORT_SIDE, *working))
    return max(1, round(working[0] * factor)), max(1, round(working[1] * factor))
