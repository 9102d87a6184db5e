"""``--series``: chapters agree with what a file remembers of earlier ones, and nothing is coloured again for
it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PilImage

from mangacolor.api import colorize_chapter, colorize_page
from mangacolor.cli import main
from mangacolor.core.errors import UsageError
from mangacolor.core.settings import Options, RunOptions
from mangacolor.core.types import Chapter, Page
from mangacolor.formats.sources import FileSource
from mangacolor.models.colour.segment_embedding import IDENTITY, embedding_path
from mangacolor.models.files.reading import weights_path
from mangacolor.pipeline.engine.single_page import PageRunner
from mangacolor.pipeline.events import Event, RunResult, Warned
from mangacolor.pipeline.plan import plan_run
from mangacolor.pipeline.series import SeriesMemory
from mangacolor.tests.helpers.stages import comic_page, tiny_weights


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def chapters(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folders = []
    for chapter in range(2):
        folder = tmp_path_factory.mktemp(f"ch{chapter}")
        for number in range(2):
            page = comic_page(620 + 8 * number + 40 * chapter)
            PilImage.fromarray(page).save(folder / f"{number}.png")
        folders.append(folder)
    return folders


def settings(weights: Path, series: Path | None) -> dict[str, Any]:
    given = {"series": str(series)} if series else {}
    return {"weights": str(weights), "scale": "1", "upscaler": "lanczos", "device": "cpu", **given}


def go(
    source: Path, out: Path, weights: Path, series: Path | None, **options: Any
) -> tuple[RunResult, list[str]]:
    told: list[Event] = []
    result = colorize_chapter(source, out, listener=told.append, **settings(weights, series), **options)
    return result, [event.message for event in told if isinstance(event, Warned)]


def pages(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(out.glob("*.png"))}


def test_chapters_share_a_file_and_stay_as_they_are(
    chapters: list[Path], weights: Path, tmp_path: Path
) -> None:
    series = tmp_path / "naruto.series"
    first, second = tmp_path / "out1", tmp_path / "out2"
    assert go(chapters[0], first, weights, series)[0].done == 2
    seen = len(np.unique(SeriesMemory.open(series)._content.arrays["page"]))
    assert go(chapters[1], second, weights, series)[0].done == 2
    assert len(np.unique(SeriesMemory.open(series)._content.arrays["page"])) == seen + 2 == 4
    before, remembered = (pages(first), pages(second)), series.read_bytes()
    for source, out in zip(chapters, (first, second), strict=True):  # the first, too, which knew less
        result, notes = go(source, out, weights, series)
        assert (result.cached, result.stages_run, result.network_calls, notes) == (2, 0, 0, [])
        plan = plan_run([source], out, Options(**settings(weights, series)), RunOptions())
        assert all(page.up_to_date for page in plan.pages)
    assert (pages(first), pages(second)) == before and series.read_bytes() == remembered


def test_a_chapter_that_is_decided_again_comes_out_the_same(
    chapters: list[Path], weights: Path, tmp_path: Path
) -> None:
    series = tmp_path / "s"
    go(chapters[0], tmp_path / "out", weights, series)
    before = pages(tmp_path / "out")
    result, _ = go(chapters[0], tmp_path / "out", weights, series, force=True)
    assert result.done == 2 and pages(tmp_path / "out") == before


def test_without_a_series_keys_are_what_they_are(chapters: list[Path], weights: Path, tmp_path: Path) -> None:
    go(chapters[0], tmp_path / "out", weights, None)
    result, _ = go(chapters[0], tmp_path / "out", weights, None, harmonize=True)
    assert result.stages_run == 0
    result, _ = go(chapters[0], tmp_path / "out", weights, tmp_path / "s")
    assert result.network_calls == 0 and (tmp_path / "s").exists()  # decided again from what the network gave


def test_other_weights_are_told_of(chapters: list[Path], weights: Path, tmp_path: Path) -> None:
    series = tmp_path / "s"
    go(chapters[0], tmp_path / "out", weights, series)
    (tmp_path / "w").mkdir()
    other = tmp_path / "w" / "other.safetensors"
    data = bytearray(tiny_weights(tmp_path / "w").read_bytes())
    data[-1] ^= 1
    other.write_bytes(data)
    result, notes = go(chapters[0], tmp_path / "out2", other, series)
    assert result.done == 2
    assert [note for note in notes if "another colour network" in note and "s.other-weights" in note]
    assert (tmp_path / "s.other-weights").exists()


def test_an_identity_embedding_that_comes_later_puts_nothing_aside(
    chapters: list[Path], tmp_path: Path
) -> None:
    weights = tmp_path / "mine.safetensors"
    shutil.copy(weights_path("default"), weights)
    shutil.copy(embedding_path("default"), embedding_path(weights))
    series, out = tmp_path / "s", tmp_path / "out"
    go(chapters[0], out, weights, series)
    before, arrays = pages(out), SeriesMemory.open(series)._content.arrays
    shutil.copy(embedding_path("default", IDENTITY), embedding_path(weights, IDENTITY))
    result, notes = go(chapters[0], out, weights, series)
    assert result.network_calls and not notes and pages(out) == before
    now = SeriesMemory.open(series)._content.arrays
    assert len(now["page"]) and {name: now[name].tolist() for name in now} == {
        name: arrays[name].tolist() for name in arrays
    }


def test_pages_alone_and_chapters_share_one_memory(
    chapters: list[Path], weights: Path, tmp_path: Path
) -> None:
    memory = SeriesMemory.open(tmp_path / "s")
    options = Options(**settings(weights, None))
    counts, runner = [], PageRunner()
    for path in sorted(chapters[0].iterdir()):
        page = Page(path.name, 1, FileSource(path))
        made = runner.run(page, Chapter("", (page,)), options, until="reassemble", memory=memory)
        assert "harmonize" not in made or made["harmonize"].data["windows"]
        counts.append(len(np.unique(SeriesMemory.open(tmp_path / "s")._content.arrays["page"])))
    assert counts == [1, 2]
    assert go(chapters[1], tmp_path / "out", weights, tmp_path / "s")[0].done == 2
    grey = np.asarray(PilImage.open(path))
    colorize_page(grey, **settings(weights, tmp_path / "t"))
    assert (tmp_path / "t").exists()


def test_no_harmonize_and_pages_leave_it_alone(chapters: list[Path], weights: Path, tmp_path: Path) -> None:
    go(chapters[0], tmp_path / "out", weights, tmp_path / "s", harmonize=False)
    go(chapters[0], tmp_path / "out2", weights, tmp_path / "s", pages="1")
    assert not (tmp_path / "s").exists()


def test_the_command_refuses_a_file_that_is_none(
    chapters: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UsageError, match="is no memory of a series"):
        colorize_chapter(chapters[0], tmp_path / "out", series=str(chapters[0] / "0.png"))
    arguments = [str(chapters[0]), "--out", str(tmp_path / "out"), "--series", str(chapters[0] / "0.png")]
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    error = capsys.readouterr().err
    assert "is no memory of a series" in error and "Name another file" in error


def test_the_command_plans_with_a_series_and_writes_nothing(
    chapters: list[Path], weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["plan", str(chapters[0]), "--out", str(tmp_path / "out"), "--weights", str(weights)]
    with pytest.raises(SystemExit, match="0"):
        main([*arguments, "--series", str(tmp_path / "s")])
    assert capsys.readouterr().out and not list(tmp_path.iterdir())
