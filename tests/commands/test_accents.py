"""Pages whose names have their accents apart, as macOS writes them, named as a keyboard does, and so on."""

from __future__ import annotations

import json
import unicodedata
import zipfile
from pathlib import Path

import pytest

from mangacolor.cli import main
from mangacolor.core.settings import Options, RunOptions
from mangacolor.pipeline.plan import plan_run
from mangacolor.pipeline.run import run
from mangacolor.pipeline.store.corrections import correction_file
from mangacolor.pipeline.store.layout import State
from mangacolor.tests.helpers.edited_chapters import RED, TONE, colour, palette, write_pages

WHOLE = unicodedata.normalize("NFC", "Café ガ.png")
APART = unicodedata.normalize("NFD", WHOLE)


@pytest.fixture(scope="module", params=[(APART, WHOLE), (WHOLE, APART)], ids=["apart", "whole"])
def named(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, weights: Path) -> Path:
    """A folder with an archive and ``out``, and ``typed`` with the name as people type it."""
    folder = tmp_path_factory.mktemp("accents")
    pages = write_pages(folder / "pages", 2)
    with zipfile.ZipFile(folder / "a.cbz", "w") as archive:
        for page, name in ((pages / "0.png", request.param[0]), (pages / "1.png", "z.png")):
            archive.write(page, name)
    (folder / "typed").write_text(request.param[1], encoding="utf-8")
    colour(folder / "a.cbz", folder / "out", weights)
    return folder


def typed(named: Path) -> str:
    return (named / "typed").read_text(encoding="utf-8")


def page_of(named: Path) -> str:
    return APART if typed(named) == WHOLE else WHOLE


def test_a_run_takes_pages_and_hints_by_such_names(named: Path, weights: Path, tmp_path: Path) -> None:
    hints = tmp_path / "hints.json"
    hints.write_text(json.dumps([{"page": f"a.cbz/{typed(named)}", "x": 100, "y": 100, "colour": RED}]))
    options = Options(weights=str(weights), device="cpu", hints=str(hints))
    chosen = RunOptions(pages=typed(named), until="decode")
    result = run([named / "a.cbz"], tmp_path / "out", options, chosen, emit=lambda _: None)
    assert (result.status, result.done) == (0, 1)


def test_a_point_of_the_palette_lies_on_it(named: Path) -> None:
    answer = palette(named / "out", "--at", f"{typed(named)}:{TONE}", "--colour", RED, "--json")
    assert answer.status == 0, answer.err
    assert f"a.cbz/{page_of(named)}" in answer.document["edits"][0]["pages"]


def test_inspect_shows_it(named: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["inspect", str(named / "out"), "--page", typed(named)])
    assert ended.value.code == 0
    assert page_of(named) in Path(capsys.readouterr().out.strip()).read_text(encoding="utf-8")


def test_its_panels_are_corrected_by_a_file_of_such_a_name(named: Path, tmp_path: Path) -> None:
    folder = tmp_path / "edits"
    file = folder / "a.cbz" / f"{Path(typed(named)).stem}.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"panels": [[20, 20, 200, 200]]}))
    page = f"a.cbz/{page_of(named)}"
    assert correction_file(State(named / "out"), folder, page) == file
    assert correction_file(State(named / "out"), folder, "a.cbz/é.png") == folder / "a.cbz" / "é.json"
    planned = plan_run([named / "a.cbz"], named / "out", Options(), RunOptions(edits=folder))
    assert {row.page: bool(row.to_run) for row in planned.pages}[page]
