"""What is kept of a run: by it a chapter is coloured again without its command line."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from mangacolor.cli import main
from mangacolor.core.errors import InputError, PageError
from mangacolor.core.hashing import sha256_of
from mangacolor.core.settings import Options, RunOptions
from mangacolor.pipeline.store.last_run import OF_ONE_RUN, Failure, LastRun, read_last_run, write_last_run
from mangacolor.pipeline.store.layout import State
from mangacolor.tests.helpers.fake_stages import House, files, go


def last(out: Path) -> LastRun:
    found = read_last_run(State(out))
    assert found is not None
    return found


def test_a_run_is_kept_with_what_is_not_by_default(chapter: Path, tmp_path: Path) -> None:
    out = Path("out")
    assert read_last_run(State(out)) is None
    Path("mine").mkdir()
    (Path("mine") / "1.json").write_text("{}")
    Path("hints.json").write_text("[]", encoding="utf-8")
    given: dict[str, Any] = {
        "saturation": 1.5,
        "scale": "2",
        "hints": "hints.json",
        "edits": Path("mine"),
        "on_error": "skip",
    }
    go(House(), chapter, out, **given)
    told = last(out)
    assert told.inputs == (tmp_path / "in",)
    assert told.options == Options(
        saturation=1.5, scale="2", hints=str(tmp_path / "hints.json"), device="cpu"
    )
    assert told.run_options == RunOptions(edits=tmp_path / "mine", on_error="skip")
    document = json.loads((out / ".mangacolor" / "run.json").read_text())
    assert document["version"] == 1
    assert set(document["options"]) == {"saturation", "scale", "hints", "device"}
    assert set(document["run_options"]) == {"edits", "on_error"}
    go(House(), chapter, out)
    assert last(out) == LastRun((tmp_path / "in",), Options(device="cpu"))


def test_a_file_of_a_series_that_is_yet_to_be_made_is_kept_as_a_whole_path(
    chapter: Path, tmp_path: Path
) -> None:
    out = Path("out")
    go(House(), chapter, out, series="my.series")
    assert last(out).options.series == str(tmp_path / "my.series")


def test_what_one_run_was_told_for_itself_is_not_kept(chapter: Path) -> None:
    out = Path("out")
    go(House(), chapter, out, force=True, json=True, quiet=True, keep=True)
    assert last(out).run_options == RunOptions()
    before = files(out / ".mangacolor")["run.json"]
    go(House(), chapter, out, pages="1", saturation=2.0)
    go(House(), chapter, out, until="judge", saturation=2.0)
    assert files(out / ".mangacolor")["run.json"] == before
    assert {field.name for field in fields(RunOptions)} >= OF_ONE_RUN


def test_why_pages_failed_is_kept_until_they_are_made(chapter: Path) -> None:
    out, house = Path("out"), House()
    house.trouble["2.png"] = PageError("the page is odd", "Scan it again.")
    go(house, chapter, out)
    kept = {"2.png": Failure("the page is odd", "Scan it again.", sha256_of(chapter / "2.png"))}
    assert last(out).failures == kept
    path = State(out).folder / "run.json"
    document = json.loads(path.read_text())
    del document["failed_files"]  # as earlier versions wrote it
    path.write_text(json.dumps(document))
    assert last(out).failures == {"2.png": Failure("the page is odd", "Scan it again.")}
    house.trouble.clear()
    go(house, chapter, out)
    assert last(out).failures == {}


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"inputs": "in"},
        {"inputs": [3]},
        {"options": {"colour": 1}},
        {"options": {"batch": "many"}},
        {"options": {"scale": "3"}},
        {"options": {"harmonize": None}},
        {"run_options": {"until": "judge"}},
        {"failed": {"1.png": "odd"}},
        {"failed": {"1.png": ["odd", ""]}, "failed_files": "none"},
        None,
    ],
    ids=str,
)
def test_what_cannot_be_understood_is_said(tmp_path: Path, change: dict[str, object] | None) -> None:
    state = State(tmp_path)
    state.scratch.mkdir(parents=True)
    write_last_run(state, LastRun((tmp_path / "in",), Options(batch=4), RunOptions(spreads="auto")))
    path = state.folder / "run.json"
    document = json.loads(path.read_text())
    assert last(tmp_path).options == Options(batch=4)
    path.write_text("{" if change is None else json.dumps(document | change))
    with pytest.raises(InputError, match=r"run\.json: cannot be understood") as raised:
        read_last_run(state)
    assert "Colour the chapter again" in raised.value.remedy


def test_cleaning_keeps_it(chapter: Path) -> None:
    out = Path("out")
    go(House(), chapter, out)
    before = last(out)
    with pytest.raises(SystemExit):
        main(["clean", "out"])
    assert last(out) == before
