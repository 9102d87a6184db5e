"""From what the members found to what a group is to have: edits, hints, kept palettes and references."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mangacolor.core.errors import UsageError
from mangacolor.core.types import Image
from mangacolor.stages.harmonize.descriptors import Floats, Space
from mangacolor.stages.harmonize.louvain import Ints
from mangacolor.stages.harmonize.palette_file import Entry
from mangacolor.stages.harmonize.smoothing import Numbers, densest
from mangacolor.stages.segments.features import AREA, AREA_STEPS, CB, CR

ALIKE = 0.75  # distance of descriptors up to which a group is taken for one of another run or chapter
PIECE = 65.5  # pixels: a thousandth of a square window
AGREEING = 3.0  # pieces of reference that carry a group half way
TONE_SHARE = 0.3
HEARD = 5  # members nearest to a reference surface


@dataclass(frozen=True, slots=True)
class Known:
    """For each group of this run: its ``id``, the entry of the own palette that it is, if any, and the one
    of a kept palette."""

    ids: list[int]
    own: list[Entry | None]
    kept: list[Entry | None]


def recognise(looks: Image, space: Space, own: Sequence[Entry], kept: Sequence[Entry]) -> Known:
    """Find the groups with these ``looks`` (G×C) among the entries of the own and of a kept palette.

    An id goes to the group that is most like it, and new ids follow on. Several groups may follow one
    entry of a kept palette. Raises ``UsageError`` for a palette made by another network.
    """
    for entry in (*own, *kept):
        # What nobody decided on is simply found anew.
        if len(entry.looks) != looks.shape[1] and (entry.edited or entry.locked):
            raise UsageError(
                "the palette was made with another colour network, by which groups look different",
                "Use the weights that it was made with, or leave --palette (or OUT's palette.json) away.",
            )
    own = [entry for entry in own if len(entry.looks) == looks.shape[1]]
    place = _place(looks, space)
    names: Sequence[Entry] = own or kept
    mine = _one_to_one(_distances(place, names, space))
    ids: list[int] = []
    fresh = max((entry.id for entry in names), default=0)
    for group in range(len(looks)):
        if group not in mine:
            fresh += 1
        ids.append(names[mine[group]].id if group in mine else fresh)
    far = _distances(place, kept, space)
    nearest = far.argmin(axis=1) if len(kept) else np.zeros(len(looks), np.int64)
    return Known(
        ids,
        [own[mine[g]] if own and g in mine else None for g in range(len(looks))],
        [kept[nearest[g]] if len(kept) and far[g, nearest[g]] <= ALIKE else None for g in range(len(looks))],
    )


def _place(looks: Image, space: Space) -> Floats:
    # Without the page: another chapter has other pages.
    return space.place(looks, np.zeros(len(looks), np.int64))


def _distances(place: Floats, entries: Sequence[Entry], space: Space) -> Floats:
    if not entries:
        return np.zeros((len(place), 0), np.float32)
    other = _place(np.concatenate([entry.row() for entry in entries]), space)
    return np.asarray(np.linalg.norm(place[:, None] - other[None], axis=2), dtype=np.float32)


def _one_to_one(far: Floats) -> dict[int, int]:
    """Pairs of groups and entries, nearest first, none used twice."""
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for flat in np.argsort(far, axis=None, kind="stable"):
        group, entry = divmod(int(flat), far.shape[1])
        if far[group, entry] > ALIKE:
            break
        if group not in pairs and entry not in taken:
            pairs[group] = entry
            taken.add(entry)
    return pairs


def gone(own: Sequence[Entry], known: Known) -> list[Entry]:
    """Entries that people decided on and that no group of this run is: they wait for their pages."""
    there = set(known.ids)
    return [
        replace(entry, area=0.0, surfaces=0, seen=())
        for entry in own
        if (entry.edited or entry.locked) and entry.id not in there
    ]


def follow(colours: Numbers, places: Floats, number: Ints, references: Image, space: Space) -> Numbers:
    """Group colours (G×2) drawn to those of reference surfaces (rows with their *true* chroma).

    A reference surface speaks to the group that most of its nearest members are in, if they are alike. The
    more of it there is, the further they follow. Tone counts less than among the pages: what is white on
    paper has a tone in colour.
    """
    asked, members = _place(references, space), places.copy()
    members[:, -1] = 0  # the page
    for descriptors in (asked, members):
        descriptors[:, space.tone] *= TONE_SHARE
    spoken: dict[int, list[tuple[float, float, float]]] = {}
    for row, place in zip(references, asked, strict=True):
        far = np.linalg.norm(members - place, axis=1)
        near = np.argpartition(far, min(HEARD, len(far)) - 1)[:HEARD]
        votes = number[near[far[near] <= ALIKE]]
        if len(votes) > len(near) // 2:
            best = int(np.bincount(votes).argmax())
            weight = float(np.exp2(row[AREA] / AREA_STEPS)) / PIECE
            spoken.setdefault(best, []).append((row[CB] - 128.0, row[CR] - 128.0, weight))
    drawn = colours.copy()
    for group, said in spoken.items():
        rows = np.array(said)
        share = rows[:, 2].sum() / (rows[:, 2].sum() + AGREEING)
        drawn[group] += share * (densest(rows[None, :, :2], rows[None, :, 2])[0] - drawn[group])
    return drawn


@dataclass(frozen=True, slots=True)
class Wish:
    """A colour that a group is to have: ``whole`` with its luma, else only its chroma."""

    colour: str
    whole: bool


def wish_for(own: Entry | None, hint: str | None, kept: Entry | None) -> Wish | None:
    """What people want of a group. An edit comes first, then a hint, a lock, and a kept palette."""
    if own is not None and own.edited:
        return Wish(own.colour, True)
    if hint is not None:
        return Wish(hint, True)
    if own is not None and own.locked:
        return Wish(own.colour, False)
    if kept is not None and kept.locked:
        return Wish(kept.colour, kept.edited)
    return None
