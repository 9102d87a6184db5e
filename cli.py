"""The command line: a table of commands, which one is meant, and every exit status.

A command is imported when it is called: ``--help`` imports none of them.
"""

from __future__ import annotations

import difflib
import errno
import importlib
import importlib.util
import io
import json
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

import click
from click.core import ParameterSource

from mangacolor.core.cpu import one_thread_for_blas
from mangacolor.core.errors import ExitStatus, MangacolorError, UsageError
from mangacolor.core.system.kind import on_windows

COLORIZE = "colorize"
# Each command and the first sentence of its help; it lives in the module of its name in ``commands/``.
COMMANDS: Final = {
    COLORIZE: "Colour INPUT: images, folders of them, trees of chapters, CBZ, CBR, CB7, CBT, PDF or EPUB.",
    "watch": "Colour the chapters and archives in IN, and those that come, once they have settled.",
    "serve": "Colour pages while they are read: for Suwayomi, browser extensions and programs, over HTTP.",
    "learn": "Learn a series from its own coloured pages, so that others of it take their colours.",
    "studio": "Open a coloured chapter, OUT, in the browser: a click changes a colour on every page.",
    "palette": "Show the colours of a chapter as one HTML file, and change them.",
    "export": "Save what is coloured in OUT as a file to take away: CBZ, PDF, EPUB or ZIP.",
    "plan": "Show the graph, what is cached and what would run.",
    "panels": "Only find the panels of IMAGE: one JSON file and one overlay a page.",
    "inspect": "Write one HTML file that shows what each stage did to each page of OUT.",
    "doctor": "Show what was found on this machine and where each option's value comes from.",
    "displays": "List the displays that --fit knows by name, with their pixels and where these are from.",
    "models": "List the networks and their licences, fetch weights, import the notebook's checkpoints.",
    "clean": "Free disk space in OUT/.mangacolor: remove what is made again in a moment.",
    "pack-data": "Gather the colour pictures under ROOT into one small file to train from.",
    "train": "Train a network; the run's folder gets curves, a checkpoint and weights.",
    "evaluate": "Measure colour networks on grey, line and screentone inputs made from the pictures in DATA.",
}
# They stand under these headings of the help, in the order in which somebody new meets them.
GROUPS: Final = {
    "Colour": (COLORIZE, "watch", "serve", "learn"),
    "Correct": ("studio", "palette"),
    "Take away": ("export",),
    "Look inside": ("plan", "panels", "inspect"),
    "Maintain": ("doctor", "displays", "models", "clean"),
    "Train": ("pack-data", "train", "evaluate"),
}


class Commands(click.Group):
    """The commands of the table, under their headings; one whose module is not installed is not offered."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in COMMANDS if _is_there(name)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return load_command(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        there = self.list_commands(ctx)
        widest = max(map(len, there))
        for heading, group in GROUPS.items():
            if rows := [(name.ljust(widest), COMMANDS[name]) for name in group if name in there]:
                with formatter.section(heading):
                    formatter.write_dl(rows)


def load_command(name: str) -> click.Command | None:
    """The command of this name, imported; None where there is none."""
    if name not in COMMANDS or not _is_there(name):
        return None
    command: click.Command = getattr(importlib.import_module(_module(name)), name.replace("-", "_"))
    return command


def _is_there(name: str) -> bool:
    return importlib.util.find_spec(_module(name)) is not None


def _module(name: str) -> str:
    return f"mangacolor.commands.{name.replace('-', '_')}"


def _print_version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        click.echo(f"mangacolor {version('mangacolor')}")
        ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["--help"], "max_content_width": 100})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version.",
)
def cli() -> None:
    """Colour black-and-white manga on your own machine.

    `mangacolor chapter/ --out colored/` is short for `mangacolor colorize chapter/ --out colored/`. What it
    takes: a folder of pages or a tree of chapters, CBZ, CBR, CB7, CBT, EPUB and PDF, single pictures.
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The console script. Every command's exit status is decided here and nowhere else."""
    one_thread_for_blas()
    _say_all_letters()
    if "_MANGACOLOR_COMPLETE" in os.environ:  # a shell asks
        from mangacolor.commands.settings.completion import complete_without_command

        complete_without_command(with_command, COLORIZE)
    status = _run(with_command(list(sys.argv[1:] if arguments is None else arguments)))
    sys.stdout.flush()
    sys.stderr.flush()
    stopped = status in (ExitStatus.INTERRUPTED, ExitStatus.TERMINATED)
    # A stage that does not heed a stop must not hold the process back, nor abort it on its way out.
    if stopped or (arguments is None and _threads_left()):
        os._exit(status)
    sys.exit(status)


def _say_all_letters() -> None:
    """A pipe of Windows has the letters of one language: others are written out, and do not end the run."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


def with_command(arguments: list[str]) -> list[str]:
    """The arguments with ``colorize`` put first, unless they name a command, --help or --version."""
    if not arguments or arguments[0] in {*COMMANDS, "--help", "--version"}:
        return arguments
    return [COLORIZE, *arguments]


def _refuse_mistyped(arguments: list[str]) -> None:
    """Raise ``UsageError`` for a first input that does not exist and is nearly a command's name."""
    if arguments[:1] != [COLORIZE] or len(arguments) < 2 or os.path.lexists(arguments[1]):
        return
    if arguments[1] in ("help", "version"):
        raise UsageError(f"there is no command {arguments[1]}", f"Did you mean mangacolor --{arguments[1]}?")
    said = COLORIZE if arguments[1] == "colour" else arguments[1]  # nearer to it for us than by its letters
    close = difflib.get_close_matches(said, COMMANDS, 1, cutoff=0.75)
    if close:
        raise UsageError(
            f"{arguments[1]}: neither a command nor a file or folder",
            f"Did you mean mangacolor {close[0]}? `mangacolor --help` lists all commands.",
        )


def _threads_left() -> bool:
    lanes = sys.modules.get("mangacolor.pipeline.engine.worker_pools")
    return lanes is not None and lanes.at_work()


def _run(arguments: list[str]) -> int:  # noqa: PLR0911 - a table of outcomes
    try:
        _refuse_mistyped(arguments)
        settings = _file_settings(arguments)
    except MangacolorError as error:
        return _refuse(arguments, error)
    try:
        status = cli.main(arguments, "mangacolor", standalone_mode=False, default_map=settings)
        return status if isinstance(status, int) else ExitStatus.DONE
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        return _refuse(arguments, error)
    except MangacolorError as error:
        click.echo(f"mangacolor: {error}", err=True)
        return error.status
    except (KeyboardInterrupt, click.Abort):
        return ExitStatus.INTERRUPTED
    except OSError as error:
        # Windows calls a broken pipe an invalid argument.
        if isinstance(error, BrokenPipeError) or (on_windows() and _is_plain(error, errno.EINVAL)):
            # Whoever read our output has gone; say nothing more, or Python complains at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return ExitStatus.UNREAD
        if error.filename is None:
            return _report_bug()
        click.echo(f"mangacolor: {error.filename}: {error.strerror}", err=True)
        click.echo("  Check the path, its permissions and the space on the disk.", err=True)
        return ExitStatus.NOTHING_DONE
    except Exception:
        return _report_bug()


def _is_plain(error: OSError, code: int) -> bool:
    """Whether an error has this code and is of no file."""
    return error.errno == code and error.filename is None


def _file_settings(arguments: list[str]) -> dict[str, object]:
    """What ``mangacolor.toml`` says for the command, as click's ``default_map``."""
    from mangacolor.commands.settings.settings_file import FILE_NAME, file_options, read_file

    command = load_command(arguments[0]) if arguments else None
    if command is None or not file_options(command):
        return {}
    from mangacolor.commands.settings.every_name import every_name

    return {arguments[0]: read_file(Path(FILE_NAME), command, every_name)}


def _report_bug() -> int:
    # Python's own status 1 would say that some pages succeeded.
    traceback.print_exc()
    click.echo("mangacolor: this is a bug; please report it with the lines above", err=True)
    return ExitStatus.NOTHING_DONE


def _refuse(arguments: list[str], error: MangacolorError | click.ClickException) -> int:
    """The command line is wrong. ``run_done`` comes last even where the run never began."""
    if on_windows() and any('"' in word for word in arguments):
        click.echo('mangacolor: a path in quotes must not end in \\, as in "C:\\My Manga\\"', err=True)
    if isinstance(error, click.ClickException):
        error.show()
        if isinstance(error, click.MissingParameter) and isinstance(error.param, click.Option):
            click.echo(f"  {error.param.opts[0]}: {error.param.help}{_with_out(arguments)}", err=True)
        elif isinstance(error, click.NoSuchOption) and error.option_name == "-o":
            click.echo("  Did you mean --out?", err=True)
        elif isinstance(error, click.BadParameter) and (variable := _variable_of(error)):
            click.echo(f"  The environment has this value, as {variable}.", err=True)
    else:
        click.echo(f"mangacolor: {error}", err=True)
    if arguments[:1] == [COLORIZE] and "--json" in arguments:
        from mangacolor.pipeline.events import RunResult
        from mangacolor.pipeline.report.json_lines import json_documents

        (done,) = json_documents(RunResult(ExitStatus.WRONG_USE, 0, 0, 0, 0, 0, 0.0, 0, 0))
        click.echo(json.dumps(done))
    return ExitStatus.WRONG_USE


def _with_out(arguments: list[str]) -> str:
    """The command that is meant by inputs and a name that nothing has, as ``cp`` takes them; else ""."""
    command, *inputs, out = arguments if len(arguments) > 2 else ["", ""]
    named = not any(word.startswith("-") for word in arguments)
    if command != COLORIZE or not named or os.path.lexists(out) or not all(map(os.path.lexists, inputs)):
        return ""
    from mangacolor.core.installed import command_line

    return f" Did you mean {command_line(['mangacolor', *inputs, '--out', out])}?"


def _variable_of(error: click.BadParameter) -> str | None:
    """The environment variable that a wrong value comes from, if it does."""
    if error.ctx is None or error.param is None or error.param.name is None:
        return None
    source = error.ctx.get_parameter_source(error.param.name)
    return str(error.param.envvar) if source is ParameterSource.ENVIRONMENT else None
