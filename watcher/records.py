"""What is done and what has failed: ``OUT/.mangacolor/watch.jsonl``, which outlives the process.

A line is the last word on a chapter. A chapter is done as it is while its ``mark`` is the one that was
recorded. What was coloured by a run that was killed before its line was written is found up to date by the
next run of it, page by page.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from mangacolor.core.atomic import write_atomic
from mangacolor.formats.inputs import What
from mangacolor.pipeline.store.journal import Journal, Line, read_journal
from mangacolor.watcher.chapters import Told

# Lines for each chapter that the file may grow to before it is written anew, when a watch begins.
_MOST_LINES: Final = 4


@dataclass(frozen=True, slots=True)
class Failure:
    """A page that could not be made, or a whole chapter (then ``page`` is its name)."""

    page: str
    error: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Record:
    """The last word on a chapter. ``mark``: see ``chapters.Chapter``; ``told``: see ``Chapters.surprises``.

    ``output``: where it lies in OUT. ``tries``: how often it has failed as it is, the last time at
    ``failed_at`` (seconds since 1970), and why. ``owed``: who has not been told yet that it is done.
    ``begun``: a run of it began that has not ended, so that whatever it left is news.
    """

    chapter: str
    mark: str
    output: str = ""
    tries: int = 0
    failed_at: float = 0.0
    failures: tuple[Failure, ...] = ()
    owed: tuple[str, ...] = ()
    begun: bool = False
    told: dict[str, tuple[str, Told]] = dataclasses.field(default_factory=dict)


class Records:
    """Read once; every change is a line at the end of the file, forced to the disk.

    Raises ``OutputError`` where it cannot be read or written.
    """

    def __init__(self, path: Path, scratch: Path) -> None:
        self._journal = Journal(path)
        self._records: dict[str, Record] = {}
        lines = read_journal(path)
        for line in lines:
            with contextlib.suppress(TypeError, KeyError, ValueError):  # of another version of mangacolor
                record = _from_line(line)
                self._records[record.chapter] = record
        if len(lines) > _MOST_LINES * (len(self._records) + 1):
            text = "".join(_to_text(record) for record in self._records.values())
            write_atomic(path, text.encode(), durable=True, scratch=scratch)

    def __len__(self) -> int:
        return len(self._records)

    def of(self, chapter: str) -> Record | None:
        """The last word on a chapter."""
        return self._records.get(chapter)

    def all(self) -> list[Record]:
        return list(self._records.values())

    def keep(self, *records: Record) -> None:
        """Write down the last word on chapters."""
        if not records:
            return
        self._journal.append(*map(dataclasses.asdict, records))
        self._records.update((record.chapter, record) for record in records)

    def told(self) -> dict[str, tuple[str, Told]]:
        """What files are that their names do not say, of all chapters."""
        return {key: told for record in self._records.values() for key, told in record.told.items()}


def _to_text(record: Record) -> str:
    return json.dumps(dataclasses.asdict(record), ensure_ascii=False) + "\n"


def _from_line(line: Line) -> Record:
    fields: dict[str, Any] = dict(line)
    fields["failures"] = tuple(Failure(**failure) for failure in line.get("failures", ()))
    fields["owed"] = tuple(line.get("owed", ()))
    fields["told"] = {key: _told(*told) for key, told in line.get("told", {}).items()}
    return Record(**fields)


def _told(stamp: str, told: tuple[str, str]) -> tuple[str, Told]:
    what, kind = told
    return stamp, (cast(What, what), kind)
