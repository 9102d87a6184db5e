"""Chapters whose pages get other names."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from mangacolor.core.settings import Options, RunOptions
from mangacolor.core.types import Artifact, Inputs, Page
from mangacolor.formats.opened import OutputFormat
from mangacolor.pipeline.run import run
from mangacolor.pipeline.store.layout import State
from mangacolor.stages.base import NoConfig, Stage, StageContext, no_config
from mangacolor.stages.graph import Graph
from mangacolor.tests.helpers.fake_stages import write_page

PAGES = 6


def numbered_pages(folder: Path) -> None:
    """Pages called 001.png and so on, with time stamps of their own."""
    folder.mkdir()
    for number in range(1, PAGES + 1):
        write_page(folder / f"{number:03}.png", number)
        os.utime(folder / f"{number:03}.png", (10**9 + number, 10**9 + number))


def renumber(folder: Path, by: int) -> None:
    """Give all pages numbers that are larger, or smaller."""
    for path in sorted(folder.glob("*.png"), reverse=by > 0):
        path.rename(path.with_name(f"{int(path.stem) + by:03}.png"))


def stamps(out: Path) -> dict[Path, tuple[int, int]]:
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in sorted(out.rglob("*"))}


class Desk:
    """A chapter whose stage ``panels`` goes by the corrections; says which page got which."""

    def __init__(self, pages: Path, out: Path, form: OutputFormat = "same") -> None:
        self.pages, self.out, self.form, self.seen = pages, out, form, dict[str, str]()
        (out / ".mangacolor" / "edits").mkdir(parents=True)

    def correct(self, page: str, text: str) -> None:
        State(self.out).edits.joinpath(f"{page}.json").write_text(text)

    def corrections(self) -> dict[str, str]:
        return {path.stem: path.read_text() for path in State(self.out).edits.glob("*.json")}

    def colour(self, some: str | None = None) -> dict[str, str]:
        """What stands in the correction of each page that was worked on."""
        self.seen = {}
        options = RunOptions(jobs=1, pages=some, output_form=self.form)
        run([self.pages], self.out, Options(device="cpu"), options, graph=self.graph(), emit=lambda _: None)
        return self.seen

    def graph(self) -> Graph:
        def judge(_context: StageContext[NoConfig], _inputs: Inputs) -> Artifact:
            return Artifact({}, {"main": np.zeros((2, 2), np.uint8)})

        def panels(context: StageContext[NoConfig], _inputs: Inputs) -> Artifact:
            self.seen[context.page.name] = _correction(context.page)
            return Artifact({"suffix": ".png"}, blob=context.source)

        return Graph(
            [
                Stage("judge", judge, no_config, decides=True),
                Stage("panels", panels, no_config, ("judge",), page_fingerprint=_correction),
            ]
        )


def _correction(page: Page) -> str:
    return page.edit.read_text() if page.edit else ""
