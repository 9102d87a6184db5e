"""Dials are chosen on other works than the one they are reported on, and only where they help these."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from mangacolor.benchmarks.quality import score_dials
from mangacolor.benchmarks.quality.dial_works import Figures, Pixels, Work, draw
from mangacolor.benchmarks.quality.score_dials import Ledger, Setting, choose, with_setting
from mangacolor.stages.harmonize.params import Params
from mangacolor.stages.segments.chapter import ChapterSegments
from mangacolor.stages.segments.features import COLUMNS, LUMA, NEUTRAL, TONE, SegmentFeatures

NOTHING = np.zeros(0, np.int64)


def work(name: str) -> Work:
    features = SegmentFeatures(np.zeros((0, len(COLUMNS)), np.uint8))
    told = (), (), np.zeros((0, 2)), False, NOTHING, NOTHING.astype(np.uint8)
    segments = ChapterSegments(features, NOTHING, NOTHING, NOTHING, *told)
    nothing = np.zeros((0, 2), np.float32)
    pixels = Pixels(NOTHING, nothing, np.zeros(0, np.float32), np.zeros((0, 3), np.uint8))
    return Work(name, "plain", segments, pixels)


def like(work: Work, params: Params) -> Figures:
    """The book and the third comic want few steps more than the other comics want many; all want a strong own
    colour a little."""
    steps, own = params.assignment.propagation_steps, params.smoothing.own_weight
    wish = -0.1 if work.name in ("comic3", "book1") else 0.04
    structure = 0.5 + wish * (steps - 8) / 4 + 0.02 * (own > 0.5)
    return {"structure": structure, "delta_e_share": 1.0, "hue": 0.5, "variety_reached": 4.0}


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    monkeypatch.setattr(score_dials, "take_figures", like)
    works = [work(name) for name in ("comic1", "comic2", "comic3", "book1")]
    return Ledger(works, tmp_path / "kept.json", Console(quiet=True))


def test_a_dial_is_set_wherever_it_stands() -> None:
    setting: Setting = (("descriptors.embedded.votes", 1.2), ("smoothing.mode_iterations", 1))
    params = with_setting(Params(), setting)
    assert params.descriptors.embedded.votes == 1.2 and params.smoothing.mode_iterations == 1
    assert params.descriptors.embedded.tone == Params().descriptors.embedded.tone


def test_works_choose_what_helps_them(ledger: Ledger) -> None:
    few, many = ("assignment.propagation_steps", 4), ("assignment.propagation_steps", 12)
    own = ("smoothing.own_weight", 1.0)
    assert choose(ledger, {"comic1", "comic2"}) == (many, own)
    assert choose(ledger, {"comic1", "comic3", "book1"}) == (few, own), "on the mean of a source it helps"
    assert choose(ledger, {"comic1", "comic2", "book1"}) == (own,), "another source would be harmed"


def test_what_does_not_help_is_left_as_it_is(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(score_dials, "DIALS", {"smoothing.mode_iterations": (1, 2, 3)})
    assert choose(ledger, {"comic1", "book1"}) == ()


def test_figures_are_kept_in_the_file(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.take(())
    monkeypatch.setattr(score_dials, "take_figures", lambda *_: pytest.fail("taken twice"))
    again = Ledger(ledger.works, tmp_path / "kept.json", Console(quiet=True))
    assert again.figures(again.works[0], ())["structure"] == 0.5


def test_a_pixel_is_drawn_by_its_segment_and_ink_by_nobody() -> None:
    row = np.full((1, len(COLUMNS)), NEUTRAL, np.uint8)
    row[0, [TONE, LUMA]] = 200, 132  # what the network darkens by half, above ink
    scan = np.array([64, 200], np.float32)
    pixels = Pixels(np.zeros(2, np.int64), np.zeros((2, 2), np.float32), scan, np.zeros((2, 3), np.uint8))
    grey = draw(pixels, SegmentFeatures(row), np.zeros((1, 2), np.int64))
    assert grey.reshape(-1).tolist() == [64] * 3 + [132] * 3
    red = draw(pixels, SegmentFeatures(row), np.array([[0, 20]]))
    assert red[1, 0, 0] == 160 and red[1, 0, 1] < 132
