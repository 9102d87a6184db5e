"""Read the convolutions of an ncnn model, so that its weights can be given to another framework.

ncnn (Tencent, BSD-3) keeps a model in two files. ``.param`` is text, a layer a line: type, name,
number of inputs and outputs, their names, then ``id=value`` pairs whose meaning depends on the
type. ``.bin`` holds the layers' numbers one after another, in the order of the lines. The form is
that of ncnn's own documentation ("param and model file structure"); only the two layer types that
carry weights in the super-resolution networks we read are understood, any other that carries some
would shift everything after it and is found out by the length of the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mangacolor.core.errors import SetupError

MAGIC = "7767517"
HALF = 0x01306B47  # tag of a weight block in half precision
SINGLE = 0  # tag of a weight block in single precision

Array = npt.NDArray[np.float16] | npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Layer:
    """A line of a ``.param`` file. ``options`` maps the numeric ids to their values, as text."""

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    options: dict[int, str]


@dataclass(frozen=True, slots=True)
class LayerWeights:
    """A layer that carries numbers.

    ``Convolution``: weight (out, in, kernel, kernel), half or single precision, and bias (out,).
    ``PReLU``: weight (channels,), no bias.
    """

    layer: Layer
    weight: Array
    bias: Array | None


def parse_param(text: str, where: str = ".param") -> list[Layer]:
    """The layers of a ``.param`` file's text. Raises SetupError if it is not one."""
    lines = text.split("\n")
    if not lines or lines[0].strip() != MAGIC:
        raise SetupError(f"{where} is not an ncnn .param file", "Install the package that holds it again.")
    try:
        return [_parse_line(line) for line in lines[2:] if line.strip()]
    except (ValueError, IndexError) as error:
        raise SetupError(
            f"{where} is damaged: {error}", "Install the package that holds it again."
        ) from error


def _parse_line(line: str) -> Layer:
    kind, name, n_in, n_out, *rest = line.split()
    inputs, outputs, pairs = (
        rest[: int(n_in)],
        rest[int(n_in) : int(n_in) + int(n_out)],
        rest[int(n_in) + int(n_out) :],
    )
    options = {int(key): value for key, value in (pair.split("=", 1) for pair in pairs)}
    return Layer(kind, name, tuple(inputs), tuple(outputs), options)


class _Reader:
    """Takes arrays from the front of a byte string; blocks start at multiples of four bytes."""

    def __init__(self, data: bytes, where: str) -> None:
        self.data = data
        self.where = where
        self.offset = 0

    def take(
        self, dtype: type[np.float16] | type[np.float32] | type[np.uint32], count: int
    ) -> npt.NDArray[np.generic]:
        size = np.dtype(dtype).itemsize * count
        if self.offset + size > len(self.data):
            raise self.damaged("it ends too early")
        array = np.frombuffer(self.data, np.dtype(dtype).newbyteorder("<"), count, self.offset)
        self.offset += -(-size // 4) * 4
        return array.astype(dtype)

    def take_tagged(self, count: int) -> npt.NDArray[np.generic]:
        tag = int(self.take(np.uint32, 1)[0])
        if tag == HALF:
            return self.take(np.float16, count)
        if tag == SINGLE:
            return self.take(np.float32, count)
        raise self.damaged(f"unknown weight tag {tag:#x}")

    def damaged(self, why: str) -> SetupError:
        return SetupError(
            f"{self.where} does not fit its .param file: {why}", "Install the package that holds it again."
        )


def read_weights(layers: list[Layer], data: bytes, where: str = ".bin") -> list[LayerWeights]:
    """The weights of ``layers``, in order. Raises SetupError where ``data`` does not fit them."""
    reader = _Reader(data, where)
    weights: list[LayerWeights] = []
    for layer in layers:
        if layer.kind == "Convolution":
            out, kernel, size = int(layer.options[0]), int(layer.options[1]), int(layer.options[6])
            weight = reader.take_tagged(size).reshape(out, -1, kernel, kernel)
            bias = reader.take(np.float32, out) if layer.options.get(5) == "1" else None
            weights.append(LayerWeights(layer, weight, bias))  # type: ignore[arg-type]
        elif layer.kind == "PReLU":
            weights.append(LayerWeights(layer, reader.take(np.float32, int(layer.options[0])), None))  # type: ignore[arg-type]
    if reader.offset != len(data):
        raise reader.damaged(f"{len(data) - reader.offset} bytes are left over")
    return weights


def read_ncnn(param: Path, binary: Path) -> list[LayerWeights]:
    """Read both files of a model. Raises SetupError if they are damaged, OSError if unreadable."""
    layers = parse_param(param.read_text("utf-8"), str(param))
    return read_weights(layers, binary.read_bytes(), str(binary))
