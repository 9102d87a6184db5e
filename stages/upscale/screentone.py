"""Find halftone dots on a page, and keep super-resolution from melting or inventing them.

A dot is a spot that stands out from its surroundings in every direction, which a stroke does not
(along the stroke nothing changes). Where many dots lie close together there is screentone.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.types import Image

Field = npt.NDArray[np.float32]

REACH = 9  # pixels: a dot and the gap to its neighbour; dots wider than this are drawing
CONTRAST = 16  # levels by which a dot stands out
WINDOW = 25  # pixels of the square in which dots are counted
NEIGHBOURHOOD = (2 * REACH - 1, 2 * REACH - 1)  # pixels over which a tone is compared with itself
FLOOR = 8.0  # levels: contrast below which nothing is measured against it
DOTS = 8  # dots a window from which on it is tone: a pitch of up to 9 pixels
MEAN_TOLERANCE = 3.0  # levels
CONTRAST_TOLERANCE = 0.2  # share of the local standard deviation
# Error of the enlargement, reduced again, as a share of the local contrast. On dots of 2.5 to 9
# pixels pitch animevideov3 is truer than Lanczos below 0.2 (by 1 to 10 dB), and not above 0.25,
# where dots have run together into worms (docs/upscaling.md).
TRUE, UNTRUE = 0.18, 0.26


def halftone_mask(luma: Image) -> npt.NDArray[np.bool_]:
    """Where ``luma`` (H×W uint8) shows halftone dots, dark on light or light on dark."""
    peaks = _dot_centres(luma) | _dot_centres(255 - luma)
    count = cv2.boxFilter(peaks.astype(np.float32), -1, (WINDOW, WINDOW), normalize=False)
    core = (count >= DOTS).astype(np.uint8)
    # A window that counts enough dots lies half a window inside the tone's edge.
    return cv2.dilate(core, np.ones((WINDOW // 2, WINDOW // 2), np.uint8)).astype(bool)


def _dot_centres(luma: Image) -> npt.NDArray[np.bool_]:
    """Centres of dark spots: pixels darker than what surrounds them in each of four directions."""
    depth = np.full_like(luma, 255)
    for line in _lines(REACH):
        cv2.min(depth, cv2.morphologyEx(luma, cv2.MORPH_BLACKHAT, line), dst=depth)
    highest = cv2.dilate(depth, np.ones((3, 3), np.uint8))
    # On a plateau every pixel is highest: thinned to one in nine at most, so that it counts little.
    centres: npt.NDArray[np.bool_] = (depth == highest) & (depth >= CONTRAST)
    return centres


def _lines(length: int) -> list[Image]:
    diagonal = np.eye(length, dtype=np.uint8)
    flat = np.ones((1, length), np.uint8)
    return [flat, flat.T, diagonal, np.ascontiguousarray(diagonal[:, ::-1])]


def damage(luma: Image, small: Image) -> Field:
    """How much of an enlargement to replace, 0 to 1 and smooth, H×W float32, on the page's own grid.

    ``small`` is the enlargement reduced to the size of ``luma``. Not 0 only where there are
    halftone dots, and there 1 if the local mean moved by more than 3 levels or the local contrast
    changed by more than 20 %, and rising to 1 as the dots themselves differ.
    """
    tone = halftone_mask(luma)
    if not tone.any():
        return np.zeros(luma.shape, np.float32)
    given, made = luma.astype(np.float32), small.astype(np.float32)
    mean, contrast = _local(given)
    new_mean, new_contrast = _local(made)
    # Beside a tone lies paper, whose noise of a level or two is nothing to keep.
    slack = np.maximum(CONTRAST_TOLERANCE * contrast, MEAN_TOLERANCE)
    broken = (np.abs(new_mean - mean) > MEAN_TOLERANCE) | (np.abs(new_contrast - contrast) > slack)
    error = np.sqrt(cv2.boxFilter((given - made) ** 2, -1, NEIGHBOURHOOD))
    share = (error / np.maximum(contrast, FLOOR) - TRUE) / (UNTRUE - TRUE)
    wrong = np.where(broken, 1.0, np.clip(share, 0, 1)) * tone
    wrong = cv2.dilate(wrong.astype(np.float32), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (REACH, REACH)))
    return np.asarray(cv2.GaussianBlur(wrong, (0, 0), REACH / 4), np.float32)


def _local(values: Field) -> tuple[Field, Field]:
    """Mean and standard deviation over about two dot pitches around each pixel, in levels."""
    mean = np.asarray(cv2.boxFilter(values, -1, NEIGHBOURHOOD), np.float32)
    square = np.asarray(cv2.sqrBoxFilter(values, cv2.CV_32F, NEIGHBOURHOOD), np.float32)
    return mean, np.sqrt(np.maximum(square - mean * mean, 0))
