"""Pictures that Pillow decodes in silence to something else than their file means."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from PIL import Image as PillowImage

_BITS: Final = 258  # tags of TIFF 6.0
_PHOTOMETRIC: Final = 262
_PLANES: Final = 284
_SAMPLE_FORMAT: Final = 339
_PNG_BITS: Final = 24  # where a PNG says how many bits a sample has


def check_layout(image: PillowImage.Image) -> None:
    """Raise ``ValueError`` for an opened TIFF whose samples would be taken for others."""
    if image.format != "TIFF":
        return
    bits, formats = _numbers(image, _BITS, 1), _numbers(image, _SAMPLE_FORMAT, 1)
    if 2 in formats:
        raise ValueError("signed pixels have no agreed range; save it as 8 or 16 bit")
    if max(bits) > 16 and 3 not in formats:
        raise ValueError("32-bit pixels have no agreed range; save it as 8 or 16 bit")
    if max(bits) > 8 and _numbers(image, _PLANES, 1) == (2,) and len(bits) > 1:
        raise ValueError("16-bit colours that lie plane by plane are not read; save it as 8 bit")


def corrected(image: PillowImage.Image, data: bytes) -> PillowImage.Image:
    """What a loaded picture means; the picture itself in most cases. ``data``: its whole file."""
    if image.format == "TIFF" and image.mode.startswith("I;16"):
        return _deep_grey(image)
    if image.format == "PNG" and data[_PNG_BITS] == 16 and "transparency" in image.info:
        return _with_deep_key(image)
    if image.format == "GIF":
        return _on_its_canvas(image)
    if image.format == "BMP" and image.mode == "RGBA" and image.getchannel("A").getextrema() == (0, 0):
        return image.convert("RGB")  # many programs leave the fourth byte unset
    return image


def _numbers(image: PillowImage.Image, tag: int, default: int) -> tuple[int, ...]:
    value: Any = image.tag_v2.get(tag, default)  # type: ignore[attr-defined]
    return value if isinstance(value, tuple) else (value,)


def _deep_grey(image: PillowImage.Image) -> PillowImage.Image:
    """Twelve bits spread over sixteen, and white at zero turned over."""
    (bits, *_), (photometric, *_) = _numbers(image, _BITS, 16), _numbers(image, _PHOTOMETRIC, 1)
    if bits == 16 and photometric != 0:
        return image
    values = np.asarray(image).astype(np.uint16)
    if bits == 12:
        values = (values << 4 | values >> 8).astype(np.uint16)
    return PillowImage.fromarray(65535 - values if photometric == 0 else values)


def _with_deep_key(image: PillowImage.Image) -> PillowImage.Image:
    """A colour of 16 bits that stands for clear, applied to grey; cut to 8 bits with the colours."""
    key: Any = image.info["transparency"]
    if not isinstance(key, int):
        image.info["transparency"] = tuple(value >> 8 for value in key)
        return image
    values = np.asarray(image).astype(np.uint32)
    grey = PillowImage.fromarray(((values * 255 + 32767) // 65535).astype(np.uint8))
    return PillowImage.merge("LA", (grey, PillowImage.fromarray(np.uint8(255) * (values != key))))


def _on_its_canvas(image: PillowImage.Image) -> PillowImage.Image:
    """A first frame that is smaller than its canvas, which is clear around it as browsers show it."""
    box: tuple[int, int, int, int] = image.dispose_extent  # type: ignore[attr-defined]
    if box == (0, 0, *image.size):
        return image
    canvas = PillowImage.new("RGBA", image.size)
    canvas.paste(image.convert("RGBA").crop(box), box[:2])
    return canvas
