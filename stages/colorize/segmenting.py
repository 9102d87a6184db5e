"""The segments of pictures at drawing scale: found before the network, described after it, a core each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mangacolor.core.arrays import Mask
from mangacolor.core.types import Image
from mangacolor.models.runtime.backends import CpuBackend
from mangacolor.models.runtime.parallel import parallel_map
from mangacolor.stages.segments.describing import describe_segments, measure_ink
from mangacolor.stages.segments.features import embed_windows, identities_of
from mangacolor.stages.segments.params import SegmentationParams
from mangacolor.stages.segments.pooling import FeaturePool
from mangacolor.stages.segments.segmentation import Segmented, segment
from mangacolor.stages.segments.sides import share_sides
from mangacolor.stages.segments.spacing import space_identities

if TYPE_CHECKING:
    from mangacolor.models.colour.runner import ColourRunner


def segment_pictures(
    greys: Sequence[Image],
    drawn: Callable[[int], Mask],
    backend: CpuBackend,
    params: SegmentationParams,
    frames: Callable[[int], Mask] | None = None,
) -> list[Segmented]:
    """Pictures (H×W luma, at drawing scale) without halftone, and their segments. ``drawn``: of a picture by
    its number, H×W, where it is to be looked at. ``frames``: likewise, where panels end."""
    from mangacolor.models.page.networks import descreener

    descreen = descreener(backend)

    def cut(number: int) -> Segmented:
        ends = None if frames is None else frames(number)
        return segment(greys[number], drawn(number), descreen, params, ends)

    return parallel_map(cut, range(len(greys)))


@dataclass(frozen=True, slots=True)
class Described:
    """The segments of a picture. ``rows``: as of ``SegmentFeatures``, N×C. ``identities``: likewise,
    N×D; N×0 for a network without one. ``ink``: as of ``measure_ink``, N."""

    rows: Image
    identities: Image
    ink: Image


def describe_pictures(
    segmented: Sequence[Segmented],
    pictures: Sequence[Image],
    pools: Sequence[FeaturePool],
    runner: ColourRunner,
) -> list[Described]:
    """Each picture's segments, embedded if the network has an embedding.

    ``pictures``: what the network made of them, h×w×3 at working scale. ``pools``: what it saw.
    """

    def describe(number: int) -> tuple[Image, Image]:
        one = segmented[number]
        rows = describe_segments(one.labels, one.plain, pictures[number], pools[number].rows())
        return share_sides(rows, one.labels, one.scenes), measure_ink(one.labels, one.plain)

    measured = parallel_map(describe, range(len(segmented)))
    tables, inks = [rows for rows, _ in measured], [ink for _, ink in measured]
    identities = [np.zeros((len(rows), 0), np.uint8) for rows in tables]
    if any(len(rows) for rows in tables):
        votes, ends = len(runner.palette), np.cumsum([len(rows) for rows in tables])[:-1]
        known = None
        if runner.identity is not None:
            known = identities_of(np.concatenate(tables), votes, runner.identity)
        if runner.embedding is not None:
            tables = embed_windows(tables, votes, runner.embedding)
        if known is not None and runner.cohort is not None:
            known = space_identities(np.concatenate(tables), known, votes, runner.cohort)
        if known is not None:
            identities = np.split(known, ends)
    return [Described(*known) for known in zip(tables, identities, inks, strict=True)]
