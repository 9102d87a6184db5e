"""CONTRIBUTING.md, "Add a stage", followed to the letter: from its files to what the command leaves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mangacolor.core.types import Image
from mangacolor.tests.helpers.stages import comic_page, tiny_weights
from mangacolor.tests.helpers.walk_through import (
    commands,
    copy_package,
    follow,
    install,
    new_files,
    python,
    section,
)

NIGHT, _, REST = section("Add a stage").partition("**Use what another stage left**")
MOONLIGHT, _, BUILT_IN = REST.partition("**As a built-in stage**")
MODULE = "../night/mangacolor_night.py"
PAGES = ("1.png", "2.png")
DARK = 80  # levels of the lowest panel
WEIGHTS = "weights.safetensors"


def dark_below() -> Image:
    """A page of three panels, of which the lowest is dark. H×W uint8."""
    page = comic_page()
    lower = page[325:598, 23:417]
    np.minimum(lower, DARK, out=lower)
    return page


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder with a small chapter where the text's commands look for one, and a small colour network."""
    (tmp_path / "examples/chapter").mkdir(parents=True)
    for name in PAGES:
        cv2.imwrite(str(tmp_path / "examples/chapter" / name), dark_below())
    tiny_weights(tmp_path).rename(tmp_path / WEIGHTS)
    return tmp_path


def mangacolor(site: Path, work: Path, command: list[str], *more: str) -> str:
    """A command of the text, with ``work/out`` for its output folder."""
    command = list(command)
    command[command.index("--out") + 1] = str(work / "out")
    return python(site, work, "-m", "mangacolor", *command, "--device", "cpu", "--weights", WEIGHTS, *more)


def left(work: Path, page: str, stage: str) -> dict[str, Any]:
    """What a stage left of a page."""
    text = (work / "out/.mangacolor/pages" / page / f"{stage}.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def rows(plan: str) -> dict[str, tuple[str, str]]:
    """The table of ``mangacolor plan``: by stage, for how many pages it would run, and what it needs."""
    lines = (line.split(maxsplit=3) for line in plan.split("\n\n", maxsplit=1)[0].splitlines()[1:])
    return {name: (to_run, needs) for name, _cached, to_run, needs in lines}


def stages_run(told: str) -> int:
    return int(json.loads(told.splitlines()[-1])["stages_run"])


def check_night(work: Path) -> None:
    """The lower panel of each page is a night scene, and blue in the preview."""
    for page in PAGES:
        panels = left(work, page, "night")["panels"]
        assert [panel["night"] for panel in panels] == [False, False, True]
        preview = np.asarray(cv2.imread(str(work / "out/.mangacolor/pages" / page / "night.png")))
        blue = preview[..., 0].astype(int) > preview[..., 2].astype(int) + 10  # BGR
        x, y, w, h = panels[2]["box"]
        assert blue[y : y + h, x : x + w].mean() > 0.9 and blue.sum() == blue[y : y + h, x : x + w].sum()
        assert panels[2]["luma"] == pytest.approx(DARK, abs=6) and y > 310


def test_a_stage_of_a_package_of_its_own(tmp_path_factory: pytest.TempPathFactory, work: Path) -> None:
    site = tmp_path_factory.mktemp("site")
    checkout = copy_package(site)
    follow(NIGHT, checkout)
    install(site, "night")
    plan, run, again = commands(NIGHT)
    assert rows(mangacolor(site, work, plan))["night"] == ("2", "decode, panels")
    mangacolor(site, work, run)
    check_night(work)
    assert stages_run(mangacolor(site, work, run, "--json")) == 0
    assert stages_run(mangacolor(site, work, again, "--json")) == len(PAGES) * len(["decode", "night"])

    follow(MOONLIGHT, checkout)
    install(site, "night")
    (until_moonlight,) = commands(MOONLIGHT)
    mangacolor(site, work, until_moonlight)
    for page in PAGES:
        windows = left(work, page, "moonlight")["windows"]
        assert len(windows) >= 2 and any(window["blue"] for window in windows)


def test_the_same_as_a_built_in_stage(tmp_path_factory: pytest.TempPathFactory, work: Path) -> None:
    site = tmp_path_factory.mktemp("site")
    checkout = copy_package(site)
    follow(BUILT_IN, checkout)
    (checkout / "stages/night.py").write_text(new_files(NIGHT)[MODULE], encoding="utf-8")
    plan, run, _ = commands(NIGHT)
    assert rows(mangacolor(site, work, plan))["night"] == ("2", "decode, panels")
    mangacolor(site, work, run)
    check_night(work)


@pytest.mark.parametrize("text", [NIGHT, MOONLIGHT])
def test_the_example_stages_are_short(text: str) -> None:
    (module,) = (content for name, content in new_files(text).items() if name.endswith(".py"))
    assert len(module.splitlines()) < 60
