"""Chapters that the plain command has coloured before a watch began: known without being opened.

OUT says from which file, of which size and date, each of its files was planned (``store.outputs``), and how
each was when it had been written (``store.manifest``). A chapter is done if all its files have given what
they give, nobody has touched that, and it is younger than the last change of its source: what was only
planned is not. Whatever is in doubt is run, and found up to date page by page.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path, PurePosixPath

from mangacolor.formats.names import path_text
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.manifest import Entry, Manifest
from mangacolor.pipeline.store.outputs import Claim, Outputs
from mangacolor.pipeline.store.store import read_store
from mangacolor.watcher.chapters import Chapter
from mangacolor.watcher.coloring import Job
from mangacolor.watcher.folder import Seen
from mangacolor.watcher.records import Record


class Adoption:
    """``records``: of the chapters that were found done. OUT is read when the first is asked for."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self.records: dict[str, Record] = {}

    def find(self, chapter: Chapter) -> bool:
        """Whether a chapter is done as it is; noted in ``records``."""
        output = self._output(chapter)
        if output is not None:
            self.records[chapter.name] = Record(chapter.name, chapter.mark, output)
        return output is not None

    def _output(self, chapter: Chapter) -> str | None:
        """Where a chapter lies in OUT, if it is done."""
        if not chapter.loose:
            return self._made(chapter.files[0].path, chapter.files, ("packed",))
        folder = chapter.files[0].path.parent
        if self._job.run_options.output_form in ("cbz", "pdf"):
            return self._made(folder, chapter.files, ("packed",))
        names = [self._made(seen.path, [seen], ("done", "copied")) for seen in chapter.files]
        if None in names:
            return None
        return str(PurePosixPath(names[0] or "").parent)

    def _made(self, source: Path, files: Iterable[Seen], outcomes: tuple[str, ...]) -> str | None:
        """The name of what was made of a source, if it is there as it was made of these files as they are."""
        seen = list(files)
        stamp = sum(file.size for file in seen), max(file.modified_ns for file in seen)
        changed = max(file.changed_ns for file in seen)
        for name, claim in self._claims.get(path_text(source), ()):
            entry = self._manifest.entry(name)
            fits = (
                claim.size,
                claim.modified_ns,
            ) == stamp and claim.layout == self._job.run_options.output_form
            if fits and entry is not None and entry.outcome in outcomes and self._is_younger(entry, changed):
                return name
        return None

    def _is_younger(self, entry: Entry, changed_ns: int) -> bool:
        return entry.ctime_ns > changed_ns and self._manifest.is_as_written(entry)

    @cached_property
    def _manifest(self) -> Manifest:
        return read_store(self._job.out).manifest

    @cached_property
    def _claims(self) -> dict[str, list[tuple[str, Claim]]]:
        """Names of files of OUT and what they were planned from, by that source."""
        claims: dict[str, list[tuple[str, Claim]]] = {}
        for name, claim in Outputs(State(self._job.out), self._manifest).claims.items():
            claims.setdefault(claim.source, []).append((name, claim))
        return claims
