"""A picture as a manga artist would ink it: at the scale of a printed page, and then shrunk as a scan is.

``line_art.py`` finds lines at the network's working scale, where they are as jagged as its pixels. On a real
page a line is two to four pixels wide and smooth, and shrunk for the network it is thin and grey at its
edges. Here everything is drawn several times as large. Contours come from colours as well as from tones,
since an artist parts skin from a white shirt, though both are left paper.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.core.types import Image
from mangacolor.training.data.halftone import posterize, print_large
from mangacolor.training.data.line_art import even_brightness, valley, xdog

SCALE = 3  # pixels of the printed page for one at working scale, as in a scan of 1400×2000
SMOOTHINGS = 2  # passes of the filter that takes brush strokes away,
STROKE, STROKE_SIGMA = 7, 2.5  # which looks so far around, in pixels of the page
EDGE = 16.0  # slope of a line's edge: of a pen, harder than a brush's
WIDEST = 3  # pixels, half of the widest line that a picture has of its own
AROUND = 12.0  # pixels at working scale, in which dim scenes are lit up


@dataclass(frozen=True, slots=True)
class InkStyle:
    """How an artist works. Lumas are 0 to 255, lengths pixels of the printed page.

    ``channels``: weights of red, green and blue in the tones. ``smoothing``: how different neighbours are, in
    levels, that a brush left and a pen leaves out. ``by_colour``: contours part colours, too. ``width``: of a
    line (sigma). ``sharpness`` and ``threshold``: of ``xdog``, how much is inked. ``valleys``: the gain with
    which lines that the picture has are kept; 0 for not at all. ``white``: from here on paper. ``black``: up
    to here solid ink, and ``gamma`` of what is between, where tones are graded. ``levels``: how many tones,
    which are drawn anew for each page; 0 for graded ones. ``pitch``: from dot to dot; 0 for tones in grey.
    ``angle``: of the dots, degrees. ``hatched``: lines, not dots.
    """

    channels: tuple[float, float, float]
    smoothing: float
    by_colour: bool
    width: float
    sharpness: float
    threshold: float
    valleys: float
    white: float
    black: float
    gamma: float
    levels: int
    pitch: float
    angle: float
    hatched: bool

    @classmethod
    def draw(cls, rng: np.random.Generator) -> InkStyle:
        """Some style: half of them let red lead, which leaves skin white."""
        lead = (8.0, 2.0, 0.5) if rng.random() < 0.5 else (3.0, 6.0, 1.5)
        white = float(rng.uniform(70, 215))
        return cls(
            channels=tuple(rng.dirichlet(lead).tolist()),
            smoothing=float(rng.uniform(15, 60)),
            by_colour=bool(rng.random() < 0.7),
            width=float(rng.uniform(0.5, 1.2)),
            sharpness=float(rng.uniform(10, 28)),
            threshold=float(rng.uniform(0.2, 0.6)),
            valleys=float(rng.uniform(1.2, 3.0)) if rng.random() < 0.7 else 0.0,
            white=white,
            black=float(rng.uniform(0, min(75, 0.6 * white))),
            gamma=float(rng.uniform(0.5, 1.1)),
            levels=int(rng.integers(2, 5)) if rng.random() < 0.6 else 0,
            pitch=float(rng.uniform(3.2, 7.0)) if rng.random() < 0.75 else 0.0,
            angle=float(rng.choice([45, 45, 45, 0, 30, 60, 90])),
            hatched=bool(rng.random() < 0.2),
        )


def ink(colour: Image, rng: np.random.Generator, enlarged: int = 1) -> Image:
    """A picture inked by some style, H×W uint8.

    ``colour``: H×W×3 uint8 RGB at working scale, or ``enlarged`` so many times from a picture that had more
    pixels: its lines come out finer.
    """
    height, width = colour.shape[0] // enlarged, colour.shape[1] // enlarged
    page = colour
    if enlarged != SCALE:
        size = width * SCALE, height * SCALE
        page = np.asarray(cv2.resize(colour, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    inked = ink_page(page, InkStyle.draw(rng), rng)
    return np.asarray(cv2.resize(inked, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def ink_page(colour: Image, style: InkStyle, rng: np.random.Generator) -> Image:
    """Lines over tones, H×W uint8, at the scale of the page. ``colour``: H×W×3 uint8 RGB at that scale."""
    smooth = colour
    for _ in range(SMOOTHINGS):
        smooth = np.asarray(cv2.bilateralFilter(smooth, STROKE, style.smoothing, STROKE_SIGMA), np.uint8)
    grey = np.rint(smooth @ np.array(style.channels, np.float32)).astype(np.uint8)
    return np.minimum(_draw_tones(grey, style, rng), _draw_contours(smooth, grey, style))


def _draw_contours(colour: Image, grey: Image, style: InkStyle) -> Image:
    """255 paper, dark ink. Brightness is evened out first: dim scenes give lines and not one black."""
    planes = [*cv2.split(colour)] if style.by_colour else [grey]
    lines = np.full_like(grey, 255)
    for plane in planes:
        even = even_brightness(np.asarray(plane, np.uint8), AROUND * SCALE, reduced=4)
        lines = np.minimum(lines, xdog(even, style.width, style.sharpness, style.threshold, EDGE))
    if style.valleys:
        lines = np.minimum(lines, valley(grey, WIDEST, style.valleys))
    return lines


def _draw_tones(grey: Image, style: InkStyle, rng: np.random.Generator) -> Image:
    if style.levels:
        tone = posterize(grey, style.levels, rng, style.white)
    else:
        ramp = np.clip((np.arange(256) - style.black) / (style.white - style.black), 0, 1) ** style.gamma
        tone = np.rint(ramp * 255).astype(np.uint8)[grey]
    if not style.pitch:
        return tone
    return print_large(tone, style.pitch, style.angle, style.hatched)
