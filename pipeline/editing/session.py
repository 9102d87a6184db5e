"""One command about a palette, from its wishes to what is told: looked at, previewed or changed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from mangacolor.core.errors import UsageError
from mangacolor.core.wording import counted
from mangacolor.pipeline.editing.chapter import ColouredChapter
from mangacolor.pipeline.editing.coverage import Cover, Surfaces
from mangacolor.pipeline.editing.given_edits import GivenEdits
from mangacolor.pipeline.editing.page_looks import PageLooks
from mangacolor.pipeline.editing.palette_document import read_palette, write_palette
from mangacolor.pipeline.editing.preview import check_target, find_changes, write_preview
from mangacolor.pipeline.editing.wishes.changer import Changer
from mangacolor.pipeline.editing.wishes.options import Wishes
from mangacolor.pipeline.editing.wording import change_lines, edit_id, reach_words
from mangacolor.pipeline.store.last_run import known_last_run
from mangacolor.stages.edits.model import Edit
from mangacolor.stages.edits.palette import Palette


class Session:
    """A chapter's palette while one command is about it.

    ``palette``: as it is after the changes, of which ``changes`` tell in words. ``touched``: the edits that
    were made, changed or done again. ``is_seen``: whether pages or groups become others.
    """

    def __init__(
        self,
        chapter: ColouredChapter,
        surfaces: Callable[[], Surfaces] | None = None,
        looks: PageLooks | None = None,
    ) -> None:
        self.chapter = chapter
        self._surfaces = surfaces or (lambda: _surfaces_of(chapter))
        self._looks = looks or PageLooks(chapter.pages.__getitem__)
        self.palette = Palette()
        self.changes: list[str] = []
        self.touched: list[Edit] = []
        self.is_seen = False

    @cached_property
    def surfaces(self) -> Surfaces:
        """The chapter's segments, read when they are first asked for."""
        return self._surfaces()

    @cached_property
    def covers(self) -> dict[int, Cover]:
        """What each edit of the palette covers, by its id."""
        return self.surfaces.covers(self.palette.edits) if self.palette.edits else {}

    def change(self, wishes: Wishes) -> None:
        """Change the palette in OUT. OUT is held meanwhile: a run that writes there has the palette, too.

        Raises ``UsageError`` for what cannot be, ``OutputError`` where OUT is held or cannot be written.
        """
        with self.chapter.state.locked() if wishes != Wishes() else nullcontext():
            before = self._apply(wishes)
            if self.palette != before:
                write_palette(self.chapter, before, self.palette)

    def preview(self, wishes: Wishes, target: Path) -> list[Path]:
        """Draw what the wishes would change; nothing else is written. Returns the pictures; none where
        nothing would. Raises as ``change``."""
        check_target(target, self.chapter)
        before = self._apply(wishes)
        if wishes == Wishes():
            raise UsageError("--preview shows a change before it is made", "Add --at or another change.")
        if before.look != self.palette.look:
            raise UsageError(
                "--preview draws surfaces, and the look is of all colours at once",
                "Change it, colour the chapter again, and --undo it if it does not please.",
            )
        changed = find_changes(self.surfaces, before.edits, self.palette.edits)
        if not changed:
            return []
        total = sum(change.surfaces for change in changed)
        told = [f"{edit_id(edit)} {edit.colour} {reach_words(edit)}" for edit in self.touched]
        what = "; ".join([*told, *self.changes])
        title = f"{what}: {counted(total, 'surface')} on {counted(len(changed), 'page')}"
        return write_preview(self.chapter, changed, target, title, self.touched)

    def _apply(self, wishes: Wishes) -> Palette:
        """Read the palette and make of it what is wished, here alone. Returns what was read."""
        before = read_palette(self.chapter)
        changer = Changer(self.chapter, lambda: self.surfaces, self._looks)
        self.palette = changer.change(before, wishes)
        self.changes = change_lines(before, self.palette)
        known = {_unnamed(edit) for edit in before.edits}
        self.touched = [edit for edit in self.palette.edits if _unnamed(edit) not in known]
        self.is_seen = _seen(before) != _seen(self.palette)
        return before


def _surfaces_of(chapter: ColouredChapter) -> Surfaces:
    return Surfaces.of(chapter, GivenEdits(chapter, known_last_run(chapter.state)))


def _unnamed(edit: Edit) -> Edit:
    return replace(edit, name="")


def _seen(palette: Palette) -> object:
    """What of a palette is seen on pages or in its groups."""
    colours = [(entry.colour, entry.locked) for entry in palette.entries]
    return [_unnamed(edit) for edit in palette.edits], colours, palette.regrouping, palette.look
