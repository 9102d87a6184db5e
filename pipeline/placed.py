"""Where the pages of a run lie in the end, for whoever looks for them."""

from __future__ import annotations

from pathlib import Path

from mangacolor.core.errors import ExitStatus
from mangacolor.core.types import Chapter
from mangacolor.pipeline.events import Placed, RunResult
from mangacolor.pipeline.preparation import WorkPlan
from mangacolor.pipeline.store.layout import State
from mangacolor.stages.edits.palette_file import FILE as PALETTE


def find_place(plan: WorkPlan, result: RunResult, out: Path) -> Placed | None:
    """Where the chapters of a run lie, under OUT as it was named. None where it has left no page there, as a
    run to an earlier stage than the last, and for one that was stopped."""
    ended = result.status in (ExitStatus.DONE, ExitStatus.SOME_FAILED)
    if not ended or not plan.selection.commits:
        return None
    chapters = [chapter for chapter in plan.chapters if chapter.container is None or _file_of(chapter, out)]
    if not chapters:
        return None
    state = State(out)
    changeable = any(state.chapter_file(chapter.name, PALETTE).is_file() for chapter in chapters)
    lone = _file_of(chapters[0], out) if len(chapters) == 1 else None
    return Placed(out, lone or out, len(chapters), changeable)


def _file_of(chapter: Chapter, out: Path) -> Path | None:
    """The archive that a chapter was packed into; None where it lies as a folder, or could not be packed."""
    if chapter.container is None:
        return None
    file = out / chapter.container.name
    return file if file.is_file() else None
