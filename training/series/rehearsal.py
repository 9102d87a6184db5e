"""Pictures of other works, which come with the program: what the network knew is rehearsed on them."""

from __future__ import annotations

from pathlib import Path

from mangacolor.core.errors import InputError, SetupError
from mangacolor.core.types import Image
from mangacolor.models.files.reading import REINSTALL
from mangacolor.training.data.pack import read_pack

PACK = Path(__file__).with_name("rehearsal.pack")  # NOTICE says whose they are
LOOKED_AT = 12  # pictures on which it is measured what was forgotten; the others are rehearsed


def read_rehearsal() -> tuple[list[Image], list[Image]]:
    """Pictures to rehearse and pictures to measure on, H×W×3 uint8 RGB at working scale.

    Raises ``SetupError`` where they are missing or damaged.
    """
    try:
        _, pictures = read_pack(PACK)
    except InputError as error:
        raise SetupError(error.message, REINSTALL) from error
    every = len(pictures) // LOOKED_AT
    measured = range(0, every * LOOKED_AT, every)
    kept = [picture.pixels for number, picture in enumerate(pictures) if number not in measured]
    return kept, [pictures[number].pixels for number in measured]
