"""Pixels to the bytes of a picture file. No date, version or path goes in: equal pixels, equal bytes."""

from __future__ import annotations

import io
import zlib
from typing import Any, Final

import cv2
from PIL import Image as PillowImage

from mangacolor.core.types import Image, NumberMap

# Formats that hold 8-bit RGB, and the most pixels a side that each can have.
LIMITS: Final = {
    "PNG": 2**31 - 1,
    "JPEG": 65_500,
    "WEBP": 16_383,
    "AVIF": 65_535,
    "TIFF": 2**31 - 1,
    "BMP": 2**31 - 1,
    "JPEG2000": 2**31 - 1,
    "PPM": 2**31 - 1,
}


def encode_picture(
    pixels: Image, format: str, density: tuple[float, float] | None, lossless: bool, quality: int
) -> bytes:
    """A file of ``format`` (a key of ``LIMITS``) holding H×W×3 uint8 sRGB ``pixels``.

    ``density`` is in dots per inch (x, y); WebP, AVIF and PPM have no place for it. ``lossless``
    concerns WebP. Sizes above ``LIMITS`` raise ``ValueError``.
    """
    if max(pixels.shape[:2]) > LIMITS[format]:
        raise ValueError(f"{format} holds at most {LIMITS[format]} pixels a side")
    if format == "PNG":
        data = encode_png(pixels)
        return data if density is None else _with_density(data, density)
    target = io.BytesIO()
    PillowImage.fromarray(pixels).save(
        target, format, **_parameters(format, lossless, quality), **_dpi(format, density)
    )
    return target.getvalue()


def _parameters(format: str, lossless: bool, quality: int) -> dict[str, Any]:
    if format == "WEBP" and lossless:
        return {"lossless": True, "method": 0}  # a quarter of the default's time for a fifth more bytes
    parameters: dict[str, dict[str, Any]] = {
        "JPEG": {"quality": quality, "subsampling": "4:4:4"},
        "WEBP": {"quality": quality, "method": 2},  # half of the default's time, the same size
        "AVIF": {"quality": quality, "subsampling": "4:4:4", "speed": 8, "max_threads": 1},
        "TIFF": {"compression": "tiff_adobe_deflate"},
        "JPEG2000": {"irreversible": False},
    }
    return parameters.get(format, {})


def _dpi(format: str, density: tuple[float, float] | None) -> dict[str, Any]:
    if density is None or format not in ("JPEG", "TIFF", "BMP"):
        return {}
    return {"dpi": density if format == "TIFF" else tuple(round(value) for value in density)}


def encode_png(image: Image | NumberMap) -> bytes:
    """A uint8 H×W or H×W×3 RGB picture, or uint16 H×W, as a PNG file, quickly rather than small.

    Raises ``ValueError`` for what no PNG holds.
    """
    bgr = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    # Each row as what it differs in from the one above: labels and masks hardly change. Files of coloured
    # pages are 3 % larger than with the filter that suits each row best, which takes half as much time again.
    settings = [cv2.IMWRITE_PNG_COMPRESSION, 1]
    if hasattr(cv2, "IMWRITE_PNG_FILTER"):  # OpenCV before 4.12 has no such choice
        settings += [cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP]
    done, data = cv2.imencode(".png", bgr, settings)
    if not done:
        raise ValueError(f"a picture of shape {image.shape} and type {image.dtype} cannot be written as PNG")
    return data.tobytes()


def _with_density(png: bytes, density: tuple[float, float]) -> bytes:
    """Put a pHYs chunk (pixels a metre) after IHDR, which ends at byte 33 of every PNG."""
    x, y = (round(value / 0.0254) for value in density)
    body = b"pHYs" + x.to_bytes(4, "big") + y.to_bytes(4, "big") + b"\1"
    chunk = (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    return png[:33] + chunk + png[33:]
