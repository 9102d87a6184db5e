"""The colour network ``EfficientUNet`` for ncnn. Weights come from its torch form, with norms folded."""

from __future__ import annotations

from torch import nn

from mangacolor.models.colour.blocks import SelfAttention
from mangacolor.models.colour.efficient_unet import UP_LEVELS, EfficientUNet, Up
from mangacolor.models.colour.folded import MAPS, fold_norm
from mangacolor.models.colour.prediction import VOTES
from mangacolor.models.encoders.efficientnet import Block, same_padding
from mangacolor.models.runtime.ncnn_graph import RELU, RELU6, Activation, Graph, leaky_relu

_NEAREST, _BILINEAR = 1, 2
_MEAN = 1  # of poolings
_SWAP = 1  # of the axes of a matrix
_SECOND_TRANSPOSED = 1  # of a product of matrices


def colour_graph(network: EfficientUNet) -> Graph:
    """Input ``grey``, H×W in [-1, 1], sides multiples of 32. Outputs ``luma`` 1×H×W and ``chroma``
    2×H/2×W/2 in [-1, 1], the encoder's maps by the names of ``MAPS``, and ``VOTES`` as of ``Output``."""
    graph = Graph()
    grey = graph.input("grey")
    features = _encode(graph, network, grey)
    for name, blob in zip(MAPS, features, strict=True):
        graph.output(name, blob)
    *skips, out = features
    head = network.palette
    logits = _vote(graph, out, head.votes[0], head.temperature)
    for level, up, skip, vote in zip(UP_LEVELS, network.ups(), reversed(skips), head.votes[1:], strict=True):
        out = _up(graph, out, skip, up)
        if network.attn is not None and level == network.config.attention:
            out = _attend(graph, out, network.attn)
        coarse = _enlarge(graph, logits, _BILINEAR)
        logits = graph.add("BinaryOp", coarse, _vote(graph, out, vote, head.temperature), _0=0)
    graph.output(VOTES, graph.add("Pooling", logits, _0=_MEAN, _1=2, _2=2))
    shares = graph.add("Softmax", logits, _0=0, _1=1)
    graph.output("chroma", graph.convolution(shares, head.centres.T[:, :, None, None]))
    graph.output("luma", _tone(graph, network, out, grey))
    return graph


def _encode(graph: Graph, network: EfficientUNet, grey: str) -> list[str]:
    encoder = network.encoder
    weight, bias = fold_norm(encoder._conv_stem, encoder._bn0)
    padding = same_padding(3, 2)
    # The encoder sees grey as three equal channels.
    stem = weight.sum(dim=1, keepdim=True)
    out = graph.convolution(grey, stem, bias, stride=2, padding=padding, activation=RELU6)
    features = []
    for number, block in enumerate(encoder.blocks()):
        out = _block(graph, out, block)
        if number in encoder.taps:
            features.append(out)
    return features


def _block(graph: Graph, x: str, block: Block) -> str:
    out = x
    if block.expands:
        out = _convolve(graph, out, block._expand_conv, block._bn0, RELU6)
    out = _convolve(graph, out, block._depthwise_conv, block._bn1, RELU6)
    out = _convolve(graph, out, block._project_conv, block._bn2, None)
    return graph.add("BinaryOp", out, x, _0=0) if block.residual else out


def _convolve(
    graph: Graph, x: str, conv: nn.Conv2d, norm: nn.BatchNorm2d, activation: Activation | None
) -> str:
    stride = conv.stride[0]
    padding = same_padding(conv.kernel_size[0], stride)
    return graph.convolution(
        x, *fold_norm(conv, norm), stride=stride, padding=padding, groups=conv.groups, activation=activation
    )


def _up(graph: Graph, x: str, skip: str, up: Up) -> str:
    weight, bias = fold_norm(up.conv, up.norm)
    joined = graph.add("Concat", _enlarge(graph, x, _NEAREST), skip, _0=0)
    return graph.convolution(joined, weight, bias, padding=(1, 1), activation=RELU)


def _attend(graph: Graph, x: str, attention: SelfAttention) -> str:
    """Self-attention over the positions of a map of whatever size: its columns become N positions."""
    query, key, value = attention.query_conv, attention.key_conv, attention.value_conv
    gamma = attention.gamma
    rows_of = [
        graph.add("Reshape", graph.convolution(x, weight, bias), _0=-1, _1=len(weight))
        for weight, bias in (
            (query.weight, query.bias),
            (key.weight, key.bias),
            (gamma * value.weight, None if value.bias is None else gamma * value.bias),
        )
    ]
    queries = graph.add("Permute", rows_of[0], _0=_SWAP)
    scores = graph.add("MatMul", queries, rows_of[1])
    shares = graph.add("Softmax", scores, _0=1, _1=1)  # over the keys, which lie along the second axis
    attended = graph.add("MatMul", rows_of[2], shares, _0=_SECOND_TRANSPOSED)
    shape = f'"1w,1h,{value.out_channels}"'  # as wide and high as the second input
    return graph.add("BinaryOp", graph.add("Reshape", attended, x, _6=shape), x, _0=0)


def _enlarge(graph: Graph, x: str, method: int) -> str:
    return graph.add("Interp", x, _0=method, _1=2.0, _2=2.0)


def _vote(graph: Graph, x: str, vote: nn.Module, temperature: float) -> str:
    assert isinstance(vote, nn.Sequential)
    first, bend, last = vote
    assert isinstance(first, nn.Conv2d)
    assert isinstance(bend, nn.LeakyReLU)
    assert isinstance(last, nn.Conv2d)
    assert last.bias is not None
    hidden = graph.convolution(x, first.weight, first.bias, activation=leaky_relu(bend.negative_slope))
    return graph.convolution(hidden, last.weight / temperature, last.bias / temperature)


def _tone(graph: Graph, network: EfficientUNet, x: str, grey: str) -> str:
    """The last step up, its two inputs apart: joined they are 13 channels, which ncnn computes one by one."""
    narrow = graph.convolution(x, network.narrow.weight, network.narrow.bias)
    weight, bias = fold_norm(network.up5.conv, network.up5.norm)
    large = graph.convolution(
        _enlarge(graph, narrow, _NEAREST), weight[:, :-1].contiguous(), bias, padding=(1, 1)
    )
    light = graph.convolution(grey, weight[:, -1:].contiguous(), padding=(1, 1))
    out = graph.add("ReLU", graph.add("BinaryOp", large, light, _0=0))
    return graph.add("TanH", graph.convolution(out, network.tone.weight, network.tone.bias))
