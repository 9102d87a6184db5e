"""The list of what mangacolor wrote to OUT: ``OUT/.mangacolor/manifest.jsonl``, one line an event."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mangacolor.core.atomic import make_folders, output_error, output_errors, write_atomic
from mangacolor.pipeline.store.keys import sha256

Line = dict[str, Any]  # a line of the file: an ``Entry``, or an announcement


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of OUT that mangacolor made.

    ``page`` is the page's name, ``file`` the file's (another suffix where a format could not hold the
    page), both relative to OUT. ``key`` says what it was made from. ``outcome``: done, copied,
    failed (the source in the page's place) or packed (an archive). ``source`` names the file it came
    from, ``seconds`` what each stage took. ``ctime_ns``: files carry their source's time stamp, so only
    the moment of their last change tells a file that was swapped for another of its size.
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


class Manifest:
    """Reads the manifest once and appends to it. Safe to use from several threads.

    A page is committed in this order: a line that announces the file's hash, the file itself (by
    ``os.replace``), a line that confirms it. A run killed in between therefore leaves a file that the
    next run recognises as its own.

    A worker of a cluster writes a manifest of its own, which starts from what is ``known`` of its pages
    (``excerpt``); the client takes it in (``absorb``).
    """

    def __init__(
        self, out: Path, path: Path, scratch: Path | None = None, known: Iterable[Line] = ()
    ) -> None:
        self._out = out
        self._scratch = scratch
        self._path = path
        self._lock = threading.Lock()
        self._entries: dict[str, Entry] = {}
        self._files: set[str] = set()
        self._announced: dict[str, set[str]] = {}  # file -> hashes that may have been written
        for line in known:
            self._take(line)
        for line in _read(path):
            self._take(line)

    def entries(self) -> list[Entry]:
        """Every file recorded, the last word on each."""
        return list(self._entries.values())

    def entry(self, page: str) -> Entry | None:
        """The last word on a page."""
        return self._entries.get(page)

    def finished(self, page: str, key: str) -> Entry | None:
        """The entry of a page whose file is there, whole, and made from ``key``."""
        entry = self._entries.get(page)
        if entry is None or entry.key != key:
            return None
        path = self._out / entry.file
        try:
            if _stat(path) == (entry.size, entry.mtime_ns, entry.ctime_ns):
                return entry
            return entry if file_sha256(path) == entry.sha256 else None
        except OSError:
            return None

    def is_foreign(self, file: str) -> bool:
        """Whether something lies at this place (relative to OUT) that mangacolor did not write."""
        path = self._out / file
        with output_errors(path):
            if file in self._files or not path.exists():
                return False
        try:
            return file_sha256(path) not in self._announced.get(file, ())
        except OSError:
            return True

    def commit(
        self,
        page: str,
        file: str,
        data: bytes,
        *,
        key: str,
        outcome: str,
        modified_ns: int | None = None,
        **about: Any,
    ) -> Entry:
        """Write a finished file and record it. ``modified_ns`` is the time stamp that it gets.

        ``about``: the last fields of ``Entry``. Raises as ``atomic.output_error`` says.
        """
        path = self._out / file
        digest = sha256(data)
        self._append({"announce": file, "sha256": digest})
        write_atomic(path, data, durable=True, scratch=self._scratch, modified_ns=modified_ns)
        return self._confirm(Entry(page, file, key, digest, 0, 0, outcome, **about))

    def adopt(self, name: str, temporary: Path, *, key: str, outcome: str) -> Entry:
        """Move a finished file, already on the disk, to ``name`` in OUT and record it."""
        path = self._out / name
        with output_errors(path):
            digest = file_sha256(temporary)
        self._append({"announce": name, "sha256": digest})
        with output_errors(path):
            make_folders(path.parent, temporary.parent)
            temporary.replace(path)
        return self._confirm(Entry(name, name, key, digest, 0, 0, outcome))

    def remove(self, entry: Entry) -> None:
        """Remove a file from OUT if it still is the one that was recorded."""
        path = self._out / entry.file
        with output_errors(path):
            if path.is_file() and file_sha256(path) == entry.sha256:
                path.unlink()

    def _confirm(self, entry: Entry) -> Entry:
        """Record a file that is in its place."""
        path = self._out / entry.file
        with output_errors(path):
            size, mtime_ns, ctime_ns = _stat(path)
        entry = dataclasses.replace(entry, size=size, mtime_ns=mtime_ns, ctime_ns=ctime_ns)
        self._append(dataclasses.asdict(entry))
        self._record(entry)
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
        lines = _read(part)
        if lines:
            self._append(*lines)
            for line in lines:
                self._take(line)
        part.unlink(missing_ok=True)
        return [self._entries[line["page"]] for line in lines if line.get("page") in self._entries]

    def _take(self, line: Line) -> None:
        with contextlib.suppress(TypeError, KeyError):  # of another version of mangacolor
            if "announce" in line:
                self._announced.setdefault(line["announce"], set()).add(line["sha256"])
            else:
                self._record(Entry(**line))

    def _record(self, entry: Entry) -> None:
        self._entries[entry.page] = entry
        self._files.add(entry.file)

    def _append(self, *lines: Line) -> None:
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        with self._lock:
            try:
                # A torn last line must not swallow this one: start on a fresh line.
                torn = self._path.exists() and not _ends_with_newline(self._path)
                with self._path.open("ab") as file:
                    file.write((("\n" if torn else "") + text).encode())
                    file.flush()
                    os.fsync(file.fileno())
            except OSError as error:
                raise output_error(self._path, error) from error


def file_sha256(path: Path) -> str:
    """The hash of a file of any size. Raises ``OSError``."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(path: Path) -> list[Line]:
    """The lines of a manifest; none if it does not exist."""
    try:
        text = path.read_bytes().decode(errors="replace")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise output_error(path, error) from error
    lines = []
    for row in text.splitlines():
        with contextlib.suppress(ValueError):  # the last line of a run that was killed while it wrote
            line = json.loads(row)
            lines += [line] if isinstance(line, dict) else []
    return lines


def _stat(path: Path) -> tuple[int, int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
