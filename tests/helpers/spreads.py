"""Wide drawings that are cut in two, as files of a chapter."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from mangacolor.core.types import Image


def wide_drawing(height: int = 360, width: int = 520, seed: int = 1) -> Image:
    """Patches of flat tone with ink between them that fill the picture: H×W luma."""
    noise = np.random.default_rng(seed).normal(size=(height, width)).astype(np.float32)
    field = cv2.GaussianBlur(noise, (0, 0), height / 45)
    field = (field - field.min()) / (field.max() - field.min())
    steps = np.clip((field * 6).astype(np.uint8), 0, 5)
    tones = np.array([90, 215, 130, 225, 170, 200], np.uint8)[steps]
    ink = cv2.morphologyEx(steps, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    tones[ink] = 15
    return np.asarray(tones, dtype=np.uint8)


def cut(drawing: Image, at: int | None = None) -> tuple[Image, Image]:
    """The left and the right half of a drawing."""
    column = drawing.shape[1] // 2 if at is None else at
    return drawing[:, :column], drawing[:, column:]


def write_spread(folder: Path, names: tuple[str, str], drawing: Image, direction: str = "rtl") -> None:
    """Write the halves of a drawing as two files, in reading order."""
    folder.mkdir(parents=True, exist_ok=True)
    left, right = cut(drawing)
    order = (right, left) if direction == "rtl" else (left, right)
    for name, half in zip(names, order, strict=True):
        assert cv2.imwrite(str(folder / name), half)
