"""Small stages that stand in for the real ones: the engine and the command line are tested with them."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections import Counter
from pathlib import Path

import cv2
import numpy as np

from mangacolor.nouns import Artifact, Chapter, Inputs
from mangacolor.pipeline.graph import Graph
from mangacolor.settings import Options
from mangacolor.stages.base import Stage, StageContext, no_config


@dataclasses.dataclass(frozen=True, slots=True)
class TintConfig:
    saturation: float


class House:
    """Five fake stages that count their calls: decode → judge → tint → encode, and decode → grow → encode."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.trouble: dict[str, Exception] = {}  # page name -> what tint raises
        self.slow = 0.0
        self._lock = threading.Lock()

    def graph(self) -> Graph:
        return Graph(
            [
                Stage("decode", self._decode, no_config, keep="asked"),
                Stage("judge", self._judge, no_config, ("decode",), decides=True),
                Stage("tint", self._tint, _tint_config, ("decode", "judge"), lane="device"),
                Stage("grow", self._grow, _grow_config, ("decode",), lane="device", keep="asked"),
                Stage("encode", self._encode, no_config, ("tint", "grow"), lane="io", keep="asked"),
            ]
        )

    def _count(self, name: str) -> None:
        with self._lock:
            self.calls[name] += 1

    def _decode(self, context: StageContext, _inputs: Inputs) -> Artifact:
        self._count("decode")
        image = cv2.imdecode(np.frombuffer(context.source, np.uint8), cv2.IMREAD_COLOR)
        if image is None:
            raise ValueError("not an image")
        image = image.astype(np.uint8)
        return Artifact({"size": list(image.shape[:2])}, {"main": image})

    def _judge(self, _context: StageContext, inputs: Inputs) -> Artifact:
        self._count("judge")
        image = inputs["decode"].images["main"]
        return Artifact({"mean": float(image.mean())}, outcome="copy" if image.min() == 255 else None)

    def _tint(self, context: StageContext, inputs: Inputs) -> Artifact:
        self._count("tint")
        context.count("network_calls")
        for _ in range(int(self.slow * 100)):
            context.check_cancelled()
            time.sleep(0.01)
        if context.page.name in self.trouble:
            raise self.trouble[context.page.name]
        return Artifact({}, {"panel-000": np.full((2, 2, 3), 9, np.uint8)})

    def _grow(self, context: StageContext, inputs: Inputs) -> Artifact:
        self._count("grow")
        factor = int(context.config)
        return Artifact(
            {},
            {
                "main": np.kron(inputs["decode"].images["main"][..., 0], np.ones((factor,) * 2)).astype(
                    np.uint8
                )
            },
        )

    def _encode(self, _context: StageContext, inputs: Inputs) -> Artifact:
        self._count("encode")
        image = inputs["grow"].images["main"] + inputs["tint"].images["panel-000"][0, 0, 0]
        return Artifact({"suffix": ".png"}, blob=cv2.imencode(".png", image)[1].tobytes())


def _tint_config(options: Options, _chapter: Chapter) -> TintConfig:
    return TintConfig(options.saturation)


def _grow_config(options: Options, _chapter: Chapter) -> int:
    return 1 if options.scale == "auto" else int(options.scale)


def write_page(path: Path, seed: int) -> None:
    image = np.random.default_rng(seed).integers(0, 200, (12, 8), np.uint8)
    cv2.imwrite(str(path), image)
