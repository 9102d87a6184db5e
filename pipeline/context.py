"""What a running stage sees of the engine, and the running of one stage under its watch."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from mangacolor.errors import PageError
from mangacolor.nouns import Artifact, Chapter, Inputs, Page
from mangacolor.stages.base import Stage

T = TypeVar("T")


@dataclass(slots=True)
class Context:
    """The engine's side of ``stages.base.StageContext``."""

    page: Page
    chapter: Chapter
    config: Any
    device: str
    source: bytes
    resources: Callable[[Hashable, Callable[[], Any]], Any]
    check: Callable[[], None]
    counts: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)

    def resource(self, key: Hashable, make: Callable[[], T]) -> T:
        made: T = self.resources(key, make)
        return made

    def check_cancelled(self) -> None:
        self.check()

    def count(self, counter: str, amount: int = 1) -> None:
        self.counts[counter] += amount

    def warn(self, message: str) -> None:
        self.warnings.append(message)


@dataclass(frozen=True, slots=True)
class StageRun:
    """A finished run of a stage."""

    artifact: Artifact
    seconds: float
    counts: Counter[str]
    warnings: tuple[str, ...]


def run_stage(stage: Stage, context: Context, inputs: Inputs) -> StageRun:
    """Run a stage and check what it gives back. Raises what the stage raises, or ``PageError``."""
    context.check_cancelled()
    started = time.perf_counter()
    artifact = stage.run(context, inputs)
    seconds = time.perf_counter() - started
    _check_artifact(stage.name, artifact)
    return StageRun(artifact, seconds, context.counts, tuple(context.warnings))


def _check_artifact(stage: str, artifact: object) -> None:
    remedy = f"The stage {stage} is at fault, not the page: see its contract in stages/base.py."
    if not isinstance(artifact, Artifact):
        raise PageError(f"stage {stage} gave a {type(artifact).__name__}, not an Artifact", remedy)
    for name, image in artifact.images.items():
        shape = getattr(image, "shape", None)
        if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or not _is_picture(image.shape):
            raise PageError(f"stage {stage} gave an image {name!r} that is no picture: shape {shape}", remedy)


def _is_picture(shape: tuple[int, ...]) -> bool:
    if 0 in shape:
        return False
    return len(shape) == 2 or (len(shape) == 3 and shape[2] == 3)
