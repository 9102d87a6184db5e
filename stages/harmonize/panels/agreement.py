"""Within a panel what is one thing comes to one colour.

Neighbours in the graph are of other windows, and groups draw some of a thing's segments and leave others. So
the colours that are decided are looked at once more, panel by panel. Segments that are like each other, by
the rows and identities that edits go by (``stages/segments/likeness.py``), take the mean of those that are
near in colour (a joint bilateral filter over a graph: Tomasi & Manduchi 1998; Petschnig et al. 2004). Hue is
that of the mean, chroma the mean of theirs, so that nothing goes grey.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mangacolor.core.arrays import F64, I64, Mask
from mangacolor.stages.harmonize.params import PanelParams
from mangacolor.stages.harmonize.smoothing import with_chroma
from mangacolor.stages.segments.chapter import ChapterSegments
from mangacolor.stages.segments.likeness import segment_distance
from mangacolor.stages.segments.links import Links


@dataclass(frozen=True, slots=True)
class Panels:
    """N segments among those of their own panels.

    ``links``: how alike two are, in ]0, 1]. ``weight``: N, what each counts.
    """

    links: Links
    weight: F64

    @classmethod
    def nothing(cls, count: int) -> Panels:
        """Segments that are linked to none."""
        none = np.zeros(0, np.int64)
        return cls(Links(none, none, np.zeros(0), count), np.ones(count))

    @classmethod
    def of(cls, segments: ChapterSegments, params: PanelParams) -> Panels:
        """Of a chapter's segments. Nothing is linked without an embedding: distances of a network's own maps
        say too little."""
        links = _link(segments, params) if segments.embedded else cls.nothing(len(segments)).links
        return cls(links, segments.features.root_area)

    def take(self, which: I64) -> Panels:
        """Some of the segments, given in ascending order."""
        some = np.isin(np.arange(len(self.weight)), which)
        return Panels(self.links.among(some), self.weight[which])

    def average(self, values: F64) -> F64:
        """Means of ``values`` (N) over each segment and those alike in its panel."""
        return self._mean(values[:, None], self.links.data)[:, 0]

    def settle(self, colours: F64, held: Mask, params: PanelParams) -> F64:
        """The ``colours`` (N×2, levels) once panels agree; those ``held`` (N) stay, and count for others."""
        kept = colours
        for _ in range(params.iterations):
            row, col = self.links.row, self.links.col
            apart = ((kept[row] - kept[col]) ** 2).sum(axis=1)
            pull = self.links.data * np.exp(-apart / (2 * params.bandwidth**2))
            *mean, strength = self._mean(np.column_stack([kept, np.hypot(*kept.T)]), pull).T
            agreed = with_chroma(np.stack(mean, axis=1), strength, params.max_mixing_gain)
            kept = np.where(held[:, None], colours, agreed)
        return kept

    def _mean(self, columns: F64, links: F64) -> F64:
        """Means of ``columns`` (N×C) of each segment and those it is linked to (``links``: L)."""
        row, col, count = self.links.row, self.links.col, self.links.count
        given = links * self.weight[col]
        total = self.weight + np.bincount(row, given, count)
        sums = [self.weight * plane + np.bincount(row, given * plane[col], count) for plane in columns.T]
        return np.asarray(np.stack(sums, axis=1) / total[:, None])


def _link(segments: ChapterSegments, params: PanelParams) -> Links:
    """Segments of one window, by how alike they are."""
    found: list[tuple[I64, I64, F64]] = []
    for own in segments.by_window():
        features = segments.features.take(own)
        alike = np.exp(-((segment_distance(features, features) / params.similarity_scale) ** 4))
        np.fill_diagonal(alike, 0)
        row, col = np.nonzero(alike >= params.min_similarity)
        found.append((own[row], own[col], alike[row, col]))
    row, col, alike = (np.concatenate(column) for column in zip(*found, strict=True))
    return Links.gather(row, col, alike, len(segments))
