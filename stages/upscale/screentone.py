"""Find halftone dots on a page, and keep super-resolution from melting or inventing them.

A dot is a spot that stands out from its surroundings in every direction, which a stroke does not
(along the stroke nothing changes). Where many dots lie close together there is screentone.
"""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.arrays import F32, Mask
from mangacolor.core.types import Image
from mangacolor.stages.upscale.params import ScreentoneParams


def find_halftone(luma: Image, params: ScreentoneParams) -> Mask:
    """Where ``luma`` (H×W uint8) shows halftone dots, dark on light or light on dark."""
    peaks = _dot_centres(luma, params) | _dot_centres(255 - luma, params)
    window = (params.window, params.window)
    count = cv2.boxFilter(peaks.astype(np.float32), -1, window, normalize=False)
    core = (count >= params.min_dots).astype(np.uint8)
    # A window that counts enough dots lies half a window inside the tone's edge.
    return cv2.dilate(core, np.ones((params.window // 2, params.window // 2), np.uint8)).astype(bool)


def _dot_centres(luma: Image, params: ScreentoneParams) -> Mask:
    """Centres of dark spots: pixels darker than what surrounds them in each of four directions."""
    depth = np.full_like(luma, 255)
    for line in _lines(params.reach):
        cv2.min(depth, cv2.morphologyEx(luma, cv2.MORPH_BLACKHAT, line), dst=depth)
    highest = cv2.dilate(depth, np.ones((3, 3), np.uint8))
    # On a plateau every pixel is highest: thinned to one in nine at most, so that it counts little.
    centres: Mask = (depth == highest) & (depth >= params.dot_contrast)
    return centres


def _lines(length: int) -> list[Image]:
    """Structuring elements of ``length`` pixels in four directions."""
    diagonal = np.eye(length, dtype=np.uint8)
    flat = np.ones((1, length), np.uint8)
    return [flat, flat.T, diagonal, np.ascontiguousarray(diagonal[:, ::-1])]


def measure_damage(luma: Image, small: Image, params: ScreentoneParams) -> F32:
    """How much of an enlargement to replace, 0 to 1 and smooth, H×W float32, on the page's own grid.

    ``small`` is the enlargement reduced to the size of ``luma``. Not 0 only where there are
    halftone dots, and there 1 if the local mean or the local contrast changed by more than is
    tolerated, and rising to 1 as the dots themselves differ.
    """
    tone = find_halftone(luma, params)
    if not tone.any():
        return np.zeros(luma.shape, np.float32)
    before, after = luma.astype(np.float32), small.astype(np.float32)
    mean, contrast = _local_statistics(before, params)
    new_mean, new_contrast = _local_statistics(after, params)
    # Beside a tone lies paper, whose noise of a level or two is nothing to keep.
    slack = np.maximum(params.contrast_tolerance * contrast, params.mean_tolerance)
    broken = (np.abs(new_mean - mean) > params.mean_tolerance) | (np.abs(new_contrast - contrast) > slack)
    error = np.sqrt(cv2.boxFilter((before - after) ** 2, -1, _neighbourhood(params)))
    relative = error / np.maximum(contrast, params.contrast_floor)
    share = (relative - params.kept_error) / (params.replaced_error - params.kept_error)
    wrong = np.where(broken, 1.0, np.clip(share, 0, 1)) * tone
    dot = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (params.reach, params.reach))
    wrong = cv2.dilate(wrong.astype(np.float32), dot)
    return np.asarray(cv2.GaussianBlur(wrong, (0, 0), params.reach / 4), np.float32)


def _neighbourhood(params: ScreentoneParams) -> tuple[int, int]:
    """Pixels over which a tone is compared with itself: about two dot pitches."""
    side = 2 * params.reach - 1
    return side, side


def _local_statistics(values: F32, params: ScreentoneParams) -> tuple[F32, F32]:
    """Mean and standard deviation over about two dot pitches around each pixel, in levels."""
    around = _neighbourhood(params)
    mean = np.asarray(cv2.boxFilter(values, -1, around), np.float32)
    square = np.asarray(cv2.sqrBoxFilter(values, cv2.CV_32F, around), np.float32)
    return mean, np.sqrt(np.maximum(square - mean * mean, 0))
