"""decode: the page's file to upright sRGB pixels, and what encode must know to write it back.

``--levels auto`` acts here, so that all stages see the same ink and paper.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Image, Inputs
from mangacolor.formats.pixels import Picture, decode_picture
from mangacolor.stages.base import GUARD, WHERE_SET, Stage, StageContext
from mangacolor.stages.demand import Demand, PageSize


@dataclass(frozen=True, slots=True)
class Config:
    """What is refused, and whether washed-out scans are put right."""

    max_pixels: int = field(metadata=GUARD)  # of one page
    levels: Literal["off", "auto"] = field(default="off", metadata=WHERE_SET)


def configure(options: Options, _chapter: Chapter) -> Config:
    """Take the limit and the wish from the options."""
    return Config(options.max_pixels, options.levels)


def run(context: StageContext[Config], _inputs: Inputs) -> Artifact:
    """Decode ``context.source``.

    ``main`` is H×W×3 uint8 sRGB. Data: ``size`` [w, h] of ``main``; of the file ``format``, ``mode``
    (Pillow's names), ``bits`` a channel, ``grey`` (every pixel has R = G = B), ``lossless``,
    ``density`` [x, y] in dots per inch or null, ``orientation`` (EXIF, already applied), ``frames``. With
    ``--levels auto`` also ``levels``: the ``ink`` and ``paper`` that were found and became black and white,
    or why they were ``left``.
    Raises ``PageError`` if the file cannot be decoded whole.
    """
    name = context.page.source.describe()
    picture = decode_picture(context.source, name, context.config.max_pixels)
    for note in picture.notes:
        context.warn(note)
    height, width = picture.pixels.shape[:2]
    facts: dict[str, Any] = {
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
    if context.config.levels == "off":
        return Artifact(data=facts, images={"main": picture.pixels})
    pixels, facts["levels"] = _levelled(context, picture)
    return Artifact(data=facts, images={"main": pixels})


def _levelled(context: StageContext[Config], picture: Picture) -> tuple[Image, dict[str, Any]]:
    """The page with its ink black and its paper white, as far as they are found, and what was found."""
    from mangacolor.stages.levels import Left, find_levels, stretch

    found = find_levels(picture.pixels, picture.grey)
    if isinstance(found, Left):
        if found.told:
            context.warn(f"levels left as they are: {found.reason}")
        return picture.pixels, {"left": found.reason}
    return stretch(picture.pixels, found), {"ink": list(found.ink), "paper": list(found.paper)}


def demand(_config: Config, size: PageSize) -> Demand:
    """Pillow's copy of the pixels and ours."""
    return Demand(0.01 + 0.02 * size.megapixels, result=3 * size.pixels, working=7 * size.pixels)


STAGE = Stage("decode", run, configure, keep="asked", demand=demand)
