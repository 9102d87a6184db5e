"""Which chapter is next: the oldest that is new or changed and has settled, then what failed and is due."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from mangacolor.formats.names import natural_key
from mangacolor.watcher.chapters import Chapter
from mangacolor.watcher.records import Record, Records

# Seconds until a chapter that has failed is tried again, by how often it has: a share that was away is back
# in minutes, a broken file is mended in days if at all.
RETRY_AFTER: Final = (60.0, 300.0, 1800.0, 7200.0, 86400.0)


@dataclass(frozen=True, slots=True)
class Turns:
    """``ready``: chapters to colour, in order. ``waiting``: those that will be after so many seconds."""

    ready: tuple[Chapter, ...]
    settling: tuple[tuple[Chapter, float], ...] = ()
    failed: tuple[tuple[Chapter, float], ...] = ()

    @property
    def next_in(self) -> float | None:
        """Seconds until one of those that wait is ready, if nothing comes between."""
        return min((seconds for _, seconds in (*self.settling, *self.failed)), default=None)


def is_done(chapter: Chapter, records: Records) -> bool:
    """Whether a chapter is coloured as it is."""
    record = records.of(chapter.name)
    return record is not None and record.mark == chapter.mark and not record.tries


def take_turns(
    chapters: Iterable[Chapter], records: Records, settles_in: Callable[[Chapter], float], today: float
) -> Turns:
    """Sort chapters that are not done. ``today``: seconds since 1970."""
    fresh, due, settling, failed = [], [], [], []
    for chapter in chapters:
        if is_done(chapter, records):
            continue
        settles = settles_in(chapter)
        record = records.of(chapter.name)
        if settles > 0:
            settling.append((chapter, settles))
        elif record is None or record.mark != chapter.mark:
            fresh.append(chapter)
        elif (wait := due_in(record, today)) > 0:
            failed.append((chapter, wait))
        else:
            due.append(chapter)
    ready = (*sorted(fresh, key=_by_age), *sorted(due, key=_by_age))
    return Turns(ready, tuple(settling), tuple(failed))


def due_in(record: Record, today: float) -> float:
    """Seconds until a failed chapter is tried again; 0 where the clock has been set back since."""
    delay = RETRY_AFTER[min(record.tries, len(RETRY_AFTER)) - 1]
    since = today - record.failed_at
    return max(0.0, delay - since) if since >= 0 else 0.0


def _by_age(chapter: Chapter) -> tuple[int, object]:
    return chapter.modified_ns, natural_key(chapter.name)
