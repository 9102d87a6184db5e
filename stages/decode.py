"""decode: the page's file to upright sRGB pixels, and what encode must know to write it back."""

from __future__ import annotations

from dataclasses import dataclass, field

from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Inputs
from mangacolor.formats.pixels import decode_picture
from mangacolor.stages.base import GUARD, Stage, StageContext
from mangacolor.stages.demand import Demand, PageSize


@dataclass(frozen=True, slots=True)
class Config:
    """What is refused."""

    max_pixels: int = field(metadata=GUARD)  # of one page


def configure(options: Options, _chapter: Chapter) -> Config:
    """Take the limit from the options."""
    return Config(max_pixels=options.max_pixels)


def run(context: StageContext[Config], _inputs: Inputs) -> Artifact:
    """Decode ``context.source``.

    ``main`` is H×W×3 uint8 sRGB. Data: ``size`` [w, h] of ``main``; of the file ``format``, ``mode``
    (Pillow's names), ``bits`` a channel, ``grey`` (every pixel has R = G = B), ``lossless``,
    ``density`` [x, y] in dots per inch or null, ``orientation`` (EXIF, already applied), ``frames``.
    Raises ``PageError`` if the file cannot be decoded whole.
    """
    name = context.page.source.describe()
    picture = decode_picture(context.source, name, context.config.max_pixels)
    for note in picture.notes:
        context.warn(note)
    height, width = picture.pixels.shape[:2]
    facts = {
        "size": [width, height],
        "format": picture.format,
        "mode": picture.mode,
        "bits": picture.bits,
        "grey": picture.grey,
        "lossless": picture.lossless,
        "density": None if picture.density is None else list(picture.density),
        "orientation": picture.orientation,
        "frames": picture.frames,
    }
    return Artifact(data=facts, images={"main": picture.pixels})


def demand(_config: Config, size: PageSize) -> Demand:
    """Pillow's copy of the pixels and ours."""
    return Demand(0.01 + 0.02 * size.megapixels, result=3 * size.pixels, working=7 * size.pixels)


STAGE = Stage("decode", run, configure, keep="asked", demand=demand)
