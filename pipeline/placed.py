"""Where the pages of a run lie in the end, for whoever looks for them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from mangacolor.core.errors import ExitStatus
from mangacolor.core.settings import RunOptions
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
    failed = {failure.page for failure in result.failures}
    chapters = [
        chapter
        for chapter in plan.chapters
        if _place_of(chapter, out).exists() and _is_in_place(chapter, plan.run_options, failed)
    ]
    if not chapters:
        return None
    state = State(out)
    changeable = any(state.chapter_file(chapter.name, PALETTE).is_file() for chapter in chapters)
    is_lone_archive = len(chapters) == 1 and chapters[0].container is not None
    place = _place_of(chapters[0], out) if is_lone_archive else out
    return Placed(out, place, len(chapters), changeable)


def _is_in_place(chapter: Chapter, run_options: RunOptions, failed: Collection[str]) -> bool:
    """Whether its place holds what this run has made: an archive that stays as it was does not."""
    lost = [page.name in failed for page in chapter.pages]
    if chapter.container is not None and run_options.pages is not None:
        return False
    return not (any(lost) if chapter.container and run_options.on_error == "fail" else all(lost))


def _place_of(chapter: Chapter, out: Path) -> Path:
    """Its folder or its archive, neither of which need be there: of what failed there may be nothing."""
    return out / (chapter.container.name if chapter.container else chapter.name)
