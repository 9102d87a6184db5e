"""Seeds: where balls have room between lines, and how the rest of a window is given out to them.

Lines have gaps, so plain connected components leak. Balls that do not fit through a gap are what a segment
grows from ("trapped ball": Zhang et al., "Vectorizing cartoon animations", 2009): first where large balls
fit, then smaller ones where no larger one has been. A watershed gives them the rest.
"""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.arrays import F32, LabelMap, Mask
from mangacolor.stages.nearest import depth_within, fill_nearest
from mangacolor.stages.segments.params import SeedParams


def find_seeds(walls: F32, drawn: Mask, params: SeedParams) -> LabelMap:
    """Seeds by number, H×W, 0 elsewhere. ``walls``: barriers, levels. ``drawn``: where there may be seeds."""
    free = ((walls < params.wall) & drawn).astype(np.uint8)
    room = depth_within(free)
    seeds = np.zeros(walls.shape, np.int32)
    places: list[tuple[int, int]] = []  # a pixel of each seed: where a small ball fits beside it, a seed is
    for radius in params.ball_radii:
        fits = (room > radius).astype(np.uint8)
        count, parts, stats, _ = cv2.connectedComponentsWithStatsWithAlgorithm(
            fits, 4, cv2.CV_32S, cv2.CCL_GRANA
        )
        number_of = np.zeros(count, np.int32)
        taken = {int(parts[place]) for place in places}
        for part in range(1, count):
            if part not in taken and stats[part, cv2.CC_STAT_AREA] >= params.min_area:
                top, left = int(stats[part, cv2.CC_STAT_TOP]), int(stats[part, cv2.CC_STAT_LEFT])
                places.append((top, left + int((parts[top, left:] == part).argmax())))
                number_of[part] = len(places)
        if number_of.any():
            np.maximum(seeds, number_of[parts], out=seeds)
    return _add_far(seeds, room > params.ball_radii[-1], drawn, len(places), params)


def _add_far(seeds: LabelMap, fits: Mask, drawn: Mask, count: int, params: SeedParams) -> LabelMap:
    """The seeds, ``count`` of them, and those of what lies far from where any ball ``fits``."""
    if not count:
        return seeds
    away = cv2.distanceTransform((~fits).astype(np.uint8), cv2.DIST_L2, 3)
    far = ((away > params.max_distance) & drawn).astype(np.uint8)
    _, parts = cv2.connectedComponents(far, connectivity=4)
    return np.where(parts > 0, parts + count, seeds).astype(np.int32)


def grow_seeds(seeds: LabelMap, walls: F32, params: SeedParams) -> LabelMap:
    """The number of a seed for each pixel, H×W: of the one that reaches it over free ground, and on lines of
    the nearest one. There must be a seed."""
    height = np.clip(walls, 0, 255).astype(np.uint8)
    grown = seeds.copy()
    # Lines take part as one seed more: a watershed would run along them from one end to the other.
    line = int(seeds.max()) + 1
    grown[(walls >= params.wall) & (seeds == 0)] = line
    cv2.watershed(cv2.merge([height, height, height]), grown)
    return fill_nearest(grown, (grown > 0) & (grown != line), 3)
