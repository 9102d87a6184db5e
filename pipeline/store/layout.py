"""OUT and its state folder: where things lie, and the lock that keeps two runs apart."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Final

from mangacolor.core.atomic import held, output_errors
from mangacolor.core.system.files import remove_file
from mangacolor.formats.names import STATE_FOLDER

# The remedy where the file system of OUT has no locks.
LOCAL_OUT: Final = "Name an --out folder on a local disk; the result can be copied afterwards."
WRITTEN: Final = "written.json"
REMOVED: Final = "removed"  # the folder in the state folder for files of OUT whose source is gone


class State:
    """Paths inside ``OUT/.mangacolor``. Creates nothing."""

    def __init__(self, out: Path) -> None:
        self.out = out.resolve() if out.name == ".." else out.absolute()  # chapters are called by its name
        self.folder = self.out / STATE_FOLDER
        self.manifest = self.folder / "manifest.jsonl"
        self.scratch = self.folder / "tmp"  # cleared by each run: written by who holds OUT for one
        self.parts = self.folder / "parts"  # manifests of a cluster's workers, until the client has them
        self.references = self.folder / "references"  # what was seen in coloured pages
        self.edits = self.folder / "edits"  # corrections by the user
        self.removed = self.folder / REMOVED  # files of OUT whose source is gone
        self.moving = self.folder / "moving"  # what is on its way to another name
        self.finished = self.folder / "finished"  # pages of archives
        self.watch_lock = self.folder / "watch.lock"  # held by a watch
        self.watch_scratch = self.folder / "watch-tmp"  # a watch's own, which its runs do not clear

    def page_folder(self, page: str) -> Path:
        return self.folder / "pages" / PurePosixPath(page)

    def written_file(self, page: str) -> Path:
        """Where a page, or an archive, says by itself what was written of it, should the manifest be lost."""
        return self.page_folder(page) / WRITTEN

    def chapter_file(self, chapter: str, file: str) -> Path:
        """Where a chapter's document for people lies: beside the manifest if OUT itself is the chapter."""
        place = PurePosixPath(chapter)
        return (self.folder / "chapters" / place if place.parts else self.folder) / file

    @contextmanager
    def temporary(self) -> Iterator[Path]:
        """A path for a file in the making, removed in the end unless it has been moved away."""
        path = self.scratch / f".{secrets.token_hex(8)}.tmp"
        try:
            yield path
        finally:
            with suppress(OSError):
                remove_file(path)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Hold OUT for one watch, each of whose runs holds it for itself by ``locked``.

        Raises ``OutputError`` if another watch holds it or it is not writable.
        """
        busy = "another watch is writing here", "End it, or give this one another --out folder."
        with held(self.watch_lock, self.out, busy=busy, elsewhere=LOCAL_OUT):
            self._clear(self.watch_scratch)
            yield

    def check_unwatched(self) -> None:
        """Raise ``OutputError`` while a watch has OUT."""
        if self.watch_lock.exists():  # else trying to hold it would make it
            busy = "a watch is writing here", "End it first."
            with held(self.watch_lock, self.out, busy=busy, elsewhere=LOCAL_OUT):
                pass

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold OUT for one run. Raises ``OutputError`` if another run holds it or it is not writable.

        The operating system drops the lock when a process dies, however it dies.
        """
        busy = (
            "another run of mangacolor is writing here",
            "Wait until it is done, or give this run another --out folder.",
        )
        with held(self.folder / "lock", self.out, busy=busy, elsewhere=LOCAL_OUT):
            self._clear(self.scratch)
            yield

    def _clear(self, scratch: Path) -> None:
        """Make a folder for files in the making, or remove from it what a killed process was writing."""
        with output_errors(self.out):
            scratch.mkdir(parents=True, exist_ok=True)
            for file in scratch.glob("*.tmp"):
                remove_file(file)
