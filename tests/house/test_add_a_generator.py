"""CONTRIBUTING.md, "Add a generator", followed to the letter on a copy: from file to coloured page."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as PilImage

from mangacolor.core.colour import chroma
from mangacolor.tests.helpers.stages import comic_page
from mangacolor.tests.helpers.walk_through import (
    commands,
    copy_package,
    follow,
    install,
    new_files,
    python,
    section,
)

TEXT = section("Add a generator")
QUICK_TRAINING = [
    *("--set", 'phases=[{"steps":2,"size":32,"batch":2}]', "--set", "discriminator_width=4"),
    *("--workers", "0", "--device", "cpu"),
]
QUICK_PAGE = ["--scale", "1", "--device", "cpu", "--quiet"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of mangacolor and, installed beside it, the package of the section."""
    folder = tmp_path_factory.mktemp("site")
    follow(TEXT, copy_package(folder))
    install(folder, "dilated")
    return folder


def test_it_is_a_package_of_its_own() -> None:
    files = ["pyproject.toml", "mangacolor_dilated.py", "test_dilated.py"]
    assert list(new_files(TEXT)) == [f"../dilated/{file}" for file in files]


def test_its_own_test_passes(site: Path, tmp_path: Path) -> None:
    test = site / "dilated/test_dilated.py"
    python(site, tmp_path, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", str(site), str(test))


def test_it_trains_and_colours_a_page(site: Path, tmp_path: Path) -> None:
    for folder in ("pictures", "examples/chapter"):
        (tmp_path / folder).mkdir(parents=True)
    picture = np.random.default_rng(0).integers(0, 255, (70, 90, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "pictures" / "0.png"), picture)
    page = comic_page()
    cv2.imwrite(str(tmp_path / "examples/chapter" / "1.png"), page)
    train, colour = commands(TEXT)
    python(site, tmp_path, "-m", "mangacolor", *train, *QUICK_TRAINING)
    out = tmp_path / "coloured"
    colour[colour.index("--out") + 1] = str(out)
    python(site, tmp_path, "-m", "mangacolor", *colour, *QUICK_PAGE)
    with PilImage.open(out / "1.png") as file:
        coloured = np.asarray(file.convert("RGB"))
    assert coloured.shape == (*page.shape, 3)
    assert np.hypot(*chroma(coloured))[400:580, 60:380].mean() > 0.5  # the lower panel
