"""The pages of an edition: which are in black and white or in colour, and by what they are found again."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from mangacolor.core.errors import MangacolorError, in_one_line
from mangacolor.core.settings import Options
from mangacolor.core.types import Chapter, Image, Page
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.engine.single_page import PageRunner
from mangacolor.pipeline.store.cache import MemoryCache
from mangacolor.stages.decode import STAGE as DECODE
from mangacolor.stages.kinds.page_kinds import KIND_IN_WORDS, Kind
from mangacolor.stages.registration.look import PageLook, describe_page
from mangacolor.training.display import Tell
from mangacolor.training.series.pages import in_turn, kind_of, pages_of


@dataclass(frozen=True, slots=True)
class EditionPage:
    """A page and what it is found again by. ``name``: its file, for messages."""

    name: str
    chapter: Chapter
    page: Page
    look: PageLook


@dataclass(slots=True)
class Edition:
    """``pages``: those of the ``kind`` that was asked for. ``others``: kinds of the others.

    ``told``: why those are left out, a line each.
    """

    path: Path
    kind: Kind
    pages: list[EditionPage] = field(default_factory=list)
    others: set[Kind] = field(default_factory=set)
    told: list[str] = field(default_factory=list)


class EditionReader:
    """Reads pages; a ``cancel`` that is requested ends it."""

    def __init__(self, tell: Tell, cancel: CancelToken) -> None:
        self.tell, self.cancel = tell, cancel
        self._runner = PageRunner()

    def look_at(self, path: Path, kind: Kind, out: Path) -> Edition:
        """The pages of an input that are of a kind; ``out`` is left out.

        Raises ``InputError`` where the input does not exist or holds no page; ``Cancelled``.
        """
        work = list(pages_of(path, out))
        edition = Edition(path, kind)
        for done, ((chapter, page), answer) in enumerate(in_turn(self._look, work), start=1):
            self.tell(f"looking for pages {KIND_IN_WORDS[kind]}", done, len(work))
            name = page.source.describe()
            if isinstance(answer, MangacolorError):
                edition.told.append(in_one_line(answer))
            elif answer[0] == kind:
                edition.pages.append(EditionPage(name, chapter, page, answer[1]))
            else:
                edition.others.add(answer[0])
                edition.told.append(f"{name}: {KIND_IN_WORDS[answer[0]]}")
        return edition

    def _look(self, item: tuple[Chapter, Page]) -> tuple[Kind, PageLook] | MangacolorError:
        """What kind of page it is, and its look; or why it cannot be read."""
        try:
            pixels, kind = self._read(*item)
        except MangacolorError as error:
            self.cancel.check()
            return error
        return kind, describe_page(pixels)

    def read(self, page: EditionPage) -> Image:
        """The page's pixels, H×W×3 uint8 RGB. Raises ``PageError``; ``Cancelled``."""
        return self._read(page.chapter, page.page)[0]

    def _read(self, chapter: Chapter, page: Page) -> tuple[Image, Kind]:
        options = Options(force_color=True, device="cpu")
        cache, cancel = MemoryCache(), self.cancel
        run = partial(self._runner.run, page, chapter, options, independent=True, cache=cache, cancel=cancel)
        return run(until=DECODE.name)[DECODE.name].images["main"], kind_of(run)
