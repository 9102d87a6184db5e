"""Made-up chapters, in which the same things are seen again and again, for an embedding of segments to learn.

A chapter is a few dozen windows of one work (an episode, a story), or of a few figures on other grounds, in
other sizes and mirrored. One hand draws a chapter: all its windows are black and white in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import cv2
import numpy as np

from mangacolor.core.errors import InputError
from mangacolor.core.types import Image
from mangacolor.training.auxiliary.panels import cut_out
from mangacolor.training.data.lettering import paste_balloons
from mangacolor.training.data.manga_page import Hand, print_page
from mangacolor.training.data.pictures import Picture, Source
from mangacolor.training.data.synthesis import Synthesis, synthesize
from mangacolor.training.data.warp import warp_picture
from mangacolor.training.pages.figures import Figure, lay_over

WINDOWS = 26  # of a chapter
FIGURE_SHARE = 0.4  # of chapters: those that show cut-out figures
PRINTED_SHARE = 0.3  # of chapters: those that are printed as whole pages are
WARPED_SHARE = 0.6  # of chapters: those whose windows are bent
# How far, as of warp_picture: the colour network has seen all pictures before, and bent this far it knows as
# little of them as of new ones.
WARPS = (0.4, 1.2)
ONE_HAND_SHARE = 0.7  # of chapters: those whose windows are drawn with the very same settings
MIN_FIGURE_ASPECT = 1.15  # height to width from which a picture on white is a figure
MIN_WORK = 3  # pictures that make a work
MAX_SHOWN = 14  # pictures of a work that a chapter shows
SHORT_SIDE = 256  # pixels of a window at working scale
MAX_LONG_SIDE = 520  # pixels
SYNTHESIS = Synthesis({"grey": 0.51, "tone": 0.17, "line": 0.07, "screentone": 0.25}, 0.15, 0.3)

Window = tuple[Image, Image]  # as drawn, H×W uint8, and in colour, H×W×3 uint8


@dataclass(frozen=True, slots=True)
class Library:
    """Works of each source and its share, pictures of each cut-out figure and its share, and grounds."""

    works: list[tuple[float, list[list[Image]]]]
    figures: list[tuple[float, list[Figure]]]
    grounds: list[Image]


def make_library(sources: Sequence[Source], pictures: Sequence[Picture]) -> Library:
    """Sort pictures by what they show. Their names say what belongs together (``work_of``).

    Raises ``InputError`` where nothing is seen twice.
    """
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
    shares = {source.folder: source.weight for source in sources}
    long_enough = [
        (shares[folder], [work for work in named.values() if len(work) >= MIN_WORK])
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
            (shares[folder] / len(named), poses)
            for folder, named in figures.items()
            for poses in named.values()
        ],
        [picture for named in works.values() for work in named.values() for picture in work],
    )


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


def draw_chapter(library: Library, rng: np.random.Generator) -> Iterator[Window]:
    """The windows of one chapter."""
    draw = _printer(rng) if rng.random() < PRINTED_SHARE else _renderer(rng)
    figures = FIGURE_SHARE if library.works else 1.0
    scenes = _figure_scenes if library.figures and rng.random() < figures else _work_scenes
    warp = float(rng.uniform(*WARPS)) if rng.random() < WARPED_SHARE else 0.0
    for colour in scenes(library, rng):
        yield draw(warp_picture(colour, warp, rng) if warp else colour)


def _renderer(rng: np.random.Generator) -> Callable[[Image], Window]:
    kind, hand = SYNTHESIS.some_kind(rng), _hand(rng)
    return lambda colour: synthesize(colour, kind, hand(), SYNTHESIS)


def _hand(rng: np.random.Generator) -> Callable[[], np.random.Generator]:
    """What a chapter's windows are drawn with: mostly the same numbers for each, else fresh ones."""
    if rng.random() >= ONE_HAND_SHARE:
        return lambda: rng
    seed = int(rng.integers(1 << 30))
    return lambda: np.random.default_rng(seed)


def _printer(rng: np.random.Generator) -> Callable[[Image], Window]:
    new_random = _hand(rng)

    def draw(colour: Image) -> Window:
        random = new_random()
        factor = float(random.uniform(1.15, 2.4))  # of a scan's size to the working scale
        hand = Hand(
            white=float(random.uniform(150, 215)),
            black=float(random.uniform(15, 45)),
            pitch=float(random.uniform(3.2, 5.5)),
            angle=float(random.choice([45, 45, 45, 30, 60])),
            gamma=float(random.uniform(0.55, 0.9)),
            channels=tuple(random.dirichlet((5.0, 4.0, 1.2))),
        )
        size = round(colour.shape[1] * factor), round(colour.shape[0] * factor)
        large = cv2.resize(colour, size, interpolation=cv2.INTER_CUBIC)
        page, _ = print_page(np.asarray(large, np.uint8), hand, (2, 2))
        grey = cv2.resize(page, colour.shape[1::-1], interpolation=cv2.INTER_AREA)
        if rng.random() < SYNTHESIS.balloons:
            return paste_balloons(np.asarray(grey, np.uint8), colour, rng, int(rng.integers(1, 3)))
        return np.asarray(grey, np.uint8), colour

    return draw


def _work_scenes(library: Library, rng: np.random.Generator) -> Iterator[Image]:
    shares = np.array([share for share, _ in library.works])
    _, works = library.works[int(rng.choice(len(shares), p=shares / shares.sum()))]
    pictures = works[int(rng.integers(len(works)))]
    first = int(rng.integers(max(1, len(pictures) - MAX_SHOWN + 1)))
    shown = pictures[first : first + MAX_SHOWN]
    for number in range(WINDOWS):
        yield _window(shown[number % len(shown)], rng)


def _window(picture: Image, rng: np.random.Generator) -> Image:
    """A part of a picture, mirrored half of the time, its short side at working scale."""
    width, height = _shape(rng)
    scale = float(np.exp(rng.uniform(*np.log((0.65, 1.6))))) * SHORT_SIDE / min(picture.shape[:2])
    wide, high = min(picture.shape[1], round(width / scale)), min(picture.shape[0], round(height / scale))
    part = _part(picture, (wide, high), rng)
    part = part[:, ::-1] if rng.random() < 0.5 else part
    return _resized(part, SHORT_SIDE / min(wide, high))


def _shape(rng: np.random.Generator) -> tuple[int, int]:
    """Width and height of a window, one of them ``SHORT_SIDE``."""
    aspect = float(np.exp(rng.uniform(-0.5, 0.5)))
    if aspect >= 1:
        return SHORT_SIDE, round(SHORT_SIDE * aspect)
    return round(SHORT_SIDE / aspect), SHORT_SIDE


def _part(picture: Image, size: tuple[int, int], rng: np.random.Generator) -> Image:
    wide, high = size
    x = int(rng.integers(max(1, picture.shape[1] - wide + 1)))
    y = int(rng.integers(max(1, picture.shape[0] - high + 1)))
    return picture[y : y + high, x : x + wide]


def _resized(picture: Image, factor: float) -> Image:
    size = tuple(min(MAX_LONG_SIDE, max(1, round(side * factor))) for side in picture.shape[1::-1])
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(np.ascontiguousarray(picture), size, interpolation=method), np.uint8)


def _figure_scenes(library: Library, rng: np.random.Generator) -> Iterator[Image]:
    """A few figures in turn, in other poses, on other grounds."""
    shares = np.array([share for share, _ in library.figures])
    wanted = min(int(rng.integers(3, 8)), len(shares))
    cast = rng.choice(len(shares), wanted, replace=False, p=shares / shares.sum())
    for _ in range(WINDOWS):
        _, poses = library.figures[int(rng.choice(cast))]
        yield _scene(poses[int(rng.integers(len(poses)))], library.grounds, rng)


def _scene(figure: Figure, grounds: Sequence[Image], rng: np.random.Generator) -> Image:
    """A figure, from all of it to head and shoulders, on paper, on one colour, or in a picture."""
    scene = _ground(grounds, rng)
    height, width = scene.shape[:2]
    picture, cover = figure.picture, figure.cover
    if rng.random() < 0.5:
        picture, cover = picture[:, ::-1], cover[:, ::-1]
    factor = float(np.exp(rng.uniform(*np.log((0.85, 2.6))))) * height / picture.shape[0]
    size = round(picture.shape[1] * factor), round(picture.shape[0] * factor)
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    picture, cover = (
        np.asarray(cv2.resize(np.ascontiguousarray(plane), size, interpolation=method), np.uint8)
        for plane in (picture, cover)
    )
    left = round((width - size[0]) / 2 + rng.uniform(-0.2, 0.2) * width)
    top = round(rng.uniform(-0.05, 0.1) * height)
    lay_over(scene, picture, cover, (left, top))
    return scene


def _ground(grounds: Sequence[Image], rng: np.random.Generator) -> Image:
    width, height = _shape(rng)
    kind = rng.random()
    if kind < 0.3 or not grounds:
        return np.full((height, width, 3), 255, np.uint8)
    if kind < 0.45:
        return np.broadcast_to(rng.integers(60, 250, 3).astype(np.uint8), (height, width, 3)).copy()
    ground = grounds[int(rng.integers(len(grounds)))]
    factor = max(width / ground.shape[1], height / ground.shape[0]) * float(rng.uniform(1, 1.6))
    large = np.asarray(cv2.resize(ground, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)
    return np.ascontiguousarray(_part(large, (width, height), rng))
