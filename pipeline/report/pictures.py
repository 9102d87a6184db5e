"""Pictures of a report, packed into the page itself."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np

from mangacolor.core.errors import PageError
from mangacolor.core.types import Image
from mangacolor.formats.pixels import NO_LIMIT, decode_picture

LARGE, SMALL = 1400, 640  # long sides of embedded pictures, in pixels
FEW = 24  # pages up to which a report shows them at full size; its weight then stays below 50 MB or so


def sizes(pages: int) -> tuple[int, int]:
    """Long sides of a report's large and small pictures: fewer pixels where there are many pages."""
    factor = min(1.0, max(0.45, (FEW / max(1, pages)) ** 0.5))
    return round(LARGE * factor), round(SMALL * factor)


def read_picture(data: bytes | None) -> Image | None:
    """RGB pixels of any picture file, as stages see them; None for what cannot be read here."""
    try:
        return decode_picture(data, "", NO_LIMIT).pixels if data else None
    except PageError:
        return None


def embed(image: Image | None, longest: int) -> str | None:
    """A picture of at most ``longest`` pixels a side as a data address; None for None."""
    import cv2

    if image is None:
        return None
    factor = longest / max(image.shape[:2])
    if factor < 1:
        size = max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    ok, packed = cv2.imencode(".webp", bgr, [cv2.IMWRITE_WEBP_QUALITY, 85])
    return f"data:image/webp;base64,{base64.b64encode(packed.tobytes()).decode()}" if ok else None


def read_bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
