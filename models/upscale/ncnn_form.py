"""Super-resolution on luma by ncnn: the networks of ``luma_networks.py`` that it is taught."""

from __future__ import annotations

import numpy as np
from torch import nn

from mangacolor.core.arrays import F32
from mangacolor.core.types import Image
from mangacolor.models.runtime.ncnn_graph import Graph, Network
from mangacolor.models.upscale.luma_networks import LumaCompact


def compact_graph(network: LumaCompact) -> Graph:
    """Inputs ``page``, luma (h+2c)×(w+2c) in [0, 1], and ``inner``, the same without its halo c.

    Output ``luma``: 1×(h·s)×(w·s) in [0, 1].
    """
    graph = Graph()
    x, inner = graph.input("page"), graph.input("inner")
    for layer in network.body:
        if isinstance(layer, nn.Conv2d):
            x = graph.convolution(x, layer.weight, layer.bias)
        else:
            assert isinstance(layer, nn.PReLU)
            x = graph.prelu(x, layer.weight)
    blocks = graph.add("Clip", graph.add("BinaryOp", x, inner, _0=0), _0=0.0, _1=1.0)
    luma = graph.convolution(blocks, network.weigh.weight)
    graph.output("luma", graph.add("PixelShuffle", luma, _0=network.output_scale))
    return graph


def enlarged(compiled: Network, tile: Image, halo: int) -> F32:
    """A tile (h+2c)×(w+2c) uint8 to 1×(h·s)×(w·s) float32 in [0, 1], s being the network's scale."""
    page = tile.astype(np.float32) * np.float32(1 / 255)
    inner = page[halo:-halo, halo:-halo]
    return compiled({"page": page, "inner": inner}, ["luma"])[0]
