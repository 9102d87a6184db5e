"""A series' adapter added to its base's arrays, so that the sum runs wherever the base does.

To an array called ``X`` of the base belong ``X.left`` (outputs × R) and ``X.right`` (R × the rest), whose
product is added to it (Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", 2021), or
``X.added``, of its own shape.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from mangacolor.core.arrays import F32, AnyArray
from mangacolor.core.errors import SetupError
from mangacolor.models.colour.series.file import LEARN_AGAIN

LEFT, RIGHT, ADDED = ".left", ".right", ".added"
# What the embedding of surfaces rests on, and what votes are for: neither may move.
FROZEN = ("encoder.", "palette.centres")


def merge_adapter(
    base: Mapping[str, AnyArray], adapter: Mapping[str, AnyArray], source: str
) -> dict[str, AnyArray]:
    """The base's arrays, those that the adapter changes as float32; the others are the same objects.

    ``source`` names the adapter in messages. Raises ``SetupError`` where it does not fit the base.
    """
    merged = dict(base)
    for name in dict.fromkeys(_changed(one, source) for one in adapter):
        if name not in base or name.startswith(FROZEN):
            raise _odd(source, f"it changes {name}")
        merged[name] = base[name].astype(np.float32) + _change(name, base[name].shape, adapter, source)
        if not np.isfinite(merged[name]).all():
            raise _odd(source, f"{name} would hold what is no number")
    return merged


def _changed(name: str, source: str) -> str:
    """The base's array that an array of the adapter belongs to."""
    for ending in (LEFT, RIGHT, ADDED):
        if name.endswith(ending):
            return name.removesuffix(ending)
    raise _odd(source, f"it holds {name}")


def _change(name: str, shape: tuple[int, ...], adapter: Mapping[str, AnyArray], source: str) -> F32:
    change = np.zeros(shape, np.float32)
    left, right, added = (adapter.get(name + ending) for ending in (LEFT, RIGHT, ADDED))
    if left is not None and right is not None and _multiply(left, right, shape):
        change += (left.astype(np.float32) @ right.astype(np.float32)).reshape(shape)
    elif left is not None or right is not None:
        raise _odd(source, f"its parts of {name} do not fit")
    if added is not None:
        if added.shape != shape:
            raise _odd(source, f"its part of {name} does not fit")
        change += added.astype(np.float32)
    return change


def _multiply(left: AnyArray, right: AnyArray, shape: tuple[int, ...]) -> bool:
    """Whether the product has this shape. It is not made to see: one of two long vectors fills the memory."""
    if left.ndim != 2 or right.ndim != 2 or not shape:
        return False
    (outputs, rank), (ranks, inputs) = left.shape, right.shape
    return bool(rank == ranks and outputs == shape[0] and outputs * inputs == math.prod(shape))


def _odd(source: str, why: str) -> SetupError:
    return SetupError(f"{source} does not go with its base network: {why}", LEARN_AGAIN)
