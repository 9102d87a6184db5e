"""Numbers of the building blocks that the torch forms and the ncnn forms share. No torch."""

from __future__ import annotations

VOTE_CHANNELS = 96  # of a palette head, between a map and its votes
VOTE_SLOPE = 0.2  # of the leaky ReLU there


def query_channels(channels: int) -> int:
    """Channels of query and key in self-attention over a map of so many."""
    return max(1, channels // 8)
