"""The inner edges of a page: what a drawing that goes on in the next file would have to go on from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from mangacolor.core.arrays import F32, Mask
from mangacolor.core.types import Image
from mangacolor.stages.spreads.params import PARAMS, Params

Side = Literal["left", "right"]


@dataclass(frozen=True, slots=True)
class Edge:
    """One side of a page, by N rows; luma is 0 to 255.

    ``profile``: mean luma of the strip beside it, N float32; ``outermost``: that of its column at the edge.
    ``drawn``: N, rows drawn on in each column of the strip; a thin line along the edge is no drawing.
    ``border``: pixel columns outside of that strip that the scan has added.
    """

    profile: F32
    outermost: F32
    drawn: Mask
    border: int


@dataclass(frozen=True, slots=True)
class PageEdges:
    """Both sides of a page, None where a margin lies there. ``size``: its width and height in pixels."""

    size: tuple[int, int]
    left: Edge | None
    right: Edge | None


def find_edges(grey: Image) -> PageEdges:
    """The edges of a page from its luma, H×W uint8."""
    height, width = grey.shape
    return PageEdges((width, height), find_edge(grey, "left"), find_edge(grey, "right"))


def find_edge(grey: Image, side: Side) -> Edge | None:
    """One side of a page, or None where no drawing reaches it. ``grey``: H×W uint8."""
    height, width = grey.shape
    strip = max(1, round(PARAMS.strip * width))
    most = max(2, round(PARAMS.most_border * width))
    reach = min(width, most + strip + 1)
    columns = grey[:, :reach] if side == "left" else grey[:, width - reach :][:, ::-1]
    border = _count_border(columns, PARAMS)
    if border > most + 1 or border + strip > reach:
        return None
    drawn = np.ascontiguousarray(columns[:, border : border + strip], np.float32)
    method = cv2.INTER_AREA if height >= PARAMS.rows else cv2.INTER_LINEAR
    rows = np.asarray(cv2.resize(drawn, (strip, PARAMS.rows), interpolation=method), dtype=np.float32)
    lightest = smooth_rows(rows, PARAMS.shapes[0]).max(axis=1)
    return Edge(rows.mean(axis=1), rows[:, 0].copy(), lightest < PARAMS.drawn_below, border)


def smooth_rows(columns: F32, sigma: float) -> F32:
    """N×K ``columns``, each smoothed along its rows."""
    reach = 2 * round(3 * sigma) + 1
    smooth = cv2.GaussianBlur(
        columns, (1, reach), sigmaX=sigma, sigmaY=sigma, borderType=cv2.BORDER_REPLICATE
    )
    return np.asarray(smooth, dtype=np.float32).reshape(columns.shape)


def _count_border(columns: Image, params: Params) -> int:
    """How many columns from the outermost on (H×N) the scan has added: each of one tone, and one blended."""
    tones = np.median(columns, axis=0)
    steady = np.abs(columns - tones) <= params.border_levels
    uniform = steady.mean(axis=0) >= params.border_rows
    count = int(np.argmin(uniform)) if not uniform.all() else len(uniform)
    return count + 1 if count else 0
