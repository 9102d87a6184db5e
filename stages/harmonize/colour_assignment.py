"""What colour each surface is to start from, decided from all votes of the chapter.

First surfaces hear each other: the votes of look-alikes, and of theirs, are averaged (in logarithms, along
the links between look-alikes, as far as they are alike), so that a hat which one page took for red and
another for green is weighed once, on all that was seen of it.

The network reads a colour off its votes as their mean. Where it knows little it holds a wall for brown, the
commonest colour, and a little for everything else, and so every wall comes out brown, though its votes say
that one wall in ten is blue. Here the chapter decides as a whole: the votes are sharpened, and each colour
of the palette is favoured as far as it takes for it to be chosen as often as all votes together foresee
(a Sinkhorn iteration on one side of an optimal transport: Cuturi 2013). Blue go those for which blue was
likelier than for others. How far to sharpen depends on how much the network knows of the chapter: until a
surface's colour is mixed from as many colours of the palette as suits all chapters.
"""

from __future__ import annotations

import numpy as np
from scipy.special import entr, rel_entr, softmax

from mangacolor.core.types import Image
from mangacolor.stages.harmonize.clustering import LookAlikes
from mangacolor.stages.harmonize.descriptors import Floats
from mangacolor.stages.harmonize.smoothing import Numbers, pointing

MIXED = 0.25  # share of the palette a surface's colour is mixed from, as the perplexity of its votes
TEMPERATURES = (0.3, 1.25)  # of the votes: at 1 colours are means, as the network's own; at 0 of the palette
HEARINGS = 8  # how far votes travel along the links
OWN = 0.6  # what one's own votes count each time, against a perfect look-alike's
DECIDING = 4096  # the largest surfaces, from which it is found how much each colour is to be favoured
ROUNDS = 60
PACE = 0.7  # of a correction: at 1 colours that are much alike overshoot
PULL = 0.3  # of what is missing in perplexity on the temperature, in each round
FEWEST = 1e-5  # chance below which a colour is nobody's


def decided(votes: Image, palette: Numbers, weight: Numbers, area: Numbers, found: LookAlikes) -> Numbers:
    """Cb and Cr (N×2, levels) of surfaces with these ``votes`` (N×K, as of ``surface_table``).

    ``palette``: K×2, what they are for. ``weight``: N, how much each one's word counts for its look-alikes
    (``found``). ``area``: N, what each counts for how often a colour is chosen.
    """
    chances = _chances(votes)
    heard = _heard(np.log(np.maximum(chances, FEWEST)), weight, found)
    large = np.sort(np.argsort(-area, kind="stable")[:DECIDING])
    favour, temperature = _favour(chances[large], heard[large], area[large])
    return np.asarray(softmax((heard + favour) / temperature, axis=1) @ palette, dtype=np.float64)


def told(votes: Image, area: Numbers) -> float:
    """How much votes (N×K) tell of a surface, as a share of what there is to know: 0 if all are alike, 1 if
    each is sure.

    The mutual information of surface and colour over the entropy of colour (Theil's uncertainty coefficient),
    surfaces weighing by ``area`` (N).
    """
    chances = _chances(votes).astype(np.float64)
    share = area / area.sum()
    mean = share @ chances
    return float(share @ rel_entr(chances, mean).sum(axis=1) / max(entr(mean).sum(), FEWEST))


def _chances(votes: Image) -> Floats:
    chances = np.square(votes.astype(np.float32))
    return np.asarray(chances / chances.sum(axis=1, keepdims=True))


def _favour(chances: Floats, heard: Floats, area: Numbers) -> tuple[Numbers, float]:
    """What to add to the logarithm of each colour's chance, K, so that it is chosen as often as foreseen,
    and the temperature at which a surface's colour is mixed from ``MIXED`` of the palette.

    In double precision: the last bit of a product depends on the number of cores, and colours must not.
    """
    share = area / area.sum()
    foreseen = share @ chances + FEWEST
    favour, temperature = np.zeros(chances.shape[1]), 1.0
    wanted = np.log(max(MIXED * len(favour), 1.0))  # entropy: the logarithm of the perplexity
    for _ in range(ROUNDS):
        chosen = softmax((heard + favour) / temperature, axis=1)
        missing = wanted - share @ entr(chosen).sum(axis=1)
        favour += PACE * temperature * np.log(foreseen / (share @ chosen + FEWEST))
        temperature = float(np.clip(temperature * np.exp(PULL * missing), *TEMPERATURES))
    return favour, temperature


def _heard(own: Floats, weight: Numbers, found: LookAlikes) -> Floats:
    """Logarithms of chances (N×K) after they have travelled: means of one's own and one's look-alikes'."""
    says = (found.likeness * weight[found.near]).astype(np.float32)
    links = pointing(found.near, says)
    kept = (OWN * weight).astype(np.float32)
    total = kept + says.sum(axis=1)
    heard = own
    for _ in range(HEARINGS):
        heard = (kept[:, None] * own + links @ heard) / total[:, None]
    return heard
