"""What a run of a colour network reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mangacolor.training.data.pictures import Picture, Source


@dataclass(frozen=True, slots=True)
class Materials:
    """Training pictures with their sources, and pictures kept apart: for the sample sheet, for validation."""

    sources: Sequence[Source]
    pictures: Sequence[Picture]
    samples: Sequence[Picture] = ()
    validation: Sequence[Picture] = ()
