"""guest: what colour somebody else's coloured pages give to each segment of a page.

The guest's page that shows ours is found and laid over it (``finding.py``), its chroma is read off a segment
at a time (``measuring.py``), and segments that its colours divide are cut (``splitting.py``). Ink, lettering
and paper are not looked at: they stay the scan's. ``docs/design/harmonize.md`` says what becomes of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mangacolor.core.colour import luma
from mangacolor.core.errors import UsageError
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Inputs, KnownChapters, Page
from mangacolor.stages.base import GUARD, Stage, StageContext
from mangacolor.stages.demand import Demand, PageSize
from mangacolor.stages.guest.collection import OPTION, hash_collection, read_collection, where
from mangacolor.stages.guest.finding import lay_over
from mangacolor.stages.guest.gallery import BYTES_KEPT, Gallery
from mangacolor.stages.guest.measuring import find_paper, measure_window
from mangacolor.stages.guest.params import PARAMS, Params
from mangacolor.stages.guest.preview import draw_guest
from mangacolor.stages.guest.surfaces import PageGuest
from mangacolor.stages.names import GUEST
from mangacolor.stages.windows.artifact import PageColours

# Bytes for each pixel of a page, with a page of the guest's that is as large: twice where it lies in that
# (two numbers of four bytes), both pictures, what covers it.
PIXEL_BYTES = 30
# Bytes for lines that are followed, at the size at which all pages are compared.
LINES_BYTES = 40 * 10**6


@dataclass(frozen=True, slots=True)
class Config:
    """``path``: where the guest's pages are; what is in them counts, by ``digest``."""

    digest: str
    path: str = field(metadata=GUARD)
    max_pixels: int = field(metadata=GUARD)
    params: Params = PARAMS


def configure(options: Options, _chapter: Chapter) -> Config:
    """Raises ``InputError`` where the guest has no page."""
    path = options.colours_from or ""
    return Config(hash_collection(path), path, options.max_pixels)


def run(context: StageContext[Config], inputs: Inputs) -> Artifact:
    """The page's ``PageGuest``."""
    config = context.config
    colours = PageColours.from_artifact(inputs["colorize"])
    gallery = context.resource(
        (GUEST, config.digest, config.path),
        lambda: Gallery(read_collection(config.path), config.max_pixels),
    )
    grey = luma(inputs["decode"].images["main"])
    check = context.check_cancelled
    laid = lay_over(grey, _halves(context), gallery, config.params.finding, check, context.warn)
    if not laid.fits:
        return PageGuest().to_artifact()
    paper = find_paper(laid.picture, laid.covered, config.params.measuring)
    windows = [
        measure_window(window, laid.picture, laid.covered, config.params, paper) for window in colours.windows
    ]
    return PageGuest(tuple(windows), tuple(laid.fits)).to_artifact()


def _halves(context: StageContext[Config]) -> tuple[Page, ...]:
    """The page, and the one with the other half of its drawing: both halves are told the same."""
    page, spread = context.page, context.page.spread
    if spread is None:
        return (page,)
    pages = [other for other in context.chapter.pages if other.name in (page.name, spread.partner)]
    return tuple(pages or [page])


def check(options: Options, known: KnownChapters) -> None:
    """Raise ``UsageError`` where the guest's pages are ours, ``InputError`` where there are none."""
    guests = {where(guest.source) for guest in read_collection(options.colours_from or "").pages}
    for chapter in known.chapters:
        for page in chapter.pages:
            if where(page.source) in guests:
                raise UsageError(
                    f"{OPTION} {options.colours_from}: {page.name} of the input lies in it",
                    "Keep the coloured pages in a folder of their own, outside of the input.",
                )


def demand(_config: Config, size: PageSize) -> Demand:
    """Two pictures to be laid over each other: their lines, where each pixel lies, and what is looked at."""
    working = LINES_BYTES + PIXEL_BYTES * size.pixels
    return Demand(0.4 + 0.3 * size.megapixels, 0, working, {GUEST: BYTES_KEPT})


STAGE = Stage(
    name=GUEST,
    run=run,
    configure=configure,
    needs=("decode", "colorize"),
    check=check,
    version=4,
    preview=draw_guest,
    demand=demand,
)
