"""``--pages 3,5-9``: which pages of each chapter to do."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from mangacolor.core.errors import UsageError
from mangacolor.core.types import Chapter
from mangacolor.core.wording import counted


def pick_pages(chapters: Sequence[Chapter], text: str | None) -> tuple[Chapter, ...]:
    """The chapters with only the named pages; all of them for None. Numbers count from 1 in each chapter.

    Raises ``UsageError`` if the text cannot be read or a number is beyond every chapter.
    """
    if text is None:
        return tuple(chapters)
    spans = [_span(part) for part in text.split(",")]
    longest = max((page.number for chapter in chapters for page in chapter.pages), default=0)
    for _, last in spans:
        if last > longest:
            raise UsageError(
                f"--pages {text}: there is no page {last}",
                f"The longest chapter has {counted(longest, 'page')}.",
            )
    kept = []
    for chapter in chapters:
        pages = tuple(p for p in chapter.pages if any(first <= p.number <= last for first, last in spans))
        if pages:
            kept.append(dataclasses.replace(chapter, pages=pages))
    return tuple(kept)


def _span(part: str) -> tuple[int, int]:
    match = re.fullmatch(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?", part)
    first = int(match[1]) if match else 0
    last = int(match[2] or first) if match else 0
    if not 1 <= first <= last:
        raise UsageError(
            f"--pages: {part.strip()!r} is not a page or a range", "Write numbers from 1, as in 3,5-9."
        )
    return first, last
