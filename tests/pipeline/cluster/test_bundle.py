"""What a worker does with a bundle, in this process and without Dask."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from mangacolor.core.settings import Options, RunOptions
from mangacolor.formats.discovery import discover
from mangacolor.pipeline.cluster.bundle import Bundle
from mangacolor.pipeline.cluster.worker import make_release, run_bundle
from mangacolor.pipeline.engine.tasks import Begun
from mangacolor.pipeline.store.layout import State
from mangacolor.stages import registry
from mangacolor.tests.helpers.coloured_pages import Coloured
from mangacolor.tests.helpers.fake_stages import write_page


def test_the_client_learns_of_pages_that_came_coloured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gets the keys of all that chapter stages look at; a worker never decides for a chapter."""
    (tmp_path / "in").mkdir()
    for number in (1, 2):
        write_page(tmp_path / "in" / f"{number}.png", number)
    cv2.imwrite(str(tmp_path / "in" / "3.png"), np.full((12, 8, 3), (10, 20, 200), np.uint8))  # BGR
    stages = Coloured()
    monkeypatch.setattr(registry, "default_graph", lambda: stages.graph)
    (chapter,) = discover([tmp_path / "in"], tmp_path / "out").chapters
    options = Options(device="cpu")
    bundle = Bundle(
        name="1-1",
        run="1",
        out=tmp_path / "out",
        options=options,
        run_options=RunOptions(jobs=1),
        chapter=chapter,
        pages={page.name: Begun() for page in chapter.pages},
        known=(),
        release=make_release(options, stages.graph),
    )
    State(bundle.out).parts.mkdir(parents=True)
    State(bundle.out).scratch.mkdir()
    result = run_bundle(bundle)
    assert {name: half.outcome for name, half in result.halfway.items()} == {
        "1.png": "done",
        "2.png": "done",
        "3.png": "copied",
    }
    assert all("judge" in half.keys for half in result.halfway.values())
    assert stages.followed == [] and not (tmp_path / "out" / "1.png").exists()
