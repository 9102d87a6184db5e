"""Write networks in ncnn's own form, layer by layer, and run them.

ncnn (Tencent, BSD-3) computes 3×3 convolutions by Winograd's method: on one core 1.2 to 2.5 times what a
matrix product of the same work reaches. The graph is written straight from a file's arrays, so that nothing
is traced, converted or downloaded, and torch is not needed. ``ncnn_weights.py`` describes the form.
"""

from __future__ import annotations

import ctypes
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mangacolor.core.arrays import F32
from mangacolor.models.runtime.ncnn_weights import MAGIC, SINGLE

Activation = tuple[int, tuple[float, ...]]  # ncnn's number of it, and its parameters

NEAREST, BILINEAR = 1, 2  # ncnn's numbers of ways to enlarge
RELU: Activation = (1, ())
RELU6: Activation = (3, (0.0, 6.0))
_ARRAY = -23300  # ncnn's mark of a parameter that is an array


def leaky_relu(slope: float) -> Activation:
    return 2, (slope,)


@dataclass(slots=True)
class _Layer:
    kind: str
    inputs: list[str]
    output: str
    options: dict[int, Any]


@dataclass(slots=True)
class Graph:
    """A network under construction. Each method adds a layer and returns the name of its output."""

    layers: list[_Layer] = field(default_factory=list)
    numbers: list[bytes] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    def add(self, kind: str, *inputs: str, **options: float | str) -> str:
        """A layer of ncnn's ``kind``; ``options`` by ncnn's ids, as ``_0=…``."""
        output = f"b{len(self.layers)}"
        values = {int(key[1:]): value for key, value in options.items()}
        self.layers.append(_Layer(kind, list(inputs), output, values))
        return output

    def input(self, name: str) -> str:
        blob = self.add("Input")
        self.names[name] = blob
        return blob

    def output(self, name: str, blob: str) -> None:
        """Let ``blob`` be asked for as ``name``."""
        self.names[name] = self.add("Noop", blob)

    def convolution(
        self,
        x: str,
        weight: F32,
        bias: F32 | None = None,
        *,
        stride: int = 1,
        padding: tuple[int, int] = (0, 0),
        dilation: int = 1,
        groups: int = 1,
        activation: Activation | None = None,
    ) -> str:
        """``weight`` is Cout×Cin/groups×k×k; ``padding`` before and after, on both axes."""
        outputs, _, kernel, _ = weight.shape
        before, after = padding
        sides = {"_4": before, "_14": before, "_15": after, "_16": after}
        options: dict[str, Any] = {"_0": outputs, "_1": kernel, "_3": stride, **sides}
        options |= {"_5": int(bias is not None), "_6": weight.size}
        if dilation > 1:
            options["_2"] = dilation
        if groups > 1:
            options["_7"] = groups
        if activation is not None:
            options["_9"], options["_10"] = activation
        self.numbers += [np.uint32(SINGLE).tobytes(), _bytes(weight)]
        if bias is not None:
            self.numbers.append(_bytes(bias))
        return self.add("ConvolutionDepthWise" if groups > 1 else "Convolution", x, **options)

    def prelu(self, x: str, slopes: F32) -> str:
        self.numbers.append(_bytes(slopes))
        return self.add("PReLU", x, _0=slopes.size)

    def sum(self, x: str, other: str) -> str:
        """Two maps of one size, added."""
        return self.add("BinaryOp", x, other, _0=0)

    def enlarge(self, x: str, method: int) -> str:
        """Twice as large: ``NEAREST``, or ``BILINEAR`` with pixels as areas (not ``align_corners``)."""
        return self.add("Interp", x, _0=method, _1=2.0, _2=2.0)

    def text(self) -> str:
        """The ``.param`` file. What several layers read goes through a Split, as ncnn asks."""
        readers = Counter(name for layer in self.layers for name in layer.inputs)
        taken: Counter[str] = Counter()
        lines: list[str] = []
        blobs = 0
        for number, layer in enumerate(self.layers):
            inputs = []
            for name in layer.inputs:
                inputs.append(f"{name}_{taken[name]}" if readers[name] > 1 else name)
                taken[name] += 1
            outputs = [layer.output]
            pairs = [_pair(key, value) for key, value in layer.options.items() if value != ()]
            counts = [str(len(inputs)), str(len(outputs))]
            lines.append(" ".join([layer.kind, f"l{number}", *counts, *inputs, *outputs, *pairs]))
            blobs += 1
            copies = readers[layer.output]
            if copies > 1:
                split = [f"{layer.output}_{index}" for index in range(copies)]
                lines.append(" ".join(["Split", f"s{number}", "1", str(copies), layer.output, *split]))
                blobs += copies
        return "\n".join([MAGIC, f"{len(lines)} {blobs}", *lines, ""])

    def compiled(self, winograd: bool = True) -> Network:
        """``winograd``: 3×3 convolutions by Winograd's method: quicker, and it errs by some digits more."""
        return Network(self, winograd)


def _bytes(array: F32) -> bytes:
    return np.ascontiguousarray(array, np.float32).tobytes()


def _pair(key: int, value: Any) -> str:
    if isinstance(value, tuple):
        return f"{_ARRAY - key}={len(value)},{','.join(map(str, value))}"
    return f"{key}={value}"


def _make_reader(data: bytes) -> Any:
    """What ncnn reads the numbers of a network from; it copies them."""
    import ncnn

    address = ctypes.pythonapi.PyCapsule_GetPointer
    address.restype, address.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
    stream = io.BytesIO(data)

    class Reader(ncnn.DataReader):  # type: ignore[misc]
        def read(self, target: object, size: int) -> int:
            piece = stream.read(size)
            ctypes.memmove(address(target, None), piece, len(piece))
            return len(piece)

    return Reader()


class Network:
    """A graph as ncnn runs it, on one core of the calling thread; any number of threads may call it."""

    def __init__(self, graph: Graph, winograd: bool = True) -> None:
        import ncnn

        self._names = dict(graph.names)
        self._ncnn = ncnn
        self._net = ncnn.Net()
        settings = self._net.opt
        settings.num_threads = 1
        settings.use_vulkan_compute = False
        # Single precision throughout: what is halved on one machine and not on another differs by levels.
        settings.use_fp16_packed = settings.use_fp16_storage = settings.use_fp16_arithmetic = False
        settings.use_bf16_storage = False
        settings.use_winograd_convolution = winograd
        # From memory: of a file's path ncnn takes only what the code page of a Windows can write.
        numbers = _make_reader(b"".join(graph.numbers))
        if self._net.load_param_mem(graph.text()) or self._net.load_model(numbers):
            raise RuntimeError("ncnn does not take the network it was given: this is a bug")
        # In place of ncnn's own pools, which nobody can empty; given after the weights, which are to stay.
        self._pools = ncnn.PoolAllocator(), ncnn.PoolAllocator()
        for pool in self._pools:
            pool.set_size_compare_ratio(0)  # as ncnn's own: any piece that is large enough is used again
        settings.blob_allocator, settings.workspace_allocator = self._pools

    def release(self) -> None:
        """Give back the memory that is kept for further calls: as much as the largest picture so far took.

        Other threads may call the network meanwhile.
        """
        for pool in self._pools:
            pool.clear()

    def __call__(self, inputs: Mapping[str, F32], outputs: Sequence[str]) -> list[F32]:
        """``inputs``: H×W float32 each. Returns C×H×W float32 for each name of ``outputs``.

        Ask for what is computed first, first: ncnn gives memory back as it goes.
        """
        run = self._net.create_extractor()
        arrays = [np.ascontiguousarray(array, np.float32)[None] for array in inputs.values()]
        for name, array in zip(inputs, arrays, strict=True):  # ncnn reads ``arrays`` where it lies
            run.input(self._names[name], self._ncnn.Mat(array))
        planes: list[F32] = []
        for name in outputs:
            blob = self._ncnn.Mat()
            if status := run.extract(self._names[name], blob):
                raise MemoryError(f"ncnn could not compute {name} (status {status})")
            planes.append(np.array(blob, order="C"))  # which may live longer than the network and its pools
        return planes
