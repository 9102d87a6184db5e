"""encode: finished pixels to a file in the source's format, the same bytes every time.

With ``--fit`` they are brought to the display's size first, and so are pages that are copied: all that comes
before is the same for every display.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from mangacolor.core.displays import Frame, display_of
from mangacolor.core.settings import Options, Scale
from mangacolor.core.types import Artifact, Chapter, Image, Inputs, KnownChapters
from mangacolor.formats.names import with_other_suffix
from mangacolor.formats.pixels import decode_picture
from mangacolor.formats.writers import LIMITS, encode_picture
from mangacolor.stages.base import GUARD, WHERE_SET, Redraw, Stage, StageContext
from mangacolor.stages.demand import Demand, PageSize
from mangacolor.stages.spreads.halves import half_of

# Bytes for each pixel while a page is brought to a display's size.
FITTING = 36


@dataclass(frozen=True, slots=True)
class Config:
    """Qualities of the lossy formats, 0 to 100, and what pages are to fit into, with how much enlargement."""

    jpeg_quality: int = 92  # with 4:4:4 chroma: thin coloured shapes keep their edges
    webp_quality: int = 95
    avif_quality: int = 90
    frame: Frame | None = field(default=None, metadata=WHERE_SET)
    scale: Scale = field(default="auto", metadata=WHERE_SET)
    max_pixels: int = field(default=0, metadata=GUARD)  # of one page that is copied


def configure(options: Options, _chapter: Chapter) -> Config:
    """The display's size, if there is one."""
    display = display_of(options)
    if display is None:
        return Config()
    return Config(frame=display.frame, scale=options.scale, max_pixels=options.max_pixels)


def check(options: Options, _known: KnownChapters) -> None:
    """Refuse a display that nobody knows."""
    display_of(options)


def run(context: StageContext[Config], inputs: Inputs) -> Artifact:
    """Write ``reassemble``'s picture as a file: ``blob``.

    The source's format and density are kept. A format that cannot hold the picture (GIF and grey
    formats never, others by their size) gives PNG with the suffix changed and a warning. Data:
    ``name``, the output path relative to OUT; ``suffix``, its suffix; ``renamed``, whether it differs
    from the page's name; ``format``; and for a display ``size`` [w, h].
    """
    facts = inputs["decode"].data
    return _write(context, fitted(context.config, facts, inputs["reassemble"].images["main"]), facts)


def redraw(context: StageContext[Config]) -> Artifact | None:
    """A page that is copied, at the display's size; None where it has that already."""
    name, config = context.page.source.describe(), context.config
    picture = decode_picture(context.source, name, config.max_pixels)
    height, width = picture.pixels.shape[:2]
    facts = {
        "size": [width, height],
        "format": picture.format,
        "density": picture.density,
        "lossless": picture.lossless,
    }
    pixels = fitted(config, facts, picture.pixels)
    return None if pixels is picture.pixels else _write(context, pixels, facts)


def fitted(config: Config, facts: Mapping[str, Any], pixels: Image) -> Image:
    """The finished pixels of a page, at the size that the display wants. ``facts``: what ``decode`` found."""
    if config.frame is None:
        return pixels
    from mangacolor.stages.fit import fit_page

    half = half_of(facts)
    size = half.size if half else (facts["size"][0], facts["size"][1])
    return fit_page(pixels, size, config.frame, config.scale)


def _write(context: StageContext[Config], pixels: Image, facts: Mapping[str, Any]) -> Artifact:
    source_format, density = facts["format"], facts["density"]
    reason = _why_not(source_format, context.page.name, pixels.shape[1], pixels.shape[0])
    name = context.page.name
    if reason is not None:
        name = with_other_suffix(name, ".png", (page.name for page in context.chapter.pages))
    written = source_format if reason is None else "PNG"
    if reason is not None:
        context.warn(f"written as {PurePosixPath(name).name}, because {reason}")
    blob = encode_picture(pixels, written, density, facts["lossless"], _quality(context.config, written))
    data: dict[str, Any] = {
        "name": name,
        "suffix": PurePosixPath(name).suffix,
        "renamed": name != context.page.name,
        "format": written,
    }
    if context.config.frame is not None:
        data["size"] = [pixels.shape[1], pixels.shape[0]]
    return Artifact(data=data, blob=blob)


def _why_not(source_format: str, name: str, width: int, height: int) -> str | None:
    if source_format not in LIMITS:
        return f"{source_format} cannot hold its colours"
    if source_format == "PPM" and PurePosixPath(name).suffix.lower() in (".pgm", ".pbm"):
        return f"a {PurePosixPath(name).suffix} file holds no colour"
    limit = LIMITS[source_format]
    if max(width, height) > limit:
        return f"{source_format} cannot hold more than {limit:,} pixels a side and it has {width}×{height}"
    return None


def _quality(config: Config, written: str) -> int:
    return {"JPEG": config.jpeg_quality, "WEBP": config.webp_quality, "AVIF": config.avif_quality}.get(
        written, 100
    )


def demand(config: Config, size: PageSize) -> Demand:
    """What the encoder makes of the pixels before it writes, and the file; for a display, float planes."""
    fitting = 0 if config.frame is None else FITTING * size.output_pixels
    seconds = 0.06 if config.frame is None else 0.3
    return Demand(seconds * size.output_pixels / 1e6, size.output_pixels, 5 * size.output_pixels + fitting)


STAGE = Stage(
    "encode",
    run,
    configure,
    needs=("decode", "reassemble"),
    keep="asked",
    check=check,
    demand=demand,
    redraw=Redraw(wanted=lambda config: config.frame is not None, run=redraw),
)
