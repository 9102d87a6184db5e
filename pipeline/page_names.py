"""Which page people mean: by its name in OUT, a path that leads there, the end of its name, or a number.

However its accents are written: file systems, archives and keyboards differ in that.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from mangacolor.core.option_fields import expand_home
from mangacolor.formats.names import composed

# A whole number as people write it, of a page, a pixel, a group or a change: longer ones are none, and Python
# reads none of thousands of digits.
NUMBER: Final = "[0-9]{1,9}"


def find_pages(text: str, names: Sequence[str], out: Path, chapter: str = ".") -> tuple[str, ...]:
    """The pages among ``names``, those of OUT in order, that a text may stand for: one, or several where it
    is no more than the end of their names, as ``3.png`` in a tree of chapters; none where there is none.

    ``chapter``: whose page is meant where the text does not say.
    """
    whole = page_called(text, names, out, chapter)
    if whole is not None:
        return (whole,)
    if re.fullmatch(NUMBER, text.strip()) and 1 <= int(text) <= len(names):
        return (names[int(text) - 1],)
    return tuple(name for name in names if is_end_of(text, name))


def page_called(text: str, names: Collection[str], out: Path, chapter: str = ".") -> str | None:
    """The page among ``names`` that has one of a text's ``spellings``; None where there is none."""
    return next(filter(None, (same_name(name, names) for name in spellings(text, out, chapter))), None)


def same_name(text: str, names: Collection[str]) -> str | None:
    """The name that is the text, or reads as it, whatever spaces are around; None where there is none."""
    if text in names:
        return text
    read = _as_read(text)
    return next((name for name in names if _as_read(name) == read), None)


def _as_read(name: str) -> str:
    return composed(name).strip()


def spellings(text: str, out: Path, chapter: str = ".") -> tuple[str, ...]:
    """The names that a page may have which people call so, the text itself first: a name may begin with a
    space."""
    given, text = text, expand_home(text.strip()).replace("\\", "/")
    folder = "" if chapter == "." else f"{chapter}/"
    out, led = (Path(os.path.normpath(Path(path).absolute())) for path in (out, text))
    plain = Path(os.path.normpath(text)).as_posix()
    leads = (led.relative_to(out).as_posix(),) if led.is_relative_to(out) else ()
    return (given, text, f"{folder}{text}", plain.removeprefix(f"{out.name}/"), *leads)


def is_end_of(text: str, name: str) -> bool:
    """Whether a text is the last part of a page's name, or the last parts."""
    ends = tuple(f"/{composed(end)}".replace("\\", "/") for end in (text, text.strip()))
    return composed(name).endswith(ends)
