"""Manga-like inputs from colour pictures: the one place that decides what training pairs look like.

``synthesize`` is seeded and pure. Kinds: ``grey`` (a desaturated painting), ``tone`` (tone curve that
blows skin and light cloth out to white), ``line`` (line art alone), ``screentone`` (line art over
flat tones, printed as halftone), ``inked`` (all of that as it is drawn on a page, ``inking.py``).
``mixed`` draws one of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from mangacolor.core.colour import luma
from mangacolor.core.types import Image
from mangacolor.training.data.halftone import posterize, print_tones
from mangacolor.training.data.inking import SCALE, ink
from mangacolor.training.data.lettering import paste_balloons
from mangacolor.training.data.line_art import draw_lines
from mangacolor.training.settings import limits, number

INKED = "inked"
KINDS = ("grey", "tone", "line", "screentone", INKED)


@dataclass(frozen=True, slots=True)
class Synthesis:
    """How often each thing happens. Shares of ``kinds`` need not sum to one."""

    kinds: dict[str, float] = field(
        default_factory=lambda: {"grey": 0.34, "tone": 0.26, "line": 0.10, "screentone": 0.30},
        metadata=limits(KINDS, at_least=0),
    )
    balloons: float = number(0.3, at_least=0, at_most=1)  # share of pictures with lettering pasted in
    scan_noise: float = number(0.45, at_least=0, at_most=1)  # share with noise, blur or JPEG damage

    def some_kind(self, rng: np.random.Generator) -> str:
        """One of ``kinds``, as often as its share says."""
        shares = np.array(list(self.kinds.values()))
        return str(rng.choice(list(self.kinds), p=shares / shares.sum()))


def synthesize(
    colour: Image, kind: str, rng: np.random.Generator, settings: Synthesis | None = None, enlarged: int = 1
) -> tuple[Image, Image]:
    """One training pair.

    ``colour``: H×W×3 uint8 RGB at the network's working scale, or ``enlarged`` so many times
    (``wanted_enlargement``). ``kind``: one of ``KINDS`` or ``mixed``. Returns the input (H×W uint8) and the
    target (H×W×3 uint8), which differs from ``colour`` only where lettering was pasted. The same generator
    state gives the same pair.
    """
    settings = settings or Synthesis()
    if kind == "mixed":
        kind = settings.some_kind(rng)
    target = reduced = _reduced(colour, enlarged)
    grey = ink(colour, rng, enlarged) if kind == INKED else RENDERERS[kind](reduced, rng)
    if rng.random() < settings.balloons:
        grey, target = paste_balloons(grey, reduced, rng, int(rng.integers(1, 4)))
    if rng.random() < settings.scan_noise:
        grey = damage_scan(grey, rng)
    return grey, target


def wanted_enlargement(kind: str) -> int:
    """How many times larger than at working scale a picture is best given for an input of this kind."""
    return SCALE if kind == INKED else 1


def _reduced(colour: Image, enlarged: int) -> Image:
    if enlarged == 1:
        return colour
    size = colour.shape[1] // enlarged, colour.shape[0] // enlarged
    return np.asarray(cv2.resize(colour, size, interpolation=cv2.INTER_AREA), np.uint8)


def render(colour: Image, kind: str, rng: np.random.Generator) -> Image:
    """Only the black-and-white rendering (H×W uint8), with no lettering and no damage."""
    return RENDERERS[kind](colour, rng)


def _grey(colour: Image, rng: np.random.Generator) -> Image:
    if rng.random() < 0.5:
        return luma(colour)
    return _random_mix(colour, rng)


def _tone(colour: Image, rng: np.random.Generator) -> Image:
    """A tone curve: lights to paper, darks to ink, as an artist separates for print."""
    grey = _random_mix(colour, rng, red=0.5)
    white, black = rng.uniform(130, 240), rng.uniform(0, 70)
    value = np.clip((np.arange(256) - black) / (white - black), 0, 1) ** rng.uniform(0.7, 1.5)
    curved = np.round(value * 255).astype(np.uint8)[grey]
    if rng.random() < 0.6:  # light surfaces lose their edges in the curve; an artist would ink them
        curved = np.minimum(curved, draw_lines(grey, rng))
    return np.asarray(curved, dtype=np.uint8)


def _line(colour: Image, rng: np.random.Generator) -> Image:
    lines = draw_lines(_random_mix(colour, rng), rng)
    if rng.random() < 0.3:
        lines = np.minimum(lines, _spot_black(colour, rng))
    return lines


def _screentone(colour: Image, rng: np.random.Generator) -> Image:
    # Dots stand 4 to 9 pixels apart in a 1400×2000 scan, which the working scale shrinks 2 to 4 times.
    return render_tones(colour, rng, (1.3, 3.4))[0]


def render_tones(
    colour: Image, rng: np.random.Generator, pitches: tuple[float, float]
) -> tuple[Image, Image]:
    """Lines over flat or graded tones, printed as dots or lines at 2–4 times the working scale; and the same
    with the tones as greys. ``pitches``: range of the pixels at working scale from dot to dot."""
    grey = _random_mix(colour, rng, red=0.5)
    white_from = float(rng.uniform(120, 230))
    if rng.random() < 0.6:
        tone = posterize(grey, int(rng.integers(2, 6)), rng, white_from)
    else:
        tone = np.clip(grey.astype(np.float32) * (255.0 / white_from), 0, 255).astype(np.uint8)
    factor = int(rng.integers(2, 5))
    pitch = float(rng.uniform(*pitches)) * factor
    angle = float(rng.choice([45, 45, 0, 30, 60]))
    printed = print_tones(tone, factor, pitch, angle, lines=rng.random() < 0.15)
    lines = draw_lines(grey, rng)
    return np.minimum(printed, lines), np.minimum(tone, lines)


RENDERERS = {"grey": _grey, "tone": _tone, "line": _line, "screentone": _screentone, INKED: ink}


def _random_mix(colour: Image, rng: np.random.Generator, red: float = 0.2) -> Image:
    """Grey from random channel weights; ``red`` is how often red leads, which turns skin white."""
    weights = rng.dirichlet((3.0, 6.0, 1.5))
    if rng.random() < red:
        weights = rng.dirichlet((8.0, 2.0, 0.5))
    return np.asarray(np.round(colour @ weights.astype(np.float32)), dtype=np.uint8)


def _spot_black(colour: Image, rng: np.random.Generator) -> Image:
    """Dark surfaces inked solid."""
    grey = cv2.GaussianBlur(luma(colour), (0, 0), 1.0)
    return np.where(grey < rng.uniform(30, 80), np.uint8(0), np.uint8(255))


def damage_scan(grey: Image, rng: np.random.Generator) -> Image:
    """Slight blur or sharpening, sensor noise, paper grey and JPEG blocks, each with some chance."""
    value = grey.astype(np.float32)
    if rng.random() < 0.4:
        sigma = float(rng.uniform(0.3, 0.9))
        value = np.asarray(cv2.GaussianBlur(value, (0, 0), sigma), dtype=np.float32)
    if rng.random() < 0.3:
        value = value * rng.uniform(0.90, 1.0) + rng.uniform(0, 12)
    if rng.random() < 0.5:
        value += rng.normal(0, rng.uniform(0.5, 5), value.shape)
    damaged = np.clip(value, 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        damaged = compress_jpeg(damaged, int(rng.integers(40, 92)))
    return damaged


def compress_jpeg(grey: Image, quality: int) -> Image:
    """What a JPEG file of this quality (0 to 100) keeps of H×W uint8."""
    _, packed = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)
