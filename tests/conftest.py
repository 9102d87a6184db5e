"""One thread for every test: the networks are tiny, and threads of several processes fight.

A coloured chapter, made once for all tests that change one.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when torch is first imported


def pytest_report_header() -> str:
    """Whether pages can be looked at in a browser: where not, the tests that do are skipped, and say so."""
    from mangacolor.tests.helpers.studio import BROWSERS

    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    return f"browser: {found or 'no Chromium is installed, so tests that need one are skipped'}"


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Those of a tiny network."""
    from mangacolor.tests.helpers.stages import tiny_weights  # it imports torch

    return tiny_weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="session")
def coloured(tmp_path_factory: pytest.TempPathFactory, weights: Path) -> Path:
    """A folder with three pages (``in``) and the same coloured (``out``), which is to stay as it is."""
    from mangacolor.tests.helpers.edited_chapters import colour, write_pages

    folder = tmp_path_factory.mktemp("a chapter")
    write_pages(folder / "in")
    colour(folder / "in", folder / "out", weights)
    return folder


@pytest.fixture
def folder(coloured: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(coloured, tmp_path / "copy"))
