"""Line art of which everybody knows the segments."""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.arrays import Mask, SegmentMap
from mangacolor.core.types import Image
from mangacolor.stages.segments.describing import describe_segments
from mangacolor.stages.segments.params import SegmentationParams
from mangacolor.stages.segments.segmentation import segment
from mangacolor.stages.windows.artifact import WindowColours

SEGMENTATION = SegmentationParams()


def everywhere(grey: np.ndarray) -> np.ndarray:
    return np.ones(grey.shape, np.bool_)


def find_segments(grey: Image, drawn: Mask | None = None) -> SegmentMap:
    """The segments of a window without halftone."""
    return segment(grey, everywhere(grey) if drawn is None else drawn, lambda part: part, SEGMENTATION).labels


def circle(gap: bool = False) -> np.ndarray:
    grey = np.full((256, 256), 255, np.uint8)
    cv2.circle(grey, (128, 128), 70, 0, 2, cv2.LINE_AA)
    if gap:
        grey[125:131, 190:206] = 255  # the line is open for six pixels
    return grey


def window_of(grey: np.ndarray, labels: np.ndarray, picture: np.ndarray) -> WindowColours:
    """A window with these segments, of whose features nothing is known but colour, tone and place."""
    features = describe_segments(labels, grey, picture, np.zeros((int(labels.max()), 0), np.uint8))
    return WindowColours((0, 0, *grey.shape[::-1]), picture, grey, labels, features)
