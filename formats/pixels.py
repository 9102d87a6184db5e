"""The bytes of a picture file to sRGB pixels, whatever mode, profile or rotation they are stored in."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageCms, UnidentifiedImageError

from mangacolor.errors import PageError
from mangacolor.formats import integrity
from mangacolor.nouns import Image

FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM")
_ORIENTATION: Final = 0x0112
_TURNS: Final = {
    2: PillowImage.Transpose.FLIP_LEFT_RIGHT,
    3: PillowImage.Transpose.ROTATE_180,
    4: PillowImage.Transpose.FLIP_TOP_BOTTOM,
    5: PillowImage.Transpose.TRANSPOSE,
    6: PillowImage.Transpose.ROTATE_270,
    7: PillowImage.Transpose.TRANSVERSE,
    8: PillowImage.Transpose.ROTATE_90,
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
    _allow(max_pixels)
    try:
        return _decode(data, name, max_pixels)
    except (PageError, MemoryError):
        raise
    except (PillowImage.DecompressionBombError, PillowImage.DecompressionBombWarning) as error:
        raise _too_large(name, "more pixels than allowed", max_pixels) from error
    except UnidentifiedImageError as error:
        raise PageError(
            f"{name}: not a picture in a format that mangacolor reads",
            "Convert it to PNG, or take it out of the chapter.",
        ) from error
    except Exception as error:  # a decoder fed with hostile bytes raises anything at all
        raise PageError(
            f"{name}: cannot be decoded ({_reason(error)})",
            "Open and save it again with an image editor, or get a better copy of this page.",
        ) from error


def _decode(data: bytes, name: str, max_pixels: int) -> Picture:
    with PillowImage.open(io.BytesIO(data), formats=FORMATS) as image:
        width, height = image.size
        if width * height > max_pixels:
            raise _too_large(name, f"{width}×{height} pixels", max_pixels)
        kind = "JPEG" if image.format == "MPO" else str(image.format)
        mode, bits = image.mode, _bits(image)
        frames = int(getattr(image, "n_frames", 1)) if kind in ("GIF", "WEBP", "TIFF", "PNG", "AVIF") else 1
        profile = image.info.get("icc_profile")
        loaded = _load(image, data, kind)
        orientation = _orientation(image)
        density = _density(image.info, orientation)
        notes = [f"holds {frames} pictures; only the first is used"] if frames > 1 else []
        upright = _upright(_to_srgb(loaded, profile, notes), orientation)
    pixels = np.asarray(upright)
    grey = mode in ("1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L") or _is_grey(pixels)
    lossless = kind not in ("JPEG", "AVIF", "JPEG2000") and (
        kind != "WEBP" or integrity.webp_is_lossless(data)
    )
    return Picture(pixels, kind, mode, bits, grey, lossless, density, orientation, frames, tuple(notes))


def _load(image: PillowImage.Image, data: bytes, kind: str) -> PillowImage.Image:
    """Decode the pixels in the file's own mode, with the strictest decoder there is for the format."""
    if kind == "PNG":
        integrity.check_png(data)
    elif kind == "WEBP":
        integrity.check_webp(data)
    elif kind == "JPEG":
        integrity.check_jpeg_scans(data)
        pixels = integrity.decode_jpeg_strictly(data, image.mode)
        if image.mode != "CMYK":  # Adobe's inverted CMYK is what Pillow knows about
            return PillowImage.fromarray(pixels)
    image.load()
    return image


def _to_srgb(image: PillowImage.Image, profile: bytes | None, notes: list[str]) -> PillowImage.Image:
    image, alpha = _without_alpha(_to_8_bit(image))
    converted = _apply_profile(image, profile, notes) if profile else None
    if converted is None:
        converted = _lab_to_srgb(image) if image.mode == "LAB" else image.convert("RGB")
    if alpha is None:
        return converted
    white = PillowImage.new("RGB", image.size, "white")
    return PillowImage.composite(converted, white, alpha)


def _to_8_bit(image: PillowImage.Image) -> PillowImage.Image:
    if image.mode == "F":
        raise ValueError("floating-point pixels have no agreed range; save it as 8 or 16 bit")
    if not image.mode.startswith("I"):
        return image
    values = np.asarray(image).astype(np.int64)
    if values.size and (values.min() < 0 or values.max() > 65535):
        raise ValueError("32-bit pixels have no agreed range; save it as 8 or 16 bit")
    return PillowImage.fromarray(((values * 255 + 32767) // 65535).astype(np.uint8))


def _without_alpha(image: PillowImage.Image) -> tuple[PillowImage.Image, PillowImage.Image | None]:
    """The opaque picture, and its alpha if it has one (also a palette's or a colour key)."""
    if not image.has_transparency_data:
        return (image.convert("RGB") if image.mode in ("P", "HSV", "YCbCr", "RGBX") else image), None
    if image.mode in ("LA", "La"):
        straight = image.convert("LA")
        return straight.getchannel("L"), straight.getchannel("A")
    straight = image.convert("RGBA")
    return straight.convert("RGB"), straight.getchannel("A")


def _apply_profile(image: PillowImage.Image, profile: bytes, notes: list[str]) -> PillowImage.Image | None:
    """``image`` in sRGB, or None if the profile is sRGB already or unusable."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(source).lower():
            return None  # a round trip would only add rounding
        if image.mode == "1" or (image.mode == "L" and source.profile.xcolor_space.strip() == "RGB"):
            image = image.convert("L" if source.profile.xcolor_space.strip() == "GRAY" else "RGB")
        converted = ImageCms.profileToProfile(
            image,
            source,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        notes.append(f"its colour profile is unusable and was ignored ({error})")
        return None
    return converted


def _lab_to_srgb(image: PillowImage.Image) -> PillowImage.Image:
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
    assert converted is not None  # None comes back only from in-place conversion
    return converted


def _orientation(image: PillowImage.Image) -> int:
    # Read after loading: the TIFF decoder turns the picture itself and drops the tag.
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # damaged EXIF says nothing about the pixels
        return 1
    return value if value in _TURNS else 1


def _upright(image: PillowImage.Image, orientation: int) -> PillowImage.Image:
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


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


def _is_grey(pixels: Image) -> bool:
    red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    return bool(np.array_equal(red, green) and np.array_equal(green, blue))


def _allow(max_pixels: int) -> None:
    # Pillow has its own, process-wide guard; it is only ever raised, and ours is checked before loading.
    guard = PillowImage.MAX_IMAGE_PIXELS
    if guard is not None and guard < max_pixels:
        PillowImage.MAX_IMAGE_PIXELS = max_pixels


def _too_large(name: str, size: str, max_pixels: int) -> PageError:
    return PageError(
        f"{name}: too large to decode safely ({size}; the limit is {max_pixels:,} pixels)",
        "Raise the limit with --max-pixels if you trust this file.",
    )


def _reason(error: Exception) -> str:
    return str(error).strip().rstrip(".") or type(error).__name__
