"""The cohort of a network's segments: some of every made-up chapter, as ``colorize`` would describe them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from mangacolor.core.atomic import write_atomic
from mangacolor.core.types import Image
from mangacolor.models.colour.segment_embedding import load_embeddings
from mangacolor.models.files.segment_cohort import SegmentCohort, cohort_bytes, cohort_path
from mangacolor.stages.segments.features import embed_features, identities_of
from mangacolor.training.auxiliary.segment_rows import LabelledSegments

COHORT_SIZE = 2000  # segments


@dataclass(slots=True)
class CohortDraw:
    """Draws ``size`` segments from so many ``chapters`` while somebody else goes through them."""

    chapters: int
    seed: int
    size: int = COHORT_SIZE
    drawn: list[Image] = field(default_factory=list)

    def watch(self, gathered: Iterable[LabelledSegments]) -> Iterator[LabelledSegments]:
        """The chapters, one after the other; of each as many segments are drawn, without replacement."""
        rng = np.random.default_rng(self.seed)
        most = -(-self.size // self.chapters)
        for segments in gathered:
            rows = segments.features
            self.drawn.append(rows[np.sort(rng.permutation(len(rows))[:most])])
            yield segments

    def write(self, weights: str, votes: int, licence: str) -> None:
        """Put the cohort beside the weights, described by the embeddings that lie there; nothing where one
        of them is missing."""
        surfaces, identity = load_embeddings(weights)
        if surfaces is None or identity is None:
            return
        rows = np.concatenate(self.drawn)[: self.size]
        cohort = SegmentCohort(embed_features(rows, votes, surfaces), identities_of(rows, votes, identity))
        write_atomic(cohort_path(weights), cohort_bytes(cohort, surfaces.digest, identity.digest, licence))
