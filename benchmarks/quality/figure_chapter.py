"""A chapter of anime figures in many panels, with the parts of each figure marked.

    python benchmarks/quality/figure_chapter.py DATA OUT [--pages 12] [--kind plain|screentone] [--covers 2]

``DATA`` holds ``train/taisei``, ``train/renpy`` and ``validation/taisei`` (figures on white, and
backgrounds). Writes ``OUT/input`` (the pages to colour), ``OUT/truth``, and ``OUT/marks``: a grey PNG a
page whose value is a part's number, with ``parts.json`` saying whose and ``panels.json`` where the panels
are. Parts are the figure's own colours: clusters of the truth in Lab. ``score_figures.py`` scores what
comes out. With ``--covers`` also coloured pages on which every figure stands once, whole, in a pose that the
chapter does not show if there is another (``OUT/covers``, and ``OUT/cover-marks``). ``--turn`` turns the hues
of all figures, so that no network can know them. With ``--things`` parts are what people see (hair, skin,
dress; ``OUT/things.json``), and the mark 255 says that a figure is there and nothing else: for ``edits.py``.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
import cv2
import numpy as np
from PIL import Image as PilImage

from mangacolor.benchmarks.quality.figure_things import UNSAID, mark_things
from mangacolor.core.colour import chroma, luma, to_rgb
from mangacolor.core.types import Box, Image
from mangacolor.training.data.manga_page import draw_manga_page
from mangacolor.training.data.pictures import read_rgb
from mangacolor.training.evaluation.colour import to_lab
from mangacolor.training.pages.figures import composite, overlap

PAGE = (1000, 1440)  # width, height
GUTTER = 24
CLUSTERS = 6
SMALLEST = 0.06  # share of its figure that a part must have
DARKEST = 30.0  # L below which a cluster is ink
FIGURES = ("train/taisei", "validation/taisei", "train/renpy")


@dataclass(frozen=True, slots=True)
class Figure:
    """One picture of a figure: RGB, where it is (0 to 255), and its parts' numbers (0 is none)."""

    name: str
    picture: Image
    alpha: Image
    parts: Image


def figures_of(data: Path, turn: float) -> dict[str, list[Figure]]:
    """All pictures of each figure by its name, and their parts, numbered on from figure to figure. ``turn``:
    degrees by which their hues are turned."""
    files: dict[str, list[Path]] = {}
    for folder in FIGURES:
        for path in sorted((data / folder).glob("*.webp")):
            if not path.stem.startswith(("bg ", "concert", "logo")):
                files.setdefault(_figure_name(path.stem), []).append(path)
    found: dict[str, list[Figure]] = {}
    number = 0
    for name, paths in files.items():
        pictures = [read_rgb(path) for path in paths]
        alphas = [_alpha(picture) for picture in pictures]
        pictures = [turn_hues(picture, turn) for picture in pictures] if turn else pictures
        marks, parts = _cluster(pictures, alphas, number)
        number += parts
        found[name] = [Figure(name, *row) for row in zip(pictures, alphas, marks, strict=True)]
    return found


def _figure_name(stem: str) -> str:
    # cirno_variant_defeated__angry and cirno__angry are one; "sylvie blue" and "sylvie green" dress apart.
    return stem.partition("_")[0] if "__" in stem else stem.rpartition(" ")[0]


def _alpha(picture: Image) -> Image:
    """255 where the figure is: all but the white that the border is connected to."""
    white = (picture.min(axis=2) > 244).astype(np.uint8)
    padded = np.pad(white, 1, constant_values=1)
    _, areas = cv2.connectedComponents(padded, connectivity=4)
    return np.asarray(np.where(areas[1:-1, 1:-1] == areas[0, 0], 0, 255), dtype=np.uint8)


def _cluster(pictures: list[Image], alphas: list[Image], first: int) -> tuple[list[Image], int]:
    labs = [to_lab(picture) for picture in pictures]
    inside = [alpha > 0 for alpha in alphas]
    pixels = np.concatenate([lab[where] for lab, where in zip(labs, inside, strict=True)]).astype(np.float32)
    cv2.setRNGSeed(0)
    sample = pixels[:: max(1, len(pixels) // 40_000)]
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 50, 0.1)
    _, _, centres = cv2.kmeans(sample, CLUSTERS, np.empty(0), criteria, 4, cv2.KMEANS_PP_CENTERS)
    nearest = [np.linalg.norm(lab[..., None, :] - centres, axis=3).argmin(axis=2) for lab in labs]
    shares = np.bincount(np.concatenate([n[w] for n, w in zip(nearest, inside, strict=True)])) / len(pixels)
    kept = [k for k in range(CLUSTERS) if shares[k] >= SMALLEST and centres[k, 0] >= DARKEST]
    table = np.zeros(CLUSTERS, np.uint8)
    table[kept] = np.arange(first + 1, first + 1 + len(kept))
    return [
        np.asarray(np.where(where, table[near], 0), dtype=np.uint8)
        for near, where in zip(nearest, inside, strict=True)
    ], len(kept)


def with_things(
    figures: dict[str, list[Figure]],
) -> tuple[dict[str, list[Figure]], dict[int, str]]:
    """The figures with what people see in them for parts, and what each number is."""
    found: dict[str, list[Figure]] = {}
    names: dict[int, str] = {}
    for name, poses in figures.items():
        first = 1 + len(names)
        for pose in poses:
            marks, things = mark_things(name, pose.picture, pose.alpha, first)
            found.setdefault(name, []).append(replace(pose, parts=marks))
        names |= things
    return found, names


def compose(
    figures: dict[str, list[Figure]], grounds: list[Image], pages: int, seed: int = 0
) -> Iterator[tuple[Image, Image, list[Box]]]:
    """Pages in colour, their marks and panels. Each figure comes equally often, in other poses and sizes."""
    rng = np.random.default_rng(seed)
    queue: list[str] = []
    for _ in range(pages):
        page = np.full((PAGE[1], PAGE[0], 3), 255, np.uint8)
        marks = np.zeros((PAGE[1], PAGE[0]), np.uint8)
        boxes = _layout(rng)
        for x, y, w, h in boxes:
            if not queue:
                queue = [str(name) for name in rng.permutation(list(figures))]
            poses = figures[queue.pop()]
            panel, mark = _panel(rng, poses[int(rng.integers(len(poses)))], grounds, (w, h))
            page[y : y + h, x : x + w] = panel
            marks[y : y + h, x : x + w] = mark
            cv2.rectangle(page, (x, y), (x + w - 1, y + h - 1), (0, 0, 0), 4)
        yield page, marks, boxes


def compose_covers(
    figures: dict[str, list[Figure]], grounds: list[Image], pages: int, seed: int
) -> Iterator[tuple[Image, Image]]:
    """Pages in colour and their marks: figures side by side over a background, each of them once."""
    rng = np.random.default_rng(seed)
    for names in np.array_split(rng.permutation(list(figures)), pages):
        wide, high = PAGE
        page, marks = _background(rng, grounds, PAGE), np.zeros((high, wide), np.uint8)
        for place, name in enumerate(names):
            figure = figures[str(name)][0]
            factor = float(rng.uniform(0.8, 0.95)) * high / figure.picture.shape[0]
            factor = min(factor, 1.6 * wide / len(names) / figure.picture.shape[1])
            left = round((place + 0.5) * wide / len(names) - factor * figure.picture.shape[1] / 2)
            top = round(high - factor * figure.picture.shape[0])
            _stand(page, marks, figure, factor, (left, top), turned=bool(rng.random() < 0.5))
        yield page, marks


def apart(figures: dict[str, list[Figure]]) -> tuple[dict[str, list[Figure]], dict[str, list[Figure]]]:
    """Poses for covers, one of each figure, and the others for the chapter."""
    covers = {name: poses[:1] for name, poses in figures.items()}
    return covers, {name: poses[1:] or poses for name, poses in figures.items()}


def turn_hues(picture: Image, degrees: float) -> Image:
    """The same luma, and chroma turned in the plane of Cb and Cr."""
    cb, cr = chroma(picture)
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    grey = luma(picture).astype(np.float32)
    return to_rgb(grey, (cos * cb - sin * cr).astype(np.float32), (sin * cb + cos * cr).astype(np.float32))


def _layout(rng: np.random.Generator) -> list[Box]:
    """Two or three rows of one to three panels."""
    boxes: list[Box] = []
    rows = int(rng.integers(2, 4))
    high = (PAGE[1] - GUTTER * (rows + 1)) // rows
    for row in range(rows):
        columns = int(rng.integers(1, 4))
        wide = (PAGE[0] - GUTTER * (columns + 1)) // columns
        for column in range(columns):
            x, y = GUTTER + column * (wide + GUTTER), GUTTER + row * (high + GUTTER)
            boxes.append((x, y, wide, high))
    return boxes


def _panel(
    rng: np.random.Generator, figure: Figure, grounds: list[Image], size: tuple[int, int]
) -> tuple[Image, Image]:
    wide, high = size
    panel = _background(rng, grounds, size)
    mark = np.zeros((high, wide), np.uint8)
    turned = bool(rng.random() < 0.5)
    # From the whole figure to head and shoulders.
    factor = float(np.exp(rng.uniform(np.log(0.9), np.log(2.4)))) * high / figure.picture.shape[0]
    left = round(wide / 2 - round(figure.picture.shape[1] * factor) / 2 + rng.uniform(-0.12, 0.12) * wide)
    top = round(rng.uniform(0.0, 0.08) * high)
    _stand(panel, mark, figure, factor, (left, top), turned)
    return panel, mark


def _stand(
    panel: Image, mark: Image, figure: Figure, factor: float, place: tuple[int, int], turned: bool
) -> None:
    """Lay a figure, ``factor`` times its size and ``turned`` about or not, over a panel and its marks, with
    its corner at ``place``."""
    planes = [figure.picture, figure.alpha, figure.parts]
    planes = [np.ascontiguousarray(plane[:, ::-1] if turned else plane) for plane in planes]
    size = round(planes[0].shape[1] * factor), round(planes[0].shape[0] * factor)
    area = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    picture, alpha = (
        np.asarray(cv2.resize(plane, size, interpolation=area), np.uint8) for plane in planes[:2]
    )
    parts = cv2.resize(planes[2], size, interpolation=cv2.INTER_NEAREST)
    composite(panel, picture, alpha, place)
    if areas := overlap(alpha.shape, place, (0, 0, mark.shape[1], mark.shape[0])):
        there, part = areas
        mark[there] = np.where(alpha[part] > 127, parts[part], mark[there])


def _background(rng: np.random.Generator, grounds: list[Image], size: tuple[int, int]) -> Image:
    """White paper, a flat tone, or a piece of a background picture."""
    wide, high = size
    kind = rng.random()
    if kind < 0.3:
        return np.full((high, wide, 3), 255, np.uint8)
    if kind < 0.5:
        return np.broadcast_to(rng.integers(90, 240, 3).astype(np.uint8), (high, wide, 3)).copy()
    ground = grounds[int(rng.integers(len(grounds)))]
    factor = max(wide / ground.shape[1], high / ground.shape[0])
    large = cv2.resize(ground, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    left = int(rng.integers(large.shape[1] - wide + 1))
    return np.array(large[:high, left : left + wide], dtype=np.uint8)


@click.command(help=__doc__)
@click.argument("data", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--pages", default=12, show_default=True)
@click.option("--kind", type=click.Choice(["plain", "screentone"]), default="plain", show_default=True)
@click.option("--figures", help="Only these, as cirno,marisa; all by default.")
@click.option("--seed", default=0, show_default=True)
@click.option("--covers", default=0, show_default=True, help="Coloured pages that show the figures.")
@click.option("--turn", default=0.0, show_default=True, help="Degrees by which hues are turned.")
@click.option("--things", is_flag=True, help="Parts are hair, skin, dress, as people see them.")
def main(
    data: Path,
    out: Path,
    pages: int,
    kind: str,
    figures: str | None,
    seed: int,
    covers: int,
    turn: float,
    things: bool,
) -> None:
    known = figures_of(data, turn)
    known, names = with_things(known) if things else (known, {})
    chosen = {name: known[name] for name in figures.split(",")} if figures else known
    grounds = [read_rgb(path) for path in sorted((data / "train/renpy").glob("bg *.webp"))]
    out.mkdir(parents=True, exist_ok=True)
    owners = _owners(chosen, {UNSAID} if things else set())
    (out / "parts.json").write_text(json.dumps(owners, indent=1), encoding="utf-8")
    if things:
        (out / "things.json").write_text(json.dumps(names, indent=1), encoding="utf-8")
    if covers:
        posing, chosen = apart(chosen)
        for number, (page, marks) in enumerate(compose_covers(posing, grounds, covers, seed + 100), 1):
            _save(out, f"cover-{number}", {"covers": page, "cover-marks": marks})
    panels: dict[str, list[Box]] = {}
    for number, (page, marks, boxes) in enumerate(compose(chosen, grounds, pages, seed), 1):
        grey = luma(page) if kind == "plain" else draw_manga_page(page)
        _save(out, f"{number:03d}", {"input": grey, "truth": page, "marks": marks})
        panels[f"{number:03d}"] = boxes
        click.echo(number, err=True)
    (out / "panels.json").write_text(json.dumps(panels), encoding="utf-8")


def _owners(chosen: Mapping[str, Sequence[Figure]], nobodys: Container[int]) -> dict[int, str]:
    """Whose each part is, by its number in the marks."""
    return {
        int(part): figure.name
        for poses in chosen.values()
        for figure in poses
        for part in np.unique(figure.parts[figure.parts > 0])
        if part not in nobodys
    }


def _save(out: Path, name: str, pictures: Mapping[str, Image]) -> None:
    """A picture of one name in each of several folders."""
    for folder, picture in pictures.items():
        (out / folder).mkdir(exist_ok=True)
        PilImage.fromarray(picture).save(out / folder / f"{name}.png")


if __name__ == "__main__":
    main()
