"""OUT as commands take it that look at what is coloured: an output folder, or else what is meant by it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from mangacolor.core.errors import InputError, UsageError
from mangacolor.core.installed import quoted
from mangacolor.formats.names import STATE_FOLDER
from mangacolor.formats.opened import container_suffixes

_OF_CHAPTERS: Final = ("palette", "export", "studio")  # commands that take --chapter
_OF_PAGES: Final = ("inspect",)  # those that take --page
_COLOURS: Final = ("studio",)  # those that colour INPUT, given --out


def check_out(out: Path, command: str) -> None:
    """Raise ``UsageError`` for what lies in an output folder and is none itself, with the line that is meant;
    ``InputError`` for what is in none, with the one that colours it.

    ``command``: which one is given ``out``.
    """
    if (out / STATE_FOLDER).is_dir():
        return
    place = _place_of(out)
    if place is not None:
        inside = out.absolute().relative_to(place.absolute())
        what = "lies in the output folder" if out.exists() else "is not there, in the output folder"
        raise UsageError(f"{out}: {what} {place}", f"Did you mean {_line(command, place, out, inside)}?")
    if not out.exists():
        raise InputError(f"{out}: no such file or folder", _named(command))
    line = f"mangacolor {quoted(str(out))} --out OUT"
    if command in _COLOURS:
        meant = f"To colour it: mangacolor {command} {quoted(str(out))} --out OUT."
    else:
        meant = f"Name the --out of an earlier run, or colour this first: {line}, and {command} OUT."
    what = "no folder that mangacolor has written to" if out.is_dir() else "a file, and no output folder"
    raise InputError(f"{out}: {what}", meant)


def _named(command: str) -> str:
    others = ", or the file of a series" if command in _OF_PAGES else ""
    return f"Name the --out of an earlier run{others}."


def _place_of(out: Path) -> Path | None:
    """The output folder that something lies in, as relative a path as the given one."""
    for folder in (*out.parents, *out.absolute().parents):
        if (folder / STATE_FOLDER).is_dir() and ".." not in out.parts:
            return folder
    return None


def _line(command: str, place: Path, out: Path, inside: Path) -> str:
    """The command with the output folder, and with the chapter or page that lies there."""
    line = f"mangacolor {command} {quoted(str(place))}"
    if inside.parts[0] == STATE_FOLDER or not out.exists():
        return line
    is_chapter = out.is_dir() or out.suffix.lower() in container_suffixes()
    if command in _OF_PAGES and not is_chapter:
        return f"{line} --page {quoted(inside.as_posix())}"
    chapter = inside if is_chapter else inside.parent
    if command in _OF_CHAPTERS and chapter.parts:
        return f"{line} --chapter {quoted(chapter.as_posix())}"
    return line
