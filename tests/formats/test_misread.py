"""Pictures whose samples are easily taken for others: each comes out as it is meant, or is named."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image as PillowImage

from mangacolor.core.errors import PageError
from mangacolor.core.types import Image
from mangacolor.formats.pixels import decode_picture
from mangacolor.tests.helpers.hostile_files import chunk
from mangacolor.tests.helpers.stages import comic_page

PAGE = comic_page(60, 40)
HEIGHT, WIDTH = PAGE.shape
DEEP = PAGE.astype(np.uint16) * 257


def tiff(bits: int, data: bytes, photometric: int = 1, form: int = 1) -> bytes:
    """An uncompressed little-endian TIFF of one strip and one sample a pixel."""
    tags = {256: WIDTH, 257: HEIGHT, 258: bits, 259: 1, 262: photometric, 273: 8 + 2 + 12 * 10 + 4}
    tags |= {277: 1, 278: HEIGHT, 279: len(data), 339: form}
    rows = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + rows + bytes(4) + data


def pixels(data: bytes) -> Image:
    return decode_picture(data, "page", 10**6).pixels[..., 0]


def packed_in_12_bits(values: np.ndarray) -> bytes:
    pairs = values.reshape(-1, 2).astype(np.uint16)
    first, second = pairs[:, 0], pairs[:, 1]
    parts = (first >> 4, (first & 15) << 4 | second >> 8, second & 255)
    return np.stack(parts, axis=1).astype(np.uint8).tobytes()


def test_deep_grey_with_white_at_zero_is_no_negative() -> None:
    assert np.array_equal(pixels(tiff(16, (65535 - DEEP).tobytes(), photometric=0)), PAGE)
    assert np.array_equal(pixels(tiff(16, DEEP.tobytes())), PAGE)


def test_twelve_bits_are_no_night() -> None:
    shown = pixels(tiff(12, packed_in_12_bits(DEEP >> 4)))
    assert np.abs(shown.astype(int) - PAGE).max() <= 1


@pytest.mark.parametrize(
    ("bits", "kind", "form", "reason"),
    [
        (8, np.int8, 2, "signed pixels"),
        (16, np.int16, 2, "signed pixels"),
        (32, np.int32, 2, "signed pixels"),
        (32, np.uint32, 1, "32-bit pixels"),
    ],
)
def test_samples_without_an_agreed_range_are_named(bits: int, kind: type, form: int, reason: str) -> None:
    with pytest.raises(PageError, match=f"page: cannot be decoded .{reason} have no agreed range"):
        pixels(tiff(bits, (PAGE // 2).astype(kind).tobytes(), form=form))


def test_deep_colours_plane_by_plane_are_named() -> None:
    tifffile = pytest.importorskip("tifffile")
    target = io.BytesIO()
    tifffile.imwrite(target, np.stack([DEEP] * 3), photometric="rgb", planarconfig="separate")
    with pytest.raises(PageError, match="plane by plane"):
        pixels(target.getvalue())


def test_a_tiff_of_a_rare_kind_is_not_said_to_be_damaged_for_sure() -> None:
    with pytest.raises(PageError, match="damaged, or of a kind that its decoder does not know"):
        pixels(tiff(12, packed_in_12_bits(DEEP >> 4), photometric=0))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_deep_colour_that_stands_for_clear_shows_the_paper(channels: int) -> None:
    values = np.where(PAGE == 255, 0x1234, DEEP).astype(">u2")
    rows = np.repeat(values[..., None], channels, axis=2).reshape(HEIGHT, -1)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 16, 0 if channels == 1 else 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"tRNS", b"\x12\x34" * channels) + chunk(b"IDAT", zlib.compress(raw))
    shown = pixels(b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b""))
    assert np.abs(shown.astype(int) - PAGE).max() <= 1


def test_a_gif_whose_frame_is_smaller_than_its_canvas_lies_on_paper() -> None:
    target = io.BytesIO()
    PillowImage.fromarray(PAGE[:30]).save(target, "GIF")
    data = bytearray(target.getvalue())
    data[8:10] = struct.pack("<H", HEIGHT)
    shown = pixels(bytes(data))
    assert np.array_equal(shown[:30], PAGE[:30]) and (shown[30:] == 255).all()


def test_a_bitmap_whose_fourth_byte_was_never_set_is_not_clear() -> None:
    target = io.BytesIO()
    PillowImage.merge("RGBA", [PillowImage.fromarray(PAGE)] * 4).save(target, "BMP")
    data = bytearray(target.getvalue())
    start = int.from_bytes(data[10:14], "little")
    data[start + 3 :: 4] = bytes(len(data[start + 3 :: 4]))
    size = 124
    header = bytes(data[14:54]).replace(data[14:18], size.to_bytes(4, "little"), 1)
    header = header[:16] + (3).to_bytes(4, "little") + header[20:40]
    header += struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    header += bytes(size - len(header))
    file = b"BM" + bytes(8) + (14 + size).to_bytes(4, "little") + header + bytes(data[start:])
    assert np.array_equal(pixels(file), PAGE)
