"""Super-resolution on luma by ncnn: a SRVGGNetCompact, written from its arrays."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mangacolor.core.arrays import F32
from mangacolor.core.types import Image
from mangacolor.models.runtime.ncnn_graph import Graph, Network
from mangacolor.models.upscale.compact import CompactNetwork, block_weights
from mangacolor.models.upscale.pixels import as_pixels
from mangacolor.models.upscale.upscaler import Enlarge


def ncnn_enlarge(network: CompactNetwork) -> Enlarge:
    """``Upscaler.enlarge`` of the network on ncnn."""
    halo = network.halo

    @lru_cache(maxsize=3)
    def compiled(reduction: int) -> Network:
        return compact_graph(network, reduction).compiled()

    def enlarge(tiles: Image, scale: int) -> Image:
        ready = compiled(network.scale // scale if network.scale % scale == 0 else 1)
        large = np.concatenate([_enlarged(ready, tile, halo) for tile in tiles])
        return as_pixels(large, [(side - 2 * halo) * scale for side in tiles.shape[1:]])

    return enlarge


def compact_graph(network: CompactNetwork, reduction: int) -> Graph:
    """As ``LumaCompact`` (``luma_networks.py``), whose comments say why.

    Inputs ``page``, luma (h+2c)×(w+2c) in [0, 1], and ``inner``, the same without its halo c.
    Output ``luma``: 1×(h·s)×(w·s) in [0, 1], s being the network's scale over ``reduction``.
    """
    graph = Graph()
    x, inner = graph.input("page"), graph.input("inner")
    first, *rest = network.weights
    weights = [first.sum(axis=1, keepdims=True), *rest]
    for number, (weight, bias) in enumerate(zip(weights, network.biases, strict=True)):
        x = graph.convolution(x, weight, bias)
        if number < len(network.slopes):
            x = graph.prelu(x, network.slopes[number])
    blocks = graph.add("Clip", graph.sum(x, inner), _0=0.0, _1=1.0)
    luma = graph.convolution(blocks, block_weights(network.channels, network.scale, reduction))
    graph.output("luma", graph.add("PixelShuffle", luma, _0=network.scale // reduction))
    return graph


def _enlarged(compiled: Network, tile: Image, halo: int) -> F32:
    """A tile (h+2c)×(w+2c) uint8 to 1×(h·s)×(w·s) float32 in [0, 1], s being its scale."""
    page = tile.astype(np.float32) * np.float32(1 / 255)
    inner = page[halo:-halo, halo:-halo]
    return compiled({"page": page, "inner": inner}, ["luma"])[0]
