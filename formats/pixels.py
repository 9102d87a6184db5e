"""The bytes of a picture file to sRGB pixels, whatever mode, profile or rotation they are stored in."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from PIL import (
    AvifImagePlugin,  # noqa: F401 - see FORMATS
    Jpeg2KImagePlugin,  # noqa: F401
    TiffImagePlugin,  # noqa: F401
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)
from PIL import Image as PillowImage

from mangacolor.core.errors import PageError
from mangacolor.core.types import Image
from mangacolor.formats import integrity
from mangacolor.formats.misread import check_layout, corrected
from mangacolor.formats.plugins import plugin_format, unread_kind
from mangacolor.formats.sniff import HEAD, image_kind
from mangacolor.formats.srgb import to_srgb

# Pillow knows these once their modules are imported. For one that it does not know it would import all of its
# forty formats.
FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM")
NO_LIMIT: Final = 2**62
_ORIENTATION: Final = 0x0112
_BETTER_COPY: Final = "Open and save it again with an image editor, or get a better copy of this page."
_UNKNOWN: Final = "damaged, or of a kind that its decoder does not know"
_SUBFILE: Final = 254  # TIFF 6.0's NewSubfileType, of which bit 0 is a reduced version of another picture
_TURNS: Final[dict[int, Callable[[Image], Image]]] = {  # EXIF 2.32, section 4.6.4
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.transpose(1, 0, 2),
    6: lambda pixels: pixels[::-1].transpose(1, 0, 2),
    7: lambda pixels: pixels[::-1, ::-1].transpose(1, 0, 2),
    8: lambda pixels: pixels.transpose(1, 0, 2)[::-1],
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded file.

    ``pixels``: H×W×3 uint8, sRGB, upright. ``format`` and ``mode`` are Pillow's names for what the
    file holds, ``bits`` its bits a channel, ``density`` dots per inch (x, y) of the upright picture,
    ``frames`` how many pictures the file holds (only the first is decoded), ``notes`` what the user
    should know.
    """

    pixels: Image
    format: str
    mode: str
    bits: int
    grey: bool
    lossless: bool
    density: tuple[float, float] | None
    orientation: int
    frames: int
    notes: tuple[str, ...] = ()


def decode_picture(data: bytes, name: str, max_pixels: int) -> Picture:
    """Decode a picture file; ``name`` is for messages.

    Alpha is composited on white, an ICC profile converted to sRGB, EXIF orientation applied. Raises
    ``PageError`` if the file is empty, no picture, damaged, truncated, or over ``max_pixels``.
    """
    if not data:
        raise PageError(f"{name}: the file is empty (0 bytes)", "Get a complete copy of this page.")
    unread = unread_kind(data, name)
    if unread is not None:
        raise unread
    allow_pixels(max_pixels)
    try:
        return _decode(data, name, max_pixels)
    except (PageError, MemoryError):
        raise
    except (PillowImage.DecompressionBombError, PillowImage.DecompressionBombWarning) as error:
        raise _too_large(name, "more pixels than allowed", max_pixels) from error
    except UnidentifiedImageError as error:
        if image_kind(data[:HEAD]) is not None:
            if image_kind(data[:HEAD]) == "tiff":  # of which there are kinds that Pillow does not know
                raise PageError(f"{name}: cannot be decoded ({_UNKNOWN})", _BETTER_COPY) from error
            raise PageError(
                f"{name}: cannot be decoded (damaged: only its beginning is a picture's)", _BETTER_COPY
            ) from error
        raise PageError(
            f"{name}: not a picture in a format that mangacolor reads",
            "Convert it to PNG, or take it out of the chapter.",
        ) from error
    except Exception as error:  # a decoder fed with hostile bytes raises anything at all
        raise PageError(
            f"{name}: cannot be decoded ({_reason(error, data)})",
            _BETTER_COPY,
        ) from error


def picture_size(file: BinaryIO) -> tuple[int, int]:
    """Width and height by the header of a picture file, however large. Raises what Pillow raises."""
    allow_pixels(NO_LIMIT)  # nothing is decoded
    head = file.read(HEAD)
    file.seek(0)
    with PillowImage.open(file, formats=FORMATS + plugin_format(head)) as image:
        return image.size


def find_size(path: Path) -> tuple[int, int] | None:
    """The same of a file on the disk; None where it is no picture, or not there any more."""
    try:
        with path.open("rb") as file:
            return picture_size(file)
    except Exception:  # as of ``decode_picture``
        return None


def _decode(data: bytes, name: str, max_pixels: int) -> Picture:
    with PillowImage.open(io.BytesIO(data), formats=FORMATS + plugin_format(data[:HEAD])) as image:
        width, height = image.size
        if width * height > max_pixels:
            raise _too_large(name, f"{width}×{height} pixels", max_pixels)
        if image.format == "TIFF" and image.tag_v2.get(_SUBFILE, 0) & 1:  # type: ignore[attr-defined]
            raise PageError(
                f"{name}: its first picture is a thumbnail, as in camera raw files", "Convert it to PNG."
            )
        kind = "JPEG" if image.format == "MPO" else str(image.format)
        mode, bits = image.mode, _bits(image)
        frames = int(getattr(image, "n_frames", 1)) if kind in ("GIF", "WEBP", "TIFF", "PNG", "AVIF") else 1
        profile = image.info.get("icc_profile")
        notes = [f"holds {frames} pictures; only the first is used"] if frames > 1 else []
        pixels = _load(image, data, kind, profile, notes)
        orientation = _orientation(image)
        density = _density(image.info, orientation)
    pixels = _upright(pixels, orientation)
    grey = mode in ("1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L") or is_grey(pixels)
    lossless = kind not in ("JPEG", "AVIF", "JPEG2000", "JXL", "HEIF") and (
        kind != "WEBP" or integrity.webp_is_lossless(data)
    )
    return Picture(pixels, kind, mode, bits, grey, lossless, density, orientation, frames, tuple(notes))


def _load(image: PillowImage.Image, data: bytes, kind: str, profile: bytes | None, notes: list[str]) -> Image:
    """Decode to sRGB as stored, with the strictest decoder that there is for the format."""
    if kind == "PNG":
        integrity.check_png(data)
    elif kind == "WEBP":
        integrity.check_webp(data)
        still = integrity.decode_still_webp(data) if image.mode == "RGB" and not profile else None
        if still is not None:
            return still
    elif kind == "JPEG":
        integrity.check_jpeg_scans(data)
        pixels = integrity.decode_jpeg_strictly(data, image.mode)
        if image.mode == "RGB" and not profile:
            return pixels
        if image.mode != "CMYK":  # Adobe's inverted CMYK is what Pillow knows about
            return to_srgb(PillowImage.fromarray(pixels), profile, notes)
        del pixels
    check_layout(image)
    image.load()
    return to_srgb(corrected(image, data), profile, notes)


def _orientation(image: PillowImage.Image) -> int:
    # Read after loading: the TIFF decoder turns the picture itself and drops the tag.
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # damaged EXIF says nothing about the pixels
        return 1
    return value if value in _TURNS else 1


def _upright(pixels: Image, orientation: int) -> Image:
    turn = _TURNS.get(orientation)
    return pixels if turn is None else np.ascontiguousarray(turn(pixels))


def _density(info: dict[Any, Any], orientation: int) -> tuple[float, float] | None:
    try:
        x, y = (float(value) for value in info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    if not (1 <= x < 65536 and 1 <= y < 65536):
        return None
    return (y, x) if orientation >= 5 else (x, y)


def _bits(image: PillowImage.Image) -> int:
    if image.mode == "1":
        return 1
    return 16 if image.mode.startswith("I") else 8


def is_grey(pixels: Image) -> bool:
    """Whether no pixel of H×W×3 uint8 RGB has a colour."""
    red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    return bool(np.array_equal(red, green) and np.array_equal(green, blue))


def allow_pixels(max_pixels: int) -> None:
    """Let Pillow open a picture of so many pixels.

    Its own guard is process-wide. It is only ever raised, and ours is checked before loading.
    """
    guard = PillowImage.MAX_IMAGE_PIXELS
    if guard is not None and guard < max_pixels:
        PillowImage.MAX_IMAGE_PIXELS = max_pixels


def _too_large(name: str, size: str, max_pixels: int) -> PageError:
    return PageError(
        f"{name}: too large to decode safely ({size}; the limit is {max_pixels:,} pixels)",
        "Raise the limit with --max-pixels if you trust this file.",
    )


def _reason(error: Exception, data: bytes) -> str:
    if plugin_format(data[:HEAD]):  # what plug-ins say is about their own building
        return _UNKNOWN
    return str(error).strip().partition("\n")[0].strip().rstrip(".") or type(error).__name__
