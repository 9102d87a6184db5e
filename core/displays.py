"""Displays that pages are fitted to: ``--fit`` and its table of devices, and what a page's size becomes."""

from __future__ import annotations

import csv
import difflib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from mangacolor.core.errors import UsageError
from mangacolor.core.settings import Options

# Width and height in pixels that a page is to fit into; a width of 0 leaves it open.
Frame = tuple[int, int]
COLOUR_EINK: Final = "colour e-ink"
# How much stronger colours are for a screen behind a filter of colours, which shows them pale: what
# KOReader sets for PocketBook's Kaleido screens (color_saturation of its pull request 11079).
EINK_SATURATION: Final = 1.5
# Height over width from which a page is a strip, read by scrolling: only its width is fitted.
STRIP_ASPECT: Final = 3.0
# Width over height of a display of which only the height is named, for strips: that of most readers.
USUAL_ASPECT: Final = 3 / 4
# Pixels a side of a display.
_LEAST: Final = 100
_MOST: Final = 20_000
_SEVERAL: Final = 3  # close names that a message proposes


@dataclass(frozen=True, slots=True)
class Display:
    """A display in portrait. ``name``: as the user gave it; ``screen``: its kind, "" for plain numbers."""

    name: str
    frame: Frame
    device: str = ""
    screen: str = ""
    source: str = ""


@cache
def known_displays() -> dict[str, Display]:
    """The table of devices by name, in its order."""
    text = (files("mangacolor.core") / "displays.csv").read_text("utf-8")
    return {
        row["name"]: Display(
            row["name"], (int(row["width"]), int(row["height"])), row["device"], row["screen"], row["source"]
        )
        for row in csv.DictReader(text.splitlines())
    }


def find_display(text: str) -> Display:
    """``1264x1680``, ``1680`` (a height) or a device's name. Raises ``UsageError``."""
    numbers = re.fullmatch(r"(?:(\d+)\s*[x×]\s*)?(\d+)", text.strip().lower())
    if numbers is None:
        return _find_device(text)
    frame = (int(numbers[1] or 0), int(numbers[2]))
    sides = [side for side in frame if side] if numbers[1] is None else list(frame)
    if not sides or not all(_LEAST <= side <= _MOST for side in sides):
        raise UsageError(
            f"--fit {text}: a display has {_LEAST} to {_MOST:,} pixels a side",
            "Write its WIDTHxHEIGHT in portrait, as 1264x1680, or its height alone.",
        )
    return Display(text.strip(), frame)


def _find_device(text: str) -> Display:
    table = known_displays()
    name = re.sub(r"[\s_]+", "-", text.strip().lower()).replace("color", "colour")
    by_spelling = {known.replace("color", "colour").replace("colourr", "colour"): known for known in table}
    if name in by_spelling:
        return table[by_spelling[name]]
    close = difflib.get_close_matches(name, by_spelling, _SEVERAL, 0.5)
    hint = f"Did you mean {' or '.join(by_spelling[one] for one in close)}? " if close else ""
    raise UsageError(
        f"--fit {text}: no display of this name is known",
        f"{hint}`mangacolor displays` lists them all; WIDTHxHEIGHT in pixels does for any other.",
    )


def display_of(options: Options) -> Display | None:
    """What ``--fit`` names; None without. Raises ``UsageError``."""
    return None if options.fit is None else find_display(options.fit)


def saturation_of(options: Options) -> float:
    """Strength of the colours: as asked for, else what the display takes, else 1. Raises ``UsageError``."""
    if options.saturation is None:
        display = display_of(options)
        return EINK_SATURATION if display is not None and display.screen == COLOUR_EINK else 1.0
    return EINK_SATURATION if options.saturation == "eink" else float(options.saturation)


def fit_share(size: tuple[int, int], frame: Frame) -> float:
    """By what (width, height) is multiplied to fill a frame, its aspect kept, however large that is.

    Either way up: a spread is fitted to the display turned on its side, as it is read. A strip is fitted to
    the width alone.
    """
    width, height = size
    across, down = frame
    if height > STRIP_ASPECT * width:
        return (across or round(down * USUAL_ASPECT)) / width
    if not across:
        return down / height
    return max(min(across / width, down / height), min(down / width, across / height))


def fitted_size(size: tuple[int, int], frame: Frame, most: int) -> tuple[int, int]:
    """The size of a page of (width, height) in a frame; it becomes at most ``most`` times as large."""
    share = min(fit_share(size, frame), float(most))
    width, height = (max(1, round(side * share)) for side in size)
    return width, height
