"""``mangacolor export`` of a chapter whose palette has been changed since it was coloured."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import pytest

from mangacolor import cli
from mangacolor.pipeline.chapter_pages import kept_chapters
from mangacolor.pipeline.decisions import find_waiting
from mangacolor.pipeline.store.store import read_store
from mangacolor.tests.helpers.edited_chapters import RED, TONE, colour, palette, write_pages

NOT_YET = "the palette has been changed since the pages were coloured; to take that over: "


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main([*map(str, arguments)])
    return int(ended.value.code or 0)


@pytest.fixture
def out(folder: Path) -> Path:
    return folder / "out"


def said_of_edits(out: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The command that colours them, if it is said."""
    capsys.readouterr()
    assert run("export", out, "--force") == 0
    found = [line for line in capsys.readouterr().err.splitlines() if line.startswith(NOT_YET)]
    return found[0].removeprefix(NOT_YET) if found else ""


def edit(out: Path) -> None:
    assert palette(out, "--at", f"1.png:{TONE}", "--colour", RED, "--reach", "page").status == 0


def test_edits_that_are_not_coloured_in_are_said_with_the_command_that_does_it(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not said_of_edits(out, capsys)
    edit(out)
    command = said_of_edits(out, capsys)
    assert run("export", out, "--force", "--json") == 0
    assert json.loads(capsys.readouterr().out)["edits_to_colour"] == ["."]
    before = (out / "1.png").read_bytes()
    program, *arguments = shlex.split(command)
    assert program == "mangacolor" and run(*arguments) == 0  # with the options of the run before
    assert not said_of_edits(out, capsys) and (out / "1.png").read_bytes() != before
    assert palette(out, "--undo").status == 0
    assert said_of_edits(out, capsys) == command
    assert run(*arguments) == 0
    assert not said_of_edits(out, capsys) and (out / "1.png").read_bytes() == before


def test_the_command_colours_nothing_anew_that_was_made_with_a_relative_path(
    out: Path,
    coloured: Path,
    weights: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(weights.parent)
    assert colour(coloured / "in", out, Path(weights.name)).network_calls == 0  # not its path
    edit(out)
    _, *arguments = shlex.split(said_of_edits(out, capsys))
    assert run(*arguments, "--json") == 0
    done = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert done["done"] and done["network_calls"] == 0


def test_the_command_holds_whatever_the_file_and_the_environment_say(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(out)
    plain = said_of_edits(out, capsys)
    assert "--saturation" not in plain and "--batch" not in plain
    monkeypatch.chdir(tmp_path)
    Path("mangacolor.toml").write_text('scale = "2"\nbatch = 3\nharmonize = false\nreport = true\n')
    monkeypatch.setenv("MANGACOLOR_LEVELS", "auto")
    told = shlex.split(said_of_edits(out, capsys))
    assert "--harmonize" in told and "--report" not in told
    for option, value in (("--scale", "1"), ("--batch", "8"), ("--levels", "off")):
        assert told[told.index(option) + 1] == value
    Path("mangacolor.toml").write_text("force-color = true\n")  # there are no words against it
    assert said_of_edits(out, capsys) == "colour again as before"


def test_where_the_input_is_gone_no_command_is_said(
    coloured: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(out)
    (coloured / "in").rename(coloured / "elsewhere")
    try:
        assert said_of_edits(out, capsys) == "colour again as before"
    finally:
        (coloured / "elsewhere").rename(coloured / "in")


def test_an_edit_that_was_taken_back_need_not_be_coloured(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(out)
    assert palette(out, "--undo").status == 0
    assert not said_of_edits(out, capsys)


def test_a_run_of_some_pages_leaves_the_others_to_be_coloured(
    coloured: Path, out: Path, weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(out)
    colour(coloured / "in", out, weights, pages="1")
    assert said_of_edits(out, capsys)


def test_edits_that_a_run_failed_to_colour_in_wait_still(
    coloured: Path,
    out: Path,
    weights: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    edit(out)

    def fail(*_: object) -> None:
        raise ValueError("no colours today")

    with monkeypatch.context() as broken:
        broken.setattr("mangacolor.stages.edits.stage.locate_edits", fail)
        assert colour(coloured / "in", out, weights).status == 0
    assert said_of_edits(out, capsys)
    assert colour(coloured / "in", out, weights).done
    assert not said_of_edits(out, capsys)


def palette_with_another_edit(out: Path) -> bytes:
    """The palette as somebody saves it by hand while a run is under way; here it is put back."""
    file = out / ".mangacolor/palette.json"
    before = file.read_bytes()
    edit(out)
    later = file.read_bytes()
    file.write_bytes(before)
    return later


@pytest.mark.parametrize(
    ("edited", "moment"),
    [
        (True, "mangacolor.stages.edits.stage.resolve_edits"),  # the stage has read it
        (True, "mangacolor.pipeline.run.copy_extras"),  # all pages are made
        (False, "mangacolor.pipeline.run.copy_extras"),  # and nothing waited for the palette
    ],
)
def test_an_edit_that_comes_after_a_run_has_read_the_palette_waits_for_the_next_run(
    coloured: Path,
    out: Path,
    weights: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    edited: bool,
    moment: str,
) -> None:
    if edited:
        assert palette(out, "--at", f"0.png:{TONE}", "--colour", "blue", "--reach", "page").status == 0
    later, goes_on = palette_with_another_edit(out), resolve_name(moment)

    def save(*arguments: Any, **named: Any) -> Any:
        (out / ".mangacolor/palette.json").write_bytes(later)
        return goes_on(*arguments, **named)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(moment, save)
        assert colour(coloured / "in", out, weights).status == 0
    before = (out / "1.png").read_bytes()
    assert said_of_edits(out, capsys)
    assert colour(coloured / "in", out, weights).status == 0
    assert not said_of_edits(out, capsys) and (out / "1.png").read_bytes() != before


def test_an_edit_that_is_saved_while_groups_are_found_is_not_lost(
    coloured: Path,
    out: Path,
    weights: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    later = palette_with_another_edit(out)
    goes_on = resolve_name("mangacolor.stages.harmonize.stage.colour_groups")

    def save(*arguments: Any) -> Any:
        (out / ".mangacolor/palette.json").write_bytes(later)
        return goes_on(*arguments)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("mangacolor.stages.harmonize.stage.colour_groups", save)
        assert colour(coloured / "in", out, weights, start="harmonize").status == 0
    assert (out / ".mangacolor/palette.json").read_bytes() == later
    assert colour(coloured / "in", out, weights).status == 0
    assert not said_of_edits(out, capsys)
    palette_now = json.loads((out / ".mangacolor/palette.json").read_text())
    assert len(palette_now["log"]) == 1


def test_where_a_page_failed_from_the_first_run_on_edits_are_known_to_wait(
    tmp_path: Path, weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, pages = tmp_path / "colours", write_pages(tmp_path / "pages", 2)
    whole = (pages / "0.png").read_bytes()
    (pages / "0.png").write_bytes(b"torn")
    assert colour(pages, out, weights).status == 1
    capsys.readouterr()
    assert run("export", out, "--force") == 1 and NOT_YET not in capsys.readouterr().err
    edit(out)
    assert colour(pages, out, weights).status == 1
    assert run("export", out, "--force") == 1 and NOT_YET in capsys.readouterr().err
    store = read_store(out)
    chapters = kept_chapters(store).values()
    assert find_waiting(store, chapters)[0] and not find_waiting(store, chapters, untried=True)[0]
    assert palette(out, "--at", f"1.png:{TONE}", "--colour", "blue", "--reach", "page").status == 0
    assert find_waiting(store, chapters, untried=True)[0]
    (pages / "0.png").write_bytes(whole)
    assert colour(pages, out, weights).status == 0
    assert not said_of_edits(out, capsys)


def test_a_chapter_of_an_earlier_version_is_not_complained_of(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(out)
    (out / ".mangacolor/chapters/coloured.json").unlink()
    assert not said_of_edits(out, capsys)


def test_a_damaged_palette_is_told_and_the_book_made(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (out / ".mangacolor/palette.json").write_text("{")
    assert run("export", out, "--json") == 0
    said = capsys.readouterr()
    assert "palette.json: is no JSON" in said.err and "Mend the file" in said.err
    document = json.loads(said.out)
    assert document["damaged_palettes"] == ["."] and not document["edits_to_colour"]
    assert document["files"][0]["pages"] == 3


def test_a_damaged_palette_hides_no_edits_of_other_chapters(
    tmp_path: Path, weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pages, out = write_pages(tmp_path / "pages", 1), tmp_path / "colours"
    for name in ("a", "b"):
        write_pages(pages / name, 1)
    colour(pages, out, weights)
    assert palette(out, "--at", f"b/0.png:{TONE}", "--colour", RED, "--reach", "page").status == 0
    assert "has no chapter c\n  There are: " in palette(out, "--at", "c/0.png:1,1", "--colour", RED).err
    assert palette(out, "--chapter", ".", "--at", f"0.png:{TONE}", "--colour", RED).status == 0
    (damaged,) = out.glob(".mangacolor/**/a/palette.json")
    damaged.write_text("{")
    capsys.readouterr()
    assert run("export", out, "--to", tmp_path / "books/") == 0
    said = capsys.readouterr().err
    assert "a/palette.json: is no JSON" in said
    assert "the palette of . (OUT itself), b has been changed since the pages were coloured;" in said
    assert run("export", out, "--to", tmp_path / "books/", "--force", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["edits_to_colour"] == [".", "b"] and document["damaged_palettes"] == ["a"]


def test_a_lock_is_told_as_a_change_of_the_palette(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert palette(out, "--lock").status == 0
    assert said_of_edits(out, capsys)
