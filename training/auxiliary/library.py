"""What made-up chapters are drawn from: works of many pictures, figures in many poses, and grounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import cv2
import numpy as np

from mangacolor.core.arrays import F64
from mangacolor.core.errors import InputError
from mangacolor.core.types import Image
from mangacolor.training.auxiliary.panels import cut_out
from mangacolor.training.data.pictures import Picture, Source
from mangacolor.training.pages.figures import Figure

MIN_FIGURE_ASPECT = 0.9  # height to width from which a picture on white is a figure
MIN_WORK = 3  # pictures that make a work
# Share of two figures' pixels that are of one colour from which on they are one figure in two poses: files
# may be called "general 1" and "general 2". Poses share .82 and more, figures of one hand mostly .75 at most.
MIN_ALIKE = 0.8
COLOUR_CELLS = (4, 16, 16)  # of L, a and b, by which that is counted


@dataclass(frozen=True, slots=True)
class Library:
    """Works of each source and its share, poses of each cut-out figure and its share, and grounds."""

    works: list[tuple[float, list[list[Image]]]]
    figures: list[tuple[float, list[Figure]]]
    grounds: list[Image]


def make_library(sources: Sequence[Source], pictures: Sequence[Picture]) -> Library:
    """Sort pictures by what they show. Their names say what belongs together (``work_of``).

    The share of a source is its weight, and goes to figures as far as its pictures are some. Raises
    ``InputError`` where nothing is seen twice.
    """
    weights = {source.folder: source.weight for source in sources}
    figures: dict[str, dict[str, list[Figure]]] = {}
    works: dict[str, dict[str, list[Image]]] = {}
    pages = {source.folder for source in sources if source.layout == "pages"}
    for picture in pictures:
        name = work_of(picture.name)
        figure = None if picture.source in pages else cut_out(picture.pixels, MIN_FIGURE_ASPECT)
        if figure is None:
            works.setdefault(picture.source, {}).setdefault(name, []).append(picture.pixels)
        else:
            figures.setdefault(picture.source, {}).setdefault(name, []).append(figure)
    shares = {folder: weight / max(_count(works, figures, folder), 1) for folder, weight in weights.items()}
    long_enough = [
        (shares[folder] * _count(works, {}, folder), [w for w in named.values() if len(w) >= MIN_WORK])
        for folder, named in works.items()
    ]
    if not figures and not any(works for _, works in long_enough):
        raise InputError(
            f"no work in the pictures has {MIN_WORK} of them, and none is a figure on white",
            "Put the pictures of a story into a folder of their own.",
        )
    return Library(
        [pair for pair in long_enough if pair[1]],
        [
            (shares[folder] * len(poses), poses)
            for folder, named in figures.items()
            for group in named.values()
            for poses in tell_apart(group)
        ],
        [picture for named in works.values() for work in named.values() for picture in work],
    )


def _count(
    works: dict[str, dict[str, list[Image]]], figures: dict[str, dict[str, list[Figure]]], folder: str
) -> int:
    """Pictures of a source."""
    return sum(len(own) for named in (works, figures) for own in named.get(folder, {}).values())


def tell_apart(group: Sequence[Figure]) -> list[list[Figure]]:
    """The poses of each figure among pictures that are called alike: one figure wears the same colours."""
    found: list[tuple[F64, list[Figure]]] = []
    for figure in group:
        colours = _colours(figure)
        alike = [float(np.minimum(colours, first).sum()) for first, _ in found]
        if alike and max(alike) >= MIN_ALIKE:
            found[int(np.argmax(alike))][1].append(figure)
        else:
            found.append((colours, [figure]))
    return [poses for _, poses in found]


def _colours(figure: Figure) -> F64:
    """The share of each cell of CIELAB among a figure's pixels."""
    lab = cv2.cvtColor(figure.picture, cv2.COLOR_RGB2LAB)[figure.cover > 127].astype(np.int64)
    cells = np.array(COLOUR_CELLS)
    counts = np.bincount(
        np.ravel_multi_index(tuple((lab * cells // 256).T), COLOUR_CELLS), minlength=cells.prod()
    )
    return counts / max(int(counts.sum()), 1)


def work_of(name: str) -> str:
    """The work that a picture is of, by its path within the data.

    Its folder, if that lies in a source's; else what its file's name begins with (as in ``cirno__angry``,
    ``sylvie blue smile``, ``0006_02``, ``obs-en-1-12``).
    """
    path = PurePosixPath(name.rpartition("#")[0] or name)
    folder, stem = path.parent.as_posix(), path.stem
    if "/" in folder:
        return folder
    if "__" in stem:
        return f"{folder}/{stem.partition('_')[0]}"
    cut = max(stem.rfind(mark) for mark in "_- ")
    return f"{folder}/{stem[:cut] if cut > 0 else stem}"
