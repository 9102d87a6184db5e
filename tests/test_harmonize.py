"""harmonize: what it measures, how far it goes, and what it leaves alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from mangacolor.nouns import Artifact, Chapter, Image
from mangacolor.settings import Options
from mangacolor.stages.colour_space import chroma, luma
from mangacolor.stages.harmonize import STAGE, Config, corrected, mean_chroma, run


@dataclass
class Context:
    chapter: Chapter = field(default_factory=lambda: Chapter("", ()))
    config: Any = field(default_factory=Config)

    def check_cancelled(self) -> None:
        return


def flat(red: int, green: int, blue: int) -> Image:
    return np.full((16, 16, 3), (red, green, blue), np.uint8)


def page(*panels: Image) -> dict[str, Artifact]:
    return {"colorize": Artifact(images={f"panel-{n:03d}": panel for n, panel in enumerate(panels)})}


def shifts(pages: dict[str, dict[str, Artifact]]) -> dict[str, list[int]]:
    return {name: artifact.data["shift"] for name, artifact in run(Context(), pages).items()}


def test_pages_alike_are_left_alone() -> None:
    alike = {str(n): page(flat(200, 150, 120)) for n in range(3)}
    assert set(map(tuple, shifts(alike).values())) == {(0, 0)}


def test_page_that_drifts_is_pulled_back_and_only_that_page() -> None:
    pages = {str(n): page(flat(200, 150, 120)) for n in range(4)} | {"green": page(flat(190, 158, 120))}
    found = shifts(pages)
    moved = found.pop("green")
    assert moved[1] > 0  # back to red
    assert set(map(tuple, found.values())) == {(0, 0)}


def test_correction_is_small_and_whole() -> None:
    pages = {"a": page(flat(220, 60, 60)), "b": page(flat(60, 60, 220)), "c": page(flat(60, 220, 60))}
    for shift in shifts(pages).values():
        assert all(isinstance(level, int) and abs(level) <= Config().limit for level in shift)


def test_dark_and_white_tell_nothing() -> None:
    assert mean_chroma(page(flat(0, 0, 0), flat(255, 255, 255))["colorize"]) is None
    assert shifts({"a": page(flat(255, 255, 255)), "b": page(flat(200, 150, 120))})["a"] == [0, 0]


@pytest.mark.parametrize("shift", [[5, -5], [-3, 4]])
def test_corrected_keeps_luma_and_grey(shift: list[int]) -> None:
    noise = np.random.default_rng(0).integers(60, 200, (24, 24, 3), np.uint8)
    harmonize = Artifact({"shift": shift})
    before = noise.copy()
    after = corrected(noise, harmonize)
    assert np.array_equal(noise, before)
    assert np.abs(luma(after).astype(int) - luma(noise)).max() <= 1
    strong = np.hypot(*chroma(noise)) > 14
    moved_cb, moved_cr = (a - b for a, b in zip(chroma(after), chroma(noise), strict=True))
    assert abs(float(moved_cb[strong].mean()) - shift[0]) < 1
    assert abs(float(moved_cr[strong].mean()) - shift[1]) < 1
    grey = flat(128, 128, 128)
    assert np.array_equal(corrected(grey, harmonize), grey)


def test_neutral_changes_nothing_at_all() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (24, 24, 3), np.uint8)
    assert corrected(noise, STAGE.neutral()) is noise


def test_it_can_be_switched_off() -> None:
    assert STAGE.configure(Options(harmonize=False), Chapter("", ())) is None
    assert STAGE.configure(Options(), Chapter("", ())) == Config()
