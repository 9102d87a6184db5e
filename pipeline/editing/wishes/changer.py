"""Changes of a palette, as they are wished."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from mangacolor.core.errors import UsageError
from mangacolor.pipeline.editing.chapter import ColouredChapter
from mangacolor.pipeline.editing.coverage import Surfaces
from mangacolor.pipeline.editing.page_looks import PageLooks
from mangacolor.pipeline.editing.points import make_anchor, make_outline, read_outline, read_point
from mangacolor.pipeline.editing.wishes.options import Wishes, check_wishes
from mangacolor.pipeline.editing.wishes.reading import FOUND, check_group, find_edit, parse_set, read_group
from mangacolor.pipeline.editing.wording import edit_id, read_id, read_number
from mangacolor.stages.edits.changes import (
    add_edit,
    clear_group,
    merge_groups,
    name_edit,
    name_group,
    redo,
    revise_edit,
    revise_edits,
    set_locks,
    set_look,
    split_group,
    undo,
)
from mangacolor.stages.edits.colours import check_colour
from mangacolor.stages.edits.model import LIKENESS, Anchor, Edit, Level, Look, Reach
from mangacolor.stages.edits.palette import Palette


@dataclass(slots=True)
class Changer:
    """Makes changes of wishes, for one chapter. ``surfaces``: gives its segments, if anything asks for them.
    ``looks``: its pages, on which points are looked at.

    ``touched``: the id of the edit that was made or changed.
    """

    chapter: ColouredChapter
    surfaces: Callable[[], Surfaces]
    looks: PageLooks
    touched: int | None = None

    def change(self, palette: Palette, wishes: Wishes) -> Palette:
        """The palette after all that is wished. Raises ``UsageError`` for what cannot be."""
        check_wishes(wishes)
        if wishes.undo is not None:
            return undo(palette, read_id(wishes.undo, "--undo") if wishes.undo else None)
        if wishes.redo is not None:
            return redo(palette, read_id(wishes.redo, "--redo") if wishes.redo else None)
        if wishes.merge is not None:
            palette = merge_groups(palette, [read_group(text, "--merge") for text in wishes.merge.split(",")])
        if wishes.split is not None:
            palette = self._split(palette, wishes)
        elif wishes.outline is not None and wishes.edit is None:
            palette = self._add_outline(palette, wishes.outline, wishes.colour)
        elif wishes.at is not None:
            palette = self._add(palette, wishes)
        elif wishes.edit is not None:
            palette = self._revise(palette, wishes)
        if wishes.renew:
            palette = self._renew(palette)
        for number, colour in parse_set(wishes.colours).items():
            palette = self._set(palette, number, colour)
        for text in wishes.names:
            palette = self._name(palette, text)
        if wishes.saturation is not None or wishes.warmth is not None:
            palette = _set_look(palette, wishes)
        return palette if wishes.lock is None else self._lock(palette, wishes)

    # -- edits

    def _add(self, palette: Palette, wishes: Wishes) -> Palette:
        assert wishes.at is not None and wishes.colour is not None
        anchors = (self._anchor(wishes.at, "--at"), *(self._anchor(text, "--also") for text in wishes.also))
        edit = Edit(
            0,
            check_colour(wishes.colour, "--colour"),
            Reach(wishes.reach or Reach.ALIKE),
            _distinct(anchors),
            _distinct([self._anchor(text, "--not") for text in wishes.negatives]),
            LIKENESS if wishes.likeness is None else wishes.likeness,
            Level(wishes.level or Level.FINE),
        )
        after = add_edit(palette, self._complete(edit, palette))
        self.touched = after.edits[-1].id
        return after

    def _add_outline(self, palette: Palette, text: str, colour: str | None) -> Palette:
        anchor, outline = make_outline(self.chapter, self.looks, read_outline(text))
        edit = Edit(0, check_colour(colour, "--colour"), Reach.OUTLINE, (anchor,), outline=outline)
        after = add_edit(palette, edit)
        self.touched = after.edits[-1].id
        return after

    def _redraw(self, edit: Edit, wishes: Wishes) -> Edit:
        """An edit with an outline as it is wished: in another colour, or drawn again."""
        points = (wishes.also, wishes.negatives, wishes.forget)
        told = (wishes.reach, wishes.likeness, wishes.level, *(some or None for some in points))
        if any(value is not None for value in told):
            raise UsageError(
                f"--edit {edit_id(edit)}: is an outline, which holds what lies inside and nothing else",
                "Change its --colour, or draw it again with --outline.",
            )
        if wishes.outline is None:
            return edit
        anchor, outline = make_outline(self.chapter, self.looks, read_outline(wishes.outline))
        return replace(edit, anchors=(anchor,), outline=outline)

    def _revise(self, palette: Palette, wishes: Wishes) -> Palette:
        assert wishes.edit is not None
        number = self.touched = read_id(wishes.edit, "--edit")
        before = find_edit(palette, number, "--edit")
        if before.outline:
            colour = check_colour(wishes.colour, "--colour") if wishes.colour else before.colour
            drawn = replace(self._redraw(before, wishes), colour=colour)
            return palette if drawn == before else revise_edit(palette, drawn)
        if wishes.outline is not None:
            raise UsageError(
                f"--edit {edit_id(before)}: is no outline",
                "Make a new edit with --outline, and undo this one.",
            )
        also = [self._anchor(text, "--also") for text in wishes.also]
        wrong = [self._anchor(text, "--not") for text in wishes.negatives]
        edit = replace(
            before,
            colour=check_colour(wishes.colour, "--colour") if wishes.colour else before.colour,
            reach=Reach(wishes.reach) if wishes.reach else before.reach,
            likeness=before.likeness if wishes.likeness is None else wishes.likeness,
            level=Level(wishes.level) if wishes.level else before.level,
            anchors=_distinct([*_without(before.anchors, wrong), *also]),
            negatives=_distinct([*_without(before.negatives, also), *wrong]),
        )
        for text in wishes.forget:
            edit = self._forget(edit, text)
        if not edit.anchors:
            raise UsageError(
                f"--edit {edit_id(edit)}: nothing would be left that is meant",
                f"--undo {edit_id(edit)} takes the whole edit back.",
            )
        if edit == before:
            return palette
        return revise_edit(palette, self._complete(edit, palette) if edit.reach != before.reach else edit)

    def _forget(self, edit: Edit, text: str) -> Edit:
        """Without a point of it: that at this place or, where there is none, those of the surface there."""
        point = read_point(text, "--forget")
        place = (point.page, point.x, point.y)
        gone = [one for one in (*edit.anchors, *edit.negatives) if (one.page, one.x, one.y) == place]
        gone = gone or [make_anchor(self.chapter, self.looks, point)]
        left = replace(
            edit,
            anchors=tuple(_without(edit.anchors, gone)),
            negatives=tuple(_without(edit.negatives, gone)),
        )
        if left == edit:
            raise UsageError(
                f"{point.text}: is no point of {edit_id(edit)}", "--json tells an edit's points."
            )
        return left

    def _renew(self, palette: Palette) -> Palette:
        """The edit that the command is about, or all, by what is known of their points today."""
        edits = [edit for edit in palette.edits if self.touched in (None, edit.id)]
        renewed = [new for edit in edits if (new := self.surfaces().renew(edit)) != edit]
        if not renewed:
            raise UsageError("--renew: every edit is up to date", "There is nothing to do.")
        return revise_edits(palette, renewed)

    def _complete(self, edit: Edit, palette: Palette) -> Edit:
        """With the members of the group that its first point lies in, for reach ``group``."""
        if edit.reach is not Reach.GROUP:
            return replace(edit, group=None, members=())
        group = self.surfaces().group_at(edit.anchors[0])
        if group is None:
            raise UsageError("--reach group: the surface is in no group", "Choose --reach alike.")
        frozen = self.surfaces().freeze(palette, group, edit.colour)
        return replace(
            edit, group=group, members=frozen.members, anchors=_distinct([*edit.anchors, *frozen.anchors])
        )

    def _anchor(self, text: str, option: str) -> Anchor:
        return make_anchor(self.chapter, self.looks, read_point(text, option))

    # -- groups

    def _set(self, palette: Palette, group: int, colour: str) -> Palette:
        """A whole group in a colour, or as it was found."""
        check_group(palette, group, f"--set {group}")
        if colour == FOUND:
            return clear_group(palette, group)
        edit = palette.edit_of_group(group)
        if edit is not None:
            return revise_edit(palette, replace(edit, colour=colour))
        return add_edit(palette, self.surfaces().freeze(palette, group, colour))

    def _split(self, palette: Palette, wishes: Wishes) -> Palette:
        assert wishes.split is not None
        group = read_group(wishes.split, "--split")
        check_group(palette, group, f"--split {group}")
        if wishes.at is not None:
            stays, leaves = self._anchor(wishes.at, "--at"), self._anchor(wishes.negatives[0], "--not")
            columns = self.surfaces().segments.features.rows.shape[1]
            return split_group(palette, group, (stays.looks[:columns], leaves.looks[:columns]))
        return split_group(palette, group, self.surfaces().halve(palette, group))

    def _name(self, palette: Palette, text: str) -> Palette:
        target, mark, name = text.partition("=")
        if not mark and self.touched is not None:
            return name_edit(palette, self.touched, text.strip())
        if not mark:
            raise UsageError(
                f"--name {text!r}: must be an id and a name", "As --name 7=hair, or --name e3=hair."
            )
        if (group := read_number(target)) is not None:
            return name_group(palette, group, name.strip())
        return name_edit(palette, read_id(target, "--name"), name.strip())

    def _lock(self, palette: Palette, wishes: Wishes) -> Palette:
        """Those that are named, the edit that the command is about, or all groups and edits."""
        assert wishes.lock is not None
        if wishes.lock_of:
            groups = [number for text in wishes.lock_of if (number := read_number(text)) is not None]
            edits = [read_id(text, "--lock") for text in wishes.lock_of if read_number(text) is None]
            return set_locks(palette, locked=wishes.lock, groups=groups, edits=edits)
        if self.touched is not None:
            return set_locks(palette, locked=wishes.lock, edits=[self.touched])
        groups, edits = ([some.id for some in all_of] for all_of in (palette.entries, palette.edits))
        return set_locks(palette, locked=wishes.lock, groups=groups, edits=edits)


def _set_look(palette: Palette, wishes: Wishes) -> Palette:
    look = palette.look
    saturation = look.saturation if wishes.saturation is None else wishes.saturation
    warmth = look.warmth if wishes.warmth is None else wishes.warmth
    return set_look(palette, Look(saturation, warmth))


def _without(anchors: Sequence[Anchor], others: Sequence[Anchor]) -> list[Anchor]:
    """Those that do not mean the segment of one of the others."""
    return [anchor for anchor in anchors if not any(anchor.is_same_segment(other) for other in others)]


def _distinct(anchors: Sequence[Anchor]) -> tuple[Anchor, ...]:
    """The first anchor of each segment."""
    first = (
        anchor
        for place, anchor in enumerate(anchors)
        if not any(anchor.is_same_segment(earlier) for earlier in anchors[:place])
    )
    return tuple(first)
