"""A file of weights as numpy arrays: what a network for ncnn is written from. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mangacolor.core.arrays import F32, F64, AnyArray
from mangacolor.core.errors import SetupError

_DTYPES = {
    "F64": np.float64,
    "F32": np.float32,
    "F16": np.float16,
    "I64": np.int64,
    "I32": np.int32,
    "U8": np.uint8,
}
_REMEDY = "name other weights, or fetch the file again"
_UNUSED = ".num_batches_tracked"  # a norm's count of the steps it was trained for


def read_arrays(path: Path, remedy: str = _REMEDY) -> dict[str, AnyArray]:
    """The tensors of a safetensors file by name, in the precision of the file (bfloat16 as float32).

    Raises ``SetupError`` with this ``remedy`` if it is not a whole one.
    """
    from safetensors import SafetensorError, deserialize

    try:
        tensors = deserialize(path.read_bytes())  # type: ignore[no-untyped-call]
        return {name: _array(tensor) for name, tensor in tensors}
    except (OSError, SafetensorError, KeyError) as error:
        raise SetupError(f"{path} is not a whole file of weights: {error}", remedy) from error


def _array(tensor: Mapping[str, object]) -> AnyArray:
    kind, data, shape = tensor["dtype"], tensor["data"], tensor["shape"]
    assert isinstance(data, bytes | bytearray)
    assert isinstance(shape, list | tuple)
    if kind == "BF16":  # the upper half of a float32
        return (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32).reshape(shape)
    return np.frombuffer(data, np.dtype(_DTYPES[str(kind)]).newbyteorder("<")).reshape(shape)


@dataclass(slots=True)
class State:
    """The arrays of a network, each of which is asked for by its name and shape.

    ``source`` names them in messages. Raises ``SetupError`` where they are of another network: one that is
    missing, has another shape, or (``finish``) is left over.
    """

    arrays: Mapping[str, AnyArray]
    source: str
    remedy: str = _REMEDY
    taken: set[str] = field(default_factory=set)

    def take(self, name: str, *shape: int) -> F32:
        """The array called ``name``, float32."""
        if name not in self.arrays:
            raise self.another(f"it lacks {name}")
        array = self.arrays[name]
        if array.shape != shape:
            raise self.another(f"{name} is {_written(array.shape)}, not {_written(shape)}")
        self.taken.add(name)
        return np.asarray(array, np.float32)

    def finish(self) -> None:
        """See that nothing is left."""
        left = [name for name in self.arrays if name not in self.taken and not name.endswith(_UNUSED)]
        if left:
            raise self.another(f"it also holds {', '.join(left[:3])}")

    def another(self, why: str) -> SetupError:
        return SetupError(f"{self.source} is of another network than it should be: {why}", self.remedy)


def _written(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "a single number"


def fold_norm(state: State, conv: str, norm: str, shape: tuple[int, ...], eps: float) -> tuple[F32, F32]:
    """Weight (of ``shape``) and bias of one convolution that does what ``conv``, without a bias of its own,
    and then the BatchNorm ``norm`` do. In double precision, rounded once.
    """
    outputs = shape[0]
    scale, shift, mean, variance = (
        state.take(f"{norm}.{part}", outputs).astype(np.float64)
        for part in ("weight", "bias", "running_mean", "running_var")
    )
    factor: F64 = scale / np.sqrt(variance + eps)
    weight = state.take(f"{conv}.weight", *shape) * factor[:, None, None, None]
    return weight.astype(np.float32), (shift - mean * factor).astype(np.float32)
