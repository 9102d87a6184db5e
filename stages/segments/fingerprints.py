"""By what a segment is known again in another run: its page's file, its window, and which one it is there.

Nothing that a colour network says enters it, so that other weights do not make strangers of all segments; a
page that is renamed or renumbered keeps its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from mangacolor.core.arrays import U32
from mangacolor.stages.segments.chapter import ChapterSegments
from mangacolor.stages.segments.features import AREA, SIDES, TEXTURE, TONE, X, Y

# Columns of a row that the scan alone decides.
DRAWN = (TONE, TEXTURE, AREA, X, Y, SIDES)
# Bytes of a fingerprint: among 40,000 segments one stranger in 100,000 is taken for one of them.
SIZE = 4


def fingerprint_segments(segments: ChapterSegments, digests: Sequence[str]) -> U32:
    """The fingerprint of each of N segments, N. ``digests``: for each page (or drawing) what its file is
    known by."""
    firsts = np.concatenate([np.cumsum([0, *counts])[:-1] for counts in segments.counts] or [np.zeros(0)])
    labels = segments.row - firsts[segments.window]
    drawn = np.column_stack([labels, segments.features.rows[:, DRAWN]]).astype("<i8")
    frames = [repr(box).encode() for box in segments.boxes]
    pages = [digest.encode() for digest in digests]
    prints = [
        blake2b(pages[page] + frames[window] + row.tobytes(), digest_size=SIZE).digest()
        for page, window, row in zip(segments.page.tolist(), segments.window.tolist(), drawn, strict=True)
    ]
    return from_bytes(b"".join(prints))


def to_bytes(prints: U32) -> bytes:
    """Fingerprints in ascending order, each once: four bytes each, the lowest first."""
    return np.unique(prints).astype("<u4").tobytes()


def from_bytes(text: bytes) -> U32:
    """Back from ``to_bytes``. Raises ``ValueError`` for what is cut off."""
    return np.frombuffer(text, "<u4").astype(np.uint32)
