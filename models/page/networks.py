"""The page networks as stages call them: a page's luma in, levels out. On ncnn they need no torch.

Each is loaded once a process and back end. None holds a state, so threads may share it; a call computes on
the calling thread alone. What ncnn gives and what torch gives are the same to within a level.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import cv2
import numpy as np

from mangacolor.core.arrays import F32
from mangacolor.core.types import Image
from mangacolor.models.files.arrays import State, read_arrays
from mangacolor.models.files.reading import DESCREENER, REINSTALL
from mangacolor.models.page.layout import DESCREEN_STRIDE, PAGE_STRIDE
from mangacolor.models.page.ncnn_form import descreen_graph, page_graph
from mangacolor.models.runtime.backends import CpuBackend
from mangacolor.models.runtime.ncnn_graph import Network

# Pixels of a picture, after which ncnn keeps what it took, some 150 bytes each, for the next one: what a page
# comes to. A strip may have ten times as many, and the network stays as long as the process.
USUAL = 1_000_000

ReadPage = Callable[[Image], tuple[Image, Image]]
Descreen = Callable[[Image], Image]


@cache
def page_reader(weights: Path, backend: CpuBackend, *, rare: bool = False) -> ReadPage:
    """Of H×W uint8 luma of any size: how likely the page network of ``weights`` says yes to either question,
    two H×W uint8, 255 = sure. Quantised, so that what follows does not hang on the last bit.

    ``rare``: few pages are for this network, so that it keeps no memory from one to the next.

    Raises ``SetupError`` if the file is missing, damaged or of another network.
    """
    if backend == "ncnn":
        return partial(_read_page, page_graph(_state(weights)).compiled(), rare)
    from mangacolor.models.page.page_net import load_page_net, page_probabilities

    network = load_page_net(weights)

    def read(luma: Image) -> tuple[Image, Image]:
        first, second = page_probabilities(network, luma)
        return first, second

    return read


@cache
def descreener(backend: CpuBackend, weights: Path = DESCREENER) -> Descreen:
    """Of H×W uint8 luma at working scale: the same without its halftone, H×W uint8. Raises as above."""
    if backend == "ncnn":
        # A network this narrow gains no time by Winograd's method, and segments may hang on a single level.
        return partial(_descreen, descreen_graph(_state(weights)).compiled(winograd=False))
    from mangacolor.models.page.descreener import descreen, load_descreener

    network = load_descreener(weights)

    def remove_dots(luma: Image) -> Image:
        return np.asarray(descreen(network, luma), np.uint8)

    return remove_dots


def _state(weights: Path) -> State:
    return State(read_arrays(weights, REINSTALL), str(weights), REINSTALL)


def _read_page(network: Network, rare: bool, luma: Image) -> tuple[Image, Image]:
    first, second = _compute(network, luma, PAGE_STRIDE, "probabilities", rare)
    return first, second


def _descreen(network: Network, luma: Image) -> Image:
    return np.asarray(_compute(network, luma, DESCREEN_STRIDE, "plain")[0], np.uint8)


def _compute(network: Network, luma: Image, stride: int, output: str, rare: bool = False) -> Image:
    """What the network gives in [0, 1] for a picture of any size, in levels: C×H×W uint8.

    ``rare``: the next picture is far off, so that no memory is kept for it.
    """
    rows, columns = luma.shape
    given: F32 = np.asarray(luma, np.float32) / np.float32(255)
    padded = cv2.copyMakeBorder(given, 0, -rows % stride, 0, -columns % stride, cv2.BORDER_REPLICATE)
    try:
        (made,) = network({"luma": np.asarray(padded, np.float32)}, [output])
    finally:
        if rare or padded.size > USUAL:
            network.release()
    return np.asarray(np.rint(made[:, :rows, :columns] * np.float32(255)).clip(0, 255), np.uint8)
