"""The command line as scripts meet it: names, statuses, ``--json``, and what it never imports."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import mangacolor.cli
import mangacolor.pipeline.run
from mangacolor.cli import with_command
from mangacolor.pipeline.store.layout import State
from mangacolor.tests.helpers.commands import exit_status
from mangacolor.tests.helpers.fake_stages import House, write_page
from mangacolor.tests.helpers.paths import ROOT

RUN_DONE = {
    "event", "status", "pages", "done", "copied", "cached", "failed", "seconds",
    "stages_run", "network_calls",
}  # fmt: skip


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> House:
    """The fake stages in the place of the real ones, and a working folder without a mangacolor.toml."""
    monkeypatch.chdir(tmp_path)
    house = House()
    monkeypatch.setattr(mangacolor.pipeline.run, "graph_of", house.graph_of)
    return house


@pytest.fixture
def chapter(tmp_path: Path) -> Path:
    folder = tmp_path / "chapter"
    folder.mkdir()
    for number in (1, 2, 10):
        write_page(folder / f"{number}.png", number)
    return folder


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["chapter", "--out", "x"], ["colorize", "chapter", "--out", "x"]),
        (["--out", "x", "chapter"], ["colorize", "--out", "x", "chapter"]),
        (["./train", "--out", "x"], ["colorize", "./train", "--out", "x"]),
        (["panel"], ["colorize", "panel"]),
        (["panels", "a.png"], ["panels", "a.png"]),
        (["train"], ["train"]),
        (["colorize", "x"], ["colorize", "x"]),
        (["--help"], ["--help"]),
        (["--version"], ["--version"]),
        ([], []),
    ],
)
def test_first_argument_that_is_no_command_means_colorize(given: list[str], meant: list[str]) -> None:
    assert with_command(given) == meant


@pytest.mark.parametrize(
    ("given", "meant"),
    [("studoi", "studio"), ("colourize", "colorize"), ("colour", "colorize"), ("pallete", "palette")],
)
def test_a_mistyped_command_is_told_and_is_no_input(
    house: House, capsys: pytest.CaptureFixture[str], given: str, meant: str
) -> None:
    assert exit_status(given, "--out", "out") == 2
    assert f"Did you mean mangacolor {meant}?" in capsys.readouterr().err


def test_a_chapter_that_is_called_nearly_as_a_command_is_an_input(house: House, chapter: Path) -> None:
    assert exit_status(chapter.rename("panel"), "--out", "out", "--device", "cpu") == 0


@pytest.mark.parametrize("out", ["chapter/1.png", "chapter/1.png/out"])
def test_a_file_in_the_place_of_out_is_told(
    house: House, chapter: Path, capsys: pytest.CaptureFixture[str], out: str
) -> None:
    before = Path("chapter/1.png").read_bytes()
    assert exit_status(chapter, "--out", out) == 3
    assert "a file lies where a folder has to be" in capsys.readouterr().err
    assert Path("chapter/1.png").read_bytes() == before


@pytest.mark.parametrize("arguments", [["chapter", "--out", ""], ["", "--out", "out"], ["clean", ""]])
def test_an_empty_path_is_not_the_working_folder(
    house: House, chapter: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    before = sorted(Path.cwd().rglob("*"))
    assert exit_status(*arguments) == 2
    assert "the path is empty" in capsys.readouterr().err
    assert sorted(Path.cwd().rglob("*")) == before


def test_a_wrong_value_names_the_variable_that_it_comes_from(
    house: House, chapter: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MANGACOLOR_JOBS", "many")
    assert exit_status(chapter, "--out", "out") == 2
    said = capsys.readouterr().err
    assert "'many' is not a valid whole number" in said and "as MANGACOLOR_JOBS" in said
    assert exit_status(chapter, "--out", "out", "--jobs", "most") == 2
    assert "MANGACOLOR_JOBS" not in capsys.readouterr().err


def test_colours_a_folder(house: House, chapter: Path) -> None:
    assert exit_status(chapter, "--out", "out", "--device", "cpu") == 0
    assert {path.name for path in Path("out").iterdir() if path.is_file()} == {"1.png", "2.png", "10.png"}
    assert exit_status("--device", "cpu", "--out", "out", chapter) == 0
    assert house.calls["encode"] == 3


def test_json_is_one_object_a_line_and_nothing_else(
    house: House, chapter: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    house.trouble["2.png"] = ValueError("boom")
    assert exit_status(chapter, "--out", "out", "--device", "cpu", "--json") == 1
    events = lines(capsys.readouterr().out)
    done = [event for event in events if event["event"] == "page_done"]
    failed = [event for event in events if event["event"] == "page_failed"]
    assert {event["page"] for event in done} == {"1.png", "10.png"}
    assert all(set(event) == {"event", "page", "seconds", "panels", "stages"} for event in done)
    assert [set(event) for event in failed] == [{"event", "page", "stage", "error", "remedy"}]
    assert set(events[-1]) == RUN_DONE
    assert (events[-1]["event"], events[-1]["status"], events[-1]["pages"]) == ("run_done", 1, 3)
    assert len(events) == 4


def test_what_became_of_a_page_is_told_in_words_and_in_json(
    house: House, chapter: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cv2.imwrite(f"{chapter}/2.png", np.full((8, 8, 3), 255, np.uint8))
    arguments = [str(chapter), "--out", "out", "--device", "cpu"]
    assert exit_status(*arguments, "--json") == 0
    said = capsys.readouterr()
    assert {"event": "page_copied", "page": "2.png", "reason": "white"} in lines(said.out)
    assert "  copied, white: 2.png\n" in said.err
    Path("out/1.png").write_bytes(b"mine")
    Path(chapter, "10.png").unlink()
    assert exit_status(*arguments, "--json") == 0
    said = capsys.readouterr()
    events = lines(said.out)
    reason = "changed since mangacolor wrote it"
    assert {"event": "page_left", "page": "1.png", "reason": reason} in events
    moved = {"file": "10.png", "moved_to": ".mangacolor/removed/10.png", "reason": ""}
    assert {"event": "file_removed", **moved} in events
    assert (events[-1]["cached"], events[-1]["pages"]) == (2, 2)
    assert "2 pages: 1 up to date, 1 left" in said.err
    assert f"  left, {reason}: 1.png (--force replaces it)\n" in said.err
    assert "  moved aside, not in the input any more: 10.png (to .mangacolor/removed)\n" in said.err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["chapter"], 2),  # no --out
        (["--out", "out"], 2),  # no input
        (["chapter", "--out", "out", "--colour", "red"], 2),
        (["chapter", "--out", "out", "--until", "encoed"], 2),
        (["chapter", "--out", "out", "--pages", "11"], 2),
        (["chapter", "--out", "out", "--scale", "3"], 2),
        (["chapter", "--out", "out", "--memory", "lots"], 2),
        (["chapter", "--out", "out", "--device", "gpu"], 2),
        (["chapter", "--out", "chapter"], 2),
        (["missing", "--out", "out"], 3),
        (["empty", "--out", "out"], 3),
        (["chapter", "--out", "chapter/1.png"], 3),
        (["bad", "--out", "out", "--device", "cpu"], 3),
    ],
)
def test_exit_statuses(
    arguments: list[str], expected: int, house: House, chapter: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("empty").mkdir()
    Path("bad").mkdir()
    Path("bad/1.png").write_bytes(b"no picture")
    assert exit_status(*arguments) == expected
    assert capsys.readouterr().err.strip()
    assert exit_status(*arguments, "--json") == expected
    said = lines(capsys.readouterr().out)
    assert set(said[-1]) == RUN_DONE and said[-1]["status"] == expected
    assert said[-1]["done"] + said[-1]["failed"] == said[-1]["pages"]


def test_locked_output_is_status_3(house: House, chapter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with State(Path("out")).locked():
        assert exit_status(chapter, "--out", "out", "--device", "cpu") == 3
    assert "another run" in capsys.readouterr().err


def test_messages_name_the_file_and_the_remedy(
    house: House, chapter: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (chapter / "2.png").write_bytes(b"no picture")
    assert exit_status(chapter, "--out", "out", "--device", "cpu") == 1
    error = capsys.readouterr().err
    assert "2.png" in error and "decode" in error and "2 done" in error


@pytest.mark.parametrize("form", ["epub", "EPUB"])
def test_a_book_that_export_makes_is_not_refused_without_a_word_of_it(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_status("chapter", "--out", "out", "--format", form) == 2
    assert "`mangacolor export OUT --format epub` makes that" in capsys.readouterr().err


def test_an_option_that_is_missing_is_said_with_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_status("chapter") == 2
    assert capsys.readouterr().err.endswith(
        "Missing option '--out'.\n  --out: Folder for the coloured pages.\n"
    )


def test_quiet_says_only_what_went_wrong(
    house: House, chapter: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_status(chapter, "--out", "out", "--device", "cpu", "--quiet") == 0
    assert capsys.readouterr() == ("", "")


def test_unexpected_error_is_no_half_success(
    monkeypatch: pytest.MonkeyPatch, house: House, chapter: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_options: object) -> None:
        raise RuntimeError("bug")

    monkeypatch.setattr(mangacolor.pipeline.run, "graph_of", broken)
    assert exit_status(chapter, "--out", "out", "--json") == 3
    said = capsys.readouterr()
    assert "RuntimeError: bug" in said.err
    assert lines(said.out)[-1]["status"] == 3


def test_the_machines_refusals_are_no_bugs(
    monkeypatch: pytest.MonkeyPatch, house: House, chapter: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(_options: object) -> None:
        raise PermissionError(13, "Permission denied", "/some/file")

    monkeypatch.setattr(mangacolor.pipeline.run, "graph_of", refused)
    assert exit_status(chapter, "--out", "out") == 3
    said = capsys.readouterr().err
    assert "/some/file: Permission denied" in said and "Traceback" not in said


def test_absent_module_leaves_help_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(mangacolor.cli.COMMANDS, "dream", "No.")
    monkeypatch.setitem(mangacolor.cli.GROUPS, "Sleep", ("dream",))
    assert exit_status("--help") == 0
    out = capsys.readouterr().out
    assert "dream" not in out and "Sleep" not in out and "colorize" in out and "panels" in out
    assert exit_status("dream") == 2


def test_help_has_the_commands_under_headings_in_columns_that_agree(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert exit_status("--help") == 0
    lines = capsys.readouterr().out.splitlines()
    headings = [line.removesuffix(":") for line in lines if line.endswith(":") and line[0] != " "]
    assert headings == ["Options", *mangacolor.cli.GROUPS]
    rows = [re.match(r"  ([a-z-]+) +", line) for line in lines[lines.index("Colour:") :]]
    found = [row for row in rows if row is not None]
    assert [row[1] for row in found] == list(mangacolor.cli.COMMANDS)
    assert len({row.end() for row in found}) == 1


def python(code: str, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False, cwd=cwd
    )


HEAVY = {"torch", "cv2", "rich", "PIL", "numpy"}


@pytest.mark.parametrize(
    "arguments",
    [["--help"], *([name, "--help"] for name in mangacolor.cli.COMMANDS)],
    ids=lambda value: value[0],
)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys; from mangacolor.cli import main\n"
        f"try: main({arguments})\n"
        f"except SystemExit: print(sorted({HEAVY} & set(sys.modules)))"
    )
    done = python(code)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


@pytest.mark.parametrize("name", mangacolor.cli.COMMANDS)
def test_the_table_says_of_each_command_what_its_own_help_says(name: str) -> None:
    command = mangacolor.cli.load_command(name)
    assert command is not None and command.name == name
    assert command.get_short_help_str(limit=110) == mangacolor.cli.COMMANDS[name]


def test_every_module_of_commands_is_in_the_table() -> None:
    modules = {path.stem for path in (ROOT / "commands").glob("[!_]*.py")}
    assert {name.replace("-", "_") for name in mangacolor.cli.COMMANDS} == modules


def test_help_is_quick() -> None:
    """At most 0.4 s, counted as processor time so that a busy machine does not fail it."""
    best = 9.0
    for _ in range(3):
        before = os.times()
        subprocess.run([sys.executable, "-m", "mangacolor", "--help"], check=True, capture_output=True)
        after = os.times()
        spent = after.children_user + after.children_system - before.children_user - before.children_system
        best = min(best, spent)
    assert best < 0.4


def test_module_runs_like_the_script() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mangacolor", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("mangacolor ")


SLOW_RUN = """
import sys
import mangacolor.pipeline.run
from mangacolor.cli import main
from mangacolor.tests.helpers.fake_stages import House
house = House()
house.slow = float(sys.argv[1])
mangacolor.pipeline.run.graph_of = house.graph_of
main(sys.argv[2:])
"""


def test_second_run_does_not_import_torch(chapter: Path, tmp_path: Path) -> None:
    arguments = ["0", str(chapter), "--out", str(tmp_path / "out"), "--json"]
    assert python(SLOW_RUN, *arguments).returncode == 0
    again = python(
        SLOW_RUN.replace(
            "main(sys.argv[2:])",
            "try: main(sys.argv[2:])\nfinally: print('torch' in sys.modules, file=sys.stderr)",
        ),
        *arguments,
    )
    assert lines(again.stdout)[-1]["cached"] == 3
    assert again.stderr.splitlines()[-1] == "False"


@pytest.mark.parametrize(("number", "expected"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_stop_within_a_stage(
    number: signal.Signals, expected: int, chapter: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    arguments = ["1.0", str(chapter), "--out", str(out), "--device", "cpu", "--json"]
    with subprocess.Popen(
        [sys.executable, "-c", SLOW_RUN, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None and running.stderr is not None
        first = json.loads(running.stdout.readline())
        running.send_signal(number)
        rest = lines(running.stdout.read())
        assert running.wait(60) == expected
        said = running.stderr.read().splitlines()
    assert said[-1] == f"stopped: {rest[-1]['done']} of 3 pages done: run the same command again to go on"
    assert rest[-1]["done"] < 3  # the page in the slow stage was not waited for
    assert rest[-1]["event"] == "run_done" and rest[-1]["status"] == expected
    finished = [first, *rest[:-1]]
    assert {path.name for path in out.iterdir() if path.is_file()} == {event["page"] for event in finished}
    assert not list(out.glob("**/*.tmp"))
