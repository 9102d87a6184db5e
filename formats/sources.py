"""Where the bytes of a page come from. Frozen and picklable: a worker elsewhere opens the file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mangacolor.errors import PageError


@dataclass(frozen=True, slots=True)
class FileSource:
    """A picture file of its own. ``path`` is absolute."""

    path: Path

    def read(self) -> bytes:
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise PageError(
                f"{self.path}: cannot be read ({error.strerror})",
                "See that the file exists and that you may read it.",
            ) from error

    def describe(self) -> str:
        return str(self.path)
