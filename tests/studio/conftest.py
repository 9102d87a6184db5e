"""A chapter coloured once for all processes of a test run; the tests of a file work on one copy of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mangacolor.studio.studio import Studio
from mangacolor.tests.helpers.studio import coloured_chapter, coloured_series
from mangacolor.tests.helpers.studio_server import opened_studio


@pytest.fixture(scope="session")
def chapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``pages`` and ``out``; to be copied, not changed."""
    return coloured_chapter(tmp_path_factory)


@pytest.fixture(scope="session")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of two chapters."""
    return coloured_series(tmp_path_factory)


@pytest.fixture(scope="module")
def out(chapter: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(chapter / "out", tmp_path_factory.mktemp("studio") / "out"))


@pytest.fixture(scope="module")
def served(out: Path) -> Iterator[tuple[Studio, httpx.Client]]:
    with opened_studio(out) as both:
        yield both


@pytest.fixture
def client(served: tuple[Studio, httpx.Client]) -> httpx.Client:
    return served[1]


@pytest.fixture
def studio(served: tuple[Studio, httpx.Client]) -> Studio:
    return served[0]
