"""Small stages for chapters in which some pages are in colour already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np

from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Inputs
from mangacolor.stages.base import (
    CAME_COLOURED,
    PANEL_COUNT,
    ChapterContext,
    ChapterStage,
    NoConfig,
    Stage,
    StageContext,
    Summary,
    no_config,
)
from mangacolor.stages.graph import Graph


class Coloured:
    """Pages of one colour (R > B) are copied; the others follow the mean red of those, halved by ``see``."""

    def __init__(self) -> None:
        self.followed: list[list[str]] = []
        self.graph = Graph(
            [
                Stage("decode", _decode, no_config, keep="asked"),
                Stage("judge", self._judge, _force, ("decode",), decides=True, summary=_say),
                Stage("see", self._see, no_config, ("decode", "judge")),
                ChapterStage(
                    "follow",
                    self._follow,
                    no_config,
                    ("see",),
                    lambda: Artifact({"red": 0}),
                    reference_needs=("decode", "see"),
                    see_reference=_see_reference,
                ),
                Stage("end", self._end, no_config, ("follow", "see")),
            ]
        )

    def _judge(self, context: StageContext[bool], inputs: Inputs) -> Artifact:
        picture = inputs["decode"].images["main"]
        coloured = bool((picture[..., 0] != picture[..., 2]).any())
        outcome: Any = "copy" if coloured and not context.config else None
        return Artifact({"coloured": coloured}, outcome=outcome)

    def _see(self, context: StageContext[NoConfig], inputs: Inputs) -> Artifact:
        context.count("network_calls")
        return Artifact({"red": int(inputs["decode"].images["main"][..., 0].mean()) // 2})

    def _follow(self, context: ChapterContext[NoConfig], pages: Mapping[str, Inputs]) -> dict[str, Artifact]:
        seen = [(artifact.data["from"], artifact.data["red"]) for artifact in context.references()]
        self.followed.append([f"{names} {red}" for names, red in seen])
        return {page: Artifact({"red": sum(red for _, red in seen)}) for page in pages}

    def _end(self, _context: StageContext[NoConfig], inputs: Inputs) -> Artifact:
        return Artifact(blob=str(inputs["follow"].data["red"]).encode())


def _see_reference(inputs: Inputs) -> Artifact:
    return Artifact({"from": list(inputs), "red": inputs["see"].data["red"]})


def _decode(context: StageContext[NoConfig], _inputs: Inputs) -> Artifact:
    picture = cv2.imdecode(np.frombuffer(context.source, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return Artifact({}, {"main": np.asarray(picture[..., ::-1], np.uint8).copy()})


def _force(options: Options, _chapter: Chapter) -> bool:
    return options.force_color


def _say(artifact: Artifact) -> Summary:
    return {PANEL_COUNT: 7, CAME_COLOURED: artifact.data["coloured"]}
