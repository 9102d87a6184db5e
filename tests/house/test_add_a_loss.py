"""CONTRIBUTING.md, "Add a loss", followed to the letter on a copy: from the function to a run's curves."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from mangacolor.tests.helpers.walk_through import commands, copy_package, follow, python, section
from mangacolor.training.colour.config import COMPARED, TERMS, LossWeights
from mangacolor.training.colour.objectives import COMPARISONS

TEXT = section("Add a loss")
QUICK = [
    *("--set", 'phases=[{"steps":2,"size":32,"batch":2}]', "--set", "discriminator_width=4"),
    *("--set", "width=4", "--set", "levels=4", "--workers", "0", "--device", "cpu"),
]


def test_each_weight_of_a_comparison_has_its_row() -> None:
    assert sorted(COMPARED) == sorted(COMPARISONS)
    assert {*LossWeights.__dataclass_fields__, "discriminator"} - {*TERMS} == {"vgg", "anime"}


def test_a_run_learns_by_it_and_another_on_the_same_crops_does_not(tmp_path: Path) -> None:
    follow(TEXT, copy_package(tmp_path / "site"))
    (tmp_path / "pictures").mkdir()
    picture = np.random.default_rng(0).integers(0, 255, (70, 90, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "pictures" / "0.png"), picture)
    (train,) = commands(TEXT)
    python(tmp_path / "site", tmp_path, "-m", "mangacolor", *train, *QUICK)
    assert _last_row(tmp_path / "run")["edges"] == pytest.approx(0.5, abs=0.4)
    assert np.isnan(_last_row(tmp_path / "run" / "without")["edges"])


def _last_row(run: Path) -> dict[str, float]:
    with (run / "curves.csv").open(encoding="utf-8", newline="") as file:
        *_, row = csv.DictReader(file)
    return {name: float(value) for name, value in row.items()}
