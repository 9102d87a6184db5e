"""From INPUT... to chapters of pages with their output names. Writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Literal

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
from mangacolor.formats.outputs.names import OutputNames, Wish, by_precedence
from mangacolor.formats.outputs.planned import Output, stamp_of, stamp_of_all
from mangacolor.formats.sniff import IMAGE_SUFFIXES, image_kind, read_head
from mangacolor.formats.sources import BrokenSource, FileSource


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to do.

    ``chapters`` are in natural order, and so are the pages in them. ``outputs``: every file that OUT is to
    hold, with what it comes from; ``layout`` says how their names are made, so that names of another
    layout are no rivals. ``notes`` name what was left out and why, to be shown to the user.
    """

    chapters: tuple[Chapter, ...]
    extras: tuple[Extra, ...] = ()
    notes: tuple[str, ...] = ()
    outputs: tuple[Output, ...] = ()
    layout: str = ""


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

    Members of a tree whose outputs would have one name (compared without case and in NFC) are kept apart, as
    ``outputs.names`` says. Raises ``UsageError`` if OUT is an input, ``encoding`` is none or the outputs of
    two named inputs clash, ``InputError`` if an input does not exist, cannot be read or holds no page.
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


@dataclass(frozen=True, slots=True)
class _Found:
    """A file of an input. ``place``: where it goes, relative to OUT; ``kind`` of an archive."""

    root: Path
    file: Path
    place: PurePosixPath
    what: str  # image, container or other
    kind: str = ""


class _Folder:
    """Files of one output folder. ``title`` is the source folder's name."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.pictures: list[_Found] = []
        self.others: list[_Found] = []


class _Collector:
    """Collects what inputs hold, names it, and makes chapters of it."""

    def __init__(
        self, out: Path, several: bool, form: OutputFormat, limits: Limits, encoding: str | None
    ) -> None:
        self.out, self.several, self.form = out, several, form
        self.limits, self.encoding = limits, encoding
        self.found: list[_Found] = []
        self.names = OutputNames(out, several)
        self.chapters: list[Chapter] = []
        self.extras: list[Extra] = []
        self.outputs: list[Output] = []
        self.notes: list[str] = []

    def add_tree(self, root: Path) -> None:
        base = PurePosixPath(readable(root.name)) if self.several else PurePosixPath()
        before = len(self.found)
        for file in _walk(root, self.out, self.notes):
            place = base / PurePosixPath(readable("/".join(file.relative_to(root).parts)))
            what, kind = _kind(file, named=False)
            if what != "other" or not file.name.startswith("."):
                self.found.append(_Found(root, file, place, what, kind))
        if all(found.what == "other" for found in self.found[before:]):
            raise InputError(f"{root}: holds no page", "Give a folder with images or comic archives in it.")

    def add_file(self, file: Path) -> None:
        what, kind = _kind(file, named=True)
        if what == "other":
            raise InputError(
                f"{file}: not an image or archive that mangacolor reads",
                "It reads PNG, JPEG, WebP, TIFF, BMP, GIF and AVIF, "
                f"{', '.join(comic_suffixes())}, PDF and EPUB.",
            )
        self.found.append(_Found(file, file, PurePosixPath(readable(file.name)), what, kind))

    def plan(self) -> Plan:
        folders: dict[str, _Folder] = {}
        for found in self._named():
            if found.what == "container":
                self._add_container(found)
                continue
            folder = folders.setdefault(str(found.place.parent), _Folder(found.file.parent.name))
            (folder.pictures if found.what == "image" else folder.others).append(found)
        for name, folder in folders.items():
            self._close_folder(name, folder)
        chapters = sorted(self.chapters, key=lambda chapter: natural_key(chapter.name))
        extras = sorted(self.extras, key=lambda extra: natural_key(extra.name))
        planned = [(page.name, page.source.describe()) for chapter in chapters for page in chapter.pages]
        planned += [(extra.name, extra.source.describe()) for extra in extras]
        check_clashes(planned)
        for chapter in chapters:
            self._check_sources_survive(chapter)
        notes = (*self.notes, *self.names.notes)
        layout = f"{self.form}, several" if self.several else self.form
        return Plan(tuple(chapters), tuple(extras), notes, tuple(self.outputs), layout)

    def _named(self) -> list[_Found]:
        """What was found, each at a place that no other has."""
        natural = sorted(self.found, key=lambda found: natural_key(str(found.place)))
        inside = [
            replace(
                found,
                place=self.names.folder(found.root, found.place.parent, found.file.parent) / found.place.name,
            )
            for found in natural
        ]
        wishes = [(self._wish(found), found) for found in inside]
        wishes.sort(key=lambda pair: by_precedence(pair[0]))
        return [replace(found, place=self.names.take(wish)) for wish, found in wishes]

    def _wish(self, found: _Found) -> Wish:
        place = found.place
        if found.what != "container":
            return Wish(found.root, place, found.file, place.stem)
        becomes = partial(_output_place, kind=found.kind, form=self.form)
        stem = _output_place(place, kind=found.kind, form="folder").name
        mark = place.name[len(stem) :].lstrip(".").lower() or "archive"
        return Wish(found.root, place, found.file, stem, becomes, mark)

    def _add_container(self, found: _Found) -> None:
        file, place = found.file, found.place
        try:
            opened = open_container(file, found.kind, place, self.form, self.limits, self.encoding)
        except InputError as error:
            if found.root == file and not self.several:
                raise
            source = BrokenSource(file, error.message, error.remedy)
            opened = Opened(Chapter(str(place), (Page(str(place), 1, source),)))
        self.chapters.append(opened.chapter)
        self.extras += opened.extras
        self.notes += opened.notes
        self._plan_outputs(found, opened.chapter)
        self._plan_extras(found, opened.extras)

    def _plan_outputs(self, found: _Found, chapter: Chapter) -> None:
        """Note what an archive's chapter is to become."""
        root, stamp = readable(str(found.root)), stamp_of(found.file)
        if chapter.container is not None:
            source = readable(str(found.file))
            self.outputs.append(Output(chapter.container.name, "archive", root, source, *stamp))
            return
        for page in chapter.pages:
            self.outputs.append(Output(page.name, "page", root, page.source.describe(), *stamp))

    def _plan_extras(self, found: _Found, extras: Sequence[Extra]) -> None:
        root, stamp = readable(str(found.root)), stamp_of(found.file)
        for extra in extras:
            self.outputs.append(Output(extra.name, "extra", root, extra.source.describe(), *stamp))

    def _close_folder(self, name: str, folder: _Folder) -> None:
        pictures = sorted(folder.pictures, key=lambda found: natural_key(str(found.place)))
        if self.form in ("cbz", "pdf") and pictures:
            self._pack_folder(self._archive_name(name, folder), pictures, folder.others)
            return
        if pictures:
            pages = [
                self._page(str(found.place), number, found) for number, found in enumerate(pictures, start=1)
            ]
            self.chapters.append(Chapter(name, tuple(pages), _direction(folder.others)))
            for page, found in zip(pages, pictures, strict=True):
                self.outputs.append(_output(page.name, "page", found))
        names = tuple(str(found.place) for found in pictures)
        for found in folder.others:
            about = names if comicinfo.is_comicinfo(found.file.name) else ()
            extra = Extra(FileSource(found.file), str(found.place), about)
            self.extras.append(extra)
            self._plan_extras(found, [extra])

    def _archive_name(self, name: str, folder: _Folder) -> str:
        """What the archive is called that a folder is packed into."""
        place = PurePosixPath(name if name != "." else folder.title or "chapter")
        becomes = partial(_output_place, kind="folder", form=self.form)
        root, source = folder.pictures[0].root, folder.pictures[0].file.parent
        wish = Wish(root, place, source, place.name, becomes, "folder")
        return str(becomes(self.names.take(wish)))

    def _pack_folder(self, name: str, pictures: list[_Found], others: list[_Found]) -> None:
        pages = [
            self._page(f"{name}/{found.place.name}", number, found)
            for number, found in enumerate(pictures, start=1)
        ]
        beside = [(found.place.name, found.file) for found in others]
        container = folder_container(name, pages, beside)
        self.chapters.append(Chapter(name, tuple(pages), _direction(others), container))
        source, roots = pictures[0].file.parent, Counter(found.root for found in pictures)
        root = source if len(roots) > 1 else pictures[0].root
        stamp = stamp_of_all(found.file for found in (*pictures, *others))
        self.outputs.append(Output(name, "archive", readable(str(root)), readable(str(source)), *stamp))

    def _page(self, name: str, number: int, found: _Found) -> Page:
        return Page(name, number, self._source(found.file))

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


def _output_place(place: PurePosixPath, kind: str, form: OutputFormat) -> PurePosixPath:
    return PurePosixPath(output_name(place, kind, form))


def _output(name: str, kind: Literal["page", "extra"], found: _Found) -> Output:
    source = readable(str(found.file))
    return Output(name, kind, readable(str(found.root)), source, *stamp_of(found.file))


def _direction(others: Sequence[_Found]) -> Direction | None:
    for found in others:
        if comicinfo.is_comicinfo(found.file.name):
            try:
                return comicinfo.direction(found.file.read_bytes())
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
