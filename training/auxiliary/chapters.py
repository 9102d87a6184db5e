"""Made-up chapters, in which the same things are seen again and again, for an embedding of segments to learn.

A chapter is a few dozen windows of one work (an episode, a story), or of a few figures on other grounds, in
other sizes and mirrored. One hand draws a chapter: all its windows are black and white in the same way. They
are drawn at drawing scale, where segments are sought; the colour network sees them at working scale.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.types import Image
from mangacolor.stages.windows.scale import SHORT_SIDE
from mangacolor.training.auxiliary.library import Library
from mangacolor.training.data.lettering import paste_balloons
from mangacolor.training.data.manga_page import Hand, print_page
from mangacolor.training.data.synthesis import Synthesis, damage_scan, render, render_tones
from mangacolor.training.data.warp import Warp
from mangacolor.training.pages.figures import Figure, composite, overlap

WINDOWS = 26  # of a chapter
FIGURE_SHARE = 0.5  # of chapters: those that show cut-out figures
CAST = (3, 9)  # figures of such a chapter
PRINTED_SHARE = 0.3  # of chapters: those that are printed as whole pages are
WARPED_SHARE = 0.6  # of chapters: those whose windows are bent
# How far, as of a warp: the colour network has seen all pictures before, and bent this far it knows as little
# of them as of new ones.
WARPS = (0.4, 1.2)
ONE_HAND_SHARE = 0.7  # of chapters: those whose windows are drawn with the very same settings
MAX_SHOWN = 14  # pictures of a work that a chapter shows
SQUARE_SHARE = 0.7  # of windows: those that are one tile of the colour network, and so half of the work
MAX_ASPECT = 1.62  # of the others: two tiles
# Drawing scale to working scale: of nearly half the panels of real pages it is 1, of the others up to 2.
SMALL_SHARE = 0.35
SCALES = (1.0, 2.2)
# Dots stand 4 to 9 pixels apart in a scan of 2,000 pixels, of which drawing scale makes 1,200.
PITCHES = (2.2, 5.4)  # pixels at drawing scale
SYNTHESIS = Synthesis({"grey": 0.51, "tone": 0.17, "line": 0.07, "screentone": 0.25}, 0.15, 0.3)
# Numbers of who stands at a pixel where no figure does, and where it is not known who.
NOBODY, UNKNOWN = 0, -1

Owners = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Scene:
    """H×W×3 colour at drawing scale, and who stands where, H×W: a figure's number from 1 on, ``NOBODY`` or
    ``UNKNOWN``. ``working``: width and height at working scale."""

    colour: Image
    owners: Owners
    working: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Window:
    """A scene in black and white, H×W luma. ``lettered``: H×W, where balloons cover it."""

    scene: Scene
    grey: Image
    lettered: npt.NDArray[np.bool_]


def draw_chapter(library: Library, rng: np.random.Generator) -> Iterator[Window]:
    """The windows of one chapter."""
    draw = _printer(rng) if rng.random() < PRINTED_SHARE else _renderer(rng)
    figures = FIGURE_SHARE if library.works else 1.0
    scenes = _figure_scenes if library.figures and rng.random() < figures else _work_scenes
    warp = float(rng.uniform(*WARPS)) if rng.random() < WARPED_SHARE else 0.0
    for scene in scenes(library, rng):
        bent = _bend(scene, warp, rng) if warp else scene
        grey = draw(bent.colour)
        lettered = np.zeros(grey.shape, np.bool_)
        if rng.random() < SYNTHESIS.balloons:
            grey, covered = paste_balloons(grey, bent.colour, rng, int(rng.integers(1, 3)))
            lettered = (covered != bent.colour).any(axis=2)
        if rng.random() < SYNTHESIS.scan_noise:
            grey = damage_scan(grey, rng)
        yield Window(bent, grey, lettered)


def _bend(scene: Scene, strength: float, rng: np.random.Generator) -> Scene:
    warp = Warp.draw(scene.owners.shape, strength, rng)
    return Scene(warp.picture(scene.colour), warp.numbers(scene.owners), scene.working)


def _renderer(rng: np.random.Generator) -> Callable[[Image], Image]:
    kind, hand = SYNTHESIS.some_kind(rng), _hand(rng)
    if kind == "screentone":
        return lambda colour: render_tones(colour, hand(), PITCHES)[0]
    return lambda colour: render(colour, kind, hand())


def _hand(rng: np.random.Generator) -> Callable[[], np.random.Generator]:
    """What a chapter's windows are drawn with: mostly the same numbers for each, else fresh ones."""
    if rng.random() >= ONE_HAND_SHARE:
        return lambda: rng
    seed = int(rng.integers(1 << 30))
    return lambda: np.random.default_rng(seed)


def _printer(rng: np.random.Generator) -> Callable[[Image], Image]:
    new_random = _hand(rng)

    def draw(colour: Image) -> Image:
        random = new_random()
        factor = float(random.uniform(1.0, 1.6))  # of a scan's size to drawing scale
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
        return np.asarray(cv2.resize(page, colour.shape[1::-1], interpolation=cv2.INTER_AREA), np.uint8)

    return draw


def _shape(rng: np.random.Generator) -> tuple[tuple[int, int], tuple[int, int]]:
    """Width and height of a window at drawing scale, and at working scale, where one of them is 256."""
    square = rng.random() < SQUARE_SHARE
    aspect = 1.0 if square else float(np.exp(rng.uniform(-1, 1) * np.log(MAX_ASPECT)))
    wide, high = SHORT_SIDE * max(aspect, 1.0), SHORT_SIDE * max(1 / aspect, 1.0)
    small = rng.random() < SMALL_SHARE
    scale = 1.0 if small else float(np.exp(rng.uniform(*np.log(SCALES))))
    return (round(wide * scale), round(high * scale)), (round(wide), round(high))


def _work_scenes(library: Library, rng: np.random.Generator) -> Iterator[Scene]:
    shares = np.array([share for share, _ in library.works])
    _, works = library.works[int(rng.choice(len(shares), p=shares / shares.sum()))]
    pictures = works[int(rng.integers(len(works)))]
    first = int(rng.integers(max(1, len(pictures) - MAX_SHOWN + 1)))
    shown = pictures[first : first + MAX_SHOWN]
    for number in range(WINDOWS):
        yield _work_scene(shown[number % len(shown)], rng)


def _work_scene(picture: Image, rng: np.random.Generator) -> Scene:
    """A part of a picture, mirrored half of the time."""
    size, working = _shape(rng)
    # Of the picture's to the window's short side; the part is as wide and high as the picture has it.
    zoom = float(np.exp(rng.uniform(*np.log((0.65, 1.6))))) * min(size) / min(picture.shape[:2])
    zoom = max(zoom, size[0] / picture.shape[1], size[1] / picture.shape[0])
    part = _part(picture, (round(size[0] / zoom), round(size[1] / zoom)), rng)
    part = part[:, ::-1] if rng.random() < 0.5 else part
    method = cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC
    colour = np.asarray(cv2.resize(np.ascontiguousarray(part), size, interpolation=method), np.uint8)
    return Scene(colour, np.full(colour.shape[:2], UNKNOWN, np.int16), working)


def _part(picture: Image, size: tuple[int, int], rng: np.random.Generator) -> Image:
    wide, high = size
    x = int(rng.integers(max(1, picture.shape[1] - wide + 1)))
    y = int(rng.integers(max(1, picture.shape[0] - high + 1)))
    return picture[y : y + high, x : x + wide]


def _figure_scenes(library: Library, rng: np.random.Generator) -> Iterator[Scene]:
    """A few figures in turn, in other poses, on other grounds."""
    shares = np.array([share for share, _ in library.figures])
    wanted = min(int(rng.integers(CAST[0], CAST[1] + 1)), len(shares))
    cast = rng.choice(len(shares), wanted, replace=False, p=shares / shares.sum())
    for _ in range(WINDOWS):
        number = int(rng.integers(wanted))
        _, poses = library.figures[int(cast[number])]
        yield _figure_scene(poses[int(rng.integers(len(poses)))], number + 1, library.grounds, rng)


def _figure_scene(figure: Figure, number: int, grounds: Sequence[Image], rng: np.random.Generator) -> Scene:
    """A figure, from all of it to head and shoulders, on paper, on one colour, or in a picture."""
    (width, height), working = _shape(rng)
    colour = _ground(grounds, (width, height), rng)
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
    at = (
        round((width - size[0]) / 2 + rng.uniform(-0.2, 0.2) * width),
        round(rng.uniform(-0.05, 0.1) * height),
    )
    composite(colour, picture, cover, at)
    owners = np.full((height, width), NOBODY, np.int16)
    if areas := overlap(cover.shape, at, (0, 0, width, height)):
        there, part = areas
        owners[there][cover[part] > 127] = number
    return Scene(colour, owners, working)


def _ground(grounds: Sequence[Image], size: tuple[int, int], rng: np.random.Generator) -> Image:
    width, height = size
    kind = rng.random()
    if kind < 0.3 or not grounds:
        return np.full((height, width, 3), 255, np.uint8)
    if kind < 0.45:
        return np.broadcast_to(rng.integers(60, 250, 3).astype(np.uint8), (height, width, 3)).copy()
    ground = grounds[int(rng.integers(len(grounds)))]
    factor = max(width / ground.shape[1], height / ground.shape[0]) * float(rng.uniform(1, 1.6))
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    large = np.asarray(cv2.resize(ground, None, fx=factor, fy=factor, interpolation=method), np.uint8)
    return np.ascontiguousarray(_part(large, (width, height), rng))
