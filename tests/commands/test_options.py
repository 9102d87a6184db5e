"""A field of a settings dataclass is all that an option needs: its flag, its setting, its row in README."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

import click
import pytest
from click.testing import CliRunner

from mangacolor.cli import load_command
from mangacolor.commands.settings.options import SETTINGS, option_table, setting_names, settings_options
from mangacolor.commands.settings.settings_file import file_options, pick, read_file
from mangacolor.core.errors import UsageError
from mangacolor.core.option_fields import option_field, option_fields
from mangacolor.core.settings import Options
from mangacolor.tests.helpers.paths import ROOT

SHOWN = ("toy", "other")


@dataclass(frozen=True, slots=True)
class Toys:
    """One field of each kind."""

    sharpness: float = option_field(1.0, "How sharp.", minimum=0, maximum=2, commands=SHOWN)
    paper: Literal["white", "old"] = option_field("white", "Which paper.", commands=SHOWN)
    turn_left: bool = option_field(False, "Turn pages left.", commands=SHOWN)
    tidy: bool = option_field(True, "Whether pages are tidied.", commands=SHOWN)
    room: int = option_field(0, "Memory.", flag="--space", metavar="SIZE", size=True, commands=SHOWN)
    notes: Path | None = option_field(None, "Notes | remarks.", metavar="FILE", commands=SHOWN)
    secret: int = option_field(3, "Elsewhere.", commands=("other",))
    ink: float | Literal["full"] | None = option_field(
        None, "How much ink.", minimum=0, maximum=2, commands=SHOWN
    )


Run = Callable[..., Toys]


@pytest.fixture
def toy() -> Run:
    """The command ``toy``, run: what its arguments make of the settings."""

    def run(*arguments: str, **context: Any) -> Toys:
        outcome = CliRunner().invoke(command(), arguments, standalone_mode=False, **context)
        if outcome.exception:
            raise outcome.exception
        toys: Toys = outcome.return_value
        return toys

    return run


def command(name: str = "toy") -> click.Command:
    @click.command(name)
    @settings_options(name, (Toys,))
    def body(**values: Any) -> Toys:
        return pick(Toys, values)

    return body


def test_without_a_word_the_fields_have_their_defaults(toy: Run) -> None:
    assert toy() == Toys()


@pytest.mark.parametrize(
    ("arguments", "name", "value"),
    [
        (["--sharpness", "0.5"], "sharpness", 0.5),
        (["--paper", "old"], "paper", "old"),
        (["--turn-left"], "turn_left", True),
        (["--no-tidy"], "tidy", False),
        (["--tidy"], "tidy", True),
        (["--space", "2K"], "room", 2048),
        (["--notes", "a.txt"], "notes", Path("a.txt")),
    ],
)
def test_a_field_is_a_flag(toy: Run, arguments: list[str], name: str, value: object) -> None:
    assert getattr(toy(*arguments), name) == value


@pytest.mark.parametrize(
    "wrong", [["--sharpness", "3"], ["--paper", "red"], ["--secret", "4"], ["--no-paper"]]
)
def test_wrong_values_and_flags_of_other_commands_are_refused(toy: Run, wrong: list[str]) -> None:
    with pytest.raises(click.UsageError):
        toy(*wrong)


def test_who_reads_a_path_says_that_it_cannot_be_read(toy: Run, tmp_path: Path) -> None:
    """Click would name no remedy."""
    (tmp_path / "a.txt").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "access", lambda *_, **__: False)
        assert toy("--notes", str(tmp_path / "a.txt")).notes == tmp_path / "a.txt"


def test_a_field_is_an_environment_variable(toy: Run) -> None:
    assert toy(env={"MANGACOLOR_SHARPNESS": "0.5", "MANGACOLOR_SPACE": "1M"}) == Toys(0.5, room=2**20)
    assert toy("--sharpness", "2", env={"MANGACOLOR_SHARPNESS": "0.5"}) == Toys(2.0)


def test_a_field_is_a_key_of_the_file(toy: Run, tmp_path: Path) -> None:
    file = tmp_path / "mangacolor.toml"
    file.write_text('sharpness = 0.5\nturn-left = true\nspace = "2K"\n')
    settings = read_file(file, command())
    assert toy(default_map=settings) == Toys(0.5, turn_left=True, room=2048)
    file.write_text("secret = 4\n")
    assert read_file(file, command(), lambda: setting_names((Toys,))) == {}
    with pytest.raises(UsageError, match="unknown setting"):
        read_file(file, command())


def test_a_field_is_a_line_of_the_help() -> None:
    text = CliRunner().invoke(command(), ["--help"], prog_name="toy").output
    assert "--sharpness F " in text and "How sharp." in text and "[0<=x<=2]" in text
    assert "--tidy / --no-tidy" in text and "--secret" not in text
    assert "--secret" in CliRunner().invoke(command("other"), ["--help"]).output


def test_a_number_may_have_a_word_in_its_place(toy: Run, tmp_path: Path) -> None:
    assert toy("--ink", "1.5") == Toys(ink=1.5) and toy("--ink", "full") == Toys(ink="full")
    for wrong, told in (
        ("3", "not in the range"),
        ("empty", "not a valid number or full"),
        ("nan", "no number"),
    ):
        with pytest.raises(click.BadParameter, match=told):
            toy("--ink", wrong)
    file = tmp_path / "mangacolor.toml"
    file.write_text("ink = 0.5\n")
    assert toy(default_map=read_file(file, command())) == Toys(ink=0.5)


def test_a_field_is_a_row_of_the_table() -> None:
    assert option_table((Toys,)).splitlines() == [
        "| option | what it does |",
        "|---|---|",
        "| `--sharpness F` | How sharp. |",
        r"| `--paper white\|old` | Which paper. |",
        "| `--turn-left` | Turn pages left. |",
        "| `--tidy`, `--no-tidy` | Whether pages are tidied. |",
        "| `--space SIZE` | Memory. |",
        r"| `--notes FILE` | Notes \| remarks. |",
        "| `--secret N` | Elsewhere. |",
        r"| `--ink F\|full` | How much ink. |",
    ]


def test_a_field_that_says_nothing_of_itself_is_refused() -> None:
    @dataclass(frozen=True, slots=True)
    class Mute:
        loudness: int = 3

    with pytest.raises(TypeError, match=r"Mute\.loudness"):
        option_fields(Mute)


def test_the_readme_has_exactly_these_options() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    _, _, rest = text.partition("<!-- options -->\n")
    table, mark, _ = rest.partition("<!-- /options -->\n")
    assert mark
    assert table.strip() == option_table().strip(), (
        "print the table with: "
        'python -c "from mangacolor.commands.settings.options import option_table; print(option_table())"'
    )


@pytest.mark.parametrize("name", ["colorize", "plan", "doctor"])
def test_a_command_shows_the_fields_that_are_its_own(name: str) -> None:
    shown = load_command(name)
    assert shown is not None
    wanted = {
        option.long_name
        for settings in SETTINGS
        for option in option_fields(settings).values()
        if name in option.info.commands
    }
    assert wanted
    assert set(file_options(shown)) == wanted | {"json"}


def test_colorize_knows_every_setting() -> None:
    everything = {field.name for settings in SETTINGS for field in fields(settings)}
    colorize = load_command("colorize")
    assert colorize is not None
    assert {parameter.name for parameter in colorize.params} == everything | {"inputs", "out"}
    assert all(option.info.help.endswith(".") for option in option_fields(Options).values())
