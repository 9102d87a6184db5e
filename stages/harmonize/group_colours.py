"""The one colour of a group, decided by all its members."""

from __future__ import annotations

import numpy as np

from mangacolor.stages.harmonize.louvain import Ints
from mangacolor.stages.harmonize.smoothing import Numbers, densest

VOICES = 512  # the weightiest members of a group that are heard
FRESHER = 1.2  # by what a group's chroma may be raised to its members'


def group_colours(chroma: Numbers, weight: Numbers, number: Ints) -> Numbers:
    """Cb and Cr of each group (G×2): the densest place among its members' chroma (N×2), by weight.

    The mean of red and blue members would be brown, a colour that none of them has.
    """
    colours = np.zeros((int(number.max()) + 1, 2))
    order = np.argsort(number, kind="stable")
    starts = np.searchsorted(number[order], np.arange(len(colours) + 1))
    for group in range(len(colours)):
        members = order[starts[group] : starts[group + 1]]
        heard = members[np.argsort(-weight[members], kind="stable")[:VOICES]]
        colours[group] = densest(chroma[None, heard], weight[None, heard])[0]
    return colours


def liveliness(colours: Numbers, chroma: Numbers, weight: Numbers, number: Ints) -> Numbers:
    """By what to raise each group's chroma (G), at most ``FRESHER``: agreeing makes colours (G×2) pale, and
    they are to be about as strong as their members' (N×2) were."""
    total = np.bincount(number, weights=weight)
    strength = np.bincount(number, weights=weight * np.hypot(*chroma.T)) / np.maximum(total, 1e-9)
    factor = strength / np.maximum(np.hypot(*colours.T), 1e-9)
    return np.asarray(np.clip(factor, 1.0, FRESHER))
