"""What a running stage sees of the engine, and the running of one stage under its watch."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from mangacolor.core.errors import DeviceError, PageError
from mangacolor.core.types import Artifact, Chapter, Inputs, Page
from mangacolor.stages.base import Memory, Stage, Summary
from mangacolor.stages.graph import Node

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
    check_cancelled: Callable[[], None]
    prepared: Any = None
    is_prepared: bool = False
    seconds: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)

    def resource(self, key: Hashable, make: Callable[[], T]) -> T:
        resource: T = self.resources(key, make)
        return resource

    def count(self, counter: str, amount: int = 1) -> None:
        self.counts[counter] += amount

    def warn(self, message: str) -> None:
        self.warnings.append(message)


@dataclass(slots=True)
class ContextOfChapter:
    """The engine's side of ``stages.base.ChapterContext``."""

    chapter: Chapter
    config: Any
    document: Mapping[str, Any] | None
    sources: Mapping[str, str]
    check_cancelled: Callable[[], None]
    write: Callable[[Mapping[str, Any]], None]
    glance: Callable[[str, str, Callable[[str], bool]], Artifact]
    references: Callable[[], Iterator[Artifact]]
    memory: Memory | None = None
    warnings: list[tuple[str, str]] = field(default_factory=list)  # page, message

    def warn(self, page: str, message: str) -> None:
        self.warnings.append((page, message))


@dataclass(frozen=True, slots=True)
class StageRun:
    """A finished run of a stage."""

    artifact: Artifact
    summary: Summary
    seconds: float
    counts: Counter[str]
    warnings: tuple[str, ...]


def prepare_stage(stage: Stage[Any], context: Context, inputs: Inputs) -> None:
    """Do the part of a stage that needs no device, if it has one. Raises what the stage raises."""
    context.check_cancelled()
    if stage.prepare is None or context.is_prepared:
        return
    started = time.perf_counter()
    context.prepared = stage.prepare(context, inputs)
    context.is_prepared = True
    context.seconds += time.perf_counter() - started


def run_main_part(stage: Stage[Any], context: Context, inputs: Inputs) -> object:
    """Do the part of a prepared stage that its lane is for. Raises what the stage raises."""
    started = time.perf_counter()
    with naming_device(context):
        result = stage.run(context, inputs)
    context.seconds += time.perf_counter() - started
    return result


@contextmanager
def naming_device(context: Context) -> Iterator[None]:
    """Errors of a card say which one it was that a stage has in here."""
    try:
        yield
    except DeviceError as error:
        error.device = context.device
        raise


def finish_stage(stage: Stage[Any], context: Context, inputs: Inputs, result: object) -> StageRun:
    """Make the artifact of what the main part gave, and check it.

    Raises what the stage raises, or ``PageError``.
    """
    started = time.perf_counter()
    artifact = result if stage.finish is None else stage.finish(context, inputs, result)
    context.seconds += time.perf_counter() - started
    artifact = checked_artifact(stage.name, artifact)
    return StageRun(
        artifact, summarize(stage, artifact), context.seconds, context.counts, tuple(context.warnings)
    )


def summarize(stage: Node, artifact: Artifact) -> Summary:
    """What a stage says of a page in a few words."""
    return stage.summary(artifact) if isinstance(stage, Stage) and stage.summary else {}


def checked_artifact(stage: str, artifact: object) -> Artifact:
    """``artifact``; raises ``PageError`` where it breaks the contract of ``core.types.Artifact``."""
    problem = _problem(artifact)
    if problem:
        remedy = f"The stage {stage} is at fault, not the page: see its contract in stages/base.py."
        raise PageError(f"stage {stage} gave {problem}", remedy)
    assert isinstance(artifact, Artifact)
    return artifact


def _problem(artifact: object) -> str:  # noqa: PLR0911 - a list of rules
    if not isinstance(artifact, Artifact):
        return f"a {type(artifact).__name__}, not an Artifact"
    if not isinstance(artifact.images, Mapping):
        return f"images as a {type(artifact.images).__name__}, not by name"
    for name, image in artifact.images.items():
        if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or not _is_picture(image.shape):
            kind = f"{getattr(image, 'dtype', type(image).__name__)} of shape {getattr(image, 'shape', None)}"
            return f"an image {name!r} that is no picture: {kind}"
    for name, numbers in artifact.maps.items():
        if not isinstance(numbers, np.ndarray) or numbers.dtype != np.uint16 or numbers.ndim != 2:
            return f"a map {name!r} that is no H×W of uint16"
    if artifact.blob is not None and not isinstance(artifact.blob, bytes):
        return f"a file as {type(artifact.blob).__name__}, not as bytes"
    if artifact.outcome not in (None, "copy"):
        return f"the outcome {artifact.outcome!r}, which there is not"
    try:
        json.dumps(artifact.data)
    except (TypeError, ValueError) as error:
        return f"data that JSON cannot hold: {error}"
    return "" if isinstance(artifact.data, dict) else f"data as a {type(artifact.data).__name__}, not a dict"


def _is_picture(shape: tuple[int, ...]) -> bool:
    if 0 in shape:
        return False
    return len(shape) == 2 or (len(shape) == 3 and shape[2] == 3)
