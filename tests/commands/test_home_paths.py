"""``~/`` where no shell has read it: in ``--option=~/x``, in mangacolor.toml and in the environment."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import click
import pytest

from mangacolor.cli import COMMANDS, load_command, main
from mangacolor.commands.settings.options import ALL_SETTINGS
from mangacolor.commands.settings.value_types import GivenPath, PathOrName
from mangacolor.core.option_fields import checked_value, option_fields
from mangacolor.core.settings import Options
from mangacolor.pipeline.page_names import spellings
from mangacolor.watcher.telling.then import split_command


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.chdir(tmp_path)
    return home


def resolved(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    with pytest.raises(SystemExit):
        main(["doctor", "--json", *arguments])
    return {name: told["value"] for name, told in json.loads(capsys.readouterr().out)["options"].items()}


def test_all_places_an_option_can_stand(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    Path("mangacolor.toml").write_text('palette = "~/kept.json"\n', encoding="utf-8")
    monkeypatch.setenv("MANGACOLOR_REFERENCE", "~/cover.png")
    found = resolved(capsys, "--series=~/a.series", "--weights=~/my.safetensors")
    assert found["palette"] == str(home / "kept.json")
    assert found["reference"] == str(home / "cover.png")
    assert found["series"] == str(home / "a.series")
    assert found["weights"] == str(home / "my.safetensors")


def test_only_the_beginning_counts_and_no_name_of_a_user(capsys: pytest.CaptureFixture[str]) -> None:
    found = resolved(capsys, "--palette=~root/x.json", "--series=./~/a.series", "--hints=a~/b.json")
    given = ("~root/x.json", "./~/a.series", "a~/b.json")
    assert (found["palette"], found["series"], found["hints"]) == given


def test_out_and_inputs_are_paths_too(home: Path) -> None:
    (home / "empty").mkdir()
    with pytest.raises(SystemExit):
        main(["~/empty", "--out=~/colored"])
    assert not Path("~").exists()


def test_every_option_that_names_a_path_knows_it() -> None:
    """The types of all commands: none that takes a path has one of click's own."""
    for name in COMMANDS:
        command = load_command(name)
        assert command is not None
        parts = [*command.commands.values()] if isinstance(command, click.Group) else [command]
        for parameter in (parameter for part in parts for parameter in part.params):
            said = f"{parameter.metavar or ''} {type(parameter.type).__name__}"
            if isinstance(parameter.type, click.Path) or "PATH" in said or "FILE" in said:
                assert isinstance(parameter.type, GivenPath | PathOrName), (name, parameter.name)


def test_in_python_options_are_the_same(home: Path) -> None:
    fields = {field.name: field for kind in ALL_SETTINGS for field in option_fields(kind).values()}
    assert checked_value(fields["edits"], "~/fixes") == home / "fixes"
    assert checked_value(fields["colours_from"], Path("~/guest")) == str(home / "guest")
    assert checked_value(fields["fit"], "~/x") == "~/x"  # no path
    paths = {field.name for field in dataclasses.fields(Options) if fields[field.name].is_path}
    assert paths == {"weights", "palette", "reference", "colours_from", "series", "hints", "upscaler"}


def test_a_page_may_be_named_by_a_path_and_so_may_a_program(home: Path) -> None:
    assert "ch1/003.png" in spellings("~/colored/ch1/003.png", home / "colored")
    program = home / "tell me"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert split_command("'~/tell me' ~/log a~b") == (str(program), str(home / "log"), "a~b")
