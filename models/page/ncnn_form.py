"""The page network and the descreener for ncnn, written from the arrays of their files, with norms folded."""

from __future__ import annotations

from mangacolor.models.files.arrays import State, fold_norm
from mangacolor.models.page.layout import (
    ANSWERS,
    COARSE,
    DILATIONS,
    FINE,
    NORM_EPS,
    BlockLayout,
    JoinLayout,
    page_joins,
    page_levels,
)
from mangacolor.models.runtime.ncnn_graph import BILINEAR, NEAREST, RELU, Activation, Graph

_REPLICATE = 1  # of paddings: the outermost pixels again


def page_graph(state: State) -> Graph:
    """``PageNet``. Input ``luma``: H×W in [0, 1], sides multiples of ``PAGE_STRIDE``.

    Output ``probabilities``: 2×H×W in [0, 1], the logistic function of its answers, enlarged bilinearly.
    """
    graph = Graph()
    out = graph.input("luma")
    maps: list[str] = []
    for name, blocks in page_levels().items():
        for number, block in enumerate(blocks):
            out = _block(graph, state, f"{name}.{number}", out, block)
        maps.append(out)
    *finer, out = maps
    for (name, join), fine in zip(page_joins().items(), reversed(finer), strict=True):
        out = _join(graph, state, name, fine, out, join)
    weight = state.take("head.weight", ANSWERS, join.outputs, 1, 1)
    logits = graph.convolution(out, weight, state.take("head.bias", ANSWERS))
    graph.output("probabilities", graph.add("Sigmoid", graph.enlarge(logits, BILINEAR)))
    state.finish()
    return graph


def _block(graph: Graph, state: State, name: str, x: str, block: BlockLayout) -> str:
    shape = block.outputs, block.inputs, block.kernel, block.kernel
    weight, bias = fold_norm(state, f"{name}.0", f"{name}.1", shape, NORM_EPS)
    padding = block.padding, block.padding
    return graph.convolution(
        x, weight, bias, stride=block.stride, padding=padding, dilation=block.dilation, activation=RELU
    )


def _join(graph: Graph, state: State, name: str, fine: str, coarse: str, join: JoinLayout) -> str:
    """The mixing layer sees one pixel at a time, so the coarse part goes through before it is enlarged."""
    mix = state.take(f"{name}.0.weight", join.outputs, join.fine + join.coarse, 1, 1)
    own = graph.convolution(fine, mix[:, : join.fine], state.take(f"{name}.0.bias", join.outputs))
    other = graph.enlarge(graph.convolution(coarse, mix[:, join.fine :]), NEAREST)
    return _block(graph, state, f"{name}.1", graph.sum(own, other), join.block)


def descreen_graph(state: State) -> Graph:
    """``Descreener``. Input ``luma``: H×W in [0, 1], sides multiples of ``DESCREEN_STRIDE``.

    Output ``plain``: 1×H×W, the same without halftone.
    """
    graph = Graph()
    luma = graph.input("luma")
    fine = _bordered(graph, state, "first.0", graph.add("Reorg", luma, _0=2), (FINE, 4))
    fine = _bordered(graph, state, "first.2", fine, (FINE, FINE))
    coarse = _pixelwise(graph, state, "down", graph.add("Reorg", fine, _0=2), (COARSE, 4 * FINE), RELU)
    out = coarse
    for number, dilation in enumerate(DILATIONS):
        out = _bordered(graph, state, f"inner.{2 * number}", out, (COARSE, COARSE), dilation)
    up = _pixelwise(graph, state, "up", graph.sum(coarse, out), (4 * FINE, COARSE), None)
    out = graph.sum(fine, graph.add("PixelShuffle", up, _0=2))
    out = _bordered(graph, state, "last.0", out, (FINE, FINE))
    out = _bordered(graph, state, "last.2", out, (4, FINE), bend=None)
    graph.output("plain", graph.sum(luma, graph.add("PixelShuffle", out, _0=2)))
    state.finish()
    return graph


def _bordered(
    graph: Graph,
    state: State,
    name: str,
    x: str,
    channels: tuple[int, int],
    dilation: int = 1,
    bend: Activation | None = RELU,
) -> str:
    """A 3×3 convolution of a map whose outermost pixels go on beyond its border."""
    weight, bias = state.take(f"{name}.weight", *channels, 3, 3), state.take(f"{name}.bias", channels[0])
    sides = {f"_{side}": dilation for side in range(4)}
    padded = graph.add("Padding", x, **sides, _4=_REPLICATE)
    return graph.convolution(padded, weight, bias, dilation=dilation, activation=bend)


def _pixelwise(
    graph: Graph, state: State, name: str, x: str, channels: tuple[int, int], bend: Activation | None
) -> str:
    weight, bias = state.take(f"{name}.weight", *channels, 1, 1), state.take(f"{name}.bias", channels[0])
    return graph.convolution(x, weight, bias, activation=bend)
