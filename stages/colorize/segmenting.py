"""The segments of pictures at drawing scale: found before the network, described after it, a core each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mangacolor.core.arrays import Mask, SegmentMap
from mangacolor.core.types import Image
from mangacolor.models.runtime.backends import CpuBackend
from mangacolor.models.runtime.parallel import parallel_map
from mangacolor.stages.segments.features import describe_segments, embed_windows
from mangacolor.stages.segments.params import SegmentationParams
from mangacolor.stages.segments.pooling import FeaturePool
from mangacolor.stages.segments.segmentation import find_segments

if TYPE_CHECKING:
    from mangacolor.models.colour.runner import ColourRunner

# A picture (H×W luma) without halftone, and its segments.
Segmented = tuple[Image, SegmentMap]


def segment_pictures(
    greys: Sequence[Image],
    drawn: Callable[[int], Mask],
    backend: CpuBackend,
    params: SegmentationParams,
    enlargements: Sequence[float],
) -> list[Segmented]:
    """Pictures (H×W luma, at drawing scale) without halftone, and their segments.

    ``drawn``: of a picture by its number, H×W, where it is no ground. ``enlargements``: how many pixels of
    each are one at working scale, along a side.
    """
    from mangacolor.models.page.networks import descreener

    descreen = descreener(backend)

    def segment(number: int) -> Segmented:
        plain = descreen(greys[number])
        return plain, find_segments(plain, drawn(number), params.scaled(enlargements[number]))

    return parallel_map(segment, range(len(greys)))


def describe_pictures(
    segmented: Sequence[Segmented],
    pictures: Sequence[Image],
    pools: Sequence[FeaturePool],
    runner: ColourRunner,
) -> list[Image]:
    """The rows of each picture's segments (``SegmentFeatures``), embedded if the network has an embedding.

    ``pictures``: what the network made of them, h×w×3 at working scale. ``pools``: what it saw.
    """

    def describe(number: int) -> Image:
        plain, labels = segmented[number]
        return describe_segments(labels, plain, pictures[number], pools[number].rows())

    tables = parallel_map(describe, range(len(segmented)))
    if runner.embedding is not None and any(len(rows) for rows in tables):
        return embed_windows(tables, len(runner.palette), runner.embedding)
    return tables
