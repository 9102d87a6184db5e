"""One figure, one colour: what each surface's colour is moved by, decided from all pages.

A network that sees one panel at a time drifts: the same hair comes out red here and brown there. Surfaces
of all pages are grouped by what they look like (``grouping.py``), and each group gets one colour from its
members (``group_colour.py``). A surface is moved as far as it surely belongs to its group, in whole levels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.nouns import Artifact, Chapter, Image, Inputs
from mangacolor.settings import Options
from mangacolor.stages.base import ChapterContext, ChapterStage
from mangacolor.stages.communities import Ints
from mangacolor.stages.group_colour import Numbers, group_colours, related
from mangacolor.stages.grouping import Groups, group, make_space
from mangacolor.stages.surface_table import AREA, AREA_STEPS, CB, CR, SPREAD

STEP = 2  # levels of chroma: a group's colour is one of a grid, so that it seldom moves
SURE, UNSURE = 0.7, 0.3  # share of a surface's look-alikes in its group from which it is moved fully, not
STRENGTHS = 4  # steps from not at all to fully
CALM = 1.5  # levels of spread (of chroma within a surface) that halve its say
BALLOON = 0.5  # share of a surface that may be balloon


@dataclass(frozen=True, slots=True)
class Config:
    """Nothing to choose yet."""


def configure(options: Options, _chapter: Chapter) -> Config | None:
    return Config() if options.harmonize else None


def neutral() -> Artifact:
    """No correction."""
    return Artifact({"windows": []})


@dataclass(frozen=True, slots=True)
class Surfaces:
    """The surfaces of a chapter that take part, in reading order: N rows each.

    ``table``: as of ``surface_table``. ``page``, ``window``: where each lies, windows counted through
    the chapter. ``row``: its row in its page's table.
    """

    table: Image
    page: Ints
    window: Ints
    row: Ints


def run(context: ChapterContext, pages: Mapping[str, Inputs]) -> dict[str, Artifact]:
    """For each page ``windows``: for each window, and each of its surfaces from label 1 on, three whole
    numbers in one flat list: the group (-1 for none) and the levels to add to Cb and Cr.
    """
    counts, surfaces = _gather(context, pages)
    if len(surfaces.table) == 0:
        return {name: neutral() for name in counts}
    places = make_space(surfaces.table).place(surfaces.table, surfaces.page)
    context.check_cancelled()
    groups = group(places, surfaces.window)
    number = by_size(groups.number, surfaces.table)
    shifts = _shifts(surfaces, groups, number)
    return _hand_out(counts, surfaces, number, shifts)


def _gather(context: ChapterContext, pages: Mapping[str, Inputs]) -> tuple[dict[str, list[int]], Surfaces]:
    """How many surfaces each window of each page has, and the surfaces that are no balloons."""
    counts: dict[str, list[int]] = {}
    found: list[tuple[Image, Ints, Ints, Ints]] = []
    windows = 0
    for number, (name, inputs) in enumerate(pages.items()):
        context.check_cancelled()
        colorize = inputs["colorize"]
        counts[name] = [int(panel["surfaces"]) for panel in colorize.data["panels"]]
        if "surfaces" not in colorize.images:
            continue
        table = colorize.images["surfaces"]
        rows = np.nonzero(~in_balloons(colorize, inputs["balloons"].images["main"]))[0]
        window = windows + np.repeat(np.arange(len(counts[name])), counts[name])
        windows += len(counts[name])
        found.append((table[rows], np.full(len(rows), number), window[rows], rows))
    if not found:
        none = np.zeros(0, np.int64)
        return counts, Surfaces(np.zeros((0, SPREAD), np.uint8), none, none, none)
    return counts, Surfaces(*(np.concatenate(column) for column in zip(*found, strict=True)))


def in_balloons(colorize: Artifact, balloons: Image) -> npt.NDArray[np.bool_]:
    """For each surface of a page whether most of it is balloon (H×W uint8, 255)."""
    inside: list[npt.NDArray[np.bool_]] = []
    for number, panel in enumerate(colorize.data["panels"]):
        labels = colorize.images[f"surfaces-{number:03d}"]
        x, y, w, h = panel["box"]
        size = labels.shape[1], labels.shape[0]
        mask = cv2.resize(balloons[y : y + h, x : x + w], size, interpolation=cv2.INTER_AREA) >= 128
        total = np.bincount(labels.ravel(), minlength=panel["surfaces"] + 1)
        covered = np.bincount(labels[mask], minlength=panel["surfaces"] + 1)
        inside.append((covered > BALLOON * total)[1:])
    return np.concatenate(inside)


def by_size(number: Ints, table: Image) -> Ints:
    """The same groups, numbered by area, the largest first."""
    area = np.bincount(number, weights=np.exp2(table[:, AREA] / AREA_STEPS))
    rank = np.empty(len(area), np.int64)
    rank[np.argsort(-area, kind="stable")] = np.arange(len(area))
    return np.asarray(rank[number])


def _shifts(surfaces: Surfaces, groups: Groups, number: Ints) -> Ints:
    """Whole levels of Cb and Cr to add to each surface, N×2."""
    own = surfaces.table[:, (CB, CR)].astype(np.float64) - 128
    target = _targets(surfaces, own, groups, number)[number]
    strength = np.clip((groups.held - UNSURE) / (SURE - UNSURE), 0, 1)
    strength = np.rint(strength * STRENGTHS) / STRENGTHS
    return np.rint(strength[:, None] * (target - own)).astype(np.int64)


def _targets(surfaces: Surfaces, own: Numbers, groups: Groups, number: Ints) -> Numbers:
    table = surfaces.table
    confidence = 1 / (1 + (table[:, SPREAD] / (4 * CALM)) ** 2)
    weight = np.exp2(table[:, AREA] / (2 * AREA_STEPS)) * confidence * np.maximum(groups.held, 0.1)
    colours = group_colours(own, weight, number)
    return np.asarray(np.rint(related(colours, number, groups.graph) / STEP) * STEP)


def _hand_out(
    counts: Mapping[str, list[int]], surfaces: Surfaces, number: Ints, shifts: Ints
) -> dict[str, Artifact]:
    handed: dict[str, Artifact] = {}
    for page, (name, sizes) in enumerate(counts.items()):
        mine = surfaces.page == page
        rows = np.zeros((sum(sizes), 3), np.int64)
        rows[:, 0] = -1
        rows[surfaces.row[mine], 0] = number[mine] + 1
        rows[surfaces.row[mine], 1:] = shifts[mine]
        windows = np.split(rows, np.cumsum(sizes)[:-1])
        handed[name] = Artifact({"windows": [window.ravel().tolist() for window in windows]})
    return handed


STAGE = ChapterStage("harmonize", run, configure, ("balloons", "colorize"), neutral, version=2)
