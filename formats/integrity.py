"""Faults that lenient decoders pass over: checksums, missing ends, warnings of the JPEG decoder.

Pillow paints over a flipped bit without a word. Each check raises ``ValueError`` with a plain reason.
"""

from __future__ import annotations

import zlib
from typing import Final

import numpy as np
import simplejpeg

from mangacolor.core.types import Image

# A progressive JPEG has about ten scans; a hostile one has thousands and decodes for hours.
_MAX_SCANS: Final = 200


def check_png(data: bytes) -> None:
    """Check every chunk's CRC-32 up to IEND (PNG, 3rd edition, section 5.3)."""
    at = 8
    while True:
        length = int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8]
        end = at + 12 + length
        if len(kind) < 4 or end > len(data):
            raise ValueError("truncated: the end of the file is missing")
        if zlib.crc32(memoryview(data)[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            raise ValueError(f"damaged: wrong checksum in its {kind.decode('latin-1')} chunk")
        if kind == b"IEND":
            return
        at = end


def check_webp(data: bytes) -> None:
    """Check that the file is as long as its RIFF header says."""
    if len(data) < 8 + int.from_bytes(data[4:8], "little"):
        raise ValueError("truncated: the end of the file is missing")


def check_jpeg_scans(data: bytes) -> None:
    """Refuse a JPEG with more scans than any honest encoder writes."""
    scans = data.count(b"\xff\xda")
    if scans > _MAX_SCANS:
        raise ValueError(f"refused: {scans} scans, more than the {_MAX_SCANS} that mangacolor decodes")


def decode_jpeg_strictly(data: bytes, mode: str) -> Image:
    """Decode with libjpeg-turbo, taking its warnings for errors.

    ``mode`` is Pillow's name of the file's mode: ``L`` gives H×W, ``RGB`` H×W×3, ``CMYK`` H×W×4
    (not inverted: use it as a check only).
    """
    colorspace = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK"}[mode]
    try:
        pixels = simplejpeg.decode_jpeg(data, colorspace=colorspace, strict=True)
    except ValueError as error:
        raise ValueError(f"damaged or truncated: {error}") from error
    return np.asarray(pixels, dtype=np.uint8).reshape(pixels.shape[:2] if mode == "L" else pixels.shape)


def webp_is_lossless(data: bytes) -> bool:
    """Whether a WebP's first picture is stored lossless (its chunk is VP8L)."""
    at = 12
    while at + 8 <= len(data):
        kind = data[at : at + 4]
        if kind in (b"VP8L", b"VP8 "):
            return kind == b"VP8L"
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        at += 24 if kind == b"ANMF" else 8 + size + size % 2  # an animation frame holds chunks itself
    return False
