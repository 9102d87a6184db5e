"""``--json``: pages are called by the files that they have become."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import pytest

from mangacolor.core.settings import Options, RunOptions
from mangacolor.core.types import Artifact, Inputs
from mangacolor.pipeline.events import Event
from mangacolor.pipeline.report.json_lines import json_documents
from mangacolor.pipeline.run import run
from mangacolor.stages.base import NoConfig, Stage, StageContext, no_config
from mangacolor.stages.graph import Graph


def encode(context: StageContext[NoConfig], _inputs: Inputs) -> Artifact:
    """BMP, like GIF, cannot hold the page."""
    renamed = context.page.name.endswith(".bmp")
    return Artifact({"suffix": ".png", "renamed": renamed}, blob=context.source)


@pytest.mark.parametrize(("form", "prefix"), [("folder", ""), ("cbz", "in.cbz/")])
def test_a_page_that_had_to_change_its_format_is_called_by_its_file(
    form: Literal["folder", "cbz"], prefix: str, tmp_path: Path
) -> None:
    source = tmp_path / "in"
    source.mkdir()
    for name in ("1.png", "2.bmp"):
        cv2.imwrite(str(source / name), np.full((12, 8), 90, np.uint8))
    asked = RunOptions(output_form=form)
    for said in ("made", "up to date"):
        events: list[Event] = []
        graph = Graph([Stage("encode", encode, no_config, keep="asked")])
        run([source], tmp_path / "out", Options(device="cpu"), asked, graph=graph, emit=events.append)
        told = [document for event in events for document in json_documents(event)]
        pages = {document["page"] for document in told if document["event"] == "page_done"}
        assert pages == {f"{prefix}1.png", f"{prefix}2.png"}, said
