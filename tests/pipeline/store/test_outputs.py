"""What lies in OUT: whose it is, what is left alone, and what is moved aside when its source is gone."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mangacolor.core.errors import UsageError
from mangacolor.core.settings import Options, RunOptions
from mangacolor.pipeline.events import Event, FileRemoved, PageDone, PageFailed, RunResult, Warned
from mangacolor.pipeline.plan import plan_run
from mangacolor.pipeline.report.details import detail_lines
from mangacolor.pipeline.run import run
from mangacolor.pipeline.store.layout import State
from mangacolor.tests.helpers.fake_stages import House, go, write_page


@pytest.fixture(params=[False, True], ids=["one pass", "two passes"])
def house(request: pytest.FixtureRequest) -> House:
    return House(moody=request.param)


def folder(path: Path, *numbers: int) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        write_page(path / f"{number}.png", number + sum(map(ord, str(path.name))))
    return path


def book(path: Path, *numbers: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = folder(path.with_name(path.name + " pages"), *numbers)
    with zipfile.ZipFile(path, "w") as archive:
        for number in numbers:
            archive.write(scratch / f"{number}.png", f"{number}.png")
    shutil.rmtree(scratch)
    return path


def there(out: Path) -> dict[str, bytes]:
    """All that a reader finds in OUT."""
    state = State(out).folder
    found = (path for path in sorted(out.rglob("*")) if path.is_file() and state not in path.parents)
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in found}


def aside(out: Path) -> list[str]:
    place = State(out).removed
    return sorted(path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file())


def both(house: House, inputs: list[Path], out: Path, **given: object) -> tuple[RunResult, list[Event]]:
    """A run of several inputs."""
    events: list[Event] = []
    options = RunOptions(**given)  # type: ignore[arg-type]
    result = run(inputs, out, Options(device="cpu"), options, graph=house.graph(), emit=events.append)
    return result, events


def told(result: RunResult) -> str:
    return "\n".join(detail_lines(result.details))


# -- whose it is


def test_another_input_is_refused_before_any_work(house: House, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first, second = book(tmp_path / "a" / "ch1.cbz", 1, 2), book(tmp_path / "b" / "ch1.cbz", 3, 4)
    go(house, first, out)
    before, calls = there(out), dict(house.calls)
    with pytest.raises(UsageError, match="made from another input") as refused:
        go(house, second, out)
    assert str(first) in refused.value.message and str(second) in refused.value.message
    assert "--force" in refused.value.remedy and str(out / "b") in refused.value.remedy
    with pytest.raises(UsageError, match="made from another input"):
        plan_run([second], out, Options(), RunOptions(), house.graph())
    assert (there(out), dict(house.calls)) == (before, calls)
    assert go(house, first, out)[0].cached == 2
    result, _ = go(house, second, out, force=True)
    assert result.done == 2 and there(out)["ch1.cbz"] != before["ch1.cbz"]
    with pytest.raises(UsageError, match="made from another input"):
        go(house, first, out)  # it is the other's now


def test_pages_of_another_folder_are_refused_by_any_spelling(house: House, tmp_path: Path) -> None:
    out = tmp_path / "out"
    go(house, folder(tmp_path / "ch1", 1, 2), out)
    other = folder(tmp_path / "ch2", 2, 3)
    (other / "2.png").rename(other / "2.PNG")
    with pytest.raises(UsageError, match=r"2\.PNG was made from another input"):
        go(house, other, out)
    result, _ = go(house, other, out, pages="2")  # 3.png, which is nobody's
    assert result.done == 1 and set(there(out)) == {"1.png", "2.png", "3.png"}


def test_a_library_that_was_moved_is_known_again(house: House, tmp_path: Path) -> None:
    out, library = tmp_path / "out", tmp_path / "library"
    folder(library / "ch1", 1, 2)
    book(library / "ch2.cbz", 3)
    go(house, library, out)
    moved = tmp_path / "elsewhere" / "library"
    shutil.copytree(library, moved)  # with time stamps
    shutil.rmtree(library)
    result, _ = go(house, moved, out)
    assert (result.status, result.cached, aside(out)) == (0, 3, [])


def test_part_of_a_tree_takes_nothing_away_from_the_tree(house: House, tmp_path: Path) -> None:
    out, tree = tmp_path / "out", tmp_path / "tree"
    folder(tree / "ch1", 1, 2)
    book(tree / "ch2.cbz", 3)
    go(house, tree, out)
    before = there(out)
    result, _ = go(house, tree / "ch2.cbz", out)
    assert result.cached == 1 and there(out) == before
    go(house, tree / "ch1", out)
    assert there(out).items() >= before.items() and not aside(out)
    (tree / "ch2.cbz").unlink()
    go(house, tree, out)
    assert aside(out) == ["ch2.cbz"]  # it stayed the tree's


def test_a_file_carried_along_is_not_written_over_anothers(house: House, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first, second = folder(tmp_path / "a", 1), folder(tmp_path / "b", 2)
    (first / "notes.txt").write_text("first")
    (second / "notes.txt").write_text("second, and longer")
    go(house, first, out)
    result, events = go(house, second, out)
    assert result.status == 0 and there(out)["notes.txt"] == b"first"
    assert [event.page for event in events if isinstance(event, Warned)] == ["notes.txt"]


def test_a_ledger_that_is_damaged_or_missing_costs_no_page(house: House, tmp_path: Path) -> None:
    out, source = tmp_path / "out", folder(tmp_path / "in", 1, 2)
    go(house, source, out)
    ledger = State(out).folder / "outputs.json"
    for content in ('{"1.png": {"input"', '["1.png"]', '{"1.png": 3, "2.png": {"colour": "red"}}', None):
        if content is None:
            ledger.unlink()  # as an earlier version leaves OUT
        else:
            ledger.write_text(content)
        result, _ = go(house, source, out)
        assert (result.cached, result.left, aside(out)) == (2, 0, [])
        assert json.loads(ledger.read_text()).keys() == {"1.png", "2.png"}


def test_a_gone_page_of_an_earlier_version_is_known_by_its_source(house: House, tmp_path: Path) -> None:
    out, source = tmp_path / "out", folder(tmp_path / "in", 1, 2)
    go(house, source, out)
    (State(out).folder / "outputs.json").unlink()
    (source / "2.png").unlink()
    go(house, source, out)
    assert (set(there(out)), aside(out)) == ({"1.png"}, ["2.png"])


def test_a_file_in_the_place_of_a_folder_is_told_before_any_work(house: House, tmp_path: Path) -> None:
    out, tree = tmp_path / "out", tmp_path / "tree"
    folder(tree / "ch1", 1)
    out.mkdir()
    (out / "ch1").write_text("mine")
    for force in (False, True):
        with pytest.raises(UsageError, match=r"is a file, and .* needs a folder"):
            go(house, tree, out, force=force)
    assert not house.calls


# -- what somebody has changed


@pytest.mark.parametrize("options", [{}, {"scale": "2"}, {"start": "tint"}, {"on_error": "copy"}])
def test_a_changed_page_is_left_whatever_is_asked(
    house: House, options: dict[str, Any], tmp_path: Path
) -> None:
    out, source = tmp_path / "out", folder(tmp_path / "in", 1, 2, 3)
    go(house, source, out)
    (out / "2.png").write_bytes(b"mine")
    result, events = go(house, source, out, **options)
    assert (result.status, result.left, there(out)["2.png"]) == (0, 1, b"mine")
    assert [e.page for e in events if isinstance(e, PageDone) and e.outcome == "left"] == ["2.png"]
    assert told(result) == "  left, changed since mangacolor wrote it: 2.png (--force replaces it)"


def test_the_others_do_not_move_when_a_page_is_left(tmp_path: Path) -> None:
    house, out, source = House(moody=True), tmp_path / "out", folder(tmp_path / "in", 1, 2, 3)
    go(house, source, out)
    before, seen = there(out), len(house.seen)
    (out / "2.png").write_bytes(b"mine")
    result, _ = go(house, source, out)
    assert (result.cached, result.stages_run, len(house.seen)) == (3, 0, seen)
    assert there(out) == {**before, "2.png": b"mine"}


def test_a_changed_page_that_was_copied_is_left(house: House, tmp_path: Path) -> None:
    out, source = tmp_path / "out", folder(tmp_path / "in", 1, 2)
    cv2.imwrite(str(source / "2.png"), np.full((8, 8, 3), 255, np.uint8))
    go(house, source, out)
    (out / "2.png").write_bytes(b"mine")
    result, _ = go(house, source, out)
    assert (result.copied, result.left, there(out)["2.png"]) == (0, 1, b"mine")


def test_a_changed_archive_is_left_and_costs_no_work(house: House, tmp_path: Path) -> None:
    out, source = tmp_path / "out", book(tmp_path / "x.cbz", 1, 2)
    go(house, source, out)
    with zipfile.ZipFile(out / "x.cbz", "a") as archive:
        archive.writestr("ComicInfo.xml", "<ComicInfo/>")  # as a tagger does
    tagged = there(out)
    house.calls.clear()
    result, _ = go(house, source, out, scale="2")
    assert (result.status, result.left, there(out), dict(house.calls)) == (0, 2, tagged, {})
    assert "x.cbz (2 pages)" in told(result)
    plan = plan_run([source], out, Options(), RunOptions(), house.graph())
    assert [page.left for page in plan.pages] == [True, True]
    go(house, source, out, force=True)
    assert there(out) != tagged


def test_a_foreign_archive_is_never_packed_over(house: House, tmp_path: Path) -> None:
    out, source = tmp_path / "out", book(tmp_path / "x.cbz", 1, 2)
    out.mkdir()
    (out / "x.cbz").write_bytes(b"mine")
    for on_error in ("skip", "copy"):
        result, events = go(house, source, out, on_error=on_error)
        assert (result.status, there(out)) == (3, {"x.cbz": b"mine"})
        failure = next(event for event in events if isinstance(event, PageFailed))
        assert "x.cbz is in the output folder" in failure.error and str(source) in failure.error


def test_a_changed_file_that_was_carried_along_is_left(house: House, tmp_path: Path) -> None:
    out, source = tmp_path / "out", folder(tmp_path / "in", 1)
    (source / "notes.txt").write_text("theirs")
    go(house, source, out)
    (out / "notes.txt").write_text("mine")
    (source / "notes.txt").write_text("theirs, second edition")
    _, events = go(house, source, out)
    assert there(out)["notes.txt"] == b"mine"
    assert any("changed since" in event.message for event in events if isinstance(event, Warned))
    go(house, source, out, force=True)
    assert there(out)["notes.txt"] == b"theirs, second edition"


# -- what the input gives no more


def test_removed_and_renamed_pages_are_moved_aside_once(house: House, tmp_path: Path) -> None:
    out, source = tmp_path / "out", folder(tmp_path / "in", 1, 2, 3)
    go(house, source, out)
    (source / "2.png").unlink()
    (source / "3.png").rename(source / "4.png")
    go(house, source, out, pages="1")  # a selection says nothing of the others
    go(house, source, out, until="tint")
    assert set(there(out)) == {"1.png", "2.png", "3.png"}
    result, _ = go(house, source, out, keep_removed=True)
    assert set(there(out)) == {"1.png", "2.png", "3.png", "4.png"}
    assert told(result) == "  kept, though not in the input any more (--keep-removed): 2.png, 3.png"
    result, events = go(house, source, out)
    assert (set(there(out)), aside(out)) == ({"1.png", "4.png"}, ["2.png", "3.png"])
    moves = {e.file: e.moved_to for e in events if isinstance(e, FileRemoved)}
    assert moves == {name: f".mangacolor/removed/{name}" for name in ("2.png", "3.png")}
    result, events = go(house, source, out)
    assert result.cached == 2 and not any(isinstance(event, FileRemoved) for event in events)
    write_page(source / "2.png", 77)
    go(house, source, out)
    (source / "2.png").unlink()
    go(house, source, out)
    assert aside(out) == ["2 (2).png", "2.png", "3.png"]  # nothing is overwritten there


def test_what_is_not_ours_or_not_any_more_stays(house: House, tmp_path: Path) -> None:
    out, source = tmp_path / "out", folder(tmp_path / "in", 1, 2)
    go(house, source, out)
    (out / "mine.png").write_bytes(b"mine")
    (out / "2.png").write_bytes(b"retouched")
    (source / "2.png").unlink()
    result, _ = go(house, source, out)
    assert there(out).keys() == {"1.png", "2.png", "mine.png"} and not aside(out)
    assert "kept, though not in the input any more (changed since mangacolor wrote it): 2.png" in told(result)


def test_other_inputs_keep_their_pages(house: House, tmp_path: Path) -> None:
    out = tmp_path / "out"
    one, two = folder(tmp_path / "one", 1), folder(tmp_path / "two", 2)
    both(house, [one, two], out)
    both(house, [one, folder(tmp_path / "three", 3)], out)
    shutil.rmtree(two)
    both(house, [one, tmp_path / "three"], out)
    assert set(there(out)) == {"one/1.png", "two/2.png", "three/3.png"} and not aside(out)


def test_a_chapter_that_is_gone_goes_with_its_folder(house: House, tmp_path: Path) -> None:
    out, tree = tmp_path / "out", tmp_path / "tree"
    folder(tree / "ch1", 1, 2)
    (folder(tree / "ch2", 3) / "credits.txt").write_text("thanks")
    book(tree / "x.cbz", 4)
    go(house, tree, out)
    (tree / "ch2").rename(tree / "ch3")
    (tree / "x.cbz").rename(tree / "y.cbz")
    result, _ = go(house, tree, out)
    assert result.status == 0 and not (out / "ch2").exists()
    assert set(there(out)) == {"ch1/1.png", "ch1/2.png", "ch3/3.png", "ch3/credits.txt", "y.cbz"}
    assert aside(out) == ["ch2/3.png", "ch2/credits.txt", "x.cbz"]
    waiting = list(State(out).finished.rglob("*.png"))
    assert waiting == [State(out).finished / "y.cbz" / "4.png"]


def test_an_archive_that_cannot_be_read_today_keeps_its_pages(house: House, tmp_path: Path) -> None:
    out, tree = tmp_path / "out", tmp_path / "tree"
    folder(tree / "ch1", 1)
    book(tree / "x.cbz", 2, 3)
    for form in ("same", "folder"):
        go(house, tree, out, output_form=form)
    before, whole = there(out), (tree / "x.cbz").read_bytes()
    (tree / "x.cbz").write_bytes(whole[:30])
    for form in ("same", "folder"):
        assert go(house, tree, out, output_form=form)[0].status == 1
    assert there(out) == before and not aside(out)


def test_forms_of_one_book_stay_side_by_side(house: House, tmp_path: Path) -> None:
    out, source = tmp_path / "out", book(tmp_path / "x.cbz", 1, 2)
    for form in ("same", "folder", "pdf", "same", "folder"):
        go(house, source, out, output_form=form)
    assert set(there(out)) == {"x.cbz", "x.pdf", "x/1.png", "x/2.png"} and not aside(out)


def test_forms_of_one_folder_stay_side_by_side(house: House, tmp_path: Path) -> None:
    pages, out = folder(tmp_path / "ch1", 1, 2), tmp_path / "out"
    forms: list[tuple[Any, list[str]]] = [("cbz", ["ch1.cbz"]), ("pdf", ["ch1.pdf"]), ("folder", [])]
    both(house, [pages], out)
    files = ["1.png", "2.png"]
    for form, made in forms:
        files += made
        result, _ = both(house, [pages], out, output_form=form)
        assert sorted(there(out)) == sorted(files) and aside(out) == []
        assert "aside" not in told(result)
    (pages / "2.png").unlink()
    both(house, [pages], out, output_form="cbz")
    assert aside(out) == ["2.png"]


# -- names


def test_members_of_a_tree_are_kept_apart_and_stay_so(house: House, tmp_path: Path) -> None:
    out, tree = tmp_path / "out", tmp_path / "tree"
    book(tree / "mine.cbz", 1)
    book(tree / "mine.zip", 2).rename(tree / "mine.cbr")  # a ZIP by its content
    folder(tree / "Vol", 3)
    folder(tree / "vol", 4)
    result, events = go(house, tree, out)
    names = {"mine.cbz", "mine (cbr).cbz", "Vol/3.png", "vol (2)/4.png"}
    assert (result.status, set(there(out))) == (0, names)
    notes = [event.message for event in events if isinstance(event, Warned)]
    assert any("mine.cbr: written as mine (cbr).cbz, since mine.cbz is taken" in note for note in notes)
    before = there(out)
    result, _ = go(house, tree, out)
    assert (result.cached, there(out)) == (4, before)


def test_a_name_that_comes_free_is_taken_and_the_other_moved(house: House, tmp_path: Path) -> None:
    out, tree = tmp_path / "out", tmp_path / "tree"
    book(tree / "mine.cbz", 1)
    book(tree / "mine.zip", 2).rename(tree / "mine.cbr")
    go(house, tree, out)
    (tree / "mine.cbz").unlink()
    result, _ = go(house, tree, out)
    assert (result.status, set(there(out)), aside(out)) == (0, {"mine.cbz"}, ["mine (cbr).cbz"])
    with zipfile.ZipFile(out / "mine.cbz") as archive:
        assert archive.namelist() == ["2.png"]


def test_a_run_of_some_pages_says_nothing_of_the_files_beside_them(house: House, tmp_path: Path) -> None:
    series, out = tmp_path / "series", tmp_path / "out"
    for name in ("one", "two"):
        (folder(series / name, 1, 2) / "notes.txt").write_text(name)
    events: list[Event] = []
    options, only = Options(device="cpu"), {"one/1.png", "one/2.png"}
    run([series], out, options, RunOptions(), graph=house.graph(), emit=events.append, only=only)
    assert there(out).keys() == only and not [event for event in events if isinstance(event, Warned)]
    go(house, series, out)
    assert there(out)["one/notes.txt"] == b"one" and there(out)["two/notes.txt"] == b"two"
