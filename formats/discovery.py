"""From INPUT... to chapters of pages with their output names. Writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath

from mangacolor.core.errors import InputError, UsageError
from mangacolor.core.settings import Options, RunOptions
from mangacolor.core.system.files import identify
from mangacolor.core.types import Chapter, Page
from mangacolor.formats import comicinfo
from mangacolor.formats.archive_out import Extra
from mangacolor.formats.containers import folder_container, open_container, output_name
from mangacolor.formats.entry_names.encoding import check_encoding
from mangacolor.formats.inputs import Found, find_files
from mangacolor.formats.limits import DEFAULT_LIMITS, Limits, limits_of
from mangacolor.formats.names import check_clashes, natural_key, path_text
from mangacolor.formats.opened import Opened, OutputFormat
from mangacolor.formats.outputs.names import OutputNames, Wish, by_precedence
from mangacolor.formats.outputs.other_forms import Becomes, tell_other_forms
from mangacolor.formats.outputs.planned import Output, OutputKind, stamp_of, stamp_of_all
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


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an input tree: its files as they have been ``found``, and those that are ``wanted``.

    All of them have their say in the names of outputs, so that a part is written where the whole would be;
    only those that are wanted are opened.
    """

    found: tuple[Found, ...]
    wanted: frozenset[Path]


def discover(
    inputs: Sequence[Path],
    out: Path,
    form: OutputFormat = "same",
    limits: Limits = DEFAULT_LIMITS,
    encoding: str | None = None,
    part: Part | None = None,
) -> Plan:
    """Find the chapters of ``inputs`` and plan every output's name relative to ``out``.

    One folder's pages go to OUT itself, a tree keeps its relative paths, and with several inputs each
    goes to ``OUT/<its name>``. A folder that holds pictures is one chapter, named by its output folder
    (``.`` for OUT itself); an archive, EPUB or PDF is one, named by its output file; pictures given
    one by one form one. ``form`` is ``--format``: with an archive as output the chapter has a
    ``container``. ``encoding`` is ``--names-encoding``. An archive that cannot be read fails as a page of
    its own where it is not the only input. ``part``: the inputs are one tree, that has been looked through,
    and only this part of it is planned.

    Members of a tree whose outputs would have one name (compared without case and in NFC) are kept apart, as
    ``outputs.names`` says. Raises ``UsageError`` if OUT is an input, ``encoding`` is not known or the outputs
    of two named inputs clash, ``InputError`` if an input does not exist, cannot be read or holds no page.
    """
    if encoding is not None:
        check_encoding(encoding)
    notes: list[str] = []
    found = part.found if part else find_files(inputs, out.resolve(), notes)
    planner = _Planner(out.resolve(), len(inputs) > 1, form, limits, encoding)
    return planner.plan(found, notes, part.wanted if part else None)


def discover_for(
    inputs: Sequence[Path], out: Path, options: Options, run_options: RunOptions, part: Part | None = None
) -> Plan:
    """What ``discover`` finds for a run that is told so."""
    limits = limits_of(options, run_options)
    return discover(inputs, out, run_options.output_form, limits, run_options.names_encoding, part)


class _Folder:
    """Files of one output folder. ``title`` is the source folder's name."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.pictures: list[Found] = []
        self.others: list[Found] = []


class _Planner:
    """Gives names to what was found, and makes chapters of it. ``several``: more than one input was given."""

    def __init__(
        self, out: Path, several: bool, form: OutputFormat, limits: Limits, encoding: str | None
    ) -> None:
        self.out, self.several, self.form = out, several, form
        self.limits, self.encoding = limits, encoding
        self.names = OutputNames(out, several)
        self.chapters: list[Chapter] = []
        self.extras: list[Extra] = []
        self.outputs: list[Output] = []
        self.notes: list[str] = []
        self._becomes: list[Becomes] = []

    def plan(
        self, files: Sequence[Found], notes: Sequence[str], wanted: Collection[Path] | None = None
    ) -> Plan:
        """The plan of all files, or of those ``wanted``, with these ``notes`` and its own."""
        folders: dict[str, _Folder] = {}
        for found in self._named(files):
            if wanted is not None and found.file not in wanted:
                continue
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
        layout = f"{self.form}, several" if self.several else self.form
        forms = tell_other_forms(self._becomes) if self.form == "same" else []
        told = (*notes, *self.notes, *self.names.notes, *forms)
        return Plan(tuple(chapters), tuple(extras), told, tuple(self.outputs), layout)

    def _named(self, files: Sequence[Found]) -> list[Found]:
        """The files, each at a place that no other has."""
        natural = sorted(files, key=lambda found: natural_key(str(found.place)))
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

    def _wish(self, found: Found) -> Wish:
        place = found.place
        if found.what != "container":
            return Wish(found.root, place, found.file, place.stem)
        becomes = partial(_output_place, kind=found.kind, form=self.form)
        stem = _output_place(place, kind=found.kind, form="folder").name
        mark = place.name[len(stem) :].strip(" .").lower() or "archive"
        return Wish(found.root, place, found.file, stem, becomes, mark)

    def _add_container(self, found: Found) -> None:
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
        self._note_outputs(found, opened)

    def _note_outputs(self, found: Found, opened: Opened) -> None:
        """Note what an archive is to become."""
        container = opened.chapter.container
        if container is not None:
            self.outputs.append(_output(container.name, "archive", found, path_text(found.file)))
            self._becomes.append(Becomes(found.file.name, found.kind, container.name))
        for page in opened.chapter.pages if container is None else ():
            self.outputs.append(_output(page.name, "page", found, page.source.describe()))
        for extra in opened.extras:
            self.outputs.append(_output(extra.name, "extra", found, extra.source.describe()))

    def _close_folder(self, name: str, folder: _Folder) -> None:
        pictures = sorted(folder.pictures, key=lambda found: natural_key(str(found.place)))
        if self.form in ("cbz", "pdf") and pictures:
            self._pack_folder(self._archive_name(name, folder), pictures, folder.others)
            return
        if pictures:
            pages = [
                self._page(str(found.place), number, found) for number, found in enumerate(pictures, start=1)
            ]
            direction = comicinfo.told_direction(found.file for found in folder.others)
            self.chapters.append(Chapter(name, tuple(pages), direction))
            for page, found in zip(pages, pictures, strict=True):
                self.outputs.append(_output(page.name, "page", found, path_text(found.file)))
        names = tuple(str(found.place) for found in pictures)
        for found in folder.others:
            about = names if comicinfo.is_comicinfo(found.file.name) else ()
            self.extras.append(Extra(FileSource(found.file), str(found.place), about))
            self.outputs.append(_output(str(found.place), "extra", found, path_text(found.file)))

    def _archive_name(self, name: str, folder: _Folder) -> str:
        """What the archive is called that a folder is packed into."""
        place = PurePosixPath(name if name != "." else folder.title or "chapter")
        becomes = partial(_output_place, kind="folder", form=self.form)
        root, source = folder.pictures[0].root, folder.pictures[0].file.parent
        wish = Wish(root, place, source, place.name, becomes, "folder")
        return str(becomes(self.names.take(wish)))

    def _pack_folder(self, name: str, pictures: list[Found], others: list[Found]) -> None:
        pages = [
            self._page(f"{name}/{found.place.name}", number, found)
            for number, found in enumerate(pictures, start=1)
        ]
        beside = [(found.place.name, found.file) for found in others]
        container = folder_container(name, pages, beside)
        direction = comicinfo.told_direction(found.file for found in others)
        self.chapters.append(Chapter(name, tuple(pages), direction, container))
        source, roots = pictures[0].file.parent, Counter(found.root for found in pictures)
        root = source if len(roots) > 1 else pictures[0].root
        stamp = stamp_of_all(found.file for found in (*pictures, *others))
        self.outputs.append(Output(name, "archive", path_text(root), path_text(source), *stamp))

    def _page(self, name: str, number: int, found: Found) -> Page:
        return Page(name, number, FileSource(found.file, self.limits.entry_bytes))

    def _check_sources_survive(self, chapter: Chapter) -> None:
        targets = [chapter.container.name] if chapter.container else [page.name for page in chapter.pages]
        sources = {Path(getattr(page.source, "path", "/")) for page in chapter.pages}
        known = {identity for source in sources if (identity := identify(source)) is not None}
        for name in targets:
            target = self.out / name
            if identify(target) in known:
                raise UsageError(
                    f"--out would put {name} in the place of a source, {target}",
                    "Name another folder: sources are never overwritten.",
                )


def _output_place(place: PurePosixPath, kind: str, form: OutputFormat) -> PurePosixPath:
    return PurePosixPath(output_name(place, kind, form))


def _output(name: str, kind: OutputKind, found: Found, source: str) -> Output:
    return Output(name, kind, path_text(found.root), source, *stamp_of(found.file))
