"""The tint table: one fixed curve from lightness to chroma, the baseline of every table.

Cb and Cr are a quadratic of luma, fitted by least squares on the training pictures and multiplied
by a gain, because a mean colour is paler than any colour. A network that does not clearly beat it
has learnt nothing but sepia. The one stored beside this file was fitted on the training pages
(Pepper&Carrot 1–18); ``fit_folders`` fits anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.colour import TO_RGB
from mangacolor.core.types import Image
from mangacolor.training.data.pictures import list_pictures, read_rgb, shrink

TABLE = Path(__file__).with_name("tint_table.json")
FITTED_SIDE = 256  # pixels on the short side when fitting: colour is low-frequency, disks are slow


@dataclass(frozen=True, slots=True)
class TintTable:
    """``cb`` and ``cr``: coefficients of 1, y, y² with y = luma / 255, in levels; ``gain`` on both."""

    cb: tuple[float, float, float]
    cr: tuple[float, float, float]
    gain: float
    pictures: int  # how many it was fitted on

    def colour(self, grey: Image) -> Image:
        """Tint a grey picture (H×W uint8 → H×W×3 uint8 RGB), luma kept where the gamut allows."""
        return self._levels()[grey]

    def _levels(self) -> Image:
        """The 256 colours, chroma reduced at constant luma until in gamut."""
        luma = np.arange(256, dtype=np.float64)
        powers = np.vander(luma / 255, 3, increasing=True)
        cb = self.gain * (powers @ np.array(self.cb))
        cr = self.gain * (powers @ np.array(self.cr))
        offset = np.stack([of_cb * cb + of_cr * cr for of_cb, of_cr in TO_RGB], axis=1)
        room = np.where(offset > 0, 255 - luma[:, None], luma[:, None])
        fits = np.min(room / np.maximum(np.abs(offset), 1e-9), axis=1)
        rgb = luma[:, None] + np.minimum(fits, 1.0)[:, None] * offset
        return np.asarray(np.clip(np.round(rgb), 0, 255), dtype=np.uint8)


def load_tint_table(path: Path = TABLE) -> TintTable:
    """The table in ``path``: the one fitted on the training set, if none is named."""
    stored = json.loads(path.read_text(encoding="utf-8"))
    return TintTable(tuple(stored["cb"]), tuple(stored["cr"]), stored["gain"], stored["pictures"])


def fit_tint_table(pictures: Iterable[Image], gain: float = 1.5) -> TintTable:
    """Fit the curve on colour pictures (each H×W×3 uint8 RGB). Each weighs the same."""
    normal = np.zeros((3, 3))
    moments = np.zeros((3, 2))
    count = 0
    for picture in pictures:
        count += 1
        ycc = (
            cv2.cvtColor(shrink(picture, FITTED_SIDE), cv2.COLOR_RGB2YCrCb).reshape(-1, 3).astype(np.float64)
        )
        powers = np.vander(ycc[:, 0] / 255, 3, increasing=True)
        chroma = ycc[:, [2, 1]] - 128
        normal += powers.T @ powers / len(ycc)
        moments += powers.T @ chroma / len(ycc)
    if not count:
        raise ValueError("a tint table needs at least one picture")
    curve = np.linalg.lstsq(normal, moments, rcond=None)[0].round(4)
    return TintTable(_triple(curve[:, 0]), _triple(curve[:, 1]), gain, count)


def _triple(values: npt.NDArray[np.floating[Any]]) -> tuple[float, float, float]:
    first, second, third = (float(value) for value in values)
    return first, second, third


def fit_folders(folders: Iterable[Path], out: Path = TABLE, gain: float = 1.5) -> TintTable:
    """Fit on every picture under ``folders`` and write the table to ``out``, as JSON."""
    table = fit_tint_table((read_rgb(file) for folder in folders for file in list_pictures(folder)), gain)
    out.write_text(json.dumps(asdict(table), indent=1) + "\n", encoding="utf-8")
    return table
