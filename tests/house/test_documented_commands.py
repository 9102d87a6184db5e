"""What documents say of the command line: commands can be typed as they stand, every option is told of."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from mangacolor.cli import COMMANDS, load_command, with_command
from mangacolor.tests.helpers.house import shown
from mangacolor.tests.helpers.paths import ROOT

GUIDES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs" / "guide").glob("*.md"))]
CALL = re.compile(r"^(?:[A-Z_]+=\S+ )?(?:\.venv/bin/)?mangacolor(?P<rest> .+)$")


def calls(path: Path) -> Iterator[str]:
    """Arguments of mangacolor in the code blocks of a document; lines that end in a backslash go on."""
    blocks = re.findall(r"(?ms)^```\n(.*?)^```$", path.read_text(encoding="utf-8"))
    for line in "".join(blocks).replace("\\\n", " ").splitlines():
        if found := CALL.match(line):
            yield re.split(r"\s+[#&|]\s?", found["rest"])[0]


def commands() -> Iterator[click.Command]:
    """Every command, those of groups, too."""
    for name in COMMANDS:
        command = load_command(name)
        assert command is not None
        yield from command.commands.values() if isinstance(command, click.Group) else [command]


def told_options(command: click.Command) -> set[str]:
    options = [option for option in command.params if isinstance(option, click.Option) and not option.hidden]
    return {name for option in options for name in (*option.opts, *option.secondary_opts)}


def test_commands_are_found() -> None:
    assert sum(len([*calls(path)]) for path in GUIDES) > 80


@pytest.mark.parametrize("path", GUIDES, ids=shown)
def test_commands_that_are_shown_can_be_typed(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for call in filter(None, calls(path)):
        name, *words = with_command(shlex.split(call))
        command = load_command(name)
        assert command is not None, call
        if isinstance(command, click.Group):
            command, words = command.commands[words[0]], words[1:]
        command.make_context(name, words)  # raises what a user would be told


def test_every_option_is_told_of() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in GUIDES)
    offered = set().union(*map(told_options, commands()))
    assert {name for name in offered if not re.search(rf"{name}(?![\w-])", text)} == set()
