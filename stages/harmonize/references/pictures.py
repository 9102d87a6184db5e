"""Coloured pages that show the way: what their segments look like, and the true colours of these."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from mangacolor.core.arrays import SegmentMap
from mangacolor.core.colour import chroma, luma
from mangacolor.core.types import Artifact, Image, Inputs
from mangacolor.formats.option_files import picture_files
from mangacolor.stages.segments.features import CB, CR, LUMA, NEUTRAL, SegmentFeatures
from mangacolor.stages.segments.pixels import pixels_by_segment
from mangacolor.stages.windows.artifact import PageColours

# Raised when references count otherwise than before.
REFERENCE_VERSION: Final = 4
# The name under which the rows of a page's segments are kept.
ROWS: Final = "rows"


def hash_references(path: str | None) -> str:
    """What the pictures of ``--reference`` add to the cache key. Raises ``UsageError`` if there are none."""
    if path is None:
        return ""
    files = picture_files(Path(path))
    parts = [b"%d" % REFERENCE_VERSION, *(sha256(file.read_bytes()).digest() for file in files)]
    return sha256(b"".join(parts)).hexdigest()


def see_reference(inputs: Inputs) -> Artifact:
    """The segments of a coloured page, with their true colours: of its artifacts, as it is kept."""
    colours = PageColours.from_artifact(inputs["colorize"])
    if not colours.segments:
        return Artifact({"votes": len(colours.palette)})
    features = reference_features(inputs["decode"].images["main"], colours)
    return Artifact({"votes": features.vote_count}, {ROWS: features.rows})


def join_references(seen: Iterable[Artifact]) -> SegmentFeatures | None:
    """The segments of all coloured pages, as ``see_reference`` left them; None if there are none."""
    pages = [(artifact.images[ROWS], artifact.data["votes"]) for artifact in seen if ROWS in artifact.images]
    return SegmentFeatures(np.concatenate([rows for rows, _ in pages]), pages[-1][1]) if pages else None


def reference_features(page: Image, colours: PageColours) -> SegmentFeatures:
    """The segments of a coloured page (H×W×3 RGB), with their true colours instead of the network's."""
    rows: list[Image] = []
    for window in colours.windows:
        if window.segments:
            x, y, w, h = window.box
            rows.append(with_true_colour(page[y : y + h, x : x + w], window.labels, window.features))
    return SegmentFeatures(np.concatenate(rows), len(colours.palette))


def with_true_colour(colour: Image, labels: SegmentMap, features: Image) -> Image:
    """Rows of ``features`` (N×C) with the chroma and the luma (as what is shown) that the segments of
    ``labels`` (H×W) have in ``colour``: the same part of a coloured page, RGB at any size."""
    rows = features.copy()
    size = labels.shape[1], labels.shape[0]
    true = np.asarray(cv2.resize(colour, size, interpolation=cv2.INTER_AREA), np.uint8)
    cb, cr = chroma(true)
    planes = [plane.ravel() for plane in (cb + NEUTRAL, cr + NEUTRAL, luma(true))]
    for row, pixels in enumerate(pixels_by_segment(labels, len(rows))):
        rows[row, [CB, CR, LUMA]] = [int(np.rint(np.median(plane[pixels]))) for plane in planes]
    return rows
