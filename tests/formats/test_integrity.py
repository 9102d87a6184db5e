"""A PNG has all the rows that it says it has, in every kind of PNG; one with fewer is named."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image as PillowImage

from mangacolor.core.errors import PageError
from mangacolor.formats import integrity
from mangacolor.formats.integrity import check_png
from mangacolor.formats.pixels import decode_picture

LIMIT = 10**6
SIZES = [(1, 1), (3, 2), (5, 9), (17, 8), (64, 33)]
# Bytes of a row without its filter, of so many columns, by depth and colour type.
ROWS: dict[tuple[int, int], Callable[[int], int]] = {
    (1, 0): lambda width: (width + 7) // 8,
    (2, 3): lambda width: (2 * width + 7) // 8,
    (8, 0): lambda width: width,
    (16, 0): lambda width: 2 * width,
    (8, 2): lambda width: 3 * width,
    (8, 4): lambda width: 2 * width,
    (16, 6): lambda width: 8 * width,
}


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(size: tuple[int, int], depth: int, colour: int, rows: int, pieces: int = 1) -> bytes:
    """A PNG of this size with so many rows, in so many chunks."""
    row = b"\0" + bytes(ROWS[depth, colour](size[0]))
    packed = zlib.compress(row * rows)
    cuts = [len(packed) * number // pieces for number in range(pieces + 1)]
    parts = [chunk(b"IDAT", packed[a:b]) for a, b in pairwise(cuts)]
    palette = chunk(b"PLTE", bytes(12)) if colour == 3 else b""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + palette + b"".join(parts) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("depth", "colour"), ROWS)
def test_rows_are_counted(size: tuple[int, int], depth: int, colour: int) -> None:
    for pieces in (1, 3):
        check_png(png(size, depth, colour, size[1], pieces))
        with pytest.raises(ValueError, match="rows of the picture are missing"):
            check_png(png(size, depth, colour, size[1] - 1, pieces))


@pytest.mark.parametrize("size", SIZES)
def test_an_interlaced_one_is_whole(size: tuple[int, int]) -> None:
    """By what Pillow reads of one whose passes lie one after the other (Adam7)."""
    width, height = size
    grey = np.random.default_rng(1).integers(0, 256, (height, width), np.uint8)
    starts = [
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    ]
    passes = [grey[y::down, x::across] for x, y, across, down in starts]
    rows = [b"\0" + row.tobytes() for part in passes if part.size for row in part]
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 1))

    def made(kept: list[bytes]) -> bytes:
        data = chunk(b"IDAT", zlib.compress(b"".join(kept)))
        return b"\x89PNG\r\n\x1a\n" + head + data + chunk(b"IEND", b"")

    read = decode_picture(made(rows), "a.png", LIMIT).pixels
    assert (read[..., 0] == grey).all()
    with pytest.raises(
        PageError, match=r"a\.png: cannot be decoded \(truncated: rows of the picture are missing"
    ):
        decode_picture(made(rows[:-1]), "a.png", LIMIT)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_what_pillow_writes_is_whole(mode: str) -> None:
    picture = PillowImage.new(mode, (37, 23))
    file = io.BytesIO()
    picture.save(file, "PNG")
    check_png(file.getvalue())
    animated = io.BytesIO()
    picture.convert("RGB").save(
        animated, "PNG", save_all=True, append_images=[PillowImage.new("RGB", (37, 23), "red")]
    )
    check_png(animated.getvalue())


def test_one_long_chunk_is_read_to_its_end() -> None:
    side = 300
    rows = np.random.default_rng(2).integers(0, 256, (side, 3 * side + 1), np.uint8)
    rows[:, 0] = 0
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))

    def made(count: int) -> bytes:
        data = chunk(b"IDAT", zlib.compress(rows[:count].tobytes()))
        return b"\x89PNG\r\n\x1a\n" + head + data + chunk(b"IEND", b"")

    assert len(made(side)) > 4 * integrity._FED  # in several parts
    check_png(made(side))
    with pytest.raises(ValueError, match="rows of the picture are missing"):
        check_png(made(side - 1))
