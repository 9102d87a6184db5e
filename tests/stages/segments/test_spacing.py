"""How far apart things lie that look as a segment does, and what is known of a segment."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from mangacolor.core.arrays import F64
from mangacolor.core.types import Image
from mangacolor.models.files.segment_cohort import SegmentCohort
from mangacolor.stages.segments.features import COLUMNS, TONE, Known, SegmentFeatures, with_head, with_tail
from mangacolor.stages.segments.likeness import BY_SPACING, spaced_distance, weighted_distance
from mangacolor.stages.segments.spacing import NEIGHBOURS, measure_spacing, space_identities

EMBEDDING, COHORT, OTHER = "ab" * 4, "cd" * 4, "ef" * 4
SIZE = 16


def points(count: int, spread: float, seed: int) -> Image:
    """Points around one direction, as they are kept."""
    rng = np.random.default_rng(seed)
    drawn = np.eye(SIZE)[0] + rng.normal(0, spread, (count, SIZE))
    return np.asarray(np.rint(128 + 127 * drawn / np.linalg.norm(drawn, axis=1, keepdims=True)), np.uint8)


def segments(count: int, spread: float, seed: int, spacing: F64 | None = None) -> SegmentFeatures:
    rows = np.zeros((count, len(COLUMNS) + SIZE), np.uint8)
    rows[:, TONE] = 200
    rows[:, len(COLUMNS) :] = points(count, spread, seed)
    identities = with_head(points(count, spread, seed + 1), EMBEDDING)
    if spacing is not None:
        identities = with_tail(identities, spacing, COHORT)
    return SegmentFeatures(rows, 0, identities)


@pytest.mark.parametrize(("count", "size"), [(7, 1), (7, NEIGHBOURS), (7, 40), (600, 40), (0, 40)])
def test_spacing_is_the_mean_distance_to_the_nearest_of_the_cohort(count: int, size: int) -> None:
    some, cohort = segments(count, 0.3, 0), segments(size, 0.3, 10)
    far = np.sort(weighted_distance(some, cohort, BY_SPACING), axis=1)
    np.testing.assert_allclose(measure_spacing(some, cohort), far[:, :NEIGHBOURS].mean(axis=1))


def test_many_segments_take_no_more_memory_than_few() -> None:
    cohort = segments(500, 0.3, 10)
    taken = []
    for count in (300, 3000):
        some = segments(count, 0.3, 0)
        tracemalloc.start()
        measure_spacing(some, cohort)
        taken.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert taken[1] < 1.5 * taken[0]


def test_what_looks_as_many_do_has_a_smaller_spacing() -> None:
    cohort = segments(60, 0.1, 20)
    assert (
        measure_spacing(segments(9, 0.1, 0), cohort).max() < measure_spacing(segments(9, 2, 0), cohort).min()
    )


def test_spacing_is_kept_with_the_identity_and_changes_nothing_else_of_it() -> None:
    some, cohort = segments(7, 0.3, 0), segments(30, 0.3, 10)
    assert some.identities is not None and cohort.identities is not None and some.spacing is None
    strangers = SegmentCohort(cohort.rows, cohort.identities, COHORT)
    spaced = SegmentFeatures(some.rows, 0, space_identities(some.rows, some.identities, 0, strangers))
    assert spaced.spacing is not None
    np.testing.assert_allclose(spaced.spacing, measure_spacing(some, cohort), atol=0.0051)
    np.testing.assert_array_equal(spaced.points, some.points)
    np.testing.assert_array_equal(spaced.limited_to(Known.IDENTITY).identities, some.identities)
    assert spaced.limited_to(Known.ROW).identities is None


def test_between_things_of_which_there_are_many_alike_a_distance_says_less() -> None:
    crowded, usual, alone = (segments(5, 0.3, 0, np.full(5, spacing)) for spacing in (0.5, 1.0, 1.5))
    distances = [spaced_distance(some, some) for some in (crowded, usual, alone)]
    assert all(found is not None for found in distances)
    beside, elsewhere = zip(*(found for found in distances if found is not None), strict=True)
    np.testing.assert_array_equal(beside[0], beside[2])
    apart = ~np.eye(5, dtype=bool)
    assert (elsewhere[0] > elsewhere[1])[apart].all() and (elsewhere[1] > elsewhere[2])[apart].all()
    assert spaced_distance(crowded, segments(5, 0.3, 0)) is None


def test_looks_are_read_by_what_is_known_of_all_of_them() -> None:
    here = segments(4, 0.3, 0, np.full(4, 0.9))
    bare, row = here.limited_to(Known.IDENTITY), here.limited_to(Known.ROW)
    assert here.identities is not None and bare.identities is not None
    stranger = SegmentFeatures(here.rows, 0, with_tail(bare.identities, np.full(4, 0.9), OTHER))
    known = [some.look_of(1) for some in (here, bare, row, stranger)]
    assert [here.known_in(look) for look in known] == [
        Known.SPACING,
        Known.IDENTITY,
        Known.ROW,
        Known.IDENTITY,
    ]
    assert all(here.can_read(look) for look in known) and not here.can_read(known[0] + b"\0")
    assert here.read_looks([known[0]]).spacing is not None
    for second, size in ((1, bare.identities.shape[1]), (3, bare.identities.shape[1])):
        read = here.read_looks([known[0], known[second]])
        assert read.spacing is None and read.identities is not None and read.identities.shape == (2, size)
    assert here.read_looks([known[0], known[2]]).identities is None
    # Where less is known of a chapter, all that it knows counts.
    assert bare.known_in(known[0]) is Known.SPACING and bare.read_looks([known[0]]).points is not None
