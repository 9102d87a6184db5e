"""What a surface is, as a point on a sphere: a small network over what the colour network saw of it.

Surfaces of one chapter that are the same thing lie near each other there (trained by
``training/auxiliary/segment_embedding.py``). What it takes in are features of one colour network, so a file
of it holds the hash of that network's file and lies beside it: ``NAME.safetensors`` has
``NAME.surfaces.safetensors``. A colour network without such a file works, too: its surfaces are then
compared by its features as they are.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mangacolor.core.arrays import F64
from mangacolor.core.errors import SetupError
from mangacolor.core.hashing import sha256_of
from mangacolor.models.files.known import SURFACES
from mangacolor.models.files.reading import BUNDLED, check_bundled, safetensors_header, weights_path

FORMAT = "mangacolor-surfaces-1"
ENDING = ".surfaces.safetensors"
LAYERS = ("first", "second", "third")
NAMES = ("mean", "spread", *(f"{layer}.{part}" for layer in LAYERS for part in ("weight", "bias")))
REMEDY = "Remove it, or train it again: mangacolor train --network segments."


@dataclass(frozen=True, slots=True)
class SegmentEmbedding:
    """Three layers, the second one added to what it takes in.

    ``maps``: the colour network's feature maps whose means over a surface go in, in this order; what else
    does is said by ``embedding_inputs`` (``stages/segments/features.py``).

    ``tensors``: by ``NAMES``, float64; weights are outputs × inputs, ``mean`` and ``spread`` those of the
    inputs in training.
    """

    maps: tuple[str, ...]
    tensors: dict[str, F64]

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


def embedding_path(weights: str | Path) -> Path:
    """Where the embedding of a colour network's weights (a name or a file) lies, if there is one."""
    return weights_path(weights).with_suffix(ENDING)


def embedding_fingerprint(weights: str | Path, digest: str) -> str:
    """The sha256 of the embedding's file, in hex, or nothing where there is none.

    ``digest``: the sha256 of the weights, as of ``weights_fingerprint``. Raises as ``load_embedding``.
    """
    path = embedding_path(weights)
    if path == BUNDLED / SURFACES.file:
        check_bundled(SURFACES.file, SURFACES.sha256, SURFACES.does)
    if not path.is_file():
        return ""
    _maps(path, digest)
    return sha256_of(path)


def load_embedding(weights: str | Path) -> SegmentEmbedding | None:
    """The embedding for a colour network's weights, or None where there is none.

    Raises ``SetupError`` for a file that is damaged, or was trained on other weights.
    """
    from safetensors.numpy import load_file

    path = embedding_path(weights)
    if not path.is_file():
        return None
    maps = _maps(path, sha256_of(weights_path(weights)))
    tensors = {name: tensor.astype(np.float64) for name, tensor in load_file(path).items()}
    widths = [len(tensors["mean"]), *(len(tensors[f"{layer}.bias"]) for layer in LAYERS)]
    fits = [tensors[f"{layer}.weight"].shape == (widths[n + 1], widths[n]) for n, layer in enumerate(LAYERS)]
    if not all(fits) or tensors["spread"].shape != tensors["mean"].shape or widths[1] != widths[2]:
        raise SetupError(f"{path} holds layers that do not fit each other", REMEDY)
    return SegmentEmbedding(maps, tensors)


def _maps(path: Path, digest: str) -> tuple[str, ...]:
    """The maps that an embedding asks for. Raises ``SetupError`` if it is none, or not for these weights."""
    metadata, names = safetensors_header(path)
    try:
        maps = tuple(str(name) for name in json.loads(metadata.get("maps", "")))
    except (ValueError, TypeError, RecursionError):
        maps = ()
    if metadata.get("format") != FORMAT or set(names) != set(NAMES) or not maps:
        raise SetupError(f"{path} holds no embedding that this version can read", REMEDY)
    if metadata.get("of") != digest:
        raise SetupError(f"{path} was trained on other weights than lie beside it", REMEDY)
    return maps


def embedding_bytes(embedding: SegmentEmbedding, weights: str | Path, licence: str) -> bytes:
    """What the file of an embedding for these colour weights holds; numbers in half precision."""
    from safetensors.numpy import save

    header = {
        "format": FORMAT,
        "of": sha256_of(weights_path(weights)),
        "maps": json.dumps(list(embedding.maps)),
        "licence": licence,
    }
    halves = {name: np.ascontiguousarray(t.astype(np.float16)) for name, t in embedding.tensors.items()}
    return save(halves, header)
