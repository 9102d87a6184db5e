"""What is compared: every generator, form and loss of the notebook, and the networks that replace them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from mangacolor.training.colour.config import PRESETS, Phase, TrainConfig

WIDTH, DISCRIMINATOR_WIDTH, BATCH = 16, 8, 8  # a quarter of the notebook's width: 1/16 of its work
NO_WEIGHTS = "needs VGG-16 and danbooru weights, which cannot be fetched here"
NO_TIME = "with the stand-in a crop costs four times a plain one; left out for time"


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of the comparison. ``not_run`` says why a field is empty; ``stand_in`` that the
    pretrained networks were replaced by the ResNet-18 of the command ``stand-in``."""

    name: str
    generator: str
    preset: str
    seeds: int = 1
    stand_in: bool = False
    not_run: str = ""


def _cells() -> list[Cell]:
    cells = []
    for kind in ("unet", "unet-attention"):
        for form in ("-faithful", ""):
            cells.append(Cell(f"l1-{kind}{form}", f"{kind}{form}", "l1", seeds=2))
    cells.append(Cell("default", "efficient-palette", "default"))
    cells.append(Cell("perceptual-unet", "unet", "perceptual", stand_in=True))
    cells.append(Cell("l1-unet-extractor", "unet-extractor", "l1", stand_in=True))
    for name in ("unet-extractor-faithful", "unet-attention-extractor", "unet-attention-extractor-faithful"):
        cells.append(Cell(f"l1-{name}", name, "l1", not_run=NO_TIME))
    for preset in ("perceptual", "anime", "anime_100"):
        for kind in ("unet", "unet-attention", "unet-extractor", "unet-attention-extractor"):
            if (preset, kind) != ("perceptual", "unet"):
                cells.append(Cell(f"{preset}-{kind}", kind, preset, not_run=NO_WEIGHTS))
    return cells


CELLS: tuple[Cell, ...] = tuple(_cells())


def cell_config(cell: Cell, steps: int) -> TrainConfig:
    """The cell's training: the preset's losses, learning rate and betas, on the budget of all cells.

    Inputs are the mixture of the default recipe for every cell, since all are judged on manga-like
    inputs; the notebook's grey alone is its defect 10.
    """
    preset = PRESETS[cell.preset]
    common: dict[str, Any] = {
        "phases": (Phase(steps, 256, BATCH),),
        "synthesis": PRESETS["default"].synthesis,
        "kind": "mixed",
        "checkpoint_every": 100,
        "sample_every": 10**9,
        "ema": 0.99,
    }
    if cell.preset == "default":
        return replace(preset, **common)
    faithful = cell.generator.endswith("-faithful")
    return replace(
        preset,
        generator=cell.generator,
        width=WIDTH,
        discriminator_width=DISCRIMINATOR_WIDTH,
        faithful_losses=faithful,
        **common,
    )


def budget(config: TrainConfig) -> dict[str, Any]:
    return {"generator": config.generator, "width": config.width, "steps": config.steps, "batch": BATCH}
