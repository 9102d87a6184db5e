"""The numbers that say how far a guest is believed. Chroma is in levels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GuidanceParams:
    """How far a guest is believed (trust.py), and what that leads to (guided.py)."""

    # Levels of spread within a segment, in the guest, that halve what it counts.
    spread_scale: float = 6.0
    # Levels within which two of the guest's colours are one (sigma), as it colours a thing on several pages.
    bandwidth: float = 10.0
    # How likely a guest's colour is the right one, before anything is compared.
    prior: float = 0.8
    # Share of its window's segments that this counts for against those that can be compared.
    prior_share: float = 0.3
    # Of neighbours that are just alike, how many make evidence whole.
    full_evidence: float = 2.0
    # Rounds in which windows and segments judge each other.
    rounds: int = 4
    # Quantile of windows by reliability that stands for a window that is right: neighbours are not always
    # the same thing, so not all agree in any.
    right_quantile: float = 0.75
    # Share of segments that agree by chance in a window that is wrong.
    chance: float = 0.25
    # Levels of chroma from which on agreement says something.
    full_chroma: float = 16.0
    # Levels within which a colour of the palette speaks for the guest's (sigma), and what it counts, in
    # logarithms of odds, that a panel's colours are less likely by the network's votes than the guest's
    # usually are.
    odd_bandwidth: float = 16.0
    odd_weight: float = 2.5
    # What it counts at most, in the same unit, that they are likelier.
    most_familiar: float = 1.5
    # How often neighbours agree with a segment that is right, and with one that is wrong.
    agree_if_right: float = 0.7
    agree_if_wrong: float = 0.12
    # Probability from which on a segment has the guest's colour.
    least_trust: float = 0.5
    # Levels within which neighbours draw each other's colours of the guest's together (sigma), and the weight
    # of a segment's own against one neighbour that is just alike.
    shift_bandwidth: float = 4.0
    anchor: float = 1.0
    # Levels by which that moves a colour at most.
    most_shift: float = 2.0
    # What a segment with a guest's colour counts for its neighbours, against one without.
    weight: float = 4.0
    # Levels of chroma from its group's colour within which it takes that.
    group_reach: float = 3.0
    # Share of a group's weight with the guest's colours from which on the group's colour is the guest's.
    group_share: float = 0.25
    # Levels within which a colour of the palette has a vote of the guest's colour (sigma).
    vote_bandwidth: float = 12.0
