"""Moving the colours of a window's surfaces: smooth inside each, ending at the ink around it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mangacolor.core.colour import chroma, luma, to_rgb
from mangacolor.core.types import Artifact, Image
from mangacolor.stages.reassemble.ink_transfer import DARKEST, INK
from mangacolor.stages.reassemble.segment_fields import Borders, eased, evenness, settled
from mangacolor.stages.segments.features import CB, CR

Floats = npt.NDArray[np.float32]

WISHED = 0.9  # how far a surface is evened out whose colour somebody has chosen
MOVE = 6  # numbers of a surface in the ``harmonize`` artifact; the last two as if nobody had wished:
GROUP, LIGHT = 0, 3
WANTED, UNWISHED = slice(1, 3), slice(4, 6)
LIFTS = (0.25, 3.9)  # by what a tone may be multiplied for a wish


def corrected(colorize: Artifact, number: int, borders: Borders, harmonize: Artifact | None) -> Image:
    """A window's small picture (H×W×3 RGB uint8), its surfaces evened out and moved, at the same luma.

    ``number``: of the window. ``borders``: its ``open_borders``. Without a correction for the
    window its surfaces are only evened out.
    """
    picture = colorize.images[f"panel-{number:03d}"]
    table = rows_of(colorize, number)
    if not len(table):
        return picture
    windows = harmonize.data["windows"] if harmonize else []
    moves = moves_of(windows[number] if windows else [])
    even, move = evenness(table), np.zeros((len(table), 2), np.float32)
    if len(moves):
        move = moves[:, UNWISHED]
    labels = colorize.images[f"surfaces-{number:03d}"]
    own = table[:, (CB, CR)].astype(np.float32) - 128
    both = eased(np.concatenate([move, own], axis=1), borders)
    if len(moves):  # a wish is as it is said, and changes nothing beside it
        chosen = moves[:, LIGHT] >= 0
        even = np.where(chosen, WISHED, even)
        wished = chosen | (moves[:, WANTED] != moves[:, UNWISHED]).any(axis=1)  # a lock has no light
        both[wished] = np.concatenate([moves[:, WANTED], own], axis=1)[wished]
    rows = np.concatenate([both[:, :2] + even[:, None] * both[:, 2:], even[:, None]], axis=1)
    field = np.concatenate([np.zeros((1, 3), np.float32), rows.astype(np.float32)])[labels]
    field = settled(field, labels, borders)
    cb, cr = (
        plane * (1 - field[..., 2]) + field[..., channel] for channel, plane in enumerate(chroma(picture))
    )
    return to_rgb(luma(picture).astype(np.float32), cb, cr)


def rows_of(colorize: Artifact, number: int) -> Image:
    """The rows of ``surface_table`` that belong to a window."""
    panels = colorize.data["panels"]
    first = sum(panel["surfaces"] for panel in panels[:number])
    count = panels[number]["surfaces"]
    return colorize.images["surfaces"][first : first + count] if count else np.zeros((0, 0), np.uint8)


def moves_of(window: Sequence[int]) -> Floats:
    """A window's part of the ``harmonize`` artifact, a row of ``MOVE`` numbers for each surface."""
    return np.array(window, np.float32).reshape(-1, MOVE)


def lift(labels: Image, grey: Image, plan: Image, window: Sequence[int]) -> Floats:
    """By what to multiply the plan's tones so that surfaces have the mean luma they are to have, H×W.

    ``plan``: the window's, as of ``small_plan``. Undoes ``paint``'s mapping of luma for the mean of the
    surface's pixels that are no ink.
    """
    wished = moves_of(window)[:, LIGHT]
    factor = np.ones(len(wished) + 1, np.float32)
    shade = plan[..., 2].astype(np.float32) * ((1 - DARKEST) / 255) + DARKEST
    above = np.maximum(grey.astype(np.float32) - INK, 0)
    for row in np.nonzero(wished >= 0)[0]:
        inside = (labels == row + 1) & (above > 0)
        if inside.any():
            light, shaded = float(above[inside].mean()), float((above * shade)[inside].mean())
            factor[row + 1] = ((wished[row] - INK) * (255 - INK) + INK * light) / (255 * shaded)
    return np.clip(factor, *LIFTS)[labels]
