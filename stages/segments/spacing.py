"""How far apart things lie that look as a segment does: its distance to the nearest of a cohort of strangers.

It is measured once, when a segment is described, and kept with its identity. So it depends on the segment
alone, and not on what else is in its chapter.
"""

from __future__ import annotations

import numpy as np

from mangacolor.core.arrays import F64
from mangacolor.core.types import Image
from mangacolor.models.files.segment_cohort import SegmentCohort
from mangacolor.stages.segments.features import SegmentFeatures, with_tail
from mangacolor.stages.segments.likeness import BY_SPACING, weighted_distance

# Of the cohort, so many of the nearest are asked, and their mean distance taken.
NEIGHBOURS = 5
# Segments that are measured at a time, so that a page of many takes no more memory than one of few.
_BLOCK = 256


def measure_spacing(segments: SegmentFeatures, cohort: SegmentFeatures) -> F64:
    """The mean distance from each of N segments to its nearest in a cohort, N, by what ``spaced_distance``
    compares."""
    starts = range(0, max(len(segments), 1), _BLOCK)
    return np.concatenate([_mean_of_nearest(segments.take(slice(at, at + _BLOCK)), cohort) for at in starts])


def _mean_of_nearest(segments: SegmentFeatures, cohort: SegmentFeatures) -> F64:
    far = weighted_distance(segments, cohort, BY_SPACING)
    nearest = min(NEIGHBOURS, len(cohort))
    return np.asarray(np.sort(np.partition(far, nearest - 1, axis=1)[:, :nearest], axis=1).mean(axis=1))


def space_identities(rows: Image, identities: Image, votes: int, cohort: SegmentCohort) -> Image:
    """Identities of N segments (N×D) with the spacing of each, from their embedded rows, the last ``votes``
    columns of which are votes."""
    strangers = SegmentFeatures(cohort.rows, votes, cohort.identities)
    spacing = measure_spacing(SegmentFeatures(rows, votes, identities), strangers)
    return with_tail(identities, spacing, cohort.digest)
