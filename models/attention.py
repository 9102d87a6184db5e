"""Self-attention over the positions of a feature map (SAGAN, Zhang et al. 2019)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class SelfAttention(nn.Module):
    """N×C×H×W to the same shape: ``gamma · attended + x``.

    Query and key are 1×1 convolutions to C/8 channels, value keeps C. ``gamma`` is learnt from 0, so
    that the block starts as the identity; query and key get their first gradient once it has moved.
    On a 1×1 map the softmax over one position is always 1 and query and key can never learn.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = max(1, channels // 8)
        self.query_conv = nn.Conv2d(channels, inner, kernel_size=1)
        self.key_conv = nn.Conv2d(channels, inner, kernel_size=1)
        self.value_conv = nn.Conv2d(channels, channels, kernel_size=1)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = (
            layer(x).flatten(2).transpose(1, 2) for layer in (self.query_conv, self.key_conv, self.value_conv)
        )
        # SAGAN does not divide by the square root of the channels; a checkpoint depends on it.
        attended = F.scaled_dot_product_attention(query, key, value, scale=1.0)
        return self.gamma * attended.transpose(1, 2).reshape(x.shape) + x
