"""What a server has seen in the pictures of ``--reference``, on the disk."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mangacolor.core.errors import OutputError
from mangacolor.core.types import Artifact
from mangacolor.pipeline.engine.references import KeptReferences
from mangacolor.server.limits import REFERENCES
from mangacolor.stages.base import ChapterStage


class ServedReferences(KeptReferences):
    """It need not be written: where the disk takes nothing, a page gets its colours all the same.

    ``tell`` gets what is not kept. Of ``most`` pictures what was seen stays when a server begins, those seen
    last.
    """

    def __init__(self, folder: Path, tell: Callable[[str], None], most: int = REFERENCES) -> None:
        super().__init__(folder)
        self._tell = tell
        self._shrink(most)

    def save(self, stage: ChapterStage[Any], key: str, seen: Artifact) -> None:
        try:
            super().save(stage, key, seen)
        except OutputError as error:
            self._tell(f"{error.message}: what was seen in a reference is not kept")

    def _shrink(self, most: int) -> None:
        """Pictures that were exchanged for others would stay for ever."""
        if not self.folder.is_dir():
            return
        by_age = sorted(self.folder.iterdir(), key=_changed_at, reverse=True)
        for path in by_age[most:]:
            with contextlib.suppress(OSError):
                shutil.rmtree(path)


def _changed_at(path: Path) -> int:
    """When something was written there, ns; 0 where nothing is, as another server may leave it."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
