"""What the figures of made-up chapters consist of, as people see it: hair, skin, dress.

The colours of each thing were found by looking. A pixel belongs to the thing with the nearest colour, light
and shade counting little; what is near a colour that is no thing (``OTHER``) is left unsaid, and lines are.
"""

from __future__ import annotations

import numpy as np

from mangacolor.core.types import Image
from mangacolor.training.evaluation.colour import to_lab

OTHER = "other"
UNSAID = 255  # the mark of a figure where nothing is said
LIGHTNESS = 0.35  # weight of a difference in lightness: a thing is one in the light and in the shade
DARKEST = 25.0  # L below which nothing is said: lines and solid blacks

Colour = tuple[int, int, int]

THINGS: dict[str, dict[str, tuple[Colour, ...]]] = {
    "cirno": {
        "hair": ((160, 205, 225),),
        "dress": ((50, 90, 150),),
        "skin": ((240, 210, 200),),
        OTHER: ((230, 236, 246), (160, 165, 195), (105, 95, 100)),
    },
    "elly": {
        "dress": ((205, 75, 88), (165, 65, 75), (130, 60, 65)),
        OTHER: ((215, 220, 238), (195, 135, 100), (205, 175, 170)),
    },
    "hina": {
        "dress": ((150, 55, 70), (205, 75, 88)),
        "hair": ((50, 110, 100),),
        OTHER: ((240, 230, 226), (190, 190, 220), (105, 80, 85)),
    },
    "iku": {
        "hair": ((100, 92, 130),),
        "cape": ((220, 224, 240), (250, 250, 252)),
        "skin": ((232, 205, 195),),
        OTHER: ((125, 50, 60), (60, 55, 65)),
    },
    "kurumi": {
        "hair": ((238, 190, 140), (180, 130, 100)),
        "blouse": ((218, 222, 238),),
        "skin": ((236, 208, 200),),
        OTHER: ((60, 45, 50), (170, 70, 80)),
    },
    "scuttle": {
        "dress": ((205, 110, 90), (195, 120, 105)),
        "skin": ((245, 228, 215), (230, 195, 185)),
        OTHER: ((65, 45, 50), (250, 250, 250)),
    },
    "marisa": {
        "hair": ((212, 160, 125),),
        "skin": ((236, 206, 196),),
        "white": ((230, 236, 250), (188, 190, 210), (252, 252, 252)),
        OTHER: ((65, 65, 72),),
    },
    "eileen": {
        "hair": ((245, 130, 125), (170, 105, 105)),
        "skin": ((247, 225, 212),),
        "cardigan": ((92, 112, 145),),
        OTHER: ((232, 200, 120), (200, 200, 222), (55, 58, 70)),
    },
    "lucy": {
        "dress": ((220, 240, 222), (175, 210, 180)),
        OTHER: ((235, 232, 226), (40, 42, 44), (225, 175, 165), (140, 175, 215)),
    },
    "sylvie blue": {
        "skin": ((240, 222, 222),),
        "top": ((110, 170, 220), (120, 110, 195)),
        "skirt": ((145, 115, 95),),
        OTHER: ((230, 140, 90), (145, 70, 90)),
    },
    "sylvie green": {
        "hair": ((165, 80, 110), (210, 135, 85)),
        "skin": ((220, 190, 185),),
        "dress": ((185, 240, 160), (75, 185, 140)),
        OTHER: ((40, 125, 120),),
    },
}


def mark_things(name: str, picture: Image, alpha: Image, first: int) -> tuple[Image, dict[int, str]]:
    """Marks of a figure's picture (H×W×3 RGB; ``alpha``: 0 beside it): a number from ``first`` on for each of
    its things, and what each number is."""
    things = THINGS[name]
    names = [thing for thing in things if thing != OTHER]
    scale = np.array((LIGHTNESS, 1.0, 1.0), np.float32)
    lab = to_lab(picture)
    nearest = np.full(alpha.shape, np.inf, np.float32)
    marks = np.full(alpha.shape, UNSAID, np.uint8)
    for thing, colours in things.items():
        centres = to_lab(np.array([colours], np.uint8))[0] * scale
        distance = np.min([np.linalg.norm(lab * scale - centre, axis=2) for centre in centres], axis=0)
        closer = distance < nearest
        nearest[closer] = distance[closer]
        marks[closer] = UNSAID if thing == OTHER else first + names.index(thing)
    marks[lab[..., 0] < DARKEST] = UNSAID
    marks[alpha == 0] = 0
    return marks, {first + place: thing for place, thing in enumerate(names)}
