"""``mangacolor export``: coloured chapters as books to take away."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

import click

from mangacolor.commands.settings.options import option
from mangacolor.commands.settings.value_types import PATH
from mangacolor.core.errors import ExitStatus, InputError, MangacolorError, OutputError, UsageError
from mangacolor.core.wording import (
    byte_size,
    chapter_names,
    counted,
    did_you_mean,
    first_few,
    json_text,
    printable,
)
from mangacolor.formats.outputs.book_forms import BOOK_FORMS, BookForm, book_form

if TYPE_CHECKING:
    from mangacolor.pipeline.chapter_pages import ChapterPages
    from mangacolor.pipeline.export import Exported
    from mangacolor.pipeline.store.layout import State
    from mangacolor.pipeline.store.store import Store

_NAMED: Final = 8  # pages or chapters that a message names


@click.command()
@click.argument("out", type=PATH)
@click.option(
    "--format",
    "form",
    type=click.Choice(BOOK_FORMS),
    help="Form of the file: cbz, pdf, epub (fixed layout), or zip, which holds all that lies beside the "
    "pages, too. By default what --to ends in, else cbz.",
)
@click.option(
    "--to",
    type=PATH,
    metavar="FILE|DIR",
    help="The file, or a folder for it; by default it lies beside OUT. Several chapters need a folder.",
)
@click.option("--chapter", metavar="NAME", help="Which of OUT's chapters; by default all of them.")
@click.option("--force", is_flag=True, help="Write over files that are there.")
@option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def export(
    out: Path, form: BookForm | None, to: Path | None, chapter: str | None, force: bool, as_json: bool
) -> int:
    """Save what is coloured in OUT as a file to take away: CBZ, PDF, EPUB or ZIP.

    Pages are in reading order. Those that are not coloured yet go in as they came, and are named. Nothing is
    coloured, and nothing in OUT changes.
    """
    from mangacolor.pipeline.chapter_pages import all_chapters, inputs_of
    from mangacolor.pipeline.out_folder import check_out
    from mangacolor.pipeline.store.store import read_store

    check_out(out, "export")
    store = read_store(out)
    state = store.state
    chapters = _chosen(state, all_chapters(store), chapter)
    place = _place(form, to)
    sources = {path.resolve() for path in inputs_of(store)}
    targets = _targets(state, list(chapters), place, _beside(out), sources)
    _refuse_sources(sources, targets)
    _refuse_inside(state.out, targets.values(), _beside(out))
    if not force:
        _refuse_existing(list(targets.values()))
    made, unfinished = _write(store, chapters, place.form, targets)
    edits = _edits_to_colour(store, chapters)
    if as_json:
        click.echo(json_text(_document(made, edits)))
    else:
        _tell(made, edits)
    for problem in (*edits.damaged.values(), *unfinished):
        click.echo(f"mangacolor: {problem}", err=True)
    whole = not unfinished and not any(done.as_they_came or done.left_out for done in made)
    return ExitStatus.DONE if whole else ExitStatus.SOME_FAILED


def _chosen(
    state: State, chapters: Mapping[str, ChapterPages], name: str | None
) -> Mapping[str, ChapterPages]:
    """All chapters, or the one that is named. Raises ``UsageError`` where there is none of this name."""
    from mangacolor.pipeline.page_names import same_name

    if name is None:
        return chapters
    called = same_name(name, chapters)
    if called is None:
        there = f"There are: {first_few(chapter_names(chapters), _NAMED)}."
        guess = did_you_mean(name, list(chapters))
        raise UsageError(f"--chapter {name}: {state.out} holds no such chapter", f"{guess} {there}".strip())
    return {called: chapters[called]}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where books go: one ``file``, or a ``folder``; beside OUT where neither is told."""

    form: BookForm
    file: Path | None = None
    folder: Path | None = None


def _place(form: BookForm | None, to: Path | None) -> _Place:
    """What is asked for. Raises ``UsageError`` where the name of the file says another form, or none that can
    be written."""
    if to is None or to.is_dir():
        return _Place(form or "cbz", folder=to)
    from mangacolor.formats.containers import UNREAD_BOOKS
    from mangacolor.formats.opened import container_suffixes
    from mangacolor.formats.sniff import IMAGE_SUFFIXES

    suffix = to.suffix.lower() or to.name.lower()
    told = book_form(suffix[1:]) if suffix.startswith(".") else None
    if told is None or not to.suffix:
        if told or suffix in container_suffixes() | IMAGE_SUFFIXES | UNREAD_BOOKS:
            raise UsageError(
                f"--to {to}: books are written as {', '.join(BOOK_FORMS)}",
                "Name a folder, or a file that ends in one of these.",
            )
        return _Place(form or "cbz", folder=to)
    if form is not None and told != form:
        raise UsageError(
            f"--to {to}: its name says {told}, and --format {form}", "Leave out --format, or rename the file."
        )
    return _Place(told, file=to)


def _beside(out: Path) -> Path:
    """The folder that OUT lies in."""
    return out.parent if out.name not in ("", "..") else out.resolve().parent


def _targets(
    state: State, names: Sequence[str], place: _Place, beside: Path, sources: Collection[Path]
) -> dict[str, Path]:
    """Where the file of each chapter goes; ``beside`` is a folder for one, which is called as OUT where its
    own name there is that of one of the ``sources``.

    Raises ``UsageError`` where several would have one file.
    """
    from mangacolor.pipeline.export import title_of

    if len(names) == 1:
        if place.file is not None:
            return {names[0]: place.file}
        file = (place.folder or beside) / f"{title_of(state, names[0])}.{place.form}"
        if place.folder is None and file.resolve() in sources:
            file = file.with_name(f"{state.out.name}.{place.form}")
        return {names[0]: file}
    if place.folder is None:
        raise UsageError(
            f"{state.out}: holds {counted(len(names), 'chapter')}",
            f"Name a folder for their files with --to DIR, or choose one with --chapter: "
            f"{first_few(chapter_names(names), _NAMED)}.",
        )
    # Chapters of a tree keep their folders: two may be called alike.
    files = {
        name: place.folder / PurePosixPath(name).parent / f"{title_of(state, name)}.{place.form}"
        for name in names
    }
    taken: dict[str, str] = {}
    for name, file in files.items():
        other = taken.setdefault(str(file).casefold(), name)
        if other != name:
            raise UsageError(
                f"{file}: the chapters {other} and {name} would both be this file",
                "Export each by itself, with --chapter NAME --to FILE.",
            )
    return files


def _refuse_inside(out: Path, targets: Iterable[Path], beside: Path) -> None:
    """Raise ``UsageError`` where a book would lie among the pages of OUT: there it could take the place of a
    run's own archive, stand in the way of one, or be coloured as a chapter."""
    for target in targets:
        if out.resolve() in target.resolve().parents:
            raise UsageError(
                f"{target}: lies in {out.name}, among its pages",
                f"Leave out --to, and it lies beside them: in {beside.resolve()}.",
            )


def _refuse_sources(sources: Collection[Path], targets: Mapping[str, Path]) -> None:
    """Raise ``UsageError`` where a book would take the place of what a chapter was made from."""
    for name, target in targets.items():
        if target.resolve() in sources:
            raise UsageError(
                f"{target}: {name} was made from this file", "Name another file or folder with --to."
            )


def _refuse_existing(targets: Sequence[Path]) -> None:
    there = [str(target) for target in targets if target.exists()]
    if there:
        raise UsageError(
            f"{first_few(there, _NAMED)}: there already", "Name another place with --to, or add --force."
        )


def _write(
    store: Store, chapters: Mapping[str, ChapterPages], form: BookForm, targets: Mapping[str, Path]
) -> tuple[list[Exported], list[MangacolorError]]:
    """The books that could be made, and why others could not. Raises the first such error where none was."""
    from mangacolor.pipeline.export import export_chapter

    made: list[Exported] = []
    unfinished: list[MangacolorError] = []
    for name, target in targets.items():
        try:
            made.append(export_chapter(store, chapters[name], form, target))
        except (InputError, OutputError) as error:
            unfinished.append(error)
    if not made:
        raise unfinished[0]
    return made, unfinished


@dataclass(frozen=True, slots=True)
class _Edits:
    """``chapters``: those whose palettes have been changed since their pages were coloured. ``command``: what
    colours them; "" where OUT does not say. ``damaged``: chapters whose palettes cannot be read, and why."""

    chapters: tuple[str, ...]
    command: str
    damaged: Mapping[str, UsageError]


def _edits_to_colour(store: Store, chapters: Mapping[str, ChapterPages]) -> _Edits:
    from mangacolor.commands.settings.bare import bare_settings
    from mangacolor.pipeline.decisions import command_again, find_waiting

    waiting, damaged = find_waiting(store, chapters.values())
    pages = [page for chapter in waiting for page in chapter.sources]
    command = command_again(store, pages, bare_settings())
    return _Edits(tuple(chapter.name for chapter in waiting), command, damaged)


def _tell(made: Sequence[Exported], edits: _Edits) -> None:
    for done in made:
        size = byte_size(done.file.stat().st_size)
        _say(f"{done.file}: {counted(done.pages, 'page')}, {size}")
        for why, pages in (("not coloured", done.as_they_came), ("unreadable, left out", done.left_out)):
            if pages:
                _say(f"  {counted(len(pages), 'page')} {why}: {first_few(pages, _NAMED)}")
        click.echo(str(done.file))
    if edits.chapters:
        named = first_few(chapter_names(edits.chapters), _NAMED)
        whose = "" if edits.chapters == (".",) else f" of {named}"
        how = edits.command or "colour again as before"
        what = f"the palette{whose} has been changed since the pages were coloured"
        _say(f"{what}; to take that over: {how}")


def _say(line: str) -> None:
    click.echo(printable(line), err=True)


def _document(made: Sequence[Exported], edits: _Edits) -> dict[str, Any]:
    return {
        "damaged_palettes": list(edits.damaged),
        "edits_to_colour": list(edits.chapters),
        "files": [
            {
                "file": str(done.file),
                "pages": done.pages,
                "as_they_came": list(done.as_they_came),
                "left_out": list(done.left_out),
            }
            for done in made
        ],
    }
