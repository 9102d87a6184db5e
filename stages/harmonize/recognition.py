"""Which groups of this run are those of the run before, so that an id stays with its thing.

Segments that were there before are known by their fingerprints. A group is the one that most of its known
segments were in; what comes apart keeps the id for its largest part, and an id that is gone is never given
again. A group of which people have decided something as a whole (``Palette.held``) does not come apart: who
was in it stays, nobody who was elsewhere joins, and new segments do where they are grouped with it. A group
none of whose segments are here, as of other pages, or of a palette without fingerprints, is recognised by its
looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mangacolor.core.arrays import F32, F64, I64, U32, Mask
from mangacolor.stages.edits.palette import Palette, PaletteEntry
from mangacolor.stages.harmonize.clustering import Groups
from mangacolor.stages.harmonize.params import Params
from mangacolor.stages.segments.fingerprints import from_bytes

# Who was there before: in no group of that run, or nowhere.
LOOSE, UNKNOWN = -1, -2
_NONE = -1


@dataclass(frozen=True, slots=True)
class Recognised:
    """``ids``: N, of each segment's group. ``membership``: how surely it belongs there, N in [0, 1]."""

    ids: I64
    membership: F64


@dataclass(frozen=True, slots=True)
class Before:
    """The run before, of E ``entries``. ``owner``: N, the place among them of the group that each segment was
    in, ``LOOSE`` or ``UNKNOWN``. ``held``: E. ``absent``: E, entries none of whose segments are here."""

    entries: Sequence[PaletteEntry]
    owner: I64
    held: Mask
    absent: Mask

    @classmethod
    def of(cls, entries: Sequence[PaletteEntry], palette: Palette, prints: U32) -> Before:
        """``entries``: of the palette, or of another. ``prints``: N, of the segments of this run."""
        kept = [(LOOSE, palette.ungrouped)] + [(at, entry.fingerprints) for at, entry in enumerate(entries)]
        tables = [from_bytes(some) for _, some in kept]
        owners = np.repeat([at for at, _ in kept], [len(table) for table in tables])
        owner = _look_up(np.concatenate(tables), owners, prints)
        here = np.bincount(owner[owner >= 0], minlength=len(entries)) > 0
        held = palette.held
        return cls(entries, owner, np.array([entry.id in held for entry in entries], np.bool_), ~here)


def _look_up(table: U32, owners: I64, prints: U32) -> I64:
    """The owner of each fingerprint, ``UNKNOWN`` where the table has none."""
    if not len(table):
        return np.full(len(prints), UNKNOWN)
    # Of two owners the last: a group before none.
    order = np.argsort(table, kind="stable")
    at = np.searchsorted(table[order], prints, side="right") - 1
    found = order[np.maximum(at, 0)]
    return np.where((at >= 0) & (table[found] == prints), owners[found], UNKNOWN)


def recognise(found: Groups, weight: F64, before: Before, far: F32, last: int, params: Params) -> Recognised:
    """The id of each group that was ``found``, and who is in it.

    ``weight``: N, what each segment counts. ``far``: G×E, how far what the groups look like lies from the
    entries, in descriptors. ``last``: the largest id that was ever given.
    """
    near = np.where(far <= params.matching.max_distance, far, np.inf).astype(np.float32)
    naming = _Naming(found, weight, before, near)
    naming.keep_held(params.matching.min_joining_share, params.clustering.min_membership)
    return naming.name_others(last)


class _Naming:
    """The naming of groups, in its two steps. ``far``: as of ``recognise``, inf where that is too far."""

    def __init__(self, found: Groups, weight: F64, before: Before, far: F32) -> None:
        self.found, self.weight, self.before, self.far = found, weight, before, far
        self.ids = np.full(len(found.number), _NONE)
        self.membership = found.membership.copy()
        self.named = before.entries

    def keep_held(self, min_share: float, min_membership: float) -> None:
        """Give held groups their segments, and the new ones of groups that are mostly theirs (``min_share``)
        or have the largest part of them."""
        number, owner, held = self.found.number, self.before.owner, self.before.held
        share = self._shares(np.ones(len(number), np.bool_))
        size = np.bincount(number, weights=self.weight, minlength=len(self.far))
        main = _main(share)
        for place in np.nonzero(held)[0].tolist():
            stays = owner == place
            self.ids[stays] = self.named[place].id
            self.membership[stays] = np.maximum(self.membership[stays], min_membership)
            own = np.where(main == place, share[:, place], 0.0)
            joined = (own > 0) & ((own == own.max()) | (own >= min_share * size))
            if self.before.absent[place]:
                joined |= self._is_known_by_looks(place) & (main == _NONE)
            grouped = joined[number] & (owner < 0)
            self.ids[grouped] = self.named[place].id
            # Who was there and in no group stays so.
            self.membership[grouped & (owner == LOOSE)] = 0.0

    def name_others(self, last: int) -> Recognised:
        """Name all other groups: by who was in them, by looks, or anew."""
        rest = self.ids == _NONE
        share = self._shares(rest)
        there = np.bincount(self.found.number[rest], minlength=len(self.far)) > 0
        main = _main(share)
        known = main != _NONE
        ids: dict[int, int] = {}
        for place in np.unique(main[known]).tolist():
            own = np.where(main == place, share[:, place], -1.0)
            ids[int(own.argmax())] = self.named[place].id
        free = self.before.absent & ~self.before.held
        far = np.where((there & ~known)[:, None] & free, self.far, np.inf)
        ids |= {group: self.named[place].id for group, place in pair_greedily(far).items()}
        new = (group for group in np.nonzero(there)[0].tolist() if group not in ids)
        ids |= {group: number for number, group in enumerate(list(new), last + 1)}
        table = np.array([ids.get(group, _NONE) for group in range(len(self.far))])
        self.ids[rest] = table[self.found.number[rest]]
        return Recognised(self.ids, self.membership)

    def _shares(self, some: Mask) -> F64:
        """What each group has of each entry's segments, by weight, among ``some`` (N): G×E."""
        owner = self.before.owner
        known = some & (owner >= 0)
        share = np.zeros(self.far.shape)
        np.add.at(share, (self.found.number[known], owner[known]), self.weight[known])
        return share

    def _is_known_by_looks(self, place: int) -> Mask:
        """The groups that look most like this entry, G."""
        return np.asarray(np.isfinite(self.far[:, place]) & (self.far.argmin(axis=1) == place))


def _main(share: F64) -> I64:
    """The entry whose segments weigh most in each group (``share``: G×E), G; -1 for none."""
    if not share.size:
        return np.full(len(share), _NONE)
    return np.where(share.max(axis=1) > 0, share.argmax(axis=1), _NONE)


def pair_greedily(far: F32) -> dict[int, int]:
    """Pairs of groups and entries, nearest first, none used twice, and none that are ``inf`` apart."""
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for flat in np.argsort(far, axis=None, kind="stable"):
        group, entry = divmod(int(flat), far.shape[1])
        if not np.isfinite(far[group, entry]):
            break
        if group not in pairs and entry not in taken:
            pairs[group] = entry
            taken.add(entry)
    return pairs
