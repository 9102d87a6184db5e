"""A chapter of two small pages, for tests with stages that stand in for the real ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from mangacolor.tests.helpers.fake_stages import write_page


@pytest.fixture
def chapter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder ``in`` with ``1.png`` and ``2.png``, in the folder that one is in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    for number in (1, 2):
        write_page(tmp_path / "in" / f"{number}.png", number)
    return Path("in")
