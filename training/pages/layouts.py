"""How the panels of a made-up page are laid out, by many hands."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mangacolor.core.types import Box
from mangacolor.stages.panels.cutting.polygons import Polygon, area, clip, page_polygon, swap

KINDS = ("gutters", "shared", "narrow", "mixed", "black", "newspaper")
SHARES = (0.27, 0.29, 0.15, 0.1, 0.11, 0.08)  # how often a page is of each kind
PINWHEELS = 0.05  # share of pages whose panels turn round a middle one: no straight cut parts those
SMALLEST = 0.012  # of the page's area: no cut leaves less


@dataclass(frozen=True, slots=True)
class LayoutStyle:
    """How one page is laid out. Lengths in pixels; ``margins`` left, top, right, bottom."""

    margins: tuple[int, int, int, int]
    across: int  # width of gutters between rows
    down: int  # and between columns; 0: panels share one line
    frame: int  # width of frame lines; 0: none
    paper: int  # tone of gutters and margins
    ink: int  # tone of frame lines
    slanted: float  # share of cuts that are
    bare: float = 0.0  # share of panels that show figures on white, or nothing at all
    open: float = 0.0  # share of panels without frames beside framed ones
    broken: float = 0.0  # share of frame lines that stop before the corner
    run_off: float = 0.0  # share of panels at a margin that run off the page there
    double: int = 0  # from a frame line to a second one within; 0: there is none
    dim: float = 1.0  # what the art's luma is multiplied by: dark pages are dark within, too
    newspaper: bool = False  # many panels, flat colours printed on grey paper
    pale: tuple[int, int] = (0, 255)  # luma of the darkest and the lightest of the art


def draw_layout_style(rng: np.random.Generator) -> LayoutStyle:
    """A hand; kinds of page in about the proportions of real ones, hard ones a little more often."""
    kind = str(rng.choice(KINDS, p=SHARES))
    across, down = _gutters(kind, rng)
    paper, ink = (0, int(rng.choice([0, 255]))) if kind == "black" else (int(rng.integers(235, 256)), 0)
    if kind != "black" and rng.random() < 0.3:  # hairlines lose their black in print and scan
        ink = int(rng.integers(20, 140))
    bleeds = rng.random(4) < {"shared": 0.65, "newspaper": 0.0}.get(kind, 0.25)
    margins = [0 if bleed else int(rng.integers(8, 70)) for bleed in bleeds]
    left, top, right, bottom = margins
    return LayoutStyle(
        (left, top, right, bottom), across, down, _frame(kind, rng), paper, ink,
        slanted=float(rng.choice([0.0, 0.4, 0.9], p=_slants(kind))),
        bare=float(rng.choice([0.0, 0.2, 0.5, 0.8], p=[0.3, 0.25, 0.25, 0.2])),
        open=float(rng.choice([0.0, 0.2, 0.45], p=[0.6, 0.28, 0.12])) if across and down else 0.0,
        broken=float(rng.choice([0.0, 0.08, 0.25], p=[0.65, 0.25, 0.1])),
        run_off=float(rng.choice([0.0, 0.15, 0.5], p=[0.5, 0.3, 0.2])),
        double=int(rng.integers(3, 9)) if rng.random() < 0.07 else 0,
        dim=float(rng.uniform(0.25, 0.9)) if kind == "black" and rng.random() < 0.6 else 1.0,
        newspaper=kind == "newspaper",
    )  # fmt: skip


def draw_pale_style(rng: np.random.Generator) -> LayoutStyle:
    """A hand of pale grey pictures between white gutters, most of them without frames: a storyboard's."""
    lightest = int(rng.integers(205, 249))
    hand = draw_layout_style(rng)
    return replace(
        hand,
        across=int(rng.integers(5, 40)),
        down=int(rng.integers(4, 34)),
        paper=int(rng.integers(250, 256)),
        frame=int(rng.random() < 0.25),
        ink=int(rng.integers(0, 200)),
        slanted=float(rng.choice([0.0, 0.3], p=[0.7, 0.3])),
        bare=0.0,
        double=0,
        dim=1.0,
        newspaper=False,
        pale=(int(lightest - rng.uniform(8, 150)), lightest),
    )


def _gutters(kind: str, rng: np.random.Generator) -> tuple[int, int]:
    """The widths of gutters between rows and between columns."""
    across, down = int(rng.integers(6, 36)), int(rng.integers(3, 20))
    if kind in ("shared", "newspaper"):
        return 0, 0
    if kind == "narrow":
        return int(rng.integers(2, 8)), int(rng.integers(2, 6))
    return (across, 0) if kind == "mixed" else (across, down)


def _frame(kind: str, rng: np.random.Generator) -> int:
    """The width of frame lines."""
    if kind == "newspaper":
        return int(rng.integers(2, 6))
    if kind == "shared" and rng.random() < 0.15:
        return int(rng.integers(5, 11))
    if kind in ("gutters", "mixed", "black") and rng.random() < 0.12:
        return 0
    return int(rng.choice([1, 2, 3, 4], p=[0.42, 0.33, 0.17, 0.08]))


def _slants(kind: str) -> list[float]:
    """How often no, some and most cuts slant: more often than in print, for every slope is to be learnt."""
    if kind == "newspaper":
        return [0.95, 0.05, 0.0]
    return [0.2, 0.35, 0.45] if kind in ("black", "narrow") else [0.28, 0.35, 0.37]


def lay_out(width: int, height: int, hand: LayoutStyle, rng: np.random.Generator) -> list[Polygon]:
    """Convex panels: the page within its margins, cut again and again, largest part first."""
    left, top, right, bottom = hand.margins
    corner = np.array((left, top))
    size = width - left - right, height - top - bottom
    if rng.random() < PINWHEELS:
        return [part + corner for part in _pinwheel(size, hand, rng)]
    parts = [page_polygon(*size) + corner]
    for _ in range(int(rng.integers(5, 16) if hand.newspaper else rng.integers(0, 8))):
        largest = max(range(len(parts)), key=lambda index: area(parts[index]))
        polygon = parts.pop(largest)
        extent = np.ptp(polygon, axis=0)
        down = bool(extent[0] > extent[1] * rng.uniform(0.6, 1.5))
        halves = _cut(polygon, hand, down, rng)
        parts += halves if min(area(half) for half in halves) > SMALLEST * width * height else [polygon]
    return parts


def _cut(polygon: Polygon, hand: LayoutStyle, down: bool, rng: np.random.Generator) -> list[Polygon]:
    turned = swap(polygon) if down else polygon
    slope = float(rng.uniform(0.05, 0.42) * rng.choice([-1, 1])) if rng.random() < hand.slanted else 0.0
    low, high = turned[:, 1].min(), turned[:, 1].max()
    at = low + (high - low) * rng.uniform(0.25, 0.75) - slope * turned[:, 0].mean()
    gap = (hand.down if down else hand.across) * float(np.hypot(1, slope)) / 2
    halves = [clip(turned, at - gap, slope, above=True), clip(turned, at + gap, slope, above=False)]
    return [swap(half) if down else half for half in halves if len(half) >= 3] or [polygon]


def _pinwheel(size: tuple[int, int], hand: LayoutStyle, rng: np.random.Generator) -> list[Polygon]:
    """Four panels, each as long as one side and less, round a fifth."""
    width, height = size
    near, far = rng.uniform(0.2, 0.42, 2) * size, rng.uniform(0.58, 0.8, 2) * size
    x, y = hand.down / 2, hand.across / 2
    boxes = [
        (0, 0, far[0] - x, near[1] - y),
        (far[0] + x, 0, width, far[1] - y),
        (near[0] + x, far[1] + y, width, height),
        (0, near[1] + y, near[0] - x, height),
        (near[0] + x, near[1] + y, far[0] - x, far[1] - y),
    ]
    return [np.array([(a, b), (c, b), (c, d), (a, d)], np.float64) for a, b, c, d in boxes]


def run_off(
    parts: list[Polygon], size: tuple[int, int], hand: LayoutStyle, rng: np.random.Generator
) -> list[Polygon]:
    """Panels of a page of ``size`` (width, height), some of which run over its margin to its edge."""
    found = []
    for part in parts:
        grown = part.copy()
        for side, margin in enumerate(hand.margins):
            axis, last = side % 2, side >= 2
            at, edge = (size[axis] - margin, size[axis]) if last else (margin, 0)
            if rng.random() < hand.run_off:
                grown[np.abs(grown[:, axis] - at) < 1, axis] = edge
        found.append(grown)
    return found


def place_inset(host: Box, width: int, height: int, rng: np.random.Generator) -> Polygon:
    """A small panel that lies over others, often at a corner of ``host`` or across its sides."""
    x, y, w, h = host
    half = max(24, w * rng.uniform(0.12, 0.3)), max(24, h * rng.uniform(0.12, 0.35))
    spot = rng.choice([0.0, 0.2, 0.8, 1.0], 2) if rng.random() < 0.6 else rng.uniform(0.2, 0.8, 2)
    centre = x + w * spot[0], y + h * spot[1]
    left, right = np.clip((centre[0] - half[0], centre[0] + half[0]), 0, width)
    top, bottom = np.clip((centre[1] - half[1], centre[1] + half[1]), 0, height)
    lean = rng.normal(0, 0.08, 2) * half if rng.random() < 0.25 else (0.0, 0.0)
    corners = [
        (left + lean[0], top),
        (right, top + lean[1]),
        (right - lean[0], bottom),
        (left, bottom - lean[1]),
    ]
    return np.array(corners).clip(0, (width, height))
