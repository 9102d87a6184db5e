"""Options: defaults → mangacolor.toml → MANGACOLOR_* → command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mangacolor.cli import main
from mangacolor.commands.colorize import colorize
from mangacolor.commands.serve import serve
from mangacolor.commands.settings.settings_file import file_options, read_file
from mangacolor.core.errors import UsageError


@pytest.fixture(autouse=True)
def empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def resolved(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, dict[str, Any]]:
    with pytest.raises(SystemExit):
        main(["doctor", "--json", *arguments])
    options: dict[str, dict[str, Any]] = json.loads(capsys.readouterr().out)["options"]
    return options


def test_each_level_overrules_the_one_below(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert resolved(capsys)["saturation"] == {"value": None, "from": "default"}  # as --fit has it, or 1
    Path("mangacolor.toml").write_text('saturation = 0.5\nforce_color = true\nscale = "2"\n')
    found = resolved(capsys)
    assert found["saturation"] == {"value": 0.5, "from": "mangacolor.toml"}
    assert found["force-color"] == {"value": True, "from": "mangacolor.toml"}
    monkeypatch.setenv("MANGACOLOR_SATURATION", "0.7")
    assert resolved(capsys)["saturation"] == {"value": 0.7, "from": "environment"}
    found = resolved(capsys, "--saturation", "0.9")
    assert found["saturation"] == {"value": 0.9, "from": "command line"}
    assert found["scale"] == {"value": "2", "from": "mangacolor.toml"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("saturatoin = 1", "Did you mean saturation"),
        ('scale = "3"', "scale"),
        ("batch = 0", "batch"),
        ('memory = "lots"', "memory"),
        ('force-color = "yes"', "true or false"),
        ("saturation = true", "not true or false"),
        ("scale = ", "cannot be read"),
        pytest.param(f"scale = {'[' * 100_000}", "cannot be read", id="nested"),
        ('out = "x"', "unknown setting"),
    ],
)
def test_wrong_file_is_refused_and_named(text: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("mangacolor.toml").write_text(text)
    with pytest.raises(SystemExit) as ended:
        main(["chapter", "--out", "out"])
    error = capsys.readouterr().err
    assert ended.value.code == 2
    assert "mangacolor.toml" in error and said in error


def test_whole_numbers_need_no_quotes(tmp_path: Path) -> None:
    (tmp_path / "some.toml").write_text("scale = 2\njobs = 3\n")
    assert read_file(tmp_path / "some.toml", colorize) == {"scale": "2", "jobs": "3"}


@pytest.mark.parametrize("listed", [["https://a.example"], ["https://a.example", "https://b.example"]])
def test_an_option_that_may_be_repeated_takes_a_list(tmp_path: Path, listed: list[str]) -> None:
    (tmp_path / "some.toml").write_text(f"allow-origin = {json.dumps(listed)}\n")
    settings = read_file(tmp_path / "some.toml", serve)
    assert serve.make_context("serve", [], default_map=settings).params["origins"] == tuple(listed)


def test_an_option_that_may_be_repeated_takes_one_value(tmp_path: Path) -> None:
    (tmp_path / "some.toml").write_text('allow-origin = "https://a.example"\n')
    assert read_file(tmp_path / "some.toml", serve) == {"origins": ["https://a.example"]}


def test_settings_of_other_commands_are_no_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mangacolor.toml").write_text("jobs = 2\nsaturation = 0.5\nport = 8000\nseed = 7\nsettle = 3\n")
    assert resolved(capsys)["saturation"]["value"] == 0.5


def test_doctor_shows_what_is_set_for_runs_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "jobs" not in resolved(capsys)
    Path("mangacolor.toml").write_text('jobs = 2\nedits = "mine"\n')
    monkeypatch.setenv("MANGACOLOR_MEMORY", "2K")
    found = resolved(capsys)
    assert found["jobs"] == {"value": 2, "from": "mangacolor.toml"}
    assert found["edits"] == {"value": "mine", "from": "mangacolor.toml"}
    assert found["memory"] == {"value": 2048, "from": "environment"}
    monkeypatch.setenv("MANGACOLOR_JOBS", "many")
    with pytest.raises(SystemExit) as ended:
        main(["doctor"])
    assert ended.value.code == 3 and "'many' is not a valid whole number" in capsys.readouterr().out


def test_doctor_tells_a_misspelt_variable(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MANGACOLOR_STAGE_TIMOUT", "5")
    for known in ("MANGACOLOR_KOMGA_TOKEN", "MANGACOLOR_PORT", "MANGACOLOR_DATA", "MANGACOLOR_JOBS"):
        monkeypatch.setenv(known, "1")
    with pytest.raises(SystemExit):
        main(["doctor"])
    said = capsys.readouterr().out
    assert "MANGACOLOR_STAGE_TIMOUT sets nothing: did you mean MANGACOLOR_STAGE_TIMEOUT?" in said
    assert said.count("sets nothing") == 1


def test_wrong_environment_variable_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MANGACOLOR_SCALE", "7")
    with pytest.raises(SystemExit) as ended:
        main(["chapter", "--out", "out"])
    assert ended.value.code == 2
    assert "7" in capsys.readouterr().err


def test_every_option_but_out_can_be_set_in_the_file() -> None:
    names = set(file_options(colorize))
    assert {"scale", "weights", "device", "jobs", "from", "until", "quiet", "json"} <= names
    assert "out" not in names


def test_unreadable_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mangacolor.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="cannot be read"):
        read_file(tmp_path / "mangacolor.toml", colorize)
