"""CONTRIBUTING.md is followed to the letter: its example stage runs, its changes fit the files they name."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Image
from mangacolor.stages.base import Stage
from mangacolor.stages.graph import Graph
from mangacolor.stages.registry import GROUP, built_in_stages, third_party_stages
from mangacolor.tests.helpers.paths import ROOT
from mangacolor.tests.helpers.stages import bench, run_until
from mangacolor.tests.helpers.walk_through import TEXT, blocks, changed, changed_file


def block(language: str, mark: str) -> str:
    (found,) = (text for text in blocks(language) if mark in text)
    return str(found)


BOXES = [[20, 20, 260, 180], [20, 220, 260, 180]]


def two_panels() -> Image:
    """A page with a bright panel above and a dark one below. H×W uint8."""
    page = np.full((420, 300), 255, np.uint8)
    for (x, y, w, h), tone in zip(BOXES, (200, 40), strict=True):
        page[y : y + h, x : x + w] = tone
    return page


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage[Any]:
    """The example's stage, installed as its pyproject.toml says."""
    project = tomllib.loads(block("toml", "mangacolor-night"))["project"]
    (name, value), *_ = project["entry-points"][GROUP].items()
    module = value.partition(":")[0]
    (tmp_path / f"{module}.py").write_text(block("python", "STAGE = Stage("), encoding="utf-8")
    metadata = tmp_path / f"{module}-{project['version']}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Name: {project['name']}\nVersion: {project['version']}\n")
    (metadata / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {value}\n")
    monkeypatch.syspath_prepend(tmp_path)
    (stage,) = (stage for stage in third_party_stages() if stage.name == "night")
    assert isinstance(stage, Stage)
    return stage


def test_the_example_stage_tells_day_from_night(night: Stage[Any]) -> None:
    graph = Graph((*built_in_stages(), night))
    assert graph.select("night").targets == ("night",)
    options = Options(device="cpu")
    context = bench(two_panels())
    inputs = run_until("decode", context, options) | {"panels": Artifact({"panels": BOXES})}
    assert set(night.needs) <= inputs.keys()
    context.config = night.configure(options, context.chapter)
    before = inputs["decode"].images["main"].copy()
    artifact = night.run(context, inputs)
    assert [panel["night"] for panel in artifact.data["panels"]] == [False, True]
    assert [panel["box"] for panel in artifact.data["panels"]] == BOXES
    check_preview(night, artifact, inputs)
    assert np.array_equal(inputs["decode"].images["main"], before)


def check_preview(stage: Stage[Any], artifact: Artifact, inputs: dict[str, Artifact]) -> None:
    assert stage.preview is not None
    picture = stage.preview(artifact, inputs).astype(int)
    blue = picture[..., 2] > picture[..., 0] + 10
    x, y, w, h = BOXES[1]
    assert blue[y : y + h, x : x + w].all()
    assert blue.sum() == w * h


def test_the_example_stage_is_short() -> None:
    assert len(block("python", "STAGE = Stage(").splitlines()) < 60


@pytest.mark.parametrize("text", blocks("python"), ids=lambda text: text.splitlines()[0][:40])
def test_every_example_is_python(text: str) -> None:
    ast.parse(text)


@pytest.mark.parametrize("change", blocks("diff"), ids=lambda text: text.splitlines()[1][6:])
def test_every_change_fits_the_file_it_names(change: str) -> None:
    changed((ROOT / changed_file(change)).read_text(encoding="utf-8"), change)


def test_every_file_it_names_is_there_or_is_made_by_it() -> None:
    made = {
        "formats/archive_ar.py",
        "tests/models/colour/test_dilated.py",
        "models/colour/dilated.py",
        "stages/night.py",
        "tests/test_night.py",
    }
    named = set(re.findall(r"`((?:docs|formats|models|pipeline|stages|tests|training)/[\w/.-]+\.\w+)`", TEXT))
    assert made <= named
    assert not {name for name in named - made if not (ROOT / name).exists()}


def test_every_target_it_names_is_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"\bmake ([a-z]+)\b", "\n".join(re.findall(r"`make [a-z]+`|(?m:^make .*)", TEXT))))
    assert {"setup", "test", "check"} <= named
    assert [name for name in sorted(named) if not re.search(rf"(?m)^{name}:", makefile)] == []
