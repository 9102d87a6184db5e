"""The colour network ``EfficientUNet`` for ncnn, written from the arrays of its file, with norms folded."""

from __future__ import annotations

import numpy as np

from mangacolor.core.arrays import F32
from mangacolor.models.colour.config import GeneratorConfig, query_channels
from mangacolor.models.colour.efficient_layout import (
    MAPS,
    NARROW,
    NORM_EPS,
    UP_LEVELS,
    VOTERS,
    check_attention,
    up_channels,
)
from mangacolor.models.colour.prediction import VOTE_CHANNELS, VOTE_SLOPE, VOTES
from mangacolor.models.encoders import efficientnet_layout
from mangacolor.models.encoders.efficientnet_layout import (
    STEM,
    STEM_KERNEL,
    STEM_STRIDE,
    BlockLayout,
    encoder_layout,
    same_padding,
)
from mangacolor.models.files.arrays import State, fold_norm
from mangacolor.models.runtime.ncnn_graph import BILINEAR, NEAREST, RELU, RELU6, Activation, Graph, leaky_relu

_MEAN = 1  # of poolings
_SWAP = 1  # of the axes of a matrix
_SECOND_TRANSPOSED = 1  # of a product of matrices


def colour_graph(config: GeneratorConfig, state: State) -> Graph:
    """Input ``grey``, H×W in [-1, 1], sides multiples of 32. Outputs ``luma`` 1×H×W and ``chroma``
    2×H/2×W/2 in [-1, 1], the encoder's maps by the names of ``MAPS``, and ``VOTES`` as of ``Output``.

    ``state``: the network of ``config``. Raises ``SetupError`` where it is another's, and
    ``UsageError`` for a configuration of which there is no network.
    """
    check_attention(config)
    graph = Graph()
    grey = graph.input("grey")
    temperature, others = config.temperature, ""
    told: list[str] = []
    if config.partner_width:
        temperature *= VOTERS
        told, others = _partner(graph, config, state, grey, temperature)
    features = _encode(graph, config.encoder, state, grey)
    for name, blob in zip(MAPS, told or features, strict=True):
        graph.output(name, blob)
    *skips, out = features
    *finer, coarsest = encoder_layout(config.encoder).channels
    logits = _vote(graph, state, "palette.votes.0", out, (coarsest, config.palette), temperature)
    channels = coarsest
    ups = zip(UP_LEVELS, up_channels(config.width), reversed(skips), reversed(finer), strict=True)
    for number, (level, outputs, skip, skipped) in enumerate(ups, start=1):
        if others and level == UP_LEVELS[-1]:
            logits = graph.sum(logits, others)
        out = _up(graph, state, f"up{number}", out, skip, (outputs, channels + skipped))
        if level == config.attention:
            out = _attend(graph, state, out, outputs)
        vote = _vote(graph, state, f"palette.votes.{number}", out, (outputs, config.palette), temperature)
        logits = graph.sum(graph.enlarge(logits, BILINEAR), vote)
        channels = outputs
    graph.output(VOTES, graph.add("Pooling", logits, _0=_MEAN, _1=2, _2=2))
    shares = graph.add("Softmax", logits, _0=0, _1=1)
    centres = state.take("palette.centres", config.palette, 2)
    graph.output("chroma", graph.convolution(shares, centres.T[:, :, None, None]))
    graph.output("luma", _tone(graph, state, out, grey, channels))
    state.finish()
    return graph


def _partner(
    graph: Graph, config: GeneratorConfig, state: State, grey: str, temperature: float
) -> tuple[list[str], str]:
    """The maps of the partner's encoder, and its votes at a quarter of the input's size."""
    features = _encode(graph, config.partner_encoder, state, grey, "partner.")
    _, *skips, out = features
    _, *finer, channels = encoder_layout(config.partner_encoder).channels
    sizes = channels, config.palette
    logits = _vote(graph, state, "partner.votes.0", out, sizes, temperature)
    ups = zip(up_channels(config.partner_width), reversed(skips), reversed(finer), strict=False)
    for number, (outputs, skip, skipped) in enumerate(ups, start=1):
        out = _up(graph, state, f"partner.up{number}", out, skip, (outputs, channels + skipped))
        sizes = outputs, config.palette
        vote = _vote(graph, state, f"partner.votes.{number}", out, sizes, temperature)
        logits = graph.sum(graph.enlarge(logits, BILINEAR), vote)
        channels = outputs
    return features, logits


def _encode(graph: Graph, encoder: str, state: State, grey: str, prefix: str = "") -> list[str]:
    shape = STEM, 3, STEM_KERNEL, STEM_KERNEL
    names = f"{prefix}encoder._conv_stem", f"{prefix}encoder._bn0"
    weight, bias = fold_norm(state, *names, shape, efficientnet_layout.NORM_EPS)
    # The encoder sees grey as three equal channels.
    stem = weight.sum(axis=1, keepdims=True)
    padding = same_padding(STEM_KERNEL, STEM_STRIDE)
    out = graph.convolution(grey, stem, bias, stride=STEM_STRIDE, padding=padding, activation=RELU6)
    layout = encoder_layout(encoder)
    features = []
    for number, block in enumerate(layout.blocks):
        out = _block(graph, state, f"{prefix}encoder._blocks.{number}", out, block)
        if number in layout.taps:
            features.append(out)
    return features


def _block(graph: Graph, state: State, name: str, x: str, block: BlockLayout) -> str:
    def convolve(blob: str, part: str, norm: str, shape: tuple[int, ...], bend: Activation | None) -> str:
        eps = efficientnet_layout.NORM_EPS
        weight, bias = fold_norm(state, f"{name}.{part}", f"{name}.{norm}", shape, eps)
        stride = block.stride if shape[1] == 1 else 1
        padding = same_padding(shape[2], stride)
        groups = shape[0] if shape[1] == 1 else 1
        return graph.convolution(
            blob, weight, bias, stride=stride, padding=padding, groups=groups, activation=bend
        )

    wide, kernel = block.wide, block.kernel
    out = convolve(x, "_expand_conv", "_bn0", (wide, block.inputs, 1, 1), RELU6) if block.expands else x
    out = convolve(out, "_depthwise_conv", "_bn1", (wide, 1, kernel, kernel), RELU6)
    out = convolve(out, "_project_conv", "_bn2", (block.outputs, wide, 1, 1), None)
    return graph.sum(out, x) if block.residual else out


def _up(graph: Graph, state: State, name: str, x: str, skip: str, channels: tuple[int, int]) -> str:
    weight, bias = fold_norm(state, f"{name}.conv", f"{name}.norm", (*channels, 3, 3), NORM_EPS)
    joined = graph.add("Concat", graph.enlarge(x, NEAREST), skip, _0=0)
    return graph.convolution(joined, weight, bias, padding=(1, 1), activation=RELU)


def _attend(graph: Graph, state: State, x: str, channels: int) -> str:
    """Self-attention over the positions of a map of whatever size: its columns become N positions."""

    def rows(part: str, outputs: int, factor: F32) -> str:
        weight = factor * state.take(f"attn.{part}.weight", outputs, channels, 1, 1)
        bias = factor * state.take(f"attn.{part}.bias", outputs)
        return graph.add("Reshape", graph.convolution(x, weight, bias), _0=-1, _1=outputs)

    inner, one = query_channels(channels), np.ones(1, np.float32)
    queries = graph.add("Permute", rows("query_conv", inner, one), _0=_SWAP)
    scores = graph.add("MatMul", queries, rows("key_conv", inner, one))
    shares = graph.add("Softmax", scores, _0=1, _1=1)  # over the keys, which lie along the second axis
    values = rows("value_conv", channels, state.take("attn.gamma", 1))
    attended = graph.add("MatMul", values, shares, _0=_SECOND_TRANSPOSED)
    shape = f'"1w,1h,{channels}"'  # as wide and high as the second input
    return graph.sum(graph.add("Reshape", attended, x, _6=shape), x)


def _vote(graph: Graph, state: State, name: str, x: str, sizes: tuple[int, int], temperature: float) -> str:
    """Votes from a map, divided by ``temperature``. ``sizes``: channels of the map, colours."""
    channels, colours = sizes
    first = state.take(f"{name}.0.weight", VOTE_CHANNELS, channels, 1, 1)
    bias = state.take(f"{name}.0.bias", VOTE_CHANNELS)
    hidden = graph.convolution(x, first, bias, activation=leaky_relu(VOTE_SLOPE))
    divisor = np.float32(temperature)
    last = state.take(f"{name}.2.weight", colours, VOTE_CHANNELS, 1, 1) / divisor
    return graph.convolution(hidden, last, state.take(f"{name}.2.bias", colours) / divisor)


def _tone(graph: Graph, state: State, x: str, grey: str, channels: int) -> str:
    """The last step up, its two inputs apart: joined they are 13 channels, which ncnn computes one by one."""
    narrow = graph.convolution(
        x, state.take("narrow.weight", NARROW, channels, 1, 1), state.take("narrow.bias", NARROW)
    )
    weight, bias = fold_norm(state, "up5.conv", "up5.norm", (NARROW, NARROW + 1, 3, 3), NORM_EPS)
    large = graph.convolution(graph.enlarge(narrow, NEAREST), weight[:, :-1], bias, padding=(1, 1))
    light = graph.convolution(grey, weight[:, -1:], padding=(1, 1))
    out = graph.add("ReLU", graph.sum(large, light))
    tone = graph.convolution(out, state.take("tone.weight", 1, NARROW, 1, 1), state.take("tone.bias", 1))
    return graph.add("TanH", tone)
