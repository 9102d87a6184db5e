"""The one colour of a group, decided by all its members."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

from mangacolor.stages.communities import Ints

Numbers = npt.NDArray[np.float64]

REACH = 16.0  # levels of chroma within which members support each other
VOICES = 512  # the weightiest members of a group that are heard
STEPS = 12  # of the mean shift
RELATED = 0.7  # how much a group listens to those it is linked to
ROUNDS = 4
FRESHER = 1.4  # by what a group's chroma may be raised to its members'


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
        colours[group] = densest(chroma[heard], weight[heard])
    return colours


def densest(points: Numbers, weight: Numbers) -> Numbers:
    """The mode of weighted points (N×2) by mean shift (Comaniciu & Meer 2002), from the best member."""
    square = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    place = points[int((np.exp(-square / (2 * REACH**2)) @ weight).argmax())]
    for _ in range(STEPS):
        pull = weight * np.exp(-((points - place) ** 2).sum(axis=1) / (2 * REACH**2))
        place = pull @ points / pull.sum()
    return np.asarray(place)


def related(colours: Numbers, number: Ints, graph: sparse.csr_matrix) -> Numbers:
    """The colours with each group drawn towards those that its members' look-alikes are in.

    Where one surface was split into two groups these are linked closely, and come close in colour.
    """
    count = len(colours)
    member = sparse.csr_matrix(
        (np.ones(len(number)), (np.arange(len(number)), number)), shape=(len(number), count)
    )
    links = sparse.csr_matrix(member.T @ graph @ member)
    total = np.asarray(links.sum(axis=1)).ravel()
    for _ in range(ROUNDS):
        heard = np.where(total[:, None] > 0, links @ colours / np.maximum(total, 1e-9)[:, None], colours)
        colours = (1 - RELATED) * colours + RELATED * heard
    return colours


def as_vivid(colours: Numbers, chroma: Numbers, weight: Numbers, number: Ints) -> Numbers:
    """The colours, each about as strong as its members' are: agreeing makes them pale."""
    total = np.bincount(number, weights=weight)
    strength = np.bincount(number, weights=weight * np.hypot(*chroma.T)) / np.maximum(total, 1e-9)
    factor = strength / np.maximum(np.hypot(*colours.T), 1e-9)
    return np.asarray(colours * np.clip(factor, 1.0, FRESHER)[:, None])
