"""encode: finished pixels to a file in the source's format, the same bytes every time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Inputs
from mangacolor.formats.names import with_other_suffix
from mangacolor.formats.writers import LIMITS, encode_picture
from mangacolor.stages.base import Stage, StageContext
from mangacolor.stages.demand import Demand, PageSize


@dataclass(frozen=True, slots=True)
class Config:
    """Qualities of the lossy formats, 0 to 100."""

    jpeg_quality: int = 92  # with 4:4:4 chroma: thin coloured shapes keep their edges
    webp_quality: int = 95
    avif_quality: int = 90


def configure(_options: Options, _chapter: Chapter) -> Config:
    """No option concerns encoding."""
    return Config()


def run(context: StageContext[Config], inputs: Inputs) -> Artifact:
    """Write ``reassemble``'s picture as a file: ``blob``.

    The source's format and density are kept. A format that cannot hold the picture (GIF and grey
    formats never, others by their size) gives PNG with the suffix changed and a warning. Data:
    ``name``, the output path relative to OUT; ``suffix``, its suffix; ``renamed``, whether it differs
    from the page's name; ``format``.
    """
    facts = inputs["decode"].data
    pixels = inputs["reassemble"].images["main"]
    source_format, density = facts["format"], facts["density"]
    reason = _why_not(source_format, context.page.name, pixels.shape[1], pixels.shape[0])
    name = context.page.name
    if reason is not None:
        name = with_other_suffix(name, ".png", (page.name for page in context.chapter.pages))
    written = source_format if reason is None else "PNG"
    if reason is not None:
        context.warn(f"written as {PurePosixPath(name).name}, because {reason}")
    blob = encode_picture(pixels, written, density, facts["lossless"], _quality(context.config, written))
    data = {
        "name": name,
        "suffix": PurePosixPath(name).suffix,
        "renamed": name != context.page.name,
        "format": written,
    }
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


def demand(_config: Config, size: PageSize) -> Demand:
    """What the encoder makes of the pixels before it writes, and the file."""
    return Demand(0.06 * size.output_pixels / 1e6, size.output_pixels, 5 * size.output_pixels)


STAGE = Stage(
    "encode",
    run,
    configure,
    needs=("decode", "reassemble"),
    keep="asked",
    demand=demand,
)
