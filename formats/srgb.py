"""Pictures of any mode and colour profile to sRGB on white paper, strip by strip."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageCms

from mangacolor.core.types import Image

_STRIP: Final = 4_000_000  # pixels converted at once: a webtoon strip must not be in memory five times
Convert = Callable[[PillowImage.Image], PillowImage.Image]


def to_srgb(image: PillowImage.Image, profile: bytes | None, notes: list[str]) -> Image:
    """H×W×3 uint8 sRGB of a loaded picture; alpha is composited on white.

    16 bits are scaled to 8. Grey, palette, CMYK and Lab are converted by ``profile`` (ICC) where there
    is a usable one. Appends to ``notes`` what the user should know. Raises ``ValueError`` for pixels
    without an agreed range (32 bits, floating point).
    """
    width, height = image.size
    pixels = np.empty((height, width, 3), np.uint8)
    rows = max(1, _STRIP // width)
    convert: Convert | None = None
    for top in range(0, height, rows):
        strip, alpha = _split_alpha(_to_8_bit(image.crop((0, top, width, min(top + rows, height)))))
        convert = convert or _converter(strip, profile, notes)
        opaque = convert(strip)
        if alpha is not None:
            opaque = PillowImage.composite(opaque, PillowImage.new("RGB", opaque.size, "white"), alpha)
        pixels[top : top + rows] = np.asarray(opaque)
    return pixels


def _to_8_bit(image: PillowImage.Image) -> PillowImage.Image:
    if image.mode == "F":
        raise ValueError("floating-point pixels have no agreed range; save it as 8 or 16 bit")
    if not image.mode.startswith("I"):
        return image
    values = np.asarray(image).astype(np.int64)
    if values.size and (values.min() < 0 or values.max() > 65535):
        raise ValueError("32-bit pixels have no agreed range; save it as 8 or 16 bit")
    return PillowImage.fromarray(((values * 255 + 32767) // 65535).astype(np.uint8))


def _split_alpha(image: PillowImage.Image) -> tuple[PillowImage.Image, PillowImage.Image | None]:
    """The opaque picture, and its alpha if it has one (also a palette's or a colour key)."""
    if not image.has_transparency_data:
        return (image.convert("RGB") if image.mode in ("P", "HSV", "YCbCr", "RGBX") else image), None
    if image.mode in ("LA", "La"):
        straight = image.convert("LA")
        return straight.getchannel("L"), straight.getchannel("A")
    straight = image.convert("RGBA")
    return straight.convert("RGB"), straight.getchannel("A")


def _converter(image: PillowImage.Image, profile: bytes | None, notes: list[str]) -> Convert:
    """What turns pictures of this one's mode into sRGB."""
    if profile:
        try:
            transform = _by_profile(image.mode, profile)
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
            notes.append(f"its colour profile is unusable and was ignored ({error})")
        else:
            if transform is not None:
                return transform
    if image.mode == "LAB":
        return _transform(ImageCms.createProfile("LAB"), "LAB")
    return lambda strip: strip if strip.mode == "RGB" else strip.convert("RGB")


def _by_profile(mode: str, profile: bytes) -> Convert | None:
    """The conversion that an ICC profile asks for; None for sRGB, where rounding is all it would do."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    if "srgb" in ImageCms.getProfileDescription(source).lower():
        return None
    space = source.profile.xcolor_space.strip()
    if mode in ("1", "L"):
        mode = "L" if space == "GRAY" else "RGB"
    return _transform(source, mode)


def _transform(source: Any, mode: str) -> Convert:
    transform = ImageCms.buildTransform(
        source,
        ImageCms.createProfile("sRGB"),
        mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )

    def convert(strip: PillowImage.Image) -> PillowImage.Image:
        converted = ImageCms.applyTransform(strip if strip.mode == mode else strip.convert(mode), transform)
        assert converted is not None  # None comes back only from in-place conversion
        return converted

    return convert
