"""What a watch does again and again: look, wait, colour the oldest, tell those who want to know."""

from __future__ import annotations

import dataclasses
import time
from typing import Final

from mangacolor.core.errors import ExitStatus, InputError, OutputError, UsageError
from mangacolor.core.settings import WatchOptions
from mangacolor.formats.discovery import Part
from mangacolor.pipeline.store.layout import State
from mangacolor.watcher.adoption import Adoption
from mangacolor.watcher.chapters import Chapter, Chapters
from mangacolor.watcher.coloring import Job, Outcome, StopWatch, check_names, color_chapter, is_as_seen
from mangacolor.watcher.events import (
    ChapterColoured,
    ChapterFailed,
    ChapterFound,
    ChapterGone,
    ChapterSettled,
    ChapterStarted,
    Idle,
    Listener,
    Ready,
    Trouble,
)
from mangacolor.watcher.folder import Look, Seen, look_through
from mangacolor.watcher.notices import Notices
from mangacolor.watcher.records import Record, Records
from mangacolor.watcher.settling import Settling
from mangacolor.watcher.telling.messengers import Messengers
from mangacolor.watcher.turns import Turns, due_in, take_turns

# Seconds after which the folder is looked through though nothing was told: notifications can be lost.
LOOK_ANYWAY: Final = 300.0
# Seconds that a queue is worked off before the folder is looked through again, though nothing was told.
_QUEUE_HOLDS: Final = 60.0
# Seconds that are waited when the disk is full or the folder away, doubled each time up to the last.
FIRST_WAIT, LONGEST_WAIT = 10.0, 300.0
# Seconds between two looks whether the watch is to stop.
_TURN: Final = 0.2


@dataclasses.dataclass(slots=True)
class Counts:
    """Chapters: ``coloured`` in this watch; and of those in the folder as it ends, how many are ``done`` and
    how many have ``failed`` and are to be tried again, in whichever watch that was. ``unread``: folders in it
    that could not be read."""

    coloured: int = 0
    done: int = 0
    failed: int = 0
    unread: int = 0

    @property
    def status(self) -> int:
        if not self.failed + self.unread:
            return ExitStatus.DONE
        return ExitStatus.SOME_FAILED if self.done else ExitStatus.NOTHING_DONE


class Loop:
    """The state of a watch. One thread does everything; another only rings."""

    def __init__(
        self,
        job: Job,
        settings: WatchOptions,
        records: Records,
        messengers: Messengers,
        notices: Notices,
        emit: Listener,
        stop: StopWatch,
        counts: Counts,
    ) -> None:
        self._job, self._settings, self._records = job, settings, records
        self._messengers, self._notices = messengers, notices
        self._emit, self._stop, self._counts = emit, stop, counts
        self._chapters = Chapters(job.root, records.told())
        self._settling = Settling(settings.settle, trust_age=not notices.is_share)
        self._out = job.out.resolve()
        self._look = Look()
        self._found: set[str] = set()
        self._settled: set[str] = set()
        self._idle: Idle | None = None
        # The clock of a share says nothing of what was made before what.
        self._adoption = None if notices.is_share else Adoption(job)
        self._complaints: set[str] = set()
        self._strays: set[str] = set()
        self._names_are_known = False  # all that options name has been found

    def go(self, began: float) -> None:
        """Until it is stopped, or all is done that can be done now."""
        try:
            self._go(began)
        finally:
            known = self._known(self._present())
            self._counts.failed = sum(record.tries > 0 for record in known)
            self._counts.done = len(known) - self._counts.failed
            self._counts.unread = len(self._look.unreadable)

    def _go(self, began: float) -> None:
        wait, ready = FIRST_WAIT, False
        while not self._stop.requested:
            try:
                self._notices.rung.clear()
                turns = self._survey()
                if not ready:
                    self._tell_ready(began)
                    ready = True
                pause = self._take_turn(turns)
                wait = FIRST_WAIT
            except (OutputError, InputError) as error:
                if self._settings.once or not ready:
                    raise
                self._emit(Trouble(error.message, error.remedy, wait))
                self._idle = None
                self._sleep(wait)
                wait = min(2 * wait, LONGEST_WAIT)
                continue
            if pause is None:
                return
            self._sleep(pause, until_rung=True)

    def _survey(self) -> Turns:
        """Look through the folder and say what is new."""
        for warning in self._notices.take_warnings():
            self._emit(Trouble(warning, "It is looked through every few seconds or minutes instead.", None))
        self._look = look_through(self._job.root, self._out)
        for complaint in set(self._look.unreadable) - self._complaints:
            self._emit(Trouble(complaint, "Check its permissions.", None))
        self._complaints = set(self._look.unreadable)
        self._settling.look(self._look.files)
        chapters = self._chapters.gather(
            self._look.files, self._is_known, lambda chapter: not self._settles_in(chapter)
        )
        if self._adoption is not None:
            self._records.keep(*self._adoption.records.values())
            self._adoption = None
        turns = take_turns(chapters, self._records, self._settles_in, time.time())
        new = [chapter.name for chapter in (*turns.ready, *(chapter for chapter, _ in turns.settling))]
        self._tell_once(self._found, new, ChapterFound)
        self._tell_once(self._settled, [chapter.name for chapter in turns.ready], ChapterSettled)
        return turns

    def _tell_once(
        self, told: set[str], names: list[str], event: type[ChapterFound | ChapterSettled]
    ) -> None:
        for name in names:
            if name not in told:
                self._emit(event(name))
        told.clear()
        told.update(names)

    def _is_known(self, chapter: Chapter) -> bool:
        record = self._records.of(chapter.name)
        if record is None and self._adoption is not None:
            return self._adoption.find(chapter)
        return record is not None and record.mark == chapter.mark

    def _settles_in(self, chapter: Chapter) -> float:
        """Seconds; a file beside loose pages that is still being written may become one of them."""
        files = list(chapter.files)
        if chapter.loose:
            folder = chapter.files[0].path.parent
            files += [seen for seen in self._unfinished() if seen.path.parent == folder]
        return max(self._settling.wait(seen) for seen in files)

    def _unfinished(self) -> list[Seen]:
        return [seen for seen in self._look.files if seen.unfinished]

    def _tell_ready(self, began: float) -> None:
        present = self._present()
        known = self._known(present)
        failed = [record for record in known if record.tries]
        seconds = round(time.monotonic() - began, 3)
        done, how = len(known) - len(failed), self._notices.how
        self._emit(Ready(len(present), done, len(failed), how, seconds))
        for record in failed:
            self._tell_failed(record)

    def _present(self) -> list[Chapter]:
        return self._chapters.gather(self._look.files, lambda _: True, lambda _: True)

    def _known(self, chapters: list[Chapter]) -> list[Record]:
        """The last word on each of these chapters that has been run as it is."""
        records = [(chapter, self._records.of(chapter.name)) for chapter in chapters]
        return [record for chapter, record in records if record and record.mark == chapter.mark]

    def _take_turn(self, turns: Turns) -> float | None:
        """Colour what is ready, or tell who wants to know. Returns seconds to wait; None to end."""
        if turns.ready:
            self._idle = None
            self._work_off(turns)
            return 0.0
        retry = self._messengers.deliver_owed(self._records, idle=True)
        idle = Idle(len(turns.settling), len(turns.failed))
        if idle != self._idle and not turns.settling and not self._names_are_known:
            self._tell_of_names()
        if self._settings.once and not turns.settling:
            return None
        if idle != self._idle:
            self._emit(idle)
            self._idle = idle
        waits = [LOOK_ANYWAY, turns.next_in, retry]
        return min(wait for wait in waits if wait is not None)

    def _tell_of_names(self) -> None:
        """Say once of a page that is named, as by a hint, that nothing in the folder is called so.

        It opens every archive, which takes a large folder many seconds: not again once all are found.
        """
        try:
            check_names(self._job, self._chapters.found(self._look.files))
            self._names_are_known = True
        except (UsageError, InputError) as error:
            if error.message not in self._strays:
                self._strays.add(error.message)
                later = "" if self._settings.once else " Or it has yet to come."
                self._emit(Trouble(error.message, f"{error.remedy}{later}", None))

    def _work_off(self, turns: Turns) -> None:
        """Colour what is ready, in order, until something else may be ready or not ready any more."""
        until = time.monotonic() + min([_QUEUE_HOLDS, *(seconds for _, seconds in turns.settling)])
        everything = self._chapters.found(self._look.files)
        for queued, chapter in zip(range(len(turns.ready) - 1, -1, -1), turns.ready, strict=True):
            if not is_as_seen(chapter):
                return
            part = Part(everything, frozenset(seen.path for seen in chapter.files))
            self._color(chapter, part, queued)
            self._messengers.deliver_owed(self._records, idle=False)
            if self._stop.requested or self._notices.rung.is_set() or time.monotonic() > until:
                return

    def _color(self, chapter: Chapter, part: Part, queued: int) -> None:
        """Run a chapter and write down what became of it. Raises ``OutputError`` where OUT is the trouble."""
        self._check_out()
        before = self._records.of(chapter.name) or Record(chapter.name, "")
        if self._messengers.names and not before.begun:
            self._records.keep(dataclasses.replace(before, begun=True))
        self._emit(ChapterStarted(chapter.name, queued))
        outcome = color_chapter(self._job, chapter, part, self._stop, self._emit)
        if self._stop.requested:
            return
        if outcome.gone:
            self._emit(ChapterGone(chapter.name))
            return
        tries = (before.tries if before.mark == chapter.mark else 0) + 1 if outcome.failures else 0
        is_news = outcome.wrote or (before.begun and outcome.output != "")
        record = Record(
            chapter.name,
            chapter.mark,
            outcome.output,
            tries,
            time.time() if tries else 0.0,
            outcome.failures,
            self._messengers.names if is_news else before.owed,
            told=self._chapters.surprises(chapter),
        )
        self._records.keep(record)
        self._tell_outcome(record, outcome)

    def _tell_outcome(self, record: Record, outcome: Outcome) -> None:
        if record.tries:
            self._tell_failed(record)
            return
        self._counts.coloured += 1
        result = outcome.result
        assert result is not None
        numbers = (result.pages, result.done, result.copied, result.cached, result.seconds)
        self._emit(ChapterColoured(record.chapter, record.output, *numbers))

    def _tell_failed(self, record: Record) -> None:
        again = round(due_in(record, time.time()), 1)
        self._emit(ChapterFailed(record.chapter, record.failures, record.tries, again))

    def _check_out(self) -> None:
        """Raise ``OutputError`` if OUT was taken away: it must not be made anew in its empty place."""
        if not State(self._job.out).watch_lock.exists():
            raise OutputError(
                f"{self._job.out}: the output folder has vanished",
                "See whether it was moved or its disk removed, and start the watch again.",
            )

    def _sleep(self, seconds: float, until_rung: bool = False) -> None:
        """Wait, until it is to stop or, if wanted, something has changed in the folder."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self._stop.requested:
            if self._notices.rung.wait(min(left, _TURN)):
                if until_rung:
                    return
                time.sleep(min(left, _TURN))
