"""Segments of other works, which tell how far apart things of some look lie in general.

Between blank faces everything is near, between patterned dresses nothing is. So a distance is held against
what a segment's nearest neighbours in a cohort of strangers are away (local scaling, Zelnik-Manor & Perona
2004; a fixed cohort of strangers is what speaker verification normalises its scores by, Auckenthaler, Carey
& Lloyd-Thomas 2000). A cohort is described by both embeddings of one colour network, and lies beside its
weights: ``NAME.safetensors`` has ``NAME.cohort.safetensors``. ``training/auxiliary/segment_cohort.py`` draws
one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mangacolor.core.errors import SetupError
from mangacolor.core.hashing import sha256_of
from mangacolor.core.types import Image
from mangacolor.models.files.known import COHORT
from mangacolor.models.files.reading import BUNDLED, check_bundled, safetensors_header, weights_path

FORMAT = "mangacolor-cohort-1"
ENDING = ".cohort.safetensors"
ROWS, IDENTITIES = "rows", "identities"
REMEDY = "Remove it, or draw it again with the embedding beside it: mangacolor train --network identity."


@dataclass(frozen=True, slots=True, eq=False)
class SegmentCohort:
    """``rows``, ``identities``: of M segments, M×C and M×D uint8, as ``colorize`` describes those of a page.
    ``digest``: the sha256 of its file, in hex."""

    rows: Image
    identities: Image
    digest: str = ""


def cohort_path(weights: str | Path) -> Path:
    """Where the cohort of a colour network's weights (a name or a file) lies, if there is one."""
    return weights_path(weights).with_suffix(ENDING)


def cohort_fingerprint(weights: str | Path) -> str:
    """The sha256 of the cohort's file, in hex, or nothing where there is none.

    Raises ``SetupError`` where it is ours, and damaged."""
    path = cohort_path(weights)
    if path == BUNDLED / COHORT.file:
        return check_bundled(COHORT.file, COHORT.sha256, COHORT.does)
    return sha256_of(path) if path.is_file() else ""


def load_cohort(weights: str | Path, surfaces: str, identity: str) -> SegmentCohort | None:
    """The cohort that lies beside a network, or None where there is none. ``surfaces``, ``identity``: the
    hashes of its embeddings' files.

    Raises ``SetupError`` for a file that is damaged, or was described by other embeddings.
    """
    path = cohort_path(weights)
    if not path.is_file():
        return None
    from safetensors.numpy import load_file

    metadata, names = safetensors_header(path)
    if metadata.get("format") != FORMAT or set(names) != {ROWS, IDENTITIES}:
        raise SetupError(f"{path} holds no cohort of segments that this version can read", REMEDY)
    if (metadata.get("surfaces"), metadata.get("identity")) != (surfaces, identity):
        raise SetupError(f"{path} was described by other embeddings than lie beside it", REMEDY)
    tensors = load_file(path)
    rows, identities = tensors[ROWS], tensors[IDENTITIES]
    if any(t.ndim != 2 or t.dtype != "uint8" or not len(t) for t in (rows, identities)) or (
        len(rows) != len(identities)
    ):
        raise SetupError(f"{path} holds rows that do not fit each other", REMEDY)
    return SegmentCohort(rows, identities, sha256_of(path))


def cohort_bytes(cohort: SegmentCohort, surfaces: str, identity: str, licence: str) -> bytes:
    """What the file of a cohort holds that embeddings with these hashes of their files describe."""
    from safetensors.numpy import save

    header = {
        "format": FORMAT,
        "surfaces": surfaces,
        "identity": identity,
        "licence": licence,
    }
    return save({ROWS: cohort.rows, IDENTITIES: cohort.identities}, header)
