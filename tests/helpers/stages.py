"""Running the real stages one by one, without the engine, on small pages."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from PIL import Image as PilImage

from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Image, Page
from mangacolor.models import create_generator
from mangacolor.models.colour.checkpoints import save_generator
from mangacolor.stages.base import ChapterStage, Stage
from mangacolor.stages.registry import built_in_stages


@dataclass(frozen=True, slots=True)
class Bytes:
    blob: bytes

    def read(self) -> bytes:
        return self.blob

    def describe(self) -> str:
        return "a page in memory"


@dataclass
class Bench:
    """A ``StageContext`` that remembers what stages did."""

    page: Page
    chapter: Chapter
    config: Any = None
    prepared: Any = None
    device: str = "cpu"
    source: bytes = b""
    counts: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)
    kept: dict[Hashable, Any] = field(default_factory=dict)

    def resource(self, key: Hashable, make: Callable[[], Any]) -> Any:
        if key not in self.kept:
            self.kept[key] = make()
        return self.kept[key]

    def check_cancelled(self) -> None:
        self.counts["checks"] += 1

    def count(self, counter: str, amount: int = 1) -> None:
        self.counts[counter] += amount

    def warn(self, message: str) -> None:
        self.warnings.append(message)


def tiny_weights(folder: Path) -> Path:
    """A generator of a few thousand weights that paints in strong, position-dependent colours."""
    path = folder / "tiny.safetensors"
    torch.manual_seed(3)
    network = create_generator("unet", 4, levels=3)
    with torch.no_grad():
        for weight in network.parameters():
            weight.mul_(1.5)
    save_generator(path, network, network.config, {})
    return path


@cache
def page_stages() -> dict[str, Stage[Any]]:
    return {stage.name: stage for stage in built_in_stages() if isinstance(stage, Stage)}


@cache
def chapter_stages() -> dict[str, ChapterStage[Any]]:
    return {stage.name: stage for stage in built_in_stages() if isinstance(stage, ChapterStage)}


def bench(image: Image) -> Bench:
    """A bench with the page as a PNG file."""
    file = io.BytesIO()
    PilImage.fromarray(image).save(file, "png")
    page = Page("page.png", 1, Bytes(file.getvalue()))
    return Bench(page, Chapter("", (page,)), source=file.getvalue())


def run_stage(
    stage: Stage[Any], context: Bench, options: Options, artifacts: Mapping[str, Artifact]
) -> Artifact:
    """What a stage makes of ``artifacts``: configured and prepared before it is run."""
    inputs = {need: artifacts[need] for need in stage.needs if need in artifacts}
    context.config = stage.configure(options, context.chapter)
    context.prepared = stage.prepare(context, inputs) if stage.prepare else None
    result = stage.run(context, inputs)
    artifact = stage.finish(context, inputs, result) if stage.finish else result
    assert isinstance(artifact, Artifact)
    return artifact


def run_until(name: str, context: Bench, options: Options) -> dict[str, Artifact]:
    """The artifacts of a stage and of everything it needs."""
    made = {name: stage.neutral() for name, stage in chapter_stages().items()}

    def make(stage: Stage[Any]) -> None:
        for need in stage.needs:
            if need not in made and need in page_stages():
                make(page_stages()[need])
        made[stage.name] = run_stage(stage, context, options, made)

    make(page_stages()[name])
    return made


def comic_page(height: int = 620, width: int = 440) -> Image:
    """Two framed panels with tones, a balloon, and an arm that reaches over the gutter. H×W uint8."""
    page = np.full((height, width), 255, np.uint8)
    half = height // 2
    cv2.rectangle(page, (20, 20), (width - 20, half - 12), 0, 3)
    cv2.rectangle(page, (20, half + 12), (width - 20, height - 20), 0, 3)
    page[23 : half - 14, 23 : width // 2] = 190
    page[half + 15 : height - 22, 23 : width - 22] = 150
    cv2.circle(page, (width // 3, half // 2), 50, 240, -1)
    cv2.circle(page, (width // 3, half // 2), 50, 0, 2)
    cv2.rectangle(page, (width // 2, half - 60), (width // 2 + 30, half + 5), 120, -1)
    cv2.rectangle(page, (width // 2, half - 60), (width // 2 + 30, half + 5), 0, 2)
    cv2.ellipse(page, (3 * width // 4, half // 3), (70, 45), 0, 0, 360, 255, -1)
    cv2.ellipse(page, (3 * width // 4, half // 3), (70, 45), 0, 0, 360, 0, 2)
    for row in range(3):
        origin = (3 * width // 4 - 45, half // 3 - 14 + 20 * row)
        cv2.putText(page, "WORDS HERE", origin, cv2.FONT_HERSHEY_SIMPLEX, 0.45, 0, 1, cv2.LINE_AA)
    return page
