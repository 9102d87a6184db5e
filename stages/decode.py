"""decode: the page's file to upright sRGB pixels, and what encode must know to write it back.

``--levels auto`` acts here, so that all stages see the same ink and paper.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Inputs, Page, Spread
from mangacolor.formats.pixels import Picture, decode_picture
from mangacolor.stages.base import GUARD, WHERE_SET, Stage, StageContext
from mangacolor.stages.demand import Demand, PageSize
from mangacolor.stages.spreads.halves import Half, with_page
from mangacolor.stages.spreads.joining import join_halves


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
    Of a page that is half of a spread ``main`` is the whole drawing; ``stages/spreads/halves.py`` says what
    of it is the page. Raises ``PageError`` if the file, or its partner's, cannot be decoded whole.
    """
    name, spread = context.page.source.describe(), context.page.spread
    picture = decode_picture(context.source, name, context.config.max_pixels)
    for note in picture.notes:
        context.warn(note)
    picture, levels = _levelled(context, picture)
    if spread is None:
        return Artifact({**_facts(picture), **levels}, {"main": picture.pixels})
    whole = _join(context, picture, spread)
    facts = {**_facts(whole), **levels, **Half.of(spread).to_document()}
    return Artifact(facts, with_page(whole.pixels, picture.pixels))


def _join(context: StageContext[Config], own: Picture, spread: Spread) -> Picture:
    """The whole drawing, each half at its own levels, with what is known of the page's own file."""
    name, limit = spread.source.describe(), context.config.max_pixels
    partner, _ = _levelled(context, decode_picture(spread.source.read(), name, limit))
    pixels = join_halves(own.pixels, partner.pixels, spread)
    return replace(own, pixels=pixels, grey=own.grey and partner.grey)


def _facts(picture: Picture) -> dict[str, Any]:
    height, width = picture.pixels.shape[:2]
    return {
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


def _levelled(context: StageContext[Config], picture: Picture) -> tuple[Picture, dict[str, Any]]:
    """The picture with its ink black and its paper white, as far as they are found, and what was found.

    Nothing is sought unless that is wanted.
    """
    if context.config.levels == "off":
        return picture, {}
    from mangacolor.stages.levels import Left, find_levels, stretch

    found = find_levels(picture.pixels, picture.grey)
    if isinstance(found, Left):
        if found.told:
            context.warn(f"levels left as they are: {found.reason}")
        return picture, {"levels": {"left": found.reason}}
    levels = {"ink": list(found.ink), "paper": list(found.paper)}
    return replace(picture, pixels=stretch(picture.pixels, found)), {"levels": levels}


def fingerprint_of_partner(page: Page) -> str:
    """The other half of a spread, and how the two lie together; empty for a page by itself."""
    spread = page.spread
    if spread is None:
        return ""
    places = f"{spread.size} {spread.box} {spread.partner_box}"
    return f"{hashlib.sha256(spread.source.read()).hexdigest()} {places}"


def demand(_config: Config, size: PageSize) -> Demand:
    """Pillow's copy of the pixels and ours."""
    return Demand(0.01 + 0.02 * size.megapixels, result=3 * size.pixels, working=7 * size.pixels)


STAGE = Stage(
    "decode",
    run,
    configure,
    keep="asked",
    version=2,
    page_fingerprint=fingerprint_of_partner,
    demand=demand,
)
