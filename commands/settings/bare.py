"""What a run would be told here by no option at all: by ``mangacolor.toml`` and ``MANGACOLOR_*``."""

from __future__ import annotations

from pathlib import Path

import click

from mangacolor.commands.settings.every_name import every_name
from mangacolor.commands.settings.settings_file import FILE_NAME, pick, read_file
from mangacolor.core.errors import UsageError
from mangacolor.core.settings import Options, RunOptions


def bare_context() -> click.Context:
    """Of a command that colours and is told nothing. Raises ``UsageError`` or ``click.ClickException`` where
    the file or the environment cannot be understood."""
    from mangacolor.commands.colorize import colorize

    given = read_file(Path(FILE_NAME), colorize, every_name)
    return colorize.make_context("colorize", ["INPUT", "--out", "OUT"], default_map=given)


def bare_settings() -> tuple[Options, RunOptions]:
    """The defaults where the file or the environment cannot be understood: a run says so itself."""
    try:
        values = bare_context().params
    except (UsageError, click.ClickException):
        return Options(), RunOptions()
    return pick(Options, values), pick(RunOptions, values)
