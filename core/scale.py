"""How much larger than its source a page becomes. One rule for everybody who asks."""

from __future__ import annotations

from mangacolor.core.settings import Scale

# Pixels of the long side that ``--scale auto`` aims at: a page then fills a 2K screen from top to bottom.
LONG_SIDE = 2400


def output_scale(scale: Scale, size: tuple[int, int]) -> int:
    """The factor for a page of (width, height): ``auto`` is the smallest of 1, 2, 4 that gives 2400 px."""
    if scale != "auto":
        return int(scale)
    return next((factor for factor in (1, 2) if max(size) * factor >= LONG_SIDE), 4)


def scale_note(scale: Scale, size: tuple[int, int]) -> str:
    """What ``auto`` has chosen for a page of (width, height) and why; nothing where nothing is enlarged."""
    factor = output_scale(scale, size)
    if scale != "auto" or factor == 1:
        return ""
    width, height = size
    return (
        f"pages of {width}×{height} pixels come out {factor} times as large, {factor * width}×"
        f"{factor * height}: --scale auto aims at a long side of {LONG_SIDE} pixels or more; --scale 1 "
        "keeps the size"
    )
