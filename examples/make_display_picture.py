"""Make the picture of docs/guide/displays.md: a part of a bundled page at a display's size, made twice.

python examples/make_display_picture.py examples/chapter/E19P03.png docs/pictures/displays.webp
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from mangacolor.stages.fit import fit_picture

PART = (slice(430, 800), slice(30, 500))  # rows and columns of the page
SHARE = 1024 / 1401  # of its size, for a display of 758×1024
ZOOM = 2  # so that single pixels are seen
GAP = 12  # pixels between the pictures


def main(source: Path, target: Path) -> None:
    part = np.asarray(Image.open(source).convert("RGB"))[PART]
    size = (round(part.shape[1] * SHARE), round(part.shape[0] * SHARE))
    lanczos = np.asarray(Image.fromarray(part).resize(size, Image.Resampling.LANCZOS))
    pictures = [
        np.kron(picture[..., 0], np.ones((ZOOM, ZOOM), np.uint8))
        for picture in (lanczos, fit_picture(part, size))
    ]
    gap = np.full((size[1] * ZOOM, GAP), 255, np.uint8)
    Image.fromarray(np.hstack([pictures[0], gap, pictures[1]])).save(target, quality=80, method=6)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
