"""A run that is killed while files and folders move."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mangacolor.core.system import moves
from mangacolor.core.system.files import rename


@contextmanager
def killed_after(after: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Whatever runs within it is killed once so many files and folders have moved, if it comes so far. Gives
    a list of how many are left."""
    left = [after]

    def die(source: Path, target: Path) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        rename(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(moves, "rename", die)
        yield left
