"""What was learnt of a series' surfaces, from the file that ``--weights`` names, if that is a series'."""

from __future__ import annotations

from mangacolor.core.errors import SetupError
from mangacolor.models.colour.series.file import LEARN_AGAIN
from mangacolor.models.colour.series.learnt_surfaces import LearntSurfaces
from mangacolor.models.colour.series.weights import open_weights
from mangacolor.stages.segments.features import SegmentFeatures


def learnt_features(weights: str, like: SegmentFeatures, embedded: bool) -> SegmentFeatures | None:
    """The segments of the table in a series' file, with their true chroma; None for other weights.

    ``like``: segments that the network of these weights saw, by an embedding or not. Raises ``SetupError``
    for a table that another network made.
    """
    series = open_weights(weights).series
    if series is None or not series.surfaces:
        return None
    table = LearntSurfaces.from_arrays(series.surfaces)
    form = (table.rows.shape[1], table.vote_count, table.embedded)
    if form != (like.rows.shape[1], like.vote_count, embedded):
        raise SetupError(f"{weights} holds surfaces as another network saw them", LEARN_AGAIN)
    return SegmentFeatures(table.rows, table.vote_count)
