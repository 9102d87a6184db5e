"""Faults that lenient decoders pass over: checksums, missing ends, warnings of the JPEG decoder.

Pillow paints over a flipped bit without a word. Each check raises ``ValueError`` with a plain reason. Beside
them are decoders that are stricter than Pillow's, or quicker.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from typing import Final

import numpy as np
import simplejpeg

from mangacolor.core.types import Image

# A progressive JPEG has about ten scans; a hostile one has thousands and decodes for hours.
_MAX_SCANS: Final = 200
_ANIMATED: Final = 0x02  # a flag of extended WebP files
_PIECE: Final = 2**20  # bytes that are unpacked at once
_FED: Final = 2**16  # of what is packed: zlib copies what is left over of it
_PNG_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by the colour type
# The passes of an interlaced PNG: first column and row, and the steps from one to the next (section 8.1).
_ADAM7: Final = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)


def check_png(data: bytes) -> None:
    """Check every chunk's CRC-32 up to IEND, and that its picture has all of its rows (PNG, 3rd edition,
    sections 5.3 and 10)."""
    at, packed = 8, list[memoryview]()
    while True:
        length = int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8]
        end = at + 12 + length
        if len(kind) < 4 or end > len(data):
            raise ValueError("truncated: the end of the file is missing")
        if zlib.crc32(memoryview(data)[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            raise ValueError(f"damaged: wrong checksum in its {kind.decode('latin-1')} chunk")
        if kind == b"IEND":
            break
        if kind == b"IDAT":
            packed.append(memoryview(data)[at + 8 : end - 4])
        at = end
    expected = _png_bytes(data[16:29])
    if not _unpacks_to(packed, expected):
        raise ValueError("truncated: rows of the picture are missing")


def _png_bytes(header: bytes) -> int:
    """How many bytes the rows of a PNG have, each with its filter, by what its IHDR holds."""
    width, height, depth, colour, _packing, _filter, interlaced = struct.unpack(">IIBBBBB", header)
    bits = depth * _PNG_CHANNELS.get(colour, 1)
    whole = ((0, 0, 1, 1),)
    sizes = (
        (-(-(width - left) // across), -(-(height - top) // down))
        for left, top, across, down in (_ADAM7 if interlaced else whole)
    )
    return sum(rows * (1 + -(-columns * bits // 8)) for columns, rows in sizes if columns > 0 and rows > 0)


def _unpacks_to(packed: Iterable[memoryview], expected: int) -> bool:
    """Whether there are so many bytes, of which no more than a piece is kept. What zlib cannot read is left
    to the decoder, which says so."""
    unpacking, count = zlib.decompressobj(), 0
    try:
        for piece in (chunk[at : at + _FED] for chunk in packed for at in range(0, len(chunk), _FED)):
            rest: bytes | memoryview = piece
            while rest and count < expected:
                count += len(unpacking.decompress(rest, _PIECE))
                rest = unpacking.unconsumed_tail
    except zlib.error:
        return True
    return count >= expected


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


def decode_still_webp(data: bytes) -> Image | None:
    """H×W×3 uint8 RGB of a whole WebP without alpha, as stored; None of one that is animated or damaged.

    These are Pillow's pixels in less of its time: it plays every WebP as an animation, on a canvas of four
    channels.
    """
    import cv2

    if data[12:16] == b"VP8X" and data[20] & _ANIMATED:
        return None
    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    return None if bgr is None else np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB, dst=bgr), np.uint8)


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
