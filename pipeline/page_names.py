"""Which page people mean: by its name in OUT, a path that leads there, the end of its name, or a number."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

# Of a page, a pixel, a group or a change: longer ones are none, and Python reads none of thousands of digits.
NUMBER: Final = "[0-9]{1,9}"


def find_pages(text: str, names: Sequence[str], out: Path, chapter: str = ".") -> tuple[str, ...]:
    """The pages among ``names``, those of OUT in order, that a text may stand for: one, or several where it
    is no more than the end of their names, as ``3.png`` in a tree of chapters; none where there is none.

    ``chapter``: whose page is meant where the text does not say.
    """
    for name in spellings(text, out, chapter):
        if name in names:
            return (name,)
    text = text.strip()
    if re.fullmatch(NUMBER, text) and 1 <= int(text) <= len(names):
        return (names[int(text) - 1],)
    return tuple(name for name in names if is_end_of(text, name))


def spellings(text: str, out: Path, chapter: str = ".") -> tuple[str, ...]:
    """The names that a page may have which people call so."""
    text = text.strip().replace("\\", "/")
    folder = "" if chapter == "." else f"{chapter}/"
    out, led = (Path(os.path.normpath(Path(path).absolute())) for path in (out, text))
    plain = Path(os.path.normpath(text)).as_posix()
    leads = (led.relative_to(out).as_posix(),) if led.is_relative_to(out) else ()
    return (text, f"{folder}{text}", plain.removeprefix(f"{out.name}/"), *leads)


def is_end_of(text: str, name: str) -> bool:
    """Whether a text is the last part of a page's name, or the last parts."""
    end = text.strip().replace("\\", "/")
    return name.endswith(f"/{end}")
