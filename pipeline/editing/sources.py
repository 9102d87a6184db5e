"""Where the pages of OUT came from: the files of an earlier run's inputs, found again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mangacolor.core.errors import MangacolorError, PageError
from mangacolor.core.types import PageSource
from mangacolor.formats.sources import FileSource
from mangacolor.pipeline.store.last_run import known_last_run, limits_of_run
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.manifest import Manifest
from mangacolor.pipeline.store.outputs import Claim, claim_of

GONE = "See that the file is where it was when the page was coloured, or colour the chapter again."


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """The sources of OUT's pages, by what OUT remembers of them. An input is looked through once, its names
    read and its limits set as the last run did, where that is known."""

    out: Path
    manifest: Manifest
    claims: Mapping[str, Claim]
    _found: dict[str, Mapping[str, PageSource]] = field(default_factory=dict, repr=False)

    def of(self, page: str) -> PageSource:
        """The source of a page. Nothing is opened until it is read."""
        return FormerSource(self, page)

    def find(self, page: str) -> PageSource:
        """The source of a page as it lies there. Raises ``PageError`` where it is not found."""
        claim = claim_of(self.claims, page)
        entry = self.manifest.entry(page)
        told = entry.source if entry is not None and entry.source else claim.source if claim else ""
        if claim is None or not told:
            raise PageError(f"{page}: OUT does not say from which file it was made", GONE)
        if Path(told).is_file():
            return FileSource(Path(told))
        source = self._look_through(claim).get(told)
        if source is None:
            raise PageError(f"{page}: its source {told} is gone", GONE)
        return source

    def _look_through(self, claim: Claim) -> Mapping[str, PageSource]:
        from mangacolor.formats.discovery import discover

        if claim.input not in self._found:
            last = known_last_run(State(self.out))
            limits = limits_of_run(last)
            encoding = last.run_options.names_encoding if last else None
            try:
                plan = discover([Path(claim.input)], self.out, limits=limits, encoding=encoding)
            except MangacolorError as error:
                raise PageError(error.message, GONE) from error
            pages = (page for chapter in plan.chapters for page in chapter.pages)
            self._found[claim.input] = {page.source.describe(): page.source for page in pages}
        return self._found[claim.input]


@dataclass(frozen=True, slots=True)
class FormerSource:
    """The file that a page of OUT was made from."""

    sources: Sources = field(repr=False)
    page: str

    def read(self) -> bytes:
        """Raises ``PageError`` where it is gone."""
        return self.sources.find(self.page).read()

    def describe(self) -> str:
        entry = self.sources.manifest.entry(self.page)
        return entry.source if entry is not None and entry.source else self.page
