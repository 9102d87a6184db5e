"""A palette through the whole command: written, shown, edited, kept; and nothing is coloured again for it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image as PilImage

from mangacolor.api import colorize_chapter
from mangacolor.cli import main
from mangacolor.core.colour import to_rgb
from mangacolor.core.errors import InputError, UsageError
from mangacolor.core.settings import Options, RunOptions
from mangacolor.core.types import Artifact, Image
from mangacolor.pipeline.editing.chapter import open_chapter
from mangacolor.pipeline.editing.wishes.reading import parse_set
from mangacolor.pipeline.events import RunResult
from mangacolor.pipeline.plan import plan_run
from mangacolor.pipeline.store.cache import ENTRY, PageCache
from mangacolor.stages.edits.palette_file import from_document
from mangacolor.stages.harmonize.corrections import Corrections
from mangacolor.stages.windows.artifact import PageColours
from mangacolor.tests.helpers.stages import comic_page, tiny_weights
from mangacolor.training.evaluation.colour import ciede2000, to_lab

WISH = "#3f7fb0"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_weights(tmp_path_factory.mktemp("weights"))


def write_pages(folder: Path) -> Path:
    folder.mkdir()
    for number in range(3):
        PilImage.fromarray(comic_page(620 + 8 * number)).save(folder / f"{number}.png")
    return folder


def go(source: Path, out: Path, weights: Path, **options: Any) -> RunResult:
    return colorize_chapter(
        source, out, weights=str(weights), scale="1", upscaler="lanczos", device="cpu", **options
    )


def pages(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(out.glob("*.png"))}


def picture(path: Path) -> Image:
    return np.asarray(PilImage.open(path).convert("RGB"))


def kept_artifact(folder: Path, stage: str) -> Artifact:
    """What a stage left in a page's state folder."""
    key = json.loads((folder / f"{stage}.json").read_text())[ENTRY]["key"]
    artifact = PageCache(folder).load(stage, key)
    assert artifact is not None
    return artifact


def segment_pixels(out: Path, page: str, number: int, source: Image) -> np.ndarray:
    """Where a page shows a group: well inside its segments, and no ink. H×W bool."""
    folder = out / ".mangacolor" / "pages" / page
    colours, corrections = (kept_artifact(folder, stage) for stage in ("colorize", "harmonize"))
    windows = zip(
        PageColours.from_artifact(colours).windows,
        Corrections.from_artifact(corrections).windows,
        strict=True,
    )
    where = np.zeros(source.shape[:2], np.bool_)
    for window, decided in windows:
        x, y, w, h = window.box
        groups = np.append(-1, decided.group)
        mine = (groups[window.labels] == number).astype(np.uint8)
        large = cv2.resize(mine, (w, h), interpolation=cv2.INTER_NEAREST)
        where[y : y + h, x : x + w] |= (
            cv2.erode(np.pad(large, 1), np.ones((13, 13), np.uint8))[1:-1, 1:-1] > 0
        )
    keep = np.asarray(PilImage.open(folder / "balloons.png")) > 0
    return where & ~keep & (source[..., 0] > 64)


def test_an_edit_recolours_its_group_without_the_network(tmp_path: Path, weights: Path) -> None:
    source, out = write_pages(tmp_path / "in"), tmp_path / "out"
    assert go(source, out, weights).network_calls > 0
    before = pages(out)
    entries = from_document(json.loads((out / ".mangacolor" / "palette.json").read_text())).groups
    assert abs(sum(entry.area for entry in entries) - 1) < 0.01
    assert [entry.area for entry in entries] == sorted((e.area for e in entries), reverse=True)
    grey = {name: picture(source / name) for name in before}
    there = {
        entry.id: {name: segment_pixels(out, name, entry.id, grey[name]) for name in before}
        for entry in entries
    }
    number = next(n for n, masks in there.items() if sum(m.sum() for m in masks.values()) > 2000)
    with pytest.raises(SystemExit) as ended:
        main(["palette", str(out), "--set", f"{number}={WISH}"])
    assert ended.value.code == 0
    assert "<input type=color" in (out / ".mangacolor" / "palette.html").read_text()
    result = go(source, out, weights)
    holding = {name for name, mask in there[number].items() if mask.any()}
    assert result.network_calls == 0 and result.done >= len(holding)
    changed_pages = {name for name, data in pages(out).items() if data != before[name]}
    assert holding <= changed_pages
    pixels = np.concatenate([picture(out / name)[there[number][name]] for name in holding])
    wish = np.array([[[int(WISH[i : i + 2], 16) for i in (1, 3, 5)]]], np.uint8)
    mean = to_lab(pixels[None]).mean(axis=(0, 1))[None]
    assert ciede2000(mean, to_lab(wish)[0])[0] <= 3
    for other, masks in there.items():
        for name, mask in masks.items():
            if other != number and mask.any():
                old = np.asarray(PilImage.open(io.BytesIO(before[name])).convert("RGB"))
                assert np.abs(old[mask].astype(int) - picture(out / name)[mask]).max() <= 1, (other, name)
    assert go(source, out, weights).cached == 3
    with pytest.raises(SystemExit):
        main(["palette", str(out), "--set", f"{number}=found"])
    go(source, out, weights)
    assert pages(out) == before


def test_no_harmonize_is_the_network_alone_and_leaves_no_palette(tmp_path: Path, weights: Path) -> None:
    source = write_pages(tmp_path / "in")
    go(source, tmp_path / "plain", weights, harmonize=False)
    assert not (tmp_path / "plain" / ".mangacolor" / "palette.json").exists()
    go(source, tmp_path / "apart", weights, pages="1-3")
    assert pages(tmp_path / "plain") == pages(tmp_path / "apart")
    with pytest.raises(InputError, match="no palette"):
        open_chapter(tmp_path / "plain")


def test_the_chapters_own_coloured_page_is_followed(tmp_path: Path, weights: Path) -> None:
    source = write_pages(tmp_path / "in")
    light = comic_page().astype(np.float32)
    rows = np.arange(len(light))[:, None] + np.zeros_like(light)
    cover = to_rgb(light, np.where(rows < 300, -40, 30), np.where(rows < 300, 35, -45))
    PilImage.fromarray(cover).save(source / "cover.png")
    result = go(source, tmp_path / "out", weights)
    assert (result.copied, result.done) == (1, 3)
    again = go(source, tmp_path / "out", weights)
    assert (again.cached, again.network_calls) == (4, 0)
    options = Options(scale="1", weights=str(weights), upscaler="lanczos", device="cpu")
    plan = plan_run([source], tmp_path / "out", options, RunOptions())
    assert all(page.up_to_date for page in plan.pages)
    go(source, tmp_path / "alone", weights, own_reference=False)
    assert pages(tmp_path / "alone") != pages(tmp_path / "out")


def test_a_damaged_palette_stops_the_run(tmp_path: Path, weights: Path) -> None:
    source, out = write_pages(tmp_path / "in"), tmp_path / "out"
    go(source, out, weights, until="harmonize")
    file = out / ".mangacolor" / "palette.json"
    file.write_text(file.read_text().replace('"#', '"', 1))
    with pytest.raises(UsageError, match="is no colour"):
        go(source, out, weights)


def test_a_hint_for_a_page_that_is_not_there(tmp_path: Path, weights: Path) -> None:
    hints = tmp_path / "hints.json"
    hints.write_text('[{"page": "7.png", "x": 1, "y": 1, "colour": "#112233"}]')
    with pytest.raises(UsageError, match=r"7\.png"):
        go(write_pages(tmp_path / "in"), tmp_path / "out", weights, hints=str(hints))


@pytest.mark.parametrize("text", ["7", "x=#112233", "7=reddish", "=#112233"])
def test_set_wants_a_group_and_a_colour(text: str) -> None:
    with pytest.raises(UsageError, match="--set"):
        parse_set([text])
