"""Archives: a chapter's finished pages wait in the state folder and are packed when all are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mangacolor.core.atomic import output_errors
from mangacolor.core.settings import OnError
from mangacolor.core.types import Container
from mangacolor.core.wording import counted, first_few
from mangacolor.pipeline.store.keys import digest
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.manifest import Entry, Manifest

_LISTED: Final = 10  # pages that a message names


@dataclass(slots=True)
class Packing:
    """The archive of a chapter in the making. Only the coordinator changes it, but for ``pack``."""

    container: Container
    state: State
    manifest: Manifest
    missing: int  # pages that have not ended yet
    whole: bool = True  # False with --pages: then there is nothing to pack
    on_error: OnError = "copy"
    force: bool = False
    entries: dict[str, Entry] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def end_page(self, page: str, entry: Entry | None) -> bool:
        """A page is done (its entry) or has failed (None). Whether it was the last one."""
        self.missing -= 1
        if entry is None:
            self.failed.append(page)
        else:
            self.entries[page] = entry
        return self.missing == 0

    @property
    def obstacle(self) -> str:
        """Why the archive cannot be written, or nothing."""
        if not self.whole:
            return f"not packed, since not all of its pages were asked for; they are in {self.folder}"
        if self.failed and not self.entries:
            return "not written, because none of its pages could be done"
        if self.failed and self.on_error == "fail":
            return f"not written, because {counted(len(self.failed), 'page')} failed (--on-error fail)"
        return ""

    def told(self, left_out: Sequence[str]) -> list[str]:
        """What to say of an archive that is not as it should be, without the pages ``left_out``."""
        as_they_came = [page for page in self.container.pages if page in self.failed and page not in left_out]
        sentences = []
        if as_they_came:
            sentences.append(f"holds failed pages as they came: {self._listed(as_they_came)}")
        if left_out:
            why = "--on-error skip" if self.on_error == "skip" else "it cannot go in as it came"
            sentences.append(f"left out ({why}): {self._listed(left_out)}")
        return sentences

    def _listed(self, pages: Sequence[str]) -> str:
        short = [page.removeprefix(f"{self.container.name}/") for page in pages]
        return first_few(short, _LISTED)

    @property
    def is_left(self) -> bool:
        """Whether what lies in its place is not ours, or not any more: then it stays as it is."""
        return not self.force and self.manifest.look(self.container.name) in ("changed", "foreign")

    @property
    def folder(self) -> Path:
        return self.state.finished / self.container.name

    def pack(self) -> tuple[str, ...]:
        """[lane] Write the archive in one step, unless it is there already.

        Returns what is left out of it. Raises ``OutputError``.
        """
        name = self.container.name
        pages = [f"{page} {entry.sha256}" for page, entry in sorted(self.entries.items())]
        skipped = sorted(self.failed) if self.on_error == "skip" else []
        key = digest([repr(self.container), *pages, *(f"without {page}" for page in skipped)])
        if not self.failed and self.manifest.finished(name, key) is not None:
            return ()
        with self.state.temporary() as temporary, output_errors(self.state.out / name):
            files = {page: self.state.out / entry.file for page, entry in self.entries.items()}
            left_out = self.container.pack(files, temporary, skipped)
            # What came of failed pages is no part of the key: only the bytes tell, which ``adopt`` compares.
            self.manifest.adopt(name, temporary, key=key, outcome="packed")
        return left_out
