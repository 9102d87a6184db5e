"""A page's place in OUT: what lies there already, and putting the finished file there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from mangacolor.core.errors import PageError
from mangacolor.core.types import Artifact, Container, Page
from mangacolor.formats.names import STATE_FOLDER, with_other_suffix
from mangacolor.pipeline.store.journal import Line
from mangacolor.pipeline.store.manifest import Entry, Manifest


@dataclass(frozen=True, slots=True)
class PageOutput:
    """Writes a page and records it.

    Pages of a ``container`` wait in the state folder to be packed. ``planned``: every page's output name.
    ``force``: files in OUT that mangacolor did not write may be overwritten.
    """

    page: Page
    container: Container | None
    manifest: Manifest
    planned: frozenset[str] = frozenset()
    force: bool = False

    def find_finished(self, key: str) -> Entry | None:
        """The page's entry if its file is there, whole, and made from this key."""
        return self.manifest.finished(self.page.name, key)

    def look(self) -> Entry | None:
        """What is to be left alone in the page's place: its entry, if somebody has changed the file since.

        None where the page may be written. Raises ``PageError`` for a file that is no page of ours.
        """
        if self.force:
            return None
        self.manifest.recall(self.page.name)
        if self.container is not None:  # the page itself waits in the state folder, which is ours alone
            self.manifest.recall(self.container.name)
            return self._changed(self.container.name)
        entry = self.manifest.entry(self.page.name)
        return self._changed(self.page.name) or (self._changed(entry.file) if entry else None)

    def _changed(self, file: str) -> Entry | None:
        """The entry of a file that somebody has changed since. Raises ``PageError`` as ``look`` does."""
        lying, page = self.manifest.look(file), self.manifest.page_of(file) or ""
        own = self.container.name if self.container else self.page.name
        if lying == "foreign" or (lying != "nothing" and page not in ("", own)):
            wrote = "mangacolor did not write it" if lying == "foreign" else f"it was made from {page}"
            raise PageError(
                f"{file} is in the output folder already and {wrote}; "
                f"{self.page.source.describe()} is not written over it",
                "Move it away, name another --out folder, or overwrite it with --force.",
            )
        if lying != "changed":
            return None
        return self.manifest.entry(page) or self.manifest.in_other_letters(file)

    def commit(
        self,
        artifact: Artifact,
        key: str,
        panels: int,
        seconds: Mapping[str, float],
        outcome: str = "done",
        reason: str = "",
    ) -> Entry:
        """Write the finished file that an artifact holds. Raises ``PageError`` where its name is taken."""
        assert artifact.blob is not None
        return self._write(
            self._renamed(str(artifact.data["suffix"])) if artifact.data.get("renamed") else self.page.name,
            artifact.blob,
            key,
            outcome,
            panels=panels,
            source=self.page.source.describe(),
            seconds={stage: round(value, 4) for stage, value in seconds.items()},
            reason=reason,
        )

    def commit_failed(self, source: bytes) -> Entry:
        """Put the page as it came in the place of the one that failed; the next run tries again."""
        return self.look() or self._write(self.page.name, source, "failed", "failed")

    def drop_stand_in(self) -> None:
        """Remove what an earlier run put in the place of this page when it failed."""
        entry = self.manifest.entry(self.page.name)
        if entry is not None and entry.outcome == "failed":
            self.manifest.remove(entry)

    def _write(self, file: str, data: bytes, key: str, outcome: str, **about: Any) -> Entry:
        place = f"{STATE_FOLDER}/finished/{file}" if self.container else file
        before = self.manifest.entry(self.page.name)
        entry = self.manifest.commit(self.page.name, place, data, key=key, outcome=outcome, **about)
        if before is not None and before.outcome == "failed" and before.file != place:
            self.manifest.remove(before)  # a stand-in of another suffix
        return entry

    def _renamed(self, suffix: str) -> str:
        """The page's name where its format could not hold it."""
        name = self.page.name
        file = with_other_suffix(name, suffix, self.planned)
        if file in self.planned:
            raise PageError(
                f"{name} does not fit its format and would become {file}, which is another page",
                "Rename one of the two in the input, or use a smaller --scale.",
            )
        if not self.force and self._changed(file) is not None:
            raise PageError(
                f"{file}, which {name} is to become, has been changed since mangacolor wrote it",
                "Move it away, or overwrite it with --force.",
            )
        return file


def known_lines(manifest: Manifest, pages: Iterable[tuple[str, Container | None]]) -> tuple[Line, ...]:
    """The manifest's lines about pages and the files that they may become, for another process."""
    names = dict[str, None]()
    for page, container in pages:
        for name in (page, str(PurePosixPath(page).with_suffix(".png")), f"{page}.png"):
            names[name] = None
        if container:
            names[container.name] = None
    return manifest.excerpt(names)
