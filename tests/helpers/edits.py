"""What the two chapter stages decide together, as the finished page takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mangacolor.core.types import Artifact, Inputs
from mangacolor.stages.edits.page_edits import PageEdits
from mangacolor.stages.edits.stage import Config
from mangacolor.stages.edits.stage import run as run_edits
from mangacolor.stages.harmonize.corrections import Corrections
from mangacolor.stages.harmonize.stage import run as run_harmonize
from mangacolor.stages.reassemble.edited import apply_edits
from mangacolor.stages.windows.artifact import PageColours


def decide(context: Any, pages: Mapping[str, Inputs], config: Config | None = None) -> dict[str, Artifact]:
    """The corrections of each page with its edits; ``config``: of the stage ``edits``."""
    made = run_harmonize(context, pages)
    edited = run_edits(replace(context, config=config or Config()), pages)
    return {
        name: apply_edits(
            Corrections.from_artifact(made[name]),
            PageEdits.from_artifact(edited[name]),
            PageColours.from_artifact(inputs["colorize"]),
        ).to_artifact()
        for name, inputs in pages.items()
    }
