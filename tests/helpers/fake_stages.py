"""Small stages that stand in for the real ones: the engine and the command line are tested with them."""

from __future__ import annotations

import dataclasses
import os
import threading
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from mangacolor.core.displays import saturation_of
from mangacolor.core.settings import Options, RunOptions
from mangacolor.core.types import Artifact, Chapter, Inputs
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.events import Event, Listener, RunResult
from mangacolor.pipeline.run import run
from mangacolor.stages.base import (
    WHY_COPIED,
    ChapterContext,
    ChapterStage,
    NoConfig,
    Stage,
    StageContext,
    no_config,
)
from mangacolor.stages.demand import Demand, PageSize, usual_demand
from mangacolor.stages.graph import Graph


@dataclasses.dataclass(frozen=True, slots=True)
class TintConfig:
    saturation: float


class House:
    """Five fake stages that count their calls: decode → judge → tint → encode, and decode → grow → encode.

    With ``moody`` a chapter stage, mood, comes between: it moves each page half of the way to the mean
    brightness of its chapter.
    """

    def __init__(self, moody: bool = False, released: threading.Event | None = None) -> None:
        self.moody = moody
        self.mood_fails = self.mood_hangs = False
        self.mood_version = 1
        self.seen: list[list[str]] = []  # the pages that mood was shown, each time it ran
        self.calls: Counter[str] = Counter()
        self.trouble: dict[str, Exception] = {}  # page name -> what tint raises
        self.deadly: set[str] = set()  # pages on which the whole process dies
        self.hangs: set[str] = set()  # pages on which tint never comes back
        self.released = released or threading.Event()  # ends all that hangs
        self.slow = 0.0
        self.weight = 0  # bytes that encode takes for each pixel
        self._lock = threading.Lock()

    def graph_of(self, _options: Options) -> Graph:
        """The same whatever the options are."""
        return self.graph()

    def graph(self) -> Graph:
        last = ("tint", "grow", "mood") if self.moody else ("tint", "grow")
        needs = ("judge", "tint")
        mood = ChapterStage("mood", self._mood, _mood_config, needs, _same_mood, self.mood_version)
        return Graph(
            [
                *([mood] if self.moody else []),
                Stage("decode", self._decode, no_config, keep="asked"),
                Stage(
                    "judge",
                    self._judge,
                    no_config,
                    ("decode",),
                    decides=True,
                    page_fingerprint=lambda page: page.wanted or "",
                    summary=lambda artifact: {WHY_COPIED: artifact.data["why"]},
                ),
                Stage("tint", self._tint, _tint_config, ("decode", "judge"), lane="device"),
                Stage("grow", self._grow, _grow_config, ("decode",), lane="device", keep="asked"),
                Stage(
                    "encode",
                    self._encode,
                    no_config,
                    last,
                    lane="io",
                    keep="asked",
                    demand=self._encode_demand,
                ),
            ]
        )

    def _encode_demand(self, config: NoConfig, size: PageSize) -> Demand:
        usual = usual_demand(config, size)
        return dataclasses.replace(usual, working=usual.working + self.weight * size.pixels)

    def _count(self, name: str) -> None:
        with self._lock:
            self.calls[name] += 1

    def _decode(self, context: StageContext[NoConfig], _inputs: Inputs) -> Artifact:
        self._count("decode")
        image = cv2.imdecode(np.frombuffer(context.source, np.uint8), cv2.IMREAD_COLOR)
        if image is None:
            raise ValueError("not an image")
        return Artifact({"size": list(image.shape[:2])}, {"main": np.asarray(image, np.uint8)})

    def _judge(self, context: StageContext[NoConfig], inputs: Inputs) -> Artifact:
        self._count("judge")
        image, wanted = inputs["decode"].images["main"], context.page.wanted
        copied = image.min() == 255 if wanted is None else wanted == "copy"
        why = "as asked" if wanted else "white"
        return Artifact({"mean": float(image.mean()), "why": why}, outcome="copy" if copied else None)

    def _tint(self, context: StageContext[TintConfig], inputs: Inputs) -> Artifact:
        self._count("tint")
        context.count("network_calls")
        for _ in range(int(self.slow * 100)):
            context.check_cancelled()
            time.sleep(0.01)
        if context.page.name in self.deadly:
            os._exit(9)
        if context.page.name in self.hangs:
            self.released.wait()
        if context.page.name in self.trouble:
            raise self.trouble[context.page.name]
        return Artifact({}, {"panel-000": np.full((2, 2, 3), 9, np.uint8)})

    def _grow(self, context: StageContext[int], inputs: Inputs) -> Artifact:
        self._count("grow")
        factor = context.config
        grey = inputs["decode"].images["main"][..., 0]
        return Artifact({}, {"main": grey.repeat(factor, 0).repeat(factor, 1)})

    def _encode(self, _context: StageContext[NoConfig], inputs: Inputs) -> Artifact:
        self._count("encode")
        image = inputs["grow"].images["main"] + inputs["tint"].images["panel-000"][0, 0, 0]
        if "mood" in inputs:
            image = np.clip(image.astype(int) + inputs["mood"].data["shift"], 0, 255).astype(np.uint8)
        return Artifact({"suffix": ".png"}, blob=cv2.imencode(".png", image)[1].tobytes())

    def _mood(self, _context: ChapterContext[str], pages: Mapping[str, Inputs]) -> dict[str, Artifact]:
        self._count("mood")
        self.seen.append(list(pages))
        if self.mood_hangs:
            self.released.wait()
        if self.mood_fails:
            raise ValueError("no mood today")
        means = {page: inputs["judge"].data["mean"] for page, inputs in pages.items()}
        whole = sum(means.values()) / len(means)
        return {page: Artifact({"shift": round((whole - mean) / 2)}) for page, mean in means.items()}


def _mood_config(options: Options, _chapter: Chapter) -> str | None:
    return "half" if options.harmonize else None


def _same_mood() -> Artifact:
    return Artifact({"shift": 0})


def _tint_config(options: Options, _chapter: Chapter) -> TintConfig:
    return TintConfig(saturation_of(options))


def _grow_config(options: Options, _chapter: Chapter) -> int:
    return 1 if options.scale == "auto" else int(options.scale)


def write_page(path: Path, seed: int, brightest: int = 200) -> None:
    image = np.random.default_rng(seed).integers(0, brightest, (12, 8), np.uint8)
    cv2.imwrite(str(path), image)


def write_pages(folder: Path, count: int) -> Path:
    """A new folder with so many pages, each lighter than the one before."""
    folder.mkdir()
    for number in range(1, count + 1):
        write_page(folder / f"{number}.png", number, brightest=10 + 9 * number)
    return folder


def go(
    house: House,
    source: Path,
    out: Path,
    *,
    cancel: CancelToken | None = None,
    listener: Listener | None = None,
    **given: object,
) -> tuple[RunResult, list[Event]]:
    names = {field.name for field in dataclasses.fields(RunOptions)}
    run_options = RunOptions(**{k: v for k, v in given.items() if k in names})  # type: ignore[arg-type]
    options = Options(device="cpu", **{k: v for k, v in given.items() if k not in names})  # type: ignore[arg-type]
    events: list[Event] = []

    def emit(event: Event) -> None:
        events.append(event)
        if listener is not None:
            listener(event)

    result = run([source], out, options, run_options, graph=house.graph(), emit=emit, cancel=cancel)
    assert events[-1] is result
    assert result.done + result.copied + result.cached + result.failed == result.pages or result.status > 3
    return result, events


def files(out: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(out.iterdir()) if p.is_file()}
