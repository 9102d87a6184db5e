"""From INPUT... to chapters of pages with their output names. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mangacolor.core.errors import InputError, UsageError
from mangacolor.core.types import Chapter, Direction, Page
from mangacolor.formats import comicinfo
from mangacolor.formats.archive_out import Extra
from mangacolor.formats.archives import comic_suffixes
from mangacolor.formats.containers import (
    UNREAD_BOOKS,
    container_kind,
    folder_container,
    open_container,
    output_name,
)
from mangacolor.formats.entry_names.encoding import check_encoding
from mangacolor.formats.limits import DEFAULT_LIMITS, Limits
from mangacolor.formats.names import STATE_FOLDER, check_clashes, is_litter, natural_key, readable
from mangacolor.formats.opened import Opened, OutputFormat, container_suffixes
from mangacolor.formats.sniff import IMAGE_SUFFIXES, image_kind, read_head
from mangacolor.formats.sources import BrokenSource, FileSource


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to do.

    ``chapters`` are in natural order, and so are the pages in them. ``notes`` name what was left
    out and why, to be shown to the user.
    """

    chapters: tuple[Chapter, ...]
    extras: tuple[Extra, ...] = ()
    notes: tuple[str, ...] = ()


def discover(
    inputs: Sequence[Path],
    out: Path,
    form: OutputFormat = "same",
    limits: Limits = DEFAULT_LIMITS,
    encoding: str | None = None,
) -> Plan:
    """Find the chapters of ``inputs`` and plan every output's name relative to ``out``.

    One folder's pages go to OUT itself, a tree keeps its relative paths, and with several inputs each
    goes to ``OUT/<its name>``. A folder that holds pictures is one chapter, named by its output folder
    (``.`` for OUT itself); an archive, EPUB or PDF is one, named by its output file; pictures given
    one by one form one. ``form`` is ``--format``: with an archive as output the chapter has a
    ``container``. ``encoding`` is ``--names-encoding``. An archive that cannot be read fails as a page of
    its own where it is not the only input.

    Raises ``UsageError`` if OUT is an input, ``encoding`` is none, or two outputs clash (names are compared
    without case and in NFC), ``InputError`` if an input does not exist, cannot be read or holds no page.
    """
    roots = [_absolute(path) for path in inputs]
    if not roots:
        raise UsageError("no input given", "Name a folder of images, an archive or an image.")
    if encoding is not None:
        check_encoding(encoding)
    collector = _Collector(out.resolve(), len(roots) > 1, form, limits, encoding)
    for root in roots:
        _check_input(root, collector.out)
    for root in dict.fromkeys(roots):
        if root.is_dir():
            collector.add_tree(root)
        else:
            collector.add_file(root)
    return collector.plan()


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


class _Folder:
    """Files of one output folder while inputs are walked. ``title`` is the source folder's name."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.pictures: list[tuple[str, Path]] = []  # output name, file
        self.others: list[tuple[str, Path]] = []


class _Collector:
    """Collects chapters while inputs are walked."""

    def __init__(
        self, out: Path, several: bool, form: OutputFormat, limits: Limits, encoding: str | None
    ) -> None:
        self.out, self.several, self.form = out, several, form
        self.limits, self.encoding = limits, encoding
        self.folders: dict[str, _Folder] = {}
        self.chapters: list[Chapter] = []
        self.extras: list[Extra] = []
        self.notes: list[str] = []

    def add_tree(self, root: Path) -> None:
        base = PurePosixPath(readable(root.name)) if self.several else PurePosixPath()
        pages = 0
        for file in _walk(root, self.out, self.notes):
            place = base / PurePosixPath(readable("/".join(file.relative_to(root).parts)))
            pages += self._add(file, place)
        if not pages:
            raise InputError(f"{root}: holds no page", "Give a folder with images or comic archives in it.")

    def add_file(self, file: Path) -> None:
        if not self._add(file, PurePosixPath(readable(file.name)), named=True):
            raise InputError(
                f"{file}: not an image or archive that mangacolor reads",
                "It reads PNG, JPEG, WebP, TIFF, BMP, GIF and AVIF, "
                f"{', '.join(comic_suffixes())}, PDF and EPUB.",
            )

    def _add(self, file: Path, place: PurePosixPath, named: bool = False) -> int:
        """Take a file and say how many pages it gives. ``named``: the user gave it as an input."""
        folder = self.folders.setdefault(str(place.parent), _Folder(file.parent.name))
        what, kind = _kind(file, named)
        if what == "image":
            folder.pictures.append((str(place), file))
            return 1
        if what == "container":
            return self._add_container(file, kind, place, only=named and not self.several)
        if not file.name.startswith("."):
            folder.others.append((str(place), file))
        return 0

    def _add_container(self, file: Path, kind: str, place: PurePosixPath, only: bool) -> int:
        try:
            opened = open_container(file, kind, place, self.form, self.limits, self.encoding)
        except InputError as error:
            if only:
                raise
            source = BrokenSource(file, error.message, error.remedy)
            opened = Opened(Chapter(str(place), (Page(str(place), 1, source),)))
        self.chapters.append(opened.chapter)
        self.extras += opened.extras
        self.notes += opened.notes
        return len(opened.chapter.pages)

    def plan(self) -> Plan:
        for name, folder in self.folders.items():
            self._close_folder(name, folder)
        chapters = sorted(self.chapters, key=lambda chapter: natural_key(chapter.name))
        extras = sorted(self.extras, key=lambda extra: natural_key(extra.name))
        planned = [(page.name, page.source.describe()) for chapter in chapters for page in chapter.pages]
        planned += [(extra.name, extra.source.describe()) for extra in extras]
        check_clashes(planned)
        for chapter in chapters:
            self._check_sources_survive(chapter)
        return Plan(tuple(chapters), tuple(extras), tuple(self.notes))

    def _close_folder(self, name: str, folder: _Folder) -> None:
        pictures = sorted(folder.pictures, key=lambda item: natural_key(item[0]))
        packed = self.form in ("cbz", "pdf") and bool(pictures)
        if packed:
            place = PurePosixPath(name if name != "." else folder.title or "chapter")
            name = output_name(place, "folder", self.form)
            pictures = [(f"{name}/{PurePosixPath(page).name}", file) for page, file in pictures]
        if pictures:
            pages = [
                Page(page, number, self._source(file), _modified_ns(file))
                for number, (page, file) in enumerate(pictures, start=1)
            ]
            others = [(PurePosixPath(place).name, file) for place, file in folder.others]
            container = folder_container(name, pages, others) if packed else None
            self.chapters.append(Chapter(name, tuple(pages), _direction(folder), container))
        if not packed:
            names = tuple(page for page, _ in pictures)
            for other, file in folder.others:
                about = names if comicinfo.is_comicinfo(other) else ()
                self.extras.append(Extra(FileSource(file), other, _modified_ns(file), about))

    def _source(self, file: Path) -> FileSource:
        return FileSource(file, self.limits.entry_bytes)

    def _check_sources_survive(self, chapter: Chapter) -> None:
        targets = [chapter.container.name] if chapter.container else [page.name for page in chapter.pages]
        sources = {Path(getattr(page.source, "path", "/")) for page in chapter.pages}
        inodes = {(source.stat().st_dev, source.stat().st_ino) for source in sources if source.exists()}
        for name in targets:
            target = self.out / name
            if target.exists() and (target.stat().st_dev, target.stat().st_ino) in inodes:
                raise UsageError(
                    f"--out would put {name} in the place of a source, {target}",
                    "Name another folder: sources are never overwritten.",
                )


def _modified_ns(file: Path) -> int | None:
    try:
        return file.stat().st_mtime_ns
    except OSError:  # it fails when it is read
        return None


def _direction(folder: _Folder) -> Direction | None:
    for _, file in folder.others:
        if comicinfo.is_comicinfo(file.name):
            try:
                return comicinfo.direction(file.read_bytes())
            except OSError:
                return None
    return None


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


def _kind(file: Path, named: bool) -> tuple[str, str]:
    """``image``, ``container`` or ``other``, by content; a known suffix decides for broken files."""
    try:
        head = read_head(file)
    except OSError:
        head = b""
    if image_kind(head):
        return "image", ""
    kind, suffix = container_kind(head), file.suffix.lower()
    # Many file types are ZIP archives inside (.docx, .apk): a comic is named like one, or by the user.
    if kind and (named or suffix in container_suffixes() | IMAGE_SUFFIXES or not suffix):
        return "container", kind
    if suffix in IMAGE_SUFFIXES:
        return "image", ""
    if suffix in UNREAD_BOOKS:
        return "container", "unread"
    # A compressed file of its own may be anything; only its content could say that it is a comic.
    return ("container", "zip") if suffix in container_suffixes() - {".gz", ".bz2", ".xz"} else ("other", "")
