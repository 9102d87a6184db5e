"""``--pages 3,5-9`` and its like: which pages of each chapter are meant."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Collection, Sequence

from mangacolor.core.errors import UsageError
from mangacolor.core.types import Chapter, Page, Wanted
from mangacolor.core.wording import counted
from mangacolor.pipeline.store.layout import State
from mangacolor.stages.edits.palette_file import FILE as PALETTE


@dataclasses.dataclass(frozen=True, slots=True)
class PageNumbers:
    """Numbers from 1 in each chapter, as an option names them."""

    spans: tuple[tuple[int, int], ...]  # first and last, both included

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and any(first <= number <= last for first, last in self.spans)


def pick_pages(chapters: Sequence[Chapter], text: str | None) -> tuple[Chapter, ...]:
    """The chapters with only the pages that ``--pages`` names; all of them for None.

    Raises ``UsageError`` if the text cannot be read or a number is beyond every chapter.
    """
    if text is None:
        return tuple(chapters)
    numbers = _read(chapters, text, "--pages")
    return _keep(chapters, lambda page: page.number in numbers)


def note_on_pages_alone(picked: Sequence[Chapter], text: str | None, state: State) -> str:
    """What to say of ``--pages`` in chapters of OUT that have common colours; "" where it names none."""
    agreed = [chapter for chapter in picked if state.chapter_file(chapter.name, PALETTE).is_file()]
    pages = sum(len(chapter.pages) for chapter in agreed)
    if text is None or not pages:
        return ""
    return (
        f"--pages {text}: {counted(pages, 'page')} made alone, without the common colours of the chapter and "
        "what was changed of them; the same run without --pages brings all in line"
    )


def keep_named(chapters: Sequence[Chapter], names: Collection[str] | None) -> tuple[Chapter, ...]:
    """The chapters with only the pages of these output names; all of them for None."""
    return tuple(chapters) if names is None else _keep(chapters, lambda page: page.name in names)


def _keep(chapters: Sequence[Chapter], is_meant: Callable[[Page], bool]) -> tuple[Chapter, ...]:
    kept = []
    for chapter in chapters:
        pages = tuple(page for page in chapter.pages if is_meant(page))
        if pages:
            kept.append(dataclasses.replace(chapter, pages=pages))
    return tuple(kept)


def with_wishes(
    chapters: Sequence[Chapter], color_pages: str | None, copy_pages: str | None
) -> tuple[Chapter, ...]:
    """The chapters, with ``wanted`` set for the pages of ``--color-pages`` and ``--copy-pages``.

    Raises ``UsageError`` as ``pick_pages`` does, or for a page that both name.
    """
    colour = _read(chapters, color_pages, "--color-pages")
    copy = _read(chapters, copy_pages, "--copy-pages")
    if not (colour.spans or copy.spans):
        return tuple(chapters)

    def wished(page: Page) -> Page:
        if page.number in colour and page.number in copy:
            raise UsageError(
                f"page {page.number} cannot be both coloured and copied",
                "Take it out of --color-pages or of --copy-pages.",
            )
        wanted: Wanted = "colour" if page.number in colour else "copy" if page.number in copy else None
        return dataclasses.replace(page, wanted=wanted)

    return tuple(
        dataclasses.replace(chapter, pages=tuple(wished(page) for page in chapter.pages))
        for chapter in chapters
    )


def _read(chapters: Sequence[Chapter], text: str | None, option: str) -> PageNumbers:
    if text is None:
        return PageNumbers(())
    numbers = PageNumbers(tuple(_span(part, option) for part in text.split(",")))
    longest = max((page.number for chapter in chapters for page in chapter.pages), default=0)
    for _, last in numbers.spans:
        if last > longest:
            pages = counted(longest, "page")
            raise UsageError(f"{option} {text}: there is no page {last}", f"The longest chapter has {pages}.")
    return numbers


def _span(part: str, option: str) -> tuple[int, int]:
    match = re.fullmatch(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?", part)
    first = int(match[1]) if match else 0
    last = int(match[2] or first) if match else 0
    if not 1 <= first <= last:
        raise UsageError(
            f"{option}: {part.strip()!r} is not a page or a range", "Write numbers from 1, as in 3,5-9."
        )
    return first, last
