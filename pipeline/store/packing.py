"""Archives: a chapter's finished pages wait in the state folder and are packed when all are there."""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from mangacolor.core.atomic import output_errors
from mangacolor.core.types import Container
from mangacolor.pipeline.store.keys import digest
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.manifest import Entry, Manifest


@dataclass(slots=True)
class Packing:
    """The archive of a chapter in the making. Only the coordinator changes it, but for ``pack``."""

    container: Container
    state: State
    manifest: Manifest
    missing: int  # pages that have not ended yet
    whole: bool = True  # False with --pages: then there is nothing to pack
    fill_in: bool = False  # --on-error copy: failed pages go in as they came
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
        if self.failed and (not self.fill_in or not self.entries):
            pages = "1 page" if len(self.failed) == 1 else f"{len(self.failed)} pages"
            return f"not written, because {pages} failed; --on-error copy packs such pages as they came"
        return ""

    @property
    def is_left(self) -> bool:
        """Whether what lies in its place is not ours, or not any more: then it stays as it is."""
        return not self.force and self.manifest.look(self.container.name) in ("changed", "foreign")

    @property
    def folder(self) -> Path:
        return self.state.finished / self.container.name

    def pack(self) -> tuple[str, ...]:
        """[lane] Write the archive in one step, unless it is there already.

        Returns the pages left out because their source cannot be read. Raises ``OutputError``.
        """
        name = self.container.name
        pages = [f"{page} {entry.sha256}" for page, entry in sorted(self.entries.items())]
        key = digest([repr(self.container), *pages])
        if self.manifest.finished(name, key):
            return ()
        temporary = self.state.scratch / f".{secrets.token_hex(8)}.tmp"
        try:
            with output_errors(self.state.out / name):
                files = {page: self.state.out / entry.file for page, entry in self.entries.items()}
                left_out = self.container.pack(files, temporary)
                self.manifest.adopt(name, temporary, key=key, outcome="packed")
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
        return left_out
