"""Measure what --fit makes of dots of 60 lines an inch: moiré against a plain grey, and lines' contrast.

python -m mangacolor.benchmarks.quality.score_fit [FOLDER]

Each page is measured by itself, at many sizes, and in a page that went through the whole command (into
FOLDER, to be looked at): there against a plain grey that did the same, and against the same page without
--fit made smaller by Lanczos and by area.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as PillowImage

from mangacolor.core.colour import luma
from mangacolor.core.types import Image
from mangacolor.stages.fit import fit_picture
from mangacolor.tests.helpers.screentone import dots, low_frequency_peak, plain_grey

COVERED = (0.15, 0.3, 0.5)
# Pitch of the dots in pixels of the scan, and factor: 60 lines an inch at 300 and at 600 dots an inch.
SIZES = ((5.0, 0.84), (5.0, 0.80), (5.0, 0.63), (5.0, 0.55), (10.0, 0.40))
SIDE = 640
RIM = 24  # pixels of a panel or picture that are not measured
DISPLAY = "1264x1680"
PAGE = (2000, 1400)  # height and width
PANELS = tuple((top, left) for top in (40, 700, 1360) for left in (40, 720))  # 600×640 each
PANEL = (600, 640)

Method = Callable[[Image, tuple[int, int]], Image]


def by_lanczos(page: Image, size: tuple[int, int]) -> Image:
    return np.asarray(PillowImage.fromarray(page).resize(size, PillowImage.Resampling.LANCZOS))


def by_area(page: Image, size: tuple[int, int]) -> Image:
    return np.asarray(cv2.resize(page, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


METHODS: dict[str, Method] = {"Lanczos": by_lanczos, "area": by_area, "fit": fit_picture}


def to_rgb(grey: Image) -> Image:
    return np.repeat(grey[..., None], 3, axis=2)


def peak(picture: Image) -> float:
    return low_frequency_peak(luma(picture)[RIM:-RIM, RIM:-RIM])


def measure_function() -> None:
    print("by itself: peak, levels, at 15, 30, 50 %")
    for pitch, share in SIZES:
        size = (round(SIDE * share),) * 2
        tones = [dots(SIDE, pitch, covered) for covered in COVERED]
        cells = {name: [peak(do(to_rgb(tone), size)) for tone in tones] for name, do in METHODS.items()}
        cells["plain grey"] = [peak(fit_picture(to_rgb(plain_grey(tone)), size)) for tone in tones]
        print(f"  {pitch:g} × {share:.2f}", "".join(f"  {name} {_row(row)}" for name, row in cells.items()))


def measure_lines() -> None:
    print("contrast of lines over Lanczos's, 1 is as much")
    for width in (1, 2, 3):
        for paper, ink in ((255, 0), (0, 255), (200, 0)):
            plain = np.full((SIDE, SIDE), paper, np.uint8)
            page = plain.copy()
            for row in range(40, SIDE - 40, 40):
                cv2.line(page, (30, row), (SIDE - 30, row + 17), ink, width, cv2.LINE_AA)
            ratios = []
            for share in (0.84, 0.724, 0.5):
                size = (round(SIDE * share),) * 2
                sums = [
                    np.abs(do(to_rgb(page), size).astype(float) - do(to_rgb(plain), size)).sum()
                    for do in (fit_picture, by_lanczos)
                ]
                ratios.append(sums[0] / sums[1])
            print(f"  {width} px, {ink} on {paper}: at 0.84, 0.724, 0.5", _row(ratios, 3))


def make_page() -> Image:
    """A page of framed panels: to the left dots of each tone, to the right plain grey as light."""
    page = np.full(PAGE, 255, np.uint8)
    for number, (top, left) in enumerate(PANELS):
        tone = dots(max(PANEL), 5.0, COVERED[number // 2])
        ground = tone if number % 2 == 0 else plain_grey(tone)
        page[top : top + PANEL[0], left : left + PANEL[1]] = ground[: PANEL[0]]
        cv2.rectangle(page, (left, top), (left + PANEL[1], top + PANEL[0]), 0, 6)
    return page


def measure_command(folder: Path) -> None:
    source = folder / "in"
    source.mkdir(parents=True, exist_ok=True)
    PillowImage.fromarray(make_page()).save(source / "1.png")
    made = {}
    for name, options in (("plain", ("--scale", "1")), ("fit", ("--fit", DISPLAY))):
        command = [sys.executable, "-m", "mangacolor", str(source), "--out", str(folder / name), "--quiet"]
        subprocess.run([*command, "--force-color", *options], check=True)
        with PillowImage.open(folder / name / "1.png") as image:
            made[name] = np.asarray(image.convert("RGB"))
    height, width = made["fit"].shape[:2]
    print(f"through the whole command, {width}×{height}: dots and plain grey at 15, 30, 50 %")
    pages = {
        "fit": made["fit"],
        "Lanczos": by_lanczos(made["plain"], (width, height)),
        "area": by_area(made["plain"], (width, height)),
    }
    for name, page in pages.items():
        peaks = [peak(_panel(page, place)) for place in PANELS]
        print(f"  {name}: dots {_row(peaks[::2])}, plain grey {_row(peaks[1::2])}")


def _panel(page: Image, place: tuple[int, int]) -> Image:
    share = page.shape[0] / PAGE[0]
    top, left, height, width = (round(value * share) for value in (*place, *PANEL))
    return page[top : top + height, left : left + width]


def _row(values: list[float], places: int = 2) -> str:
    return ", ".join(f"{value:.{places}f}" for value in values)


def main() -> None:
    measure_function()
    measure_lines()
    if len(sys.argv) > 1:
        measure_command(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            measure_command(Path(folder))


if __name__ == "__main__":
    main()
