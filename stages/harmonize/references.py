"""Coloured pages that show the way: what their segments look like, and the true colours of these."""

from __future__ import annotations

from collections import defaultdict
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np

from mangacolor.core.arrays import F32, F64, I64
from mangacolor.core.colour import chroma
from mangacolor.core.types import Image
from mangacolor.formats.option_files import picture_files
from mangacolor.stages.harmonize.descriptors import DescriptorSpace
from mangacolor.stages.harmonize.params import MatchingParams, SmoothingParams
from mangacolor.stages.harmonize.smoothing import weighted_mode
from mangacolor.stages.segments.features import CB, CR, NEUTRAL, SegmentFeatures
from mangacolor.stages.windows.artifact import PageColours, WindowColours


def hash_references(path: str | None) -> str:
    """What the pictures of ``--reference`` add to the cache key. Raises ``UsageError`` if there are none."""
    if path is None:
        return ""
    files = picture_files(Path(path), "--reference")
    return sha256(b"".join(sha256(file.read_bytes()).digest() for file in files)).hexdigest()


def reference_features(page: Image, colours: PageColours) -> SegmentFeatures:
    """The segments of a coloured page (H×W×3 RGB), with their true chroma instead of the network's."""
    rows = [_with_true_chroma(page, window) for window in colours.windows if window.segments]
    return SegmentFeatures(np.concatenate(rows), len(colours.palette))


def _with_true_chroma(page: Image, window: WindowColours) -> Image:
    rows = window.features.copy()
    x, y, w, h = window.box
    true = cv2.resize(page[y : y + h, x : x + w], window.size, interpolation=cv2.INTER_AREA)
    planes = [plane.ravel() for plane in chroma(np.asarray(true, dtype=np.uint8))]
    flat = window.labels.ravel()
    order = np.argsort(flat, kind="stable")
    starts = np.searchsorted(flat[order], np.arange(1, len(rows) + 2))
    for row in range(len(rows)):
        pixels = order[starts[row] : starts[row + 1]]
        rows[row, [CB, CR]] = [int(np.rint(np.median(plane[pixels]) + NEUTRAL)) for plane in planes]
    return rows


def pull_to_references(
    colours: F64,
    places: F32,
    number: I64,
    references: SegmentFeatures,
    space: DescriptorSpace,
    params: MatchingParams,
    smoothing: SmoothingParams,
) -> F64:
    """Group colours (G×2) drawn to those of reference segments, which carry their *true* chroma.

    ``places``: N×D, descriptors of the chapter's segments, which are in the groups ``number`` (N). A
    reference segment speaks to the group that most of its nearest neighbours are in, if they are alike (a
    vote of k nearest neighbours). The more of it there is, the further the group follows.
    """
    asking, members = space.place(references, np.zeros(len(references), np.int64)), places.copy()
    members[:, space.page_column] = 0  # another chapter has other pages
    for descriptors in (asking, members):
        descriptors[:, space.tone_column] *= params.reference_tone_share
    pulls: defaultdict[int, list[int]] = defaultdict(list)
    for index, place in enumerate(asking):
        far = np.linalg.norm(members - place, axis=1)
        k = params.reference_neighbours
        nearest = np.argpartition(far, min(k, len(far)) - 1)[:k]
        votes = number[nearest[far[nearest] <= params.max_distance]]
        if len(votes) > len(nearest) // 2:
            pulls[int(np.bincount(votes).argmax())].append(index)
    units = references.area / params.reference_unit
    pulled = colours.copy()
    for group, rows in pulls.items():
        weight = units[rows]
        share = weight.sum() / (weight.sum() + params.half_pull_units)
        target = weighted_mode(references.chroma[None, rows], weight[None], smoothing)[0]
        pulled[group] += share * (target - pulled[group])
    return pulled
