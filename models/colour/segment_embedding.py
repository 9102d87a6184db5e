"""What a surface is, as a point on a sphere: a small network over what the colour network saw of it.

There are two. By the first, surfaces of one chapter that have one colour lie near each other: ``harmonize``
compares by it. By the second, the identity embedding, those of one thing do, and those of another figure lie
apart whatever their colour: edits reach by it. Both are trained by
``training/auxiliary/segment_embedding.py``. What they take in are features of one colour network, so a file
of one holds the hash of that network's file and lies beside it: ``NAME.safetensors`` has
``NAME.surfaces.safetensors`` and ``NAME.identity.safetensors``. A colour network without the second works,
too: edits then reach by the first. Without both, surfaces are compared by the network's features as they are.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mangacolor.core.arrays import F64
from mangacolor.core.errors import SetupError
from mangacolor.core.hashing import sha256_of, sha256_once
from mangacolor.models.files.known import IDENTITY as BUNDLED_IDENTITY
from mangacolor.models.files.known import SURFACES, BundledNetwork
from mangacolor.models.files.reading import BUNDLED, check_bundled, safetensors_header, weights_path

LAYERS = ("first", "second", "third")
NAMES = ("mean", "spread", *(f"{layer}.{part}" for layer in LAYERS for part in ("weight", "bias")))


@dataclass(frozen=True, slots=True)
class EmbeddingKind:
    """``network``: by which ``mangacolor train --network`` trains one. ``bundled``: that of the default
    weights."""

    network: str
    ending: str
    format: str
    bundled: BundledNetwork

    @property
    def remedy(self) -> str:
        return f"Remove it, or train it again: mangacolor train --network {self.network}."


SAME_COLOUR = EmbeddingKind("segments", ".surfaces.safetensors", "mangacolor-surfaces-1", SURFACES)
IDENTITY = EmbeddingKind("identity", ".identity.safetensors", "mangacolor-identity-1", BUNDLED_IDENTITY)
KINDS = (SAME_COLOUR, IDENTITY)


@dataclass(frozen=True, slots=True)
class SegmentEmbedding:
    """Three layers, the second one added to what it takes in.

    ``maps``: the colour network's feature maps whose means over a surface go in, in this order; what else
    does is said by ``embedding_inputs`` (``stages/segments/features.py``).

    ``tensors``: by ``NAMES``, float64; weights are outputs × inputs, ``mean`` and ``spread`` those of the
    inputs in training. ``digest``: the sha256 of its file, in hex; empty if it comes from none.
    """

    maps: tuple[str, ...]
    tensors: dict[str, F64]
    digest: str = ""

    @property
    def size(self) -> int:
        """Coordinates of a point."""
        return len(self.tensors["third.bias"])

    def __call__(self, inputs: F64) -> F64:
        """Points of length 1 (N×``size``) for rows of inputs (N×D).

        In double precision: the last bit of a product depends on the number of cores, and points must not.
        """
        standard = (inputs - self.tensors["mean"]) / self.tensors["spread"]
        hidden = np.maximum(self._layer("first", standard), 0)
        hidden = hidden + np.maximum(self._layer("second", hidden), 0)
        points = self._layer("third", hidden)
        return np.asarray(points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-9))

    def _layer(self, name: str, rows: F64) -> F64:
        return np.asarray(rows @ self.tensors[f"{name}.weight"].T + self.tensors[f"{name}.bias"])


def embedding_path(weights: str | Path, kind: EmbeddingKind = SAME_COLOUR) -> Path:
    """Where the embedding of a colour network's weights (a name or a file) lies, if there is one."""
    return weights_path(weights).with_suffix(kind.ending)


def embedding_fingerprint(weights: str | Path, digest: str) -> str:
    """The sha256 of the file of the embedding by colour, in hex, or nothing where there is none.

    ``digest``: the sha256 of the weights, as of ``weights_fingerprint``. Raises as ``load_embedding``.
    """
    path = _checked_path(weights, SAME_COLOUR)
    return _read(path, digest, SAME_COLOUR).digest if path.is_file() else ""


def embedding_fingerprints(weights: str | Path, digest: str) -> tuple[str, str]:
    """Those of both embeddings, as of ``embedding_fingerprint``. Raises as ``load_embeddings``."""
    for kind in KINDS:
        _checked_path(weights, kind)
    first, identity = (found.digest if found else "" for found in _load_both(weights, digest))
    return first, identity


def _checked_path(weights: str | Path, kind: EmbeddingKind) -> Path:
    """As ``embedding_path``. Raises ``SetupError`` where it is ours, and damaged."""
    path = embedding_path(weights, kind)
    if path == BUNDLED / kind.bundled.file:
        check_bundled(kind.bundled.file, kind.bundled.sha256, kind.bundled.does)
    return path


def load_embedding(weights: str | Path, kind: EmbeddingKind = SAME_COLOUR) -> SegmentEmbedding | None:
    """The embedding for a colour network's weights, or None where there is none.

    Raises ``SetupError`` for a file that is damaged, or was trained on other weights.
    """
    path = embedding_path(weights, kind)
    return _read(path, sha256_once(weights_path(weights)), kind) if path.is_file() else None


def _read(path: Path, digest: str, kind: EmbeddingKind) -> SegmentEmbedding:
    """The embedding of a file. Raises ``SetupError``, also where it is not for the weights of this hash."""
    from safetensors.numpy import load_file

    maps = _maps(path, digest, kind)
    tensors = {name: tensor.astype(np.float64) for name, tensor in load_file(path).items()}
    widths = [len(tensors["mean"]), *(len(tensors[f"{layer}.bias"]) for layer in LAYERS)]
    fits = [tensors[f"{layer}.weight"].shape == (widths[n + 1], widths[n]) for n, layer in enumerate(LAYERS)]
    if not all(fits) or tensors["spread"].shape != tensors["mean"].shape or widths[1] != widths[2]:
        raise SetupError(f"{path} holds layers that do not fit each other", kind.remedy)
    return SegmentEmbedding(maps, tensors, sha256_of(path))


def load_embeddings(weights: str | Path) -> tuple[SegmentEmbedding | None, SegmentEmbedding | None]:
    """Both embeddings for a colour network's weights. Raises as ``load_embedding``, and for an identity
    embedding that does not see what the first one sees: features are pooled once for both."""
    return _load_both(weights, sha256_once(weights_path(weights)))


def _load_both(weights: str | Path, digest: str) -> tuple[SegmentEmbedding | None, SegmentEmbedding | None]:
    paths = [(embedding_path(weights, kind), kind) for kind in KINDS]
    first, identity = (_read(path, digest, kind) if path.is_file() else None for path, kind in paths)
    if identity is not None and (first is None or first.maps != identity.maps):
        (beside, _), (path, _) = paths
        why = "is not there" if first is None else "takes in other features"
        raise SetupError(f"{path} goes with {beside.name}, which {why}", IDENTITY.remedy)
    return first, identity


def _maps(path: Path, digest: str, kind: EmbeddingKind) -> tuple[str, ...]:
    """The maps that an embedding asks for. Raises ``SetupError`` if it is none, or not for these weights."""
    metadata, names = safetensors_header(path)
    try:
        maps = tuple(str(name) for name in json.loads(metadata.get("maps", "")))
    except (ValueError, TypeError, RecursionError):
        maps = ()
    if metadata.get("format") != kind.format or set(names) != set(NAMES) or not maps:
        raise SetupError(f"{path} holds no embedding that this version can read", kind.remedy)
    if metadata.get("of") != digest:
        raise SetupError(f"{path} was trained on other weights than lie beside it", kind.remedy)
    return maps


def embedding_bytes(
    embedding: SegmentEmbedding, weights: str | Path, licence: str, kind: EmbeddingKind = SAME_COLOUR
) -> bytes:
    """What the file of an embedding for these colour weights holds; numbers in half precision."""
    from safetensors.numpy import save

    header = {
        "format": kind.format,
        "of": sha256_of(weights_path(weights)),
        "maps": json.dumps(list(embedding.maps)),
        "licence": licence,
    }
    halves = {name: np.ascontiguousarray(t.astype(np.float16)) for name, t in embedding.tensors.items()}
    return save(halves, header)
