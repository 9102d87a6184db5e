"""What is known of each segment: a row of whole numbers, so that it can be kept as a small picture.

The first columns are ``COLUMNS``; the others are what the colour network saw there, pooled over the segment:
the maps that ``ColourRunner.feature_maps`` names. Of a palette network the last ones are its votes: the root
of how likely it holds each colour of its palette, in 255ths. Where the network has an embedding, a point
takes the place of the other maps. A network without feature maps leaves ``COLUMNS`` alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from mangacolor.core.arrays import F32, F64, I64
from mangacolor.core.colour import lightened, scaled_luma, share_of_tone
from mangacolor.core.types import Image
from mangacolor.models.colour.segment_embedding import SegmentEmbedding

COLUMNS = ("cb", "cr", "spread", "tone", "texture", "luma", "area", "x", "y", "sides")
CB, CR, SPREAD, TONE, TEXTURE, LUMA, AREA, X, Y, SIDES = range(len(COLUMNS))
# Of rows. Raised when the same segment gets another one, so that those that a series remembers are no longer
# compared with it.
ROWS_VERSION = 10
# What a column of chroma holds where there is none: Cb and Cr are centred on 0.
NEUTRAL = 128
# Steps of the spread column for each level of chroma.
SPREAD_STEPS = 4.0
# Steps of the area column for each doubling of pixels.
AREA_STEPS = 12.0
# Bits of the sides column: the sides of its window that a segment reaches.
LEFT = 1
TOP = 2
RIGHT = 4
BOTTOM = 8
# Share of the window's width or height: how near a segment comes to a side that it is said to reach.
SIDE_MARGIN = 0.08
# What 0 of a network's feature becomes in a row.
ZERO = 128.0
# Steps of a row for 1 of a network's feature.
UNIT = 127.0
# Bytes before the point of an identity, by which those of different embeddings are told apart: of the hash of
# the embedding's file, and of the number of the point's coordinates.
IDENTITY_HASH = 4
IDENTITY_SIZE = 2
IDENTITY_HEAD = IDENTITY_HASH + IDENTITY_SIZE
# Bytes after it: of the hash of the cohort's file, and the spacing in such steps for 1 of a distance.
COHORT_HASH = 4
SPACING_TAIL = COHORT_HASH + 1
SPACING_STEPS = 100.0
# Tone, texture (levels), area (steps) and y (255ths) are divided by these before they enter an embedding.
EMBEDDING_UNITS = (255.0, 60.0, 200.0, 255.0)


class Known(IntEnum):
    """How much is known of a segment: its row alone, its identity besides, and its spacing besides."""

    ROW = 0
    IDENTITY = 1
    SPACING = 2


@dataclass(frozen=True, slots=True)
class SegmentFeatures:
    """Rows of N segments, N×C uint8, by name. The last ``vote_count`` columns are votes. ``identities``:
    of the identity embedding, N×D uint8, each ``IDENTITY_HEAD`` bytes and its point, and where there is a
    cohort ``SPACING_TAIL`` bytes (``stages/segments/spacing.py``); None where there are none."""

    rows: Image
    vote_count: int = 0
    identities: Image | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, which: slice | I64) -> SegmentFeatures:
        """Some of the segments."""
        identities = None if self.identities is None else self.identities[which]
        return SegmentFeatures(self.rows[which], self.vote_count, identities)

    def without_identities(self) -> SegmentFeatures:
        """The same, to be compared by rows alone."""
        return SegmentFeatures(self.rows, self.vote_count)

    def limited_to(self, known: Known) -> SegmentFeatures:
        """The same, to be compared by no more than this."""
        if self.identities is None or known is Known.ROW:
            return self.without_identities()
        kept = self._identity_size if known is Known.IDENTITY else self.identities.shape[1]
        return SegmentFeatures(self.rows, self.vote_count, self.identities[:, :kept])

    def look_of(self, index: int) -> bytes:
        """All that is known of a segment: its row, C bytes, and its identity, D bytes or none."""
        known = [self.rows[index]]
        if self.identities is not None:
            known.append(self.identities[index])
        return np.concatenate(known).tobytes()

    @property
    def _identity_size(self) -> int:
        """Bytes of an identity without spacing."""
        assert self.identities is not None
        return _size_of(self.identities[0].tobytes()) if len(self) else self.identities.shape[1]

    @property
    def points(self) -> Image | None:
        """The points of the identities, N×P."""
        return None if self.identities is None else self.identities[:, IDENTITY_HEAD : self._identity_size]

    @property
    def spacing(self) -> F64 | None:
        """How far apart things lie that look so, N distances; None where it is not known."""
        if self.identities is None or self.identities.shape[1] == self._identity_size:
            return None
        return np.asarray(np.maximum(self.identities[:, -1], 1) / SPACING_STEPS)

    def known_in(self, look: bytes) -> Known:
        """How much of a look can be compared with these, as far as these say what that would be: an earlier
        version kept less, or it comes from another embedding or cohort. All of one that cannot be read."""
        if not self.can_read(look):
            return Known.SPACING
        own = b"" if self.identities is None or not len(self) else self.identities[0].tobytes()
        identity = self._identity_in(look)
        if not identity or own[:IDENTITY_HEAD] not in (b"", identity[:IDENTITY_HEAD]):
            return Known.ROW
        tail = _tail_of(identity)[:COHORT_HASH]
        return Known.SPACING if tail == _tail_of(own)[:COHORT_HASH] or not _tail_of(own) else Known.IDENTITY

    def can_read(self, look: bytes) -> bool:
        """Whether the row of a segment of another page or time can be compared with these rows."""
        identity = self._identity_in(look)
        sizes = _size_of(identity), _size_of(identity) + SPACING_TAIL
        return len(look) == self.rows.shape[1] or (sizes[0] > IDENTITY_HEAD and len(identity) in sizes)

    def _identity_in(self, look: bytes) -> bytes:
        return look[self.rows.shape[1] :]

    def read_looks(self, looks: Sequence[bytes]) -> SegmentFeatures:
        """The segments that are known so, as of ``look_of``, by what is known of all of them, and can be
        compared with these: so all are compared alike."""
        columns = self.rows.shape[1]
        rows = np.frombuffer(b"".join(look[:columns] for look in looks), np.uint8).reshape(-1, columns)
        least = min(map(self.known_in, looks), default=Known.SPACING)
        if self.identities is None or least is Known.ROW:
            return SegmentFeatures(rows, self.vote_count)
        size = self.limited_to(least).identities.shape[1]  # type: ignore[union-attr]
        points = np.frombuffer(b"".join(look[columns : columns + size] for look in looks), np.uint8)
        return SegmentFeatures(rows, self.vote_count, points.reshape(-1, size))

    @property
    def chroma(self) -> F64:
        """Median Cb and Cr, levels centred on 0: N×2."""
        return self.rows[:, (CB, CR)].astype(np.float64) - NEUTRAL

    @property
    def spread(self) -> F64:
        """Median distance of a segment's chroma from its median, levels."""
        return np.asarray(self.rows[:, SPREAD] / SPREAD_STEPS)

    @property
    def tone(self) -> Image:
        """Mean luma of the scan without halftone, 0 to 255."""
        return self.rows[:, TONE]

    @property
    def texture(self) -> Image:
        """Standard deviation of that luma, levels."""
        return self.rows[:, TEXTURE]

    @property
    def luma(self) -> Image:
        """Mean luma that the network gives it, 0 to 255; of a reference, its own."""
        return self.rows[:, LUMA]

    @property
    def shown(self) -> F32:
        """Mean luma on the finished page, 0 to 255, as long as nothing moves its chroma: blank paper is
        lighter than the network gives it."""
        tone, (cb, cr) = self.tone.astype(np.float32), self.chroma.T.astype(np.float32)
        share = share_of_tone(tone, self.luma.astype(np.float32))
        return scaled_luma(tone, lightened(share, tone, cb, cr))

    @property
    def doublings(self) -> Image:
        """The logarithm of the area, in steps of ``AREA_STEPS`` a doubling."""
        return self.rows[:, AREA]

    @property
    def root_area(self) -> F64:
        """The root of the area: what counts for much that is large, and not for everything."""
        return np.asarray(np.exp2(self.doublings / (2 * AREA_STEPS)))

    @property
    def area(self) -> F64:
        """Pixels at working scale, to within 3 %."""
        return np.asarray(np.exp2(self.doublings / AREA_STEPS))

    @property
    def sides(self) -> Image:
        """Bits of the sides of its window that a segment reaches."""
        return self.rows[:, SIDES]

    @property
    def network(self) -> Image:
        """What the network saw, or the point of an embedding: N×F, without votes."""
        return self.rows[:, len(COLUMNS) : self.rows.shape[1] - self.vote_count]

    @property
    def votes(self) -> Image:
        """Votes for the colours of the palette, N×``vote_count``."""
        return self.rows[:, self.rows.shape[1] - self.vote_count :]


def embedding_inputs(rows: Image, votes: int) -> F64:
    """What an embedding takes in of segments, N×D: features and votes (the last ``votes`` columns) of their
    rows, tone, texture, size, how low they lie, and which sides they reach."""
    split = rows.shape[1] - votes
    sides = (rows[:, SIDES, None] & np.array([LEFT, TOP, RIGHT, BOTTOM])) > 0
    parts = (
        (rows[:, len(COLUMNS) : split] - ZERO) / UNIT,
        rows[:, split:] / 255.0,
        rows[:, (TONE, TEXTURE, AREA, Y)] / np.array(EMBEDDING_UNITS),
        sides.astype(np.float64),
    )
    return np.concatenate(parts, axis=1)


def embed_features(rows: Image, votes: int, embedding: SegmentEmbedding) -> Image:
    """The rows with the points of an embedding in place of the features they come from."""
    points = embedding_points(rows, votes, embedding)
    return np.concatenate([rows[:, : len(COLUMNS)], points, rows[:, rows.shape[1] - votes :]], axis=1)


def embedding_points(rows: Image, votes: int, embedding: SegmentEmbedding) -> Image:
    """The points of an embedding for these rows, N×D, as they are kept."""
    return np.asarray(np.rint(ZERO + UNIT * embedding(embedding_inputs(rows, votes))), np.uint8)


def identities_of(rows: Image, votes: int, embedding: SegmentEmbedding) -> Image:
    """The identities of the segments with these rows, as of ``SegmentFeatures``."""
    return with_head(embedding_points(rows, votes, embedding), embedding.digest)


def with_head(points: Image, digest: str) -> Image:
    """Identities from their points (N×D uint8) and the hash of their embedding's file."""
    head = np.frombuffer(
        _name_of(digest, IDENTITY_HASH) + points.shape[1].to_bytes(IDENTITY_SIZE, "little"), np.uint8
    )
    return np.concatenate([np.tile(head, (len(points), 1)), points], axis=1)


def with_tail(identities: Image, spacing: F64, digest: str) -> Image:
    """Identities (N×D uint8) with the spacing of each, N, by a cohort with this hash of its file."""
    name = np.frombuffer(_name_of(digest, COHORT_HASH), np.uint8)
    steps = np.clip(np.rint(SPACING_STEPS * spacing), 1, 255).astype(np.uint8)
    return np.concatenate([identities, np.tile(name, (len(steps), 1)), steps[:, None]], axis=1)


def _name_of(digest: str, size: int) -> bytes:
    """The first bytes of a file's hash, by which those of different files are told apart."""
    return bytes.fromhex(digest)[:size].ljust(size, b"\0")


def has_spacing(identities: Image) -> bool:
    """Whether identities, N×D of one or more segments, say how far apart things lie that look so."""
    return bool(_tail_of(identities[0].tobytes()))


def without_tail(identities: Image) -> Image:
    """Identities of one or more segments without their spacing."""
    return identities[:, : _size_of(identities[0].tobytes())]


def _size_of(identity: bytes) -> int:
    """Bytes of an identity's head and point, as its head says."""
    return IDENTITY_HEAD + int.from_bytes(identity[IDENTITY_HASH:IDENTITY_HEAD], "little")


def _tail_of(identity: bytes) -> bytes:
    """What an identity says of its spacing; nothing where that is not known."""
    return identity[_size_of(identity) :] if identity else b""


def embed_windows(tables: Sequence[Image], votes: int, embedding: SegmentEmbedding) -> list[Image]:
    """The same for the rows of several windows, in one product."""
    rows = embed_features(np.concatenate(tables), votes, embedding)
    return np.split(rows, np.cumsum([len(table) for table in tables])[:-1])
