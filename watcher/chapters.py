"""From files to chapters: an archive, PDF or EPUB is one, and so are the loose files of a folder.

What a file is stands in its first bytes (``formats.inputs``). They are read once, when it has settled; until
then, and for chapters that are done as they are, its suffix is taken at its word.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mangacolor.formats.inputs import Found, What, tell_file
from mangacolor.formats.names import readable
from mangacolor.formats.opened import container_suffixes
from mangacolor.formats.sniff import IMAGE_SUFFIXES
from mangacolor.watcher.folder import Seen

Told = tuple[What, str]  # what a file is, and the kind of a container


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter of the watched folder.

    ``name``: its path in there, ``.`` for the folder's own loose files. ``mark``: what its files are like,
    another one once any of them changes. ``modified_ns``: when the latest of them was written. ``loose``: its
    files lie in a folder of that name; else it is one archive.
    """

    name: str
    mark: str
    files: tuple[Seen, ...]
    modified_ns: int
    loose: bool


class Chapters:
    """Gathers files into chapters and remembers what they were told to be.

    ``told``: what is known from before, by a file's path in ``root``, with its stamp.
    """

    def __init__(self, root: Path, told: dict[str, tuple[str, Told]]) -> None:
        self._root = root
        self._told = told

    def gather(
        self,
        files: Iterable[Seen],
        is_known: Callable[[Chapter], bool],
        is_settled: Callable[[Chapter], bool],
    ) -> list[Chapter]:
        """The chapters. Opens only files of those that have settled and are not known as they are."""
        whole = [seen for seen in files if not seen.unfinished]
        while True:
            chapters = self._group(whole)
            new = [chapter for chapter in chapters if not is_known(chapter) and is_settled(chapter)]
            surprises = [seen for chapter in new for seen in chapter.files if self._open(seen)]
            if not surprises:
                return chapters

    def found(self, files: Iterable[Seen]) -> tuple[Found, ...]:
        """All files as a run takes them: it names the outputs of a chapter with regard to the others."""
        found = []
        for seen in files:
            if not seen.unfinished:
                what, kind = self._tell(seen)
                place = PurePosixPath(readable("/".join(seen.path.relative_to(self._root).parts)))
                found.append(Found(self._root, seen.path, place, what, kind))
        return tuple(found)

    def surprises(self, chapter: Chapter) -> dict[str, tuple[str, Told]]:
        """What its files are that their names do not say, in the form of ``told``."""
        known = ((self._key(seen), seen) for seen in chapter.files)
        return {key: self._told[key] for key, seen in known if self._tell(seen) != _guess(seen.path)}

    def _group(self, files: list[Seen]) -> list[Chapter]:
        archives, folders = [], dict[str, list[Seen]]()
        for seen in files:
            if self._tell(seen)[0] == "container":
                archives.append(_chapter(self._key(seen), [seen], loose=False))
            else:
                folders.setdefault(self._key(seen.path.parent), []).append(seen)
        return [*archives, *(_chapter(name, group, loose=True) for name, group in folders.items())]

    def _key(self, of: Seen | Path) -> str:
        path = of.path if isinstance(of, Seen) else of
        return printable(path.relative_to(self._root).as_posix())

    def _tell(self, seen: Seen) -> Told:
        stamp, told = self._told.get(self._key(seen), ("", None))
        return told if told is not None and stamp == seen.stamp else _guess(seen.path)

    def _open(self, seen: Seen) -> bool:
        """Read what a file is, unless it has been. Whether it is another thing than was thought."""
        key, before = self._key(seen), self._tell(seen)
        if self._told.get(key, ("", before))[0] == seen.stamp:
            return False
        self._told[key] = seen.stamp, tell_file(seen.path)
        return self._tell(seen) != before


def printable(name: str) -> str:
    """The name with bytes that are no UTF-8 written out, so that no two names become one."""
    return name.encode("utf-8", sys.getfilesystemencodeerrors()).decode("utf-8", "backslashreplace")


def _guess(path: Path) -> Told:
    """What a name says of a file."""
    suffix = path.suffix.lower()
    if suffix in container_suffixes():
        return "container", "pdf" if suffix == ".pdf" else "zip"
    return ("image", "") if suffix in IMAGE_SUFFIXES else ("other", "")


def _chapter(name: str, files: list[Seen], loose: bool) -> Chapter:
    rows = "\n".join(sorted(f"{seen.path.name}\0{seen.stamp}" for seen in files))
    mark = hashlib.sha256(rows.encode("utf-8", sys.getfilesystemencodeerrors())).hexdigest()[:32]
    return Chapter(name, mark, tuple(files), max(seen.modified_ns for seen in files), loose)
