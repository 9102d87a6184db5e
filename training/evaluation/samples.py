"""What networks are evaluated on: a folder of colour pictures and the inputs made from them.

Everything depends on the pictures' names and pixels only: the same folder gives the same inputs,
whatever else lies in it and whichever networks are compared.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import Mask
from mangacolor.core.colour import luma
from mangacolor.core.errors import InputError
from mangacolor.core.types import Image
from mangacolor.training.data.pack import read_pack
from mangacolor.training.data.pictures import Layout, cut_pieces, is_picture, list_pictures, read_rgb
from mangacolor.training.data.synthesis import render

KINDS = ("grey", "line", "screentone")
SIDE = 256  # the short side of a picture at the networks' working scale
_MAX_ENLARGEMENT = 2.0
_MAX_ASPECT = 4  # of a webtoon strip, the middle
_MIN_SIDE = 32  # pixels; less is an icon
_PAPER = 250


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture at working scale: the truth (H×W×3 uint8) and an input (H×W uint8) for each kind."""

    name: str
    truth: Image
    inputs: dict[str, Image]
    drawn: npt.NDArray[np.bool_]  # False on white paper that reaches the picture's edge
    shown: bool = False  # one of the few that go onto the sheets


@dataclass(slots=True)
class Folder:
    """The pictures of a folder or, in ``packed``, of a data pack. ``skipped`` fills while they are read: what
    was left out, and why."""

    paths: list[Path]
    root: Path
    layout: Layout
    skipped: list[str] = field(default_factory=list)
    packed: Mapping[Path, Image] = field(default_factory=dict)  # H×W×3 uint8

    def samples(self, shown: int = 0) -> Iterator[Sample]:
        """All samples; of ``shown`` evenly spread files the first is marked to be shown."""
        marked = {self.paths[index] for index in spread(len(self.paths), shown)}
        for path in self.paths:
            name = path.relative_to(self.root).as_posix()
            try:
                found = self._read(path)
            except InputError as error:
                self.skipped.append(error.message)
                continue
            for number, piece in enumerate(found):
                label = name if len(found) == 1 else f"{name}#{number}"
                if min(piece.shape[:2]) < _MIN_SIDE:
                    self.skipped.append(f"{label} is smaller than {_MIN_SIDE} pixels")
                else:
                    yield make_sample(label, piece, path in marked)
                    marked.discard(path)

    def _read(self, path: Path) -> list[Image]:
        return [self.packed[path]] if self.packed else cut_pieces(read_rgb(path), self.layout)


def open_folder(
    root: Path, layout: Layout = "pictures", limit: int = 0, leave_out: Path | None = None
) -> Folder:
    """The colour pictures under ``root``, in the data pack ``root``, or the picture ``root`` itself.

    ``limit`` keeps that many, evenly spread over the sorted names (0: all). ``leave_out`` is a folder
    whose pictures do not count: our own sheets. Raises ``InputError`` if nothing is there.
    """
    if not root.exists():
        raise InputError(f"{root} does not exist", "Name a folder of colour pictures with --data.")
    if is_picture(root):
        return Folder([root], root.parent, layout)
    if root.is_file():
        return _open_pack(root, limit)
    paths = list_pictures(root)
    hidden = leave_out.resolve() if leave_out else None
    paths = [path for path in paths if hidden is None or hidden not in path.resolve().parents]
    if not paths:
        raise InputError(f"no pictures in {root}", "Name a folder that holds colour pictures with --data.")
    if limit:
        paths = [paths[index] for index in spread(len(paths), limit)]
    return Folder(paths, root, layout)


def _open_pack(path: Path, limit: int) -> Folder:
    packed = {path / picture.name.lstrip("/"): picture.pixels for picture in read_pack(path)[1]}
    if not packed:
        raise InputError(f"{path} holds no picture", "Make it of colour pictures, with mangacolor pack-data.")
    names = sorted(packed)
    picked = [names[index] for index in spread(len(names), limit or len(names))]
    return Folder(picked, path, "pictures", packed=packed)


def spread(length: int, count: int) -> list[int]:
    """``count`` indices evenly spread over ``length``, or all if there are fewer."""
    return [round(index) for index in np.linspace(0, length - 1, min(count, length))]


def make_sample(name: str, picture: Image, shown: bool = False) -> Sample:
    """A colour picture of any size (H×W×3 uint8), brought to working scale, with its inputs."""
    truth = _working_scale(picture)
    inputs = {kind: make_input(truth, kind, name) for kind in KINDS}
    return Sample(name, truth, inputs, ~outer_paper(truth), shown)


def make_input(truth: Image, kind: str, name: str) -> Image:
    """The black-and-white rendering of ``truth`` (H×W uint8): Rec. 601 luma, lines or screentone.

    No lettering is pasted and no damage done: a table must not depend on where a balloon fell.
    """
    if kind == "grey":
        return luma(truth)
    return render(truth, kind, np.random.default_rng(zlib.crc32(f"{kind} {name}".encode())))


def outer_paper(rgb: Image) -> npt.NDArray[np.bool_]:
    """H×W bool: almost white and connected to the picture's edge, as around a figure."""
    return connected_to_edge(rgb.min(axis=2) >= _PAPER)


def _working_scale(picture: Image) -> Image:
    height, width = picture.shape[:2]
    longest = _MAX_ASPECT * min(height, width)
    top, left = max(0, height - longest) // 2, max(0, width - longest) // 2
    picture = picture[top : top + longest, left : left + longest]
    scale = min(SIDE / min(height, width), _MAX_ENLARGEMENT)
    size = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, size, interpolation=method), dtype=np.uint8)


def connected_to_edge(mask: Mask) -> Mask:
    """H×W: what of a mask is connected, not by corners alone, to the picture's edge."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return np.asarray(np.isin(labels, edge[edge > 0]))
