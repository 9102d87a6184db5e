"""What a run would be told here by no option at all: by ``mangacolor.toml`` and ``MANGACOLOR_*``."""

from __future__ import annotations

from pathlib import Path

import click

from mangacolor.commands.settings.options import setting_names
from mangacolor.commands.settings.settings_file import FILE_NAME, pick, read_file
from mangacolor.core.errors import UsageError
from mangacolor.core.settings import Options, RunOptions


def bare_settings() -> tuple[Options, RunOptions]:
    """The defaults where the file or the environment cannot be understood: a run says so itself."""
    from mangacolor.commands.colorize import colorize

    try:
        given = read_file(Path(FILE_NAME), colorize, setting_names())
        values = colorize.make_context("colorize", ["INPUT", "--out", "OUT"], default_map=given).params
    except (UsageError, click.ClickException):
        return Options(), RunOptions()
    return pick(Options, values), pick(RunOptions, values)
