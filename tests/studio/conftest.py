"""One chapter coloured once for all tests of the studio; each works on a copy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mangacolor.tests.helpers.studio import coloured_chapter, shared_folder
from mangacolor.tests.helpers.studio_server import Served, served_studio

pytest.importorskip("starlette")


@pytest.fixture(scope="session")
def chapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``pages`` and ``out``; to be copied, not changed."""
    return coloured_chapter(shared_folder(tmp_path_factory) / "studio_chapter")


@pytest.fixture
def out(chapter: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(chapter / "out", tmp_path / "out"))


@pytest.fixture
def served(out: Path) -> Iterator[Served]:
    """A studio on a copy of the chapter."""
    with served_studio(out) as running:
        yield running
