"""A page of a coloured chapter, painted at screen size with whatever edits somebody tries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mangacolor.core.displays import saturation_of
from mangacolor.core.errors import PageError
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Image
from mangacolor.pipeline.editing.chapter import ColouredChapter
from mangacolor.pipeline.editing.coverage import Surfaces
from mangacolor.pipeline.engine.context import Context
from mangacolor.stages.decode import STAGE as DECODE
from mangacolor.stages.edits.model import OWN_LOOK, Edit, Look
from mangacolor.stages.edits.page_edits import PageEdits
from mangacolor.stages.reassemble.screen_page import ScreenPage
from mangacolor.stages.spreads.halves import page_of


class PagePainter:
    """Paints one page, in the time of a click. Not to be shared between threads.

    ``page``: of the chapter, by its name. ``long_side``: pixels at most. ``surfaces``: of the chapter, to
    know what edits mean; shared by the painters of its pages. ``options``: those that the chapter was
    coloured with. Raises ``PageError`` where the page's source is gone or has changed, ``InputError`` where
    what was kept of it is.
    """

    def __init__(
        self,
        chapter: ColouredChapter,
        page: str,
        long_side: int,
        surfaces: Surfaces,
        options: Options | None = None,
    ) -> None:
        chosen = options or Options()
        inputs = {**chapter.pages[page], DECODE.name: _decode(chapter, page, chosen)}
        if _size(inputs[DECODE.name]) != chapter.size(page):
            raise PageError(f"{page}: its source has changed since it was coloured", "Colour it again.")
        self._page, self._surfaces = page, surfaces
        self._screen = ScreenPage(inputs, long_side, saturation_of(chosen))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of what is painted, in pixels."""
        return self._screen.size

    def paint(self, edits: Sequence[Edit], look: Look = OWN_LOOK) -> Image:
        """The page with these edits of the chapter, and a look, H×W×3 uint8 RGB."""
        resolved = self._surfaces.pages_of(edits)[self._page]
        return self.paint_resolved(replace(resolved, look=look))

    def paint_resolved(self, edits: PageEdits) -> Image:
        """The page with edits whose segments are known, H×W×3 uint8 RGB."""
        return self._screen.paint(edits)


def _decode(chapter: ColouredChapter, name: str, options: Options) -> Artifact:
    """The page's pixels as a run takes them: with its levels, and with its partner if it is half a spread."""
    page = chapter.page(name)
    config = DECODE.configure(options, chapter.chapter)
    source = page.source.read()
    context = Context(page, chapter.chapter, config, "cpu", source, lambda _key, make: make(), lambda: None)
    artifact = DECODE.run(context, {})
    assert isinstance(artifact, Artifact)
    return artifact


def _size(decoded: Artifact) -> tuple[int, int]:
    """Width and height of the page itself."""
    picture = page_of(decoded)
    return picture.shape[1], picture.shape[0]
