"""The numbers that decide how a page is made smaller.

Pixels are of the display unless said otherwise, levels are of luma (0 to 255), light is linear (0 to 1). A
pair is a ramp: from the first value on something counts a little, from the second on wholly.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LatticeParams:
    """Which dots are too fine for the display, and how they are taken away (lattices.py)."""

    # Pixels a side of the squares in which dots are looked for; they overlap by half.
    cell: float = 32.0
    # Pitch of the dots, pixels: up to the first they are smoothed, from the second on they stay.
    pitch: tuple[float, float] = (4.5, 5.5)
    # Share of a square's fine detail that the two strongest waves of a lattice have.
    regular: tuple[float, float] = (0.22, 0.36)
    # The second wave's energy, of the first one's: lines have one wave, dots have two.
    balance: tuple[float, float] = (0.08, 0.2)
    # Amplitude of the second wave, light.
    amplitude: tuple[float, float] = (0.012, 0.025)
    # Light between the darkest and the brightest pixel of a square in which anything is looked for.
    least_contrast: float = 0.05
    # Cosine of the angle between the two waves up to which they span a plane.
    most_parallel: float = 0.85
    # How sure a square is whose lattice is followed into the squares beside it, and those that need no help.
    sure: float = 0.6
    # There: amplitude of each of its waves, of what it is in that square; share of all fine detail of both.
    followed: tuple[float, float] = (0.3, 0.5)
    hidden: tuple[float, float] = (0.08, 0.16)
    # Multiples of the two waves that are taken away, and the radius around each, in steps of the spectrum.
    orders: int = 2
    radius: float = 1.6


@dataclass(frozen=True, slots=True)
class ToneParams:
    """What becomes of a tone, and what is drawn over it (tone.py)."""

    # Sigma, pixels, that melts dots and leaves thick strokes; and one that only calms noise.
    stroke_sigma: float = 1.6
    noise_sigma: float = 0.5
    # Levels by which a stroke differs from the tone: in the first, and in the picture without its dots.
    thick: tuple[float, float] = (35.0, 70.0)
    thin: tuple[float, float] = (28.0, 60.0)
    # Least length, pixels, of a thin stroke, and its directions: a shorter speck is a dot unlike the others.
    stroke_length: float = 5.0
    directions: int = 8
    # Sigma, pixels, of a tone's mean.
    mean_sigma: float = 2.6
    # Sigma, pixels, of wider means, and levels of unevenness within a tone, against each of them, that are
    # beats of dots with the scan's pixels and not drawing.
    beats: tuple[tuple[float, float], ...] = ((9.0, 6.0), (24.0, 2.0), (60.0, 0.7))
    # Levels up to which all around is ink, and from which it is paper: both stay as they are.
    solid_ink: tuple[float, float] = (24.0, 8.0)
    solid_paper: tuple[float, float] = (250.0, 254.0)


@dataclass(frozen=True, slots=True)
class Params:
    """All of them."""

    lattices: LatticeParams = field(default_factory=LatticeParams)
    tone: ToneParams = field(default_factory=ToneParams)
    # How many times the display's pixels a page is looked at with; a larger one is shrunk to that first.
    most_detail: float = 2.0
    # Sigma, pixels, of the ground behind lines, and its levels up to which light lines on it count as light.
    ground_sigma: float = 6.0
    dark_ground: tuple[float, float] = (70.0, 30.0)


DEFAULT_PARAMS = Params()
