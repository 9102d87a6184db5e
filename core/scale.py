"""How much larger than its source a page becomes. One rule for everybody who asks."""

from __future__ import annotations

from mangacolor.core.displays import Display, Frame, display_of, fit_share, fitted_size, saturation_of
from mangacolor.core.settings import Options, Scale

# Pixels of the long side that ``--scale auto`` aims at: a page then fills a 2K screen from top to bottom.
LONG_SIDE = 2400


def output_scale(scale: Scale, size: tuple[int, int], frame: Frame | None = None) -> int:
    """The factor for a page of (width, height): ``auto`` is the smallest of 1, 2, 4 that gives 2400 px.

    With a ``frame`` it is the smallest that fills that: what is more is shrunk again.
    """
    if scale != "auto":
        return int(scale)
    if not all(size):
        return 4
    wanted = LONG_SIDE / max(size) if frame is None else fit_share(size, frame)
    return next((factor for factor in (1, 2) if factor >= wanted), 4)


def scale_note(options: Options, size: tuple[int, int]) -> str:
    """What ``--fit`` or ``--scale auto`` comes to for a page of (width, height); "" where nothing changes."""
    display = display_of(options)
    if display is not None:
        return _fit_note(options, display, size)
    factor = output_scale(options.scale, size)
    if options.scale != "auto" or factor == 1:
        return ""
    width, height = size
    return (
        f"pages of {width}×{height} pixels come out {factor} times as large, {factor * width}×"
        f"{factor * height}: --scale auto aims at a long side of {LONG_SIDE} pixels or more; --scale 1 "
        "keeps the size"
    )


def _fit_note(options: Options, display: Display, size: tuple[int, int]) -> str:
    factor = output_scale(options.scale, size, display.frame)
    width, height = fitted_size(size, display.frame, factor)
    note = f"pages of {size[0]}×{size[1]} pixels come out {width}×{height}, --fit {display.name}"
    if fit_share(size, display.frame) > factor:
        note += f" ({factor} times is the most that --scale allows)"
    saturation = saturation_of(options)
    if options.saturation is None and saturation != 1:
        note += f"; colours {saturation:g} times as strong, for {display.screen}"
    return note
