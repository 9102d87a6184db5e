"""The list of what mangacolor wrote to OUT: ``OUT/.mangacolor/manifest.jsonl``.

A line is an ``Entry``, the announcement of one, or the word that a page is forgotten.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mangacolor.core.atomic import make_folders, output_errors, write_atomic
from mangacolor.core.errors import OutputError, PageError
from mangacolor.core.hashing import sha256_of
from mangacolor.core.system.files import is_same_file, move_file, remove_file
from mangacolor.core.system.kind import on_windows
from mangacolor.formats.names import clash_key
from mangacolor.pipeline.store.journal import Journal, Line, read_journal
from mangacolor.pipeline.store.keys import sha256
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.sealed import read_sealed, seal, typed_row

# What lies at a place in OUT: nothing; a file as mangacolor wrote it; one that somebody has changed since;
# one that mangacolor never wrote.
Lying = Literal["nothing", "ours", "changed", "foreign"]
Stat = tuple[int, int, int]  # size, times of the last write and of the last change


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of OUT that mangacolor made.

    ``page`` is the page's name, ``file`` the file's (another suffix where a format could not hold the
    page), both relative to OUT. ``key`` says what it was made from. ``outcome``: done, copied,
    failed (the source in the page's place) or packed (an archive). ``source`` names the file it came
    from, ``seconds`` what each stage took, ``reason`` why it was copied. ``ctime_ns``: time stamps can be
    set, so only the moment of its last change tells a file that was swapped for another of its size.
    """

    page: str
    file: str
    key: str
    sha256: str
    size: int
    mtime_ns: int
    outcome: str
    ctime_ns: int = 0
    panels: int = 0
    source: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    reason: str = ""

    @property
    def stat(self) -> Stat:
        """How the file was when it had been written."""
        return self.size, self.mtime_ns, self.ctime_ns

    @property
    def is_carried(self) -> bool:
        """Whether it is neither a page nor an archive, but a file that lay beside them."""
        return self.outcome == "copied" and not self.source


class Manifest:
    """Reads the manifest once and appends to it. Safe to use from several threads.

    A page is committed in this order: a line that announces the file's hash, the file itself (by
    ``os.replace``), a line that confirms it. A run killed in between therefore leaves a file that the
    next run recognises as its own.

    A worker of a cluster writes a manifest of its own, which starts from what is ``known`` of its pages
    (``excerpt``); the client takes it in (``absorb``). One that is ``only_read`` mends what it knows, not the
    file.
    """

    def __init__(
        self,
        out: Path,
        path: Path,
        scratch: Path | None = None,
        known: Iterable[Line] = (),
        *,
        only_read: bool = False,
    ) -> None:
        self._out, self._state = out, State(out)
        self._scratch = scratch
        self._only_read = only_read
        self._journal = Journal(path)
        self._entries: dict[str, Entry] = {}
        self._pages: dict[str, str] = {}  # file -> the page that it is
        self._former: dict[str, set[str]] = {}  # page -> files that it was under another suffix
        self._hashed: dict[str, tuple[Stat, str]] = {}  # files that had to be read, as they were then
        self._announced: dict[str, set[str]] = {}  # file -> hashes that may have been written
        for line in known:
            self._take(line)
        for line in read_journal(path):
            self._take(line)

    def entries(self) -> list[Entry]:
        """Every file recorded, the last word on each."""
        return list(self._entries.values())

    def entry(self, page: str) -> Entry | None:
        """The last word on a page."""
        return self._entries.get(page)

    def recall(self, page: str) -> None:
        """Take in what a page says of its file by itself, where the manifest knows nothing of it.

        So a manifest that was damaged or lost is mended, for files that are as they were written. Raises
        ``OutputError``.
        """
        row = read_sealed(self._state.written_file(page)) if page not in self._entries else None
        with contextlib.suppress(TypeError):  # of another version of mangacolor
            entry = typed_row(Entry, row) if row else None
            if entry is not None and entry.page == page and self._digest(entry.file) == entry.sha256:
                if not self._only_read:
                    self._journal.append(dataclasses.asdict(entry))
                self._record(entry)

    def finished(self, page: str, key: str) -> Entry | None:
        """The entry of a page whose file is there, whole, and made from ``key``."""
        entry = self._entries.get(page)
        if entry is None or entry.key != key:
            return None
        return entry if self._digest(entry.file) == entry.sha256 else None

    def is_as_written(self, entry: Entry) -> bool:
        """Whether the file of an entry is there and has not been touched since. It is not read."""
        try:
            return _stat(self._out / entry.file) == entry.stat
        except OSError:
            return False

    def page_of(self, file: str) -> str | None:
        """The page that was written to a place (relative to OUT)."""
        return self._pages.get(file)

    def in_other_letters(self, file: str) -> Entry | None:
        """The entry of the file that lies at ``file`` under a name that the disk takes for the same.

        So it is after ``Page 1.png`` has been renamed to ``page 1.png`` in the input.
        """
        key = clash_key(file)
        known = list(self._pages)  # other threads add to it
        names = (name for name in known if name != file and clash_key(name) == key)
        return next(
            (self._at(name) for name in names if is_same_file(self._out / name, self._out / file)), None
        )

    def former_files(self, page: str) -> list[str]:
        """Places where a page was written before it got another suffix."""
        return sorted(self._former.get(page, ()))

    def look(self, file: str) -> Lying:
        """What lies at a place (relative to OUT). A file is read only if it is not as it was written.

        Raises ``OutputError`` where that cannot be said.
        """
        path = self._out / file
        with output_errors(path):
            if not path.exists():
                return "nothing"
        entry, digest = self._at(file) or self.in_other_letters(file), self._digest(file)
        # What was announced and never confirmed has been written by a run that was killed.
        if digest and (digest in self._announced.get(file, ()) or (entry and entry.sha256 == digest)):
            return "ours"
        return "changed" if entry else "foreign"

    def _at(self, file: str) -> Entry | None:
        return self._entries.get(self._pages.get(file, ""))

    def _digest(self, file: str) -> str:
        """The hash of a file, read only if it is not as it was written or last read; "" if it cannot be."""
        path, entry = self._out / file, self._at(file)
        try:
            stat = _stat(path)
            if entry is not None and entry.stat == stat:
                return entry.sha256
            seen = self._hashed.get(file)
            if seen is None or seen[0] != stat:
                seen = self._hashed[file] = stat, sha256_of(path)
        except OSError:
            return ""
        return seen[1]

    def commit(self, page: str, file: str, data: bytes, *, key: str, outcome: str, **about: Any) -> Entry:
        """Write a finished file and record it; one that is there with the same bytes is left as it is.

        ``about``: the last fields of ``Entry``. Raises as ``atomic.output_error`` says.
        """
        path = self._out / file
        digest = sha256(data)
        if not self._is_there(file, digest):
            self._journal.append({"announce": file, "sha256": digest})
            with _page_alone(path):
                write_atomic(path, data, durable=True, scratch=self._scratch)
        return self._confirm(Entry(page, file, key, digest, 0, 0, outcome, **about))

    def adopt(self, name: str, temporary: Path, *, key: str, outcome: str) -> Entry:
        """Move a finished file, already on the disk, to ``name`` in OUT and record it; see ``commit``."""
        path = self._out / name
        with output_errors(path):
            digest = sha256_of(temporary)
        if not self._is_there(name, digest):
            self._journal.append({"announce": name, "sha256": digest})
            with _page_alone(path), output_errors(path):
                make_folders(path.parent, temporary.parent)
                move_file(temporary, path)
        return self._confirm(Entry(name, name, key, digest, 0, 0, outcome))

    def remove(self, entry: Entry) -> None:
        """Remove a file from OUT if it still is the one that was recorded."""
        path = self._out / entry.file
        with output_errors(path):
            if path.is_file() and sha256_of(path) == entry.sha256:
                remove_file(path)

    def forget(self, page: str) -> None:
        """Record that a page's file has been taken away."""
        self._journal.append({"forget": page})
        self._forget(page)

    def _is_there(self, file: str, digest: str) -> bool:
        """Whether a place holds these bytes, as far as we know: then its time stamp is to stay."""
        entry = self._at(file)
        return entry is not None and entry.sha256 == digest == self._digest(file)

    def _confirm(self, entry: Entry) -> Entry:
        """Record a file that is in its place."""
        path = self._out / entry.file
        with output_errors(path):
            size, mtime_ns, ctime_ns = _stat(path)
        entry = dataclasses.replace(entry, size=size, mtime_ns=mtime_ns, ctime_ns=ctime_ns)
        self._journal.append(dataclasses.asdict(entry))
        self._record(entry)
        if not entry.is_carried:
            write_atomic(
                self._state.written_file(entry.page), seal(dataclasses.asdict(entry)), scratch=self._scratch
            )
        return entry

    def excerpt(self, names: Iterable[str]) -> tuple[Line, ...]:
        """What is known of these pages and files, for the manifest of another process."""
        lines: list[Line] = []
        for name in names:
            entry = self._entries.get(name)
            files = {name} if entry is None else {name, entry.file}
            lines += [{"announce": f, "sha256": h} for f in sorted(files) for h in self._announced.get(f, ())]
            lines += [dataclasses.asdict(entry)] if entry else []
        return tuple(lines)

    def absorb(self, part: Path) -> list[Entry]:
        """Take in what a worker wrote to its manifest, and remove that. Returns what is new, if anything."""
        lines = read_journal(part)
        if lines:
            self._journal.append(*lines)
            for line in lines:
                self._take(line)
        remove_file(part)
        return [self._entries[line["page"]] for line in lines if line.get("page") in self._entries]

    def _take(self, line: Line) -> None:
        with contextlib.suppress(TypeError, KeyError):  # of another version of mangacolor, or damaged
            if "announce" in line:
                self._announced.setdefault(line["announce"], set()).add(line["sha256"])
            elif "forget" in line:
                self._forget(line["forget"])
            else:
                self._record(typed_row(Entry, line))

    def _record(self, entry: Entry) -> None:
        before = self._entries.get(entry.page)
        if before is not None and before.file != entry.file:
            self._forget(entry.page)
            self._former.setdefault(entry.page, set()).add(before.file)
        self._entries[entry.page] = entry
        self._pages[entry.file] = entry.page
        self._former.get(entry.page, set()).discard(entry.file)

    def _forget(self, page: str) -> None:
        entry = self._entries.pop(page, None)
        if entry is not None and self._pages.get(entry.file) == page:
            del self._pages[entry.file]


@contextlib.contextmanager
def _page_alone(path: Path) -> Iterator[None]:
    """On Windows a file that a viewer has open is its page's trouble alone: it raises ``PageError``."""
    try:
        yield
    except OutputError as error:
        if on_windows() and isinstance(error.__cause__, PermissionError) and path.is_file():
            raise PageError(error.message, error.remedy) from error
        raise


def _stat(path: Path) -> Stat:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns
