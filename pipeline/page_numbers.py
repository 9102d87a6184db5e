"""``--pages 3,5-9,cover.png`` and its like: which pages of each chapter are meant."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from mangacolor.core.errors import UsageError
from mangacolor.core.types import Chapter, Page, Wanted
from mangacolor.core.wording import counted, did_you_mean
from mangacolor.pipeline.page_names import NUMBER, is_end_of, page_called
from mangacolor.pipeline.store.layout import State
from mangacolor.stages.edits.palette_file import FILE as PALETTE


@dataclasses.dataclass(frozen=True, slots=True)
class PickedPages:
    """Pages as an option names them: numbers from 1 in each chapter, and ``names`` of pages in OUT."""

    spans: tuple[tuple[int, int], ...] = ()  # first and last, both included
    names: frozenset[str] = frozenset()

    def __contains__(self, page: object) -> bool:
        return isinstance(page, Page) and (
            page.name in self.names or any(first <= page.number <= last for first, last in self.spans)
        )

    def __bool__(self) -> bool:
        return bool(self.spans or self.names)


def pick_pages(chapters: Sequence[Chapter], text: str | None, out: Path) -> tuple[Chapter, ...]:
    """The chapters with only the pages of OUT that ``--pages`` names; all of them for None.

    Raises ``UsageError`` where it names what is no page, or a number beyond every chapter.
    """
    if text is None:
        return tuple(chapters)
    picked = _read(chapters, text, "--pages", out)
    return _keep(chapters, lambda page: page in picked)


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
    chapters: Sequence[Chapter], color_pages: str | None, copy_pages: str | None, out: Path
) -> tuple[Chapter, ...]:
    """The chapters, with ``wanted`` set for the pages of ``--color-pages`` and ``--copy-pages``.

    Raises ``UsageError`` as ``pick_pages`` does, or for a page that both name.
    """
    colour = _read(chapters, color_pages, "--color-pages", out)
    copy = _read(chapters, copy_pages, "--copy-pages", out)
    if not (colour or copy):
        return tuple(chapters)

    def wished(page: Page) -> Page:
        if page in colour and page in copy:
            raise UsageError(
                f"page {page.number} cannot be both coloured and copied",
                "Take it out of --color-pages or of --copy-pages.",
            )
        wanted: Wanted = "colour" if page in colour else "copy" if page in copy else None
        return dataclasses.replace(page, wanted=wanted)

    return tuple(
        dataclasses.replace(chapter, pages=tuple(wished(page) for page in chapter.pages))
        for chapter in chapters
    )


def _read(chapters: Sequence[Chapter], text: str | None, option: str, out: Path) -> PickedPages:
    if text is None:
        return PickedPages()
    pages = [page for chapter in chapters for page in chapter.pages]
    all_names = [page.name for page in pages]
    longest = max((page.number for page in pages), default=0)
    spans, names = [], set[str]()
    for part in _parts(text, all_names, out):
        span = _span(part)
        if span is None:
            names |= _called(part, all_names, out) or _refuse(part, all_names, option)
        elif span[1] > longest:
            raise UsageError(
                f"{option} {text}: there is no page {span[1]}",
                f"The longest chapter has {counted(longest, 'page')}.",
            )
        else:
            spans.append(span)
    return PickedPages(tuple(spans), frozenset(names))


def _parts(text: str, names: Sequence[str], out: Path) -> Iterator[str]:
    """What stands between commas; together what is the name of a page that has some itself."""
    parts = text.split(",")
    most = 1 + max((name.count(",") for name in (*names, str(out))), default=0)
    while parts:
        ends = range(min(most, len(parts)), 1, -1)
        end = next((end for end in ends if _called(",".join(parts[:end]), names, out)), 1)
        yield ",".join(parts[:end])
        parts = parts[end:]


def _span(part: str) -> tuple[int, int] | None:
    """The numbers that it stands for; None where it can be a name at most."""
    match = re.fullmatch(rf"({NUMBER})\s*(?:-\s*({NUMBER}))?", part.strip())
    first = int(match[1]) if match else 0
    last = int(match[2] or first) if match else 0
    return (first, last) if 1 <= first <= last else None


def _called(text: str, names: Sequence[str], out: Path) -> set[str]:
    """The pages of this name: in a tree of chapters several may have it."""
    whole = page_called(text, names, out)
    return {name for name in names if name == whole or is_end_of(text, name)}


def _refuse(text: str, names: Sequence[str], option: str) -> NoReturn:
    text = text.strip()
    said = "Write numbers from 1, as in 3,5-9, or names of pages."
    ends = {name.rpartition("/")[2]: None for name in names}
    guess = did_you_mean(text, [*names, *ends])
    raise UsageError(f"{option}: {text!r} is not a page or a range", f"{guess} {said}".strip())
