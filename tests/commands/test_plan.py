"""``mangacolor plan`` and ``mangacolor clean``."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import mangacolor.pipeline.plan
import mangacolor.pipeline.run
import mangacolor.pipeline.store.clean
from mangacolor.core.settings import OnError
from mangacolor.pipeline.store import cache
from mangacolor.pipeline.store.sealed import read_sealed
from mangacolor.tests.helpers.commands import exit_status
from mangacolor.tests.helpers.fake_stages import House, files, go, write_page


@pytest.fixture(params=[False, True], ids=["one pass", "two passes"])
def house(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> House:
    monkeypatch.chdir(tmp_path)
    house = House(moody=request.param)
    for module in (mangacolor.pipeline.run, mangacolor.pipeline.plan):
        monkeypatch.setattr(module, "graph_of", house.graph_of)
    monkeypatch.setattr(mangacolor.pipeline.store.clean, "guest_graph", house.graph)
    (tmp_path / "in").mkdir()
    for number in range(1, 4):
        write_page(tmp_path / "in" / f"{number}.png", number)
    return house


def plan(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    capsys.readouterr()
    assert exit_status("plan", "in", "--out", "out", "--json", *arguments) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def test_plan_of_an_untouched_chapter_is_everything_and_writes_nothing(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    found = plan(capsys)
    assert {row["stage"]: row["to_run"] for row in found["stages"]} == dict.fromkeys(house.graph().names, 3)
    assert not Path("out").exists()
    assert not house.calls


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_a_page_is_no_command_to_the_terminal(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    write_page(Path("in") / "b\x07.png", 4)
    assert exit_status("plan", "in", "--out", "out") == 0
    assert "  b\\x07.png: " in capsys.readouterr().out


@pytest.mark.parametrize("on_error", ["copy", "skip"])
def test_a_page_that_failed_keeps_no_other_waiting(
    on_error: OnError, house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("in/2.png").write_bytes(b"no picture")
    go(house, Path("in"), Path("out"), on_error=on_error)
    found = {page["page"]: page for page in plan(capsys)["pages"]}
    assert found["1.png"]["up_to_date"] and found["3.png"]["up_to_date"]
    assert "not an image" in found["2.png"]["failed"] and found["2.png"]["to_run"][0] == "decode"
    assert exit_status("plan", "in", "--out", "out") == 0
    said = capsys.readouterr().out
    assert "3 pages: 2 up to date, 1 to try again" in said
    assert "2.png: once more, since it failed: " in said
    house.calls.clear()
    go(house, Path("in"), Path("out"), on_error=on_error)  # it was right
    assert house.calls["tint"] == 0
    write_page(Path("in/2.png"), 2)  # a better copy counts as any page that is to be done
    found = {page["page"]: page for page in plan(capsys)["pages"]}
    assert found["2.png"]["failed"] is None and found["2.png"]["to_run"]
    # The chapter is to be looked at with it, and so the others are to be done, too.
    assert all(bool(page["to_run"]) == house.moody for page in (found["1.png"], found["3.png"]))
    assert exit_status("plan", "in", "--out", "out") == 0
    assert "2.png: once more" not in capsys.readouterr().out


def test_plan_foretells_what_a_run_does(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    go(house, Path("in"), Path("out"))
    found = plan(capsys)
    assert all(page["up_to_date"] for page in found["pages"])
    house.calls.clear()
    found = plan(capsys, "--scale", "2")
    assert not house.calls
    foretold = {row["stage"]: row["to_run"] for row in found["stages"] if row["to_run"]}
    go(house, Path("in"), Path("out"), scale="2")
    assert foretold == dict(house.calls) == {"decode": 3, "grow": 3, "encode": 3}


def test_plan_reads_no_pictures(
    house: House, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether what is kept is there is seen without them, and a picture that is gone is seen, too."""
    go(house, Path("in"), Path("out"), keep=True)
    monkeypatch.setattr(cache, "_read_png", lambda path: pytest.fail(f"{path} was read"))
    Path("out/.mangacolor/pages/2.png/tint.panel-000.png").unlink()
    found = {page["page"]: page["to_run"] for page in plan(capsys, "--scale", "2")["pages"]}
    assert "tint" not in (*found["1.png"], *found["3.png"]) and "grow" in found["1.png"]
    assert "tint" in found["2.png"] and "decode" not in found["2.png"]


def test_plan_reads_what_a_stage_left_once_a_pass(
    house: House, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    go(house, Path("in"), Path("out"))
    Path("out/2.png").unlink()
    for words in ((), ("--scale", "2"), ("--until", "tint")):
        reads: Counter[Path] = Counter()

        def read(path: Path) -> dict[str, Any] | None:
            reads[path] += path.is_file()  # noqa: B023
            return read_sealed(path)

        with monkeypatch.context() as patch:
            patch.setattr(cache, "read_sealed", read)
            plan(capsys, *words)
        passes = 2 if house.moody and "--until" not in words else 1
        assert reads and max(reads.values()) <= passes, reads


@pytest.mark.parametrize("house", [True], indirect=True)
def test_a_stage_with_nothing_to_do_is_neither_cached_nor_to_run(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    def counted(*arguments: str) -> dict[str, tuple[int, int]]:
        rows = plan(capsys, *arguments)["stages"]
        return {row["stage"]: (row["cached"], row["to_run"]) for row in rows}

    assert counted("--no-harmonize") == {
        name: (0, 0 if name == "mood" else 3) for name in house.graph().names
    }
    go(house, Path("in"), Path("out"), harmonize=False)
    assert counted("--no-harmonize") == {
        name: (0 if name == "mood" else 3, 0) for name in house.graph().names
    }
    assert counted()["mood"] == (0, 3)


def test_plan_names_pages_that_would_fail(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    Path("out").mkdir()
    Path("out/2.png").write_bytes(b"mine")
    problems = [page["problem"] for page in plan(capsys)["pages"]]
    assert problems[0] is None and "did not write it" in problems[1]


def test_plan_as_text_dot_and_mermaid(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status("plan", "in", "--out", "out") == 0
    text = capsys.readouterr().out
    assert "3 pages: 3 to do" in text and "decode" in text
    assert exit_status("plan", "in", "--out", "out", "--dot") == 0
    assert '"decode" -> "judge";' in capsys.readouterr().out
    assert exit_status("plan", "in", "--out", "out", "--mermaid") == 0
    assert "decode --> judge" in capsys.readouterr().out


@pytest.mark.parametrize(("pages", "said"), [(3, "3 pages: 3 to do"), (1, "1 page: 1 to do")])
def test_plan_counts_in_words(
    house: House, pages: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(pages + 1, 4):
        Path(f"in/{number}.png").unlink()
    assert exit_status("plan", "in", "--out", "out") == 0
    assert f"\n{said}\n" in capsys.readouterr().out


def test_plan_says_which_scale_was_chosen_and_why(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    assert {page["scale"] for page in plan(capsys)["pages"]} == {4}
    assert exit_status("plan", "in", "--out", "out") == 0
    said = "pages of 8×12 pixels come out 4 times as large, 32×48: --scale auto aims at a long side of 2400"
    assert capsys.readouterr().out.count(said) == 1
    assert exit_status("plan", "in", "--out", "out", "--scale", "2") == 0
    assert "aims at" not in capsys.readouterr().out


def test_clean_removes_artifacts_and_leaves_pages(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    go(house, Path("in"), Path("out"), keep=True)
    before = files(Path("out"))
    assert exit_status("clean", "out", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["files"] >= 6 and told["bytes"] > 0 and (told["finished"], told["edits"]) == (0, 0)
    left = sum(file.stat().st_size for file in Path("out/.mangacolor").rglob("*") if file.is_file())
    assert told["kept"] == told["colours"] == left
    assert files(Path("out")) == before
    assert not list(Path("out/.mangacolor").glob("pages/**/decode*"))
    result, _ = go(house, Path("in"), Path("out"))
    assert (result.cached, result.stages_run) == (3, 0)


@pytest.mark.parametrize("house", [True], indirect=True)
def test_clean_keeps_what_a_chapter_stage_needs_and_no_preview(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    go(house, Path("in"), Path("out"))
    folder = Path("out/.mangacolor/pages/1.png")
    for sheet in ("inspect.html", "inspect-2.html", "report.html", "palette.html"):
        (folder.parents[1] / sheet).write_text("made again by its command")
    (folder / "tint.png").write_bytes(b"a preview")
    assert exit_status("clean", "out") == 0
    assert sorted(file.name for file in folder.iterdir()) == [
        "judge.json",
        "tint.json",
        "tint.panel-000.png",
        "written.json",
    ]
    assert not list(folder.parents[1].glob("*.html"))
    assert re.search(r"removed \d+ files, .*; kept .* colours for edits", capsys.readouterr().err)
    house.calls.clear()
    result, _ = go(house, Path("in"), Path("out"))
    assert result.cached == 3 and not house.calls
    Path("in/1.png").write_bytes(Path("in/2.png").read_bytes())
    go(house, Path("in"), Path("out"))
    assert house.calls["tint"] == 1  # the other pages' colours are still there for the chapter


def test_clean_counts_finished_pages_of_archives(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    go(house, Path("in"), Path("out"), output_form="cbz")
    assert exit_status("clean", "out", "--json") == 0
    finished = [path for path in Path("out/.mangacolor/finished").rglob("*") if path.is_file()]
    assert json.loads(capsys.readouterr().out)["finished"] == sum(p.stat().st_size for p in finished) > 0
    assert go(house, Path("in"), Path("out"), output_form="cbz")[0].cached == 3


def test_clean_keeps_files_moved_aside_and_all_says_that_it_deletes_them(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    go(house, Path("in"), Path("out"))
    Path("in/1.png").unlink()
    go(house, Path("in"), Path("out"))
    aside = Path("out/.mangacolor/removed/1.png")
    page = aside.read_bytes()
    assert exit_status("clean", "out", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["aside"], told["lost"]) == (len(page), 0) and aside.read_bytes() == page
    assert told["kept"] == told["colours"] + told["aside"]
    assert exit_status("clean", "out") == 0
    assert re.search(r"; kept .* KiB files moved aside$", capsys.readouterr().err.strip())
    assert exit_status("clean", "out", "--all") == 0
    told_of_all = capsys.readouterr().err
    assert re.search(r"KiB, with 1 file that had been moved aside; nothing is kept", told_of_all)
    assert not aside.exists()
    assert "delete files that runs have moved aside" in output_of_help(capsys)


def output_of_help(capsys: pytest.CaptureFixture[str]) -> str:
    assert exit_status("clean", "--help") == 0
    return " ".join(capsys.readouterr().out.split())


def test_clean_all_forgets_what_is_ours(house: House) -> None:
    go(house, Path("in"), Path("out"))
    assert exit_status("clean", "out", "--all") == 0
    assert not Path("out/.mangacolor").exists()
    assert go(house, Path("in"), Path("out"))[0].failed == 3


def test_clean_of_another_folder_is_refused(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status("clean", "in") == 3
    assert "no folder that mangacolor has written to" in capsys.readouterr().err
