"""Pictures from a folder of folders, a source each, as the small networks' pages are made up from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from mangacolor.core.errors import InputError
from mangacolor.core.types import Image
from mangacolor.formats.pixels import is_grey
from mangacolor.training.data.left_out import LeftOut
from mangacolor.training.data.pictures import at_most, folders_in, list_pictures, read_rgb
from mangacolor.training.networks import Say

LONGEST = 1400  # pixels: the long side of a picture, more than a made-up page needs
DRAWN = 12  # pictures from which a page is made up


def read_folders(
    data: Path, leave_out: str, most: int, rng: np.random.Generator, say: Say
) -> Iterator[tuple[str, list[Image]]]:
    """The folders of ``data`` but for one, by name, with at most ``most`` pictures of each. ``say`` takes a
    line about each that is left out, as it cannot be read or has no colour.

    Raises ``InputError`` where ``data`` is no folder.
    """
    if not data.is_dir():
        raise InputError(f"{data} is no folder", "Name a folder that holds a folder of pictures a source.")
    for folder in folders_in(data):
        if folder.name == leave_out:
            continue
        files = list_pictures(folder)
        picked = rng.permutation(len(files))[:most]
        left_out = LeftOut()
        yield folder.name, list(_read_whole([files[index] for index in picked], left_out))
        for line in left_out.lines():
            say(line)


def _read_whole(files: Sequence[Path], left_out: LeftOut) -> Iterator[Image]:
    for file in files:
        try:
            picture = at_most(read_rgb(file), LONGEST)
        except InputError as error:
            left_out.broken.append(error.message)
            continue
        if is_grey(picture):
            left_out.grey.append(str(file))
        else:
            yield picture


def draw_pictures(sources: list[list[Image]], rng: np.random.Generator) -> list[Image]:
    """Twelve pictures. Sources take turns, however many files they have: figures on white are rare."""
    picks = rng.choice(len(sources), DRAWN)
    return [sources[i][int(rng.integers(len(sources[i])))] for i in picks]
