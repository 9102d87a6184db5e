"""From INPUT... to chapters of pages with their output names. Reads names and first bytes only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from mangacolor.errors import InputError, UsageError
from mangacolor.formats.names import STATE_FOLDER, check_clashes, is_litter, natural_key
from mangacolor.formats.sniff import CONTAINER_SUFFIXES, IMAGE_SUFFIXES, container_kind, image_kind, read_head
from mangacolor.formats.sources import FileSource
from mangacolor.nouns import Chapter, Page


class Extra(NamedTuple):
    """A file that is not a picture, to be copied along: absolute path, output name relative to OUT."""

    source: Path
    name: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to do.

    ``chapters`` are in natural order, and so are the pages in them. ``notes`` name what was left
    out and why, to be shown to the user.
    """

    chapters: tuple[Chapter, ...]
    extras: tuple[Extra, ...] = ()
    notes: tuple[str, ...] = ()


def discover(inputs: Sequence[Path], out: Path) -> Plan:
    """Find the chapters of ``inputs`` and plan every output's name relative to ``out``.

    Creates nothing. One folder's pages go to OUT itself, a tree keeps its relative paths, and with
    several inputs each goes to ``OUT/<its name>``. A folder that holds pictures is one chapter,
    named by its output folder (``.`` for OUT itself); pictures given one by one form one chapter.

    Raises ``UsageError`` if OUT is an input or two outputs clash (names are compared without case
    and in NFC), ``InputError`` if an input does not exist, cannot be read or holds no page.
    """
    roots = [_absolute(path) for path in inputs]
    if not roots:
        raise UsageError("no input given", "Name a folder of images, an archive or an image.")
    found = _Found(out=out.resolve(), several=len(roots) > 1)
    for root in roots:
        _check_input(root, found.out)
    for root in sorted(set(roots), key=roots.index):
        if root.is_dir():
            found.add_tree(root)
        else:
            found.add_file(root)
    return found.plan()


def _absolute(path: Path) -> Path:
    # A link keeps the name the user typed; "." and ".." have none and take their folder's.
    return path.resolve() if path.name in ("", "..") else path.absolute()


def _check_input(root: Path, out: Path) -> None:
    if not root.exists():
        raise InputError(f"{root}: no such file or folder", "Check the path; quote it if it has spaces.")
    if root.resolve() == out:
        raise UsageError(
            f"--out is the input itself: {root}", "Name another folder: sources are never overwritten."
        )
    if not (root.is_dir() or root.is_file()):
        raise InputError(f"{root}: neither a file nor a folder", "Give a folder, an archive or an image.")


class _Found:
    """Collects chapters while inputs are walked."""

    def __init__(self, out: Path, several: bool) -> None:
        self.out = out
        self.several = several
        self.folders: dict[str, list[tuple[str, Path]]] = {}  # chapter name -> (output name, file)
        self.extras: list[Extra] = []
        self.notes: list[str] = []

    def add_tree(self, root: Path) -> None:
        base = PurePosixPath(root.name) if self.several else PurePosixPath()
        before = sum(map(len, self.folders.values()))
        for file in _walk(root, self.out, self.notes):
            name = str(base / PurePosixPath(*file.relative_to(root).parts))
            self._add(file, name)
        if sum(map(len, self.folders.values())) == before:
            raise InputError(f"{root}: holds no page", "Give a folder with images or comic archives in it.")

    def add_file(self, file: Path) -> None:
        if not self._add(file, file.name):
            raise InputError(
                f"{file}: not an image or archive that mangacolor reads",
                "It reads PNG, JPEG, WebP, TIFF, BMP, GIF and AVIF.",
            )

    def _add(self, file: Path, name: str) -> bool:
        kind = _kind(file)
        if kind == "image":
            self.folders.setdefault(str(PurePosixPath(name).parent), []).append((name, file))
        elif not file.name.startswith("."):
            self.extras.append(Extra(file, name))
        return kind == "image"

    def plan(self) -> Plan:
        chapters = []
        for folder in sorted(self.folders, key=natural_key):
            files = sorted(self.folders[folder], key=lambda item: natural_key(item[0]))
            pages = (Page(name, n, FileSource(file)) for n, (name, file) in enumerate(files, start=1))
            chapters.append(Chapter(folder, tuple(pages)))
        planned = [(page.name, page.source.describe()) for chapter in chapters for page in chapter.pages]
        planned += [(extra.name, str(extra.source)) for extra in self.extras]
        check_clashes(planned)
        for name, origin in planned:
            self._check_source_survives(name, origin)
        extras = sorted(self.extras, key=lambda extra: natural_key(extra.name))
        return Plan(tuple(chapters), tuple(extras), tuple(self.notes))

    def _check_source_survives(self, name: str, origin: str) -> None:
        target = self.out / name
        if target.exists() and target.samefile(origin):
            raise UsageError(
                f"--out would put {name} in the place of its own source, {origin}",
                "Name another folder: sources are never overwritten.",
            )


def _walk(root: Path, out: Path, notes: list[str]) -> Iterator[Path]:
    """Files under ``root``; never inside OUT, a state folder or a folder reached by a link."""
    try:
        entries = sorted(root.iterdir())
    except OSError as error:
        raise InputError(f"{root}: cannot be read ({error.strerror})", "Check its permissions.") from error
    for entry in entries:
        if is_litter(entry.name) or entry.name == STATE_FOLDER:
            continue
        if entry.is_dir():
            if entry.is_symlink():
                notes.append(f"{entry}: a link to a folder is not followed; name it as an input of its own")
            elif not entry.name.startswith(".") and entry.resolve() != out:
                yield from _walk(entry, out, notes)
        elif entry.is_file():
            yield entry
        else:
            notes.append(f"{entry}: left out, neither a file nor a folder")


def _kind(file: Path) -> str:
    """``image``, ``container`` or ``other``, by content; a known suffix decides for broken files."""
    try:
        head = read_head(file)
    except OSError:
        head = b""
    if image_kind(head):
        return "image"
    if container_kind(head):
        return "container"
    suffix = file.suffix.lower()
    if suffix in IMAGE_SUFFIXES:
        return "image"
    return "container" if suffix in CONTAINER_SUFFIXES else "other"
