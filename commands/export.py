"""``mangacolor export``: coloured chapters as books to take away."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

import click

from mangacolor.commands.settings.options import option
from mangacolor.commands.settings.value_types import PATH
from mangacolor.core.errors import ExitStatus, InputError, UsageError
from mangacolor.core.wording import byte_size, counted, first_few

if TYPE_CHECKING:
    from mangacolor.pipeline.chapter_pages import ChapterPages
    from mangacolor.pipeline.export import Exported, Form
    from mangacolor.pipeline.store.layout import State

FORMS: Final[tuple[Form, ...]] = ("cbz", "pdf", "epub", "zip")
_NAMED: Final = 8  # pages or chapters that a message names


@click.command()
@click.argument("out", type=PATH)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMS),
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
    out: Path, form: Form | None, to: Path | None, chapter: str | None, force: bool, as_json: bool
) -> int:
    """Save what is coloured in OUT as a file to take away: CBZ, PDF, EPUB or ZIP.

    Pages are in reading order. Those that are not coloured yet go in as they came, and are named. Nothing is
    coloured, and nothing in OUT changes.
    """
    from mangacolor.pipeline.chapter_pages import all_chapters
    from mangacolor.pipeline.export import export_chapter
    from mangacolor.pipeline.store.layout import State

    state = State(out)
    chapters = _chosen(state, all_chapters(state), chapter)
    wanted = _form(form, to)
    targets = _targets(state, list(chapters), wanted, to, _beside(out))
    if not force:
        _refuse_existing(list(targets.values()))
    made: list[Exported] = []
    unfinished: list[InputError] = []
    for name, target in targets.items():
        try:
            made.append(export_chapter(state, chapters[name], wanted, target))
        except InputError as error:
            unfinished.append(error)
    if not made:
        raise unfinished[0]
    if as_json:
        click.echo(json.dumps(_document(made), ensure_ascii=False))
    else:
        _tell(made)
    for problem in unfinished:
        click.echo(f"mangacolor: {problem}", err=True)
    whole = not unfinished and not any(done.as_they_came or done.left_out for done in made)
    return ExitStatus.DONE if whole else ExitStatus.SOME_FAILED


def _chosen(
    state: State, chapters: Mapping[str, ChapterPages], name: str | None
) -> Mapping[str, ChapterPages]:
    """All chapters, or the one that is named. Raises ``UsageError`` where there is none of this name."""
    if name is None:
        return chapters
    if name not in chapters:
        there = first_few(list(chapters), _NAMED)
        raise UsageError(f"--chapter {name}: {state.out} holds no such chapter", f"There are: {there}.")
    return {name: chapters[name]}


def _form(form: Form | None, to: Path | None) -> Form:
    """What is asked for. Raises ``UsageError`` where the name of the file says another form."""
    suffix = to.suffix[1:].lower() if to is not None and not to.is_dir() else ""
    told = next((known for known in FORMS if known == suffix), None)
    if form is not None and told is not None and form != told:
        raise UsageError(
            f"--to {to}: its name says {told}, and --format {form}", "Leave out --format, or rename the file."
        )
    return form or told or "cbz"


def _beside(out: Path) -> Path:
    """The folder that OUT lies in."""
    return out.parent if out.name not in ("", "..") else out.absolute().parent


def _targets(
    state: State, names: Sequence[str], form: Form, to: Path | None, beside: Path
) -> dict[str, Path]:
    """Where the file of each chapter goes; ``beside`` is a folder for one alone.

    Raises ``UsageError`` where one file is named for several.
    """
    from mangacolor.pipeline.export import title_of

    is_file = to is not None and not to.is_dir() and to.suffix[1:].lower() in FORMS
    if len(names) > 1 and (to is None or is_file):
        raise UsageError(
            f"{state.out}: holds {counted(len(names), 'chapter')}",
            f"Name a folder for their files with --to DIR, or choose one with --chapter: "
            f"{first_few(names, _NAMED)}.",
        )
    if to is not None and is_file:
        return {names[0]: to}
    folder = to or beside
    files = {name: f"{title_of(state, name)}.{form}" for name in names}
    if len(names) == 1:
        return {name: folder / file for name, file in files.items()}
    # Chapters of a tree keep their folders: two may be called alike.
    return {name: folder / PurePosixPath(name).parent / file for name, file in files.items()}


def _refuse_existing(targets: Sequence[Path]) -> None:
    there = [str(target) for target in targets if target.exists()]
    if there:
        raise UsageError(
            f"{first_few(there, _NAMED)}: there already", "Name another place with --to, or add --force."
        )


def _tell(made: Sequence[Exported]) -> None:
    for done in made:
        size = byte_size(done.file.stat().st_size)
        click.echo(f"{done.file}: {counted(done.pages, 'page')}, {size}", err=True)
        for pages, why in (
            (done.as_they_came, "as they came, since they are not coloured"),
            (done.left_out, "left out, since they cannot be read"),
        ):
            if pages:
                click.echo(f"  {counted(len(pages), 'page')} {why}: {first_few(pages, _NAMED)}", err=True)
        click.echo(str(done.file))


def _document(made: Sequence[Exported]) -> dict[str, Any]:
    return {
        "files": [
            {
                "file": str(done.file),
                "pages": done.pages,
                "as_they_came": list(done.as_they_came),
                "left_out": list(done.left_out),
            }
            for done in made
        ]
    }
