"""Which pages were copied and why, which failed, what was left alone or moved aside: for the end of a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mangacolor.core.types import Chapter
from mangacolor.core.wording import counted, first_few
from mangacolor.formats.names import STATE_FOLDER, natural_key
from mangacolor.pipeline.events import Detail, FileRemoved, PageDone, PageFailed
from mangacolor.pipeline.store.layout import REMOVED

MOST = 6  # names that a terminal shows of each kind; the report and ``--json`` have them all


def find_details(
    events: Iterable[PageDone | PageFailed | FileRemoved], chapters: Sequence[Chapter]
) -> tuple[Detail, ...]:
    """What there is to tell besides numbers. A chapter of one fate is named by itself."""
    found: dict[tuple[str, str], list[str]] = {}
    for event in events:
        kind = _kind(event)
        if kind is not None:
            found.setdefault(kind, []).append(event.file if isinstance(event, FileRemoved) else event.page)
    order = sorted(found, key=lambda kind: _ORDER.index(kind[0].partition(",")[0]))
    return tuple(Detail(kind[0], tuple(_gathered(found[kind], chapters)), kind[1]) for kind in order)


_ORDER = ("copied", "left", "failed", "moved aside", "kept")


def _kind(event: PageDone | PageFailed | FileRemoved) -> tuple[str, str] | None:
    """What has become of a page or file, and a remedy; None where the run's numbers say it all."""
    match event:
        case PageDone(outcome="copied" | "left" as outcome, reason=reason):
            remedy = "--force replaces it" if outcome == "left" else ""
            return ", ".join(filter(None, (outcome, reason))), remedy
        case PageFailed():
            return "failed", ""
        case FileRemoved(moved_to=None, reason=reason):
            return f"kept, though not in the input any more ({reason})", ""
        case FileRemoved():
            return "moved aside, not in the input any more", f"to {STATE_FOLDER}/{REMOVED}"
        case _:
            return None


def _gathered(names: Sequence[str], chapters: Sequence[Chapter]) -> list[str]:
    """The names, those of a whole chapter as one."""
    left = dict.fromkeys(sorted(names, key=natural_key))
    gathered = []
    for chapter in chapters:
        pages = {page.name for page in chapter.pages}
        if len(pages) > 1 and chapter.name != "." and pages <= left.keys():
            gathered.append(f"{chapter.name} ({counted(len(pages), 'page')})")
            left = {name: None for name in left if name not in pages}
    return [*gathered, *left]


def detail_lines(details: Iterable[Detail], most: int | None = MOST) -> list[str]:
    """A line for each, with ``most`` names; None shows all."""
    lines = []
    for detail in details:
        names = first_few(detail.names, len(detail.names) if most is None else most)
        lines.append(f"  {detail.what}: {names}" + (f" ({detail.remedy})" if detail.remedy else ""))
    return lines
