"""What a studio is told when it begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mangacolor.core.settings import RunOptions
from mangacolor.pipeline.run import Learner
from mangacolor.pipeline.store.last_run import LastRun
from mangacolor.server.http.access import Access

# What colours the series that a run's options ask to learn, if they do.
LearnerOf = Callable[[RunOptions], Learner | None]


@dataclass(frozen=True, slots=True)
class StudioSettings:
    """``work``: what OUT is to be coloured from; None for what its last run left word of. ``chapter``: which
    of OUT's chapters is shown first."""

    out: Path
    access: Access
    port: int = 0
    chapter: str | None = None
    work: LastRun | None = None
    learner_of: LearnerOf = lambda _options: None
