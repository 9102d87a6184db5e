"""A chapter that somebody uploaded, and how far it has come."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from mangacolor.core.atomic import write_atomic

State = Literal["uploading", "queued", "running", "done", "failed"]
FILE: Final = "job.json"
INPUT: Final = "chapter"  # with the suffix of what it is: the user's name for it is no path
OUT: Final = "out"


@dataclass(frozen=True, slots=True)
class Job:
    """``name``: what the user calls it. ``settings``: options by name, as they were given. ``created``:
    seconds since 1970. ``pages``: how many there are, once known; of these ``done`` and ``failed``."""

    id: str
    name: str
    suffix: str
    created: float
    series: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    state: State = "uploading"
    pages: int = 0
    done: int = 0
    failed: int = 0
    error: str = ""

    @property
    def over(self) -> bool:
        return self.state in ("done", "failed")

    def public(self) -> dict[str, Any]:
        """What a client is told."""
        told = ("id", "name", "series", "created", "state", "pages", "done", "failed", "error")
        return {name: getattr(self, name) for name in told}

    def save(self, folder: Path) -> None:
        """Write it into its folder. Raises ``OutputError``."""
        write_atomic(folder / FILE, json.dumps(dataclasses.asdict(self), ensure_ascii=False).encode())


def load_job(folder: Path) -> Job | None:
    """The job of a folder; None for what is none."""
    try:
        document = json.loads((folder / FILE).read_bytes())
        job = Job(**document)
    except (OSError, ValueError, TypeError):
        return None
    return job if job.id == folder.name else None
