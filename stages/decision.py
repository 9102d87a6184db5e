"""What colour each surface is to start from, decided from all votes of the chapter.

The network reads a colour off its votes as their mean. Where it knows little it holds a wall for brown, the
commonest colour, and a little for everything else, and so every wall comes out brown, though its votes say
that one wall in ten is blue. Here the chapter decides as a whole: the votes are sharpened, and each colour
of the palette is favoured as far as it takes for it to be chosen as often as all votes together foresee
(a Sinkhorn iteration on one side of an optimal transport: Cuturi 2013). Blue go those for which blue was
likelier than for others. Where the network is sure nothing changes.
"""

from __future__ import annotations

import numpy as np
from scipy.special import softmax

from mangacolor.nouns import Image
from mangacolor.stages.agreement import Numbers
from mangacolor.stages.descriptors import Floats
from mangacolor.stages.grouping import LookAlikes

TEMPERATURE = 0.65  # of the votes: at 1 colours are means, as the network's own; at 0 each is of the palette
HEARD = 1.0  # what a perfect look-alike's votes count, against one's own
DECIDING = 4096  # the largest surfaces, from which it is found how much each colour is to be favoured
ROUNDS = 60
PACE = 0.7  # of a correction: at 1 colours that are much alike overshoot
FEWEST = 1e-5  # chance below which a colour is nobody's


def decided(votes: Image, palette: Numbers, weight: Numbers, area: Numbers, found: LookAlikes) -> Numbers:
    """Cb and Cr (N×2, levels) of surfaces with these ``votes`` (N×K, as of ``surface_table``).

    ``palette``: K×2, what they are for. ``weight``: N, how much each one's word counts for its look-alikes
    (``found``). ``area``: N, what each counts for how often a colour is chosen.
    """
    chances = np.square(votes.astype(np.float32))
    chances /= chances.sum(axis=1, keepdims=True)
    heard = _heard(np.log(np.maximum(chances, FEWEST)), weight.astype(np.float32), found)
    large = np.sort(np.argsort(-area, kind="stable")[:DECIDING])
    favour = _favour(chances[large], heard[large], area[large])
    return np.asarray(softmax((heard + favour) / TEMPERATURE, axis=1) @ palette, dtype=np.float64)


def _favour(chances: Floats, heard: Floats, area: Numbers) -> Numbers:
    """What to add to the logarithm of each colour's chance, K, so that it is chosen as often as foreseen.

    In double precision: the last bit of a product depends on the number of cores, and colours must not.
    """
    share = area / area.sum()
    foreseen = share @ chances + FEWEST
    favour = np.zeros(chances.shape[1])
    for _ in range(ROUNDS):
        chosen = share @ softmax((heard + favour) / TEMPERATURE, axis=1)
        favour += PACE * TEMPERATURE * np.log(foreseen / (chosen + FEWEST))
    return favour


def _heard(own: Floats, weight: Floats, found: LookAlikes) -> Floats:
    """Mean of the logarithms of one's own chances and those of one's look-alikes."""
    says = (HEARD * found.likeness * weight[found.near]).astype(np.float32)
    total = weight[:, None] * own
    for near, say in zip(found.near.T, says.T, strict=True):
        total += say[:, None] * own[near]
    return np.asarray(total / (weight + says.sum(axis=1))[:, None])
