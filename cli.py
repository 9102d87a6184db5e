"""The command line: parse, call, report. Nothing here does the work, and ``--help`` imports none of it."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from mangacolor.commands.options import (
    edits_option,
    option,
    panel_method_option,
    pixel_options,
    run_options,
    selection_options,
)
from mangacolor.commands.settings_file import FILE_NAME, file_options, read_file
from mangacolor.core.errors import MangacolorError

# Commands that live elsewhere: module, name in it, and what --help says without importing the module.
ELSEWHERE = {
    "train": ("mangacolor.commands.train", "train", "Train a network: the colour network or a small one."),
    "evaluate": ("mangacolor.commands.evaluate", "evaluate", "Measure a colour network."),
    "pack-data": ("mangacolor.commands.pack_data", "pack_data", "Pack pictures into one file to train from."),
    "models": ("mangacolor.commands.models", "models", "List the networks, their weights and licences."),
}
COLORIZE = "colorize"


class Commands(click.Group):
    """The commands, in order; those of ``ELSEWHERE`` are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self.commands, *(name for name in ELSEWHERE if _is_there(name))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in ELSEWHERE and _is_there(cmd_name):
            module, attribute, _ = ELSEWHERE[cmd_name]
            command: click.Command = getattr(importlib.import_module(module), attribute)
            return command
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, command.get_short_help_str(80)) for name, command in self.commands.items()]
        rows += [(name, row[2]) for name, row in ELSEWHERE.items() if _is_there(name)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _is_there(name: str) -> bool:
    return importlib.util.find_spec(ELSEWHERE[name][0]) is not None


def _version() -> str:
    from importlib.metadata import version

    return version("mangacolor")


def _print_version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"mangacolor {_version()}")
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

    `mangacolor chapter/ --out colored/` is short for `mangacolor colorize chapter/ --out colored/`.
    """


@cli.command(COLORIZE)
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True, type=click.Path(path_type=Path))
@option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the coloured pages.")
@pixel_options
@run_options
def colorize(inputs: tuple[Path, ...], out: Path, **values: Any) -> int:
    """Colour INPUT: a folder of images, a tree of chapters, or an image."""
    from mangacolor.commands.bodies import run_colorize

    return run_colorize(inputs, out, values)


@cli.command()
@click.argument("images", metavar="IMAGE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@option(
    "--out", type=click.Path(path_type=Path), required=True, help="Folder for the JSON files and overlays."
)
@option("--direction", type=click.Choice(["rtl", "ltr"]), help="Reading order; rtl by default.")
@panel_method_option
@edits_option
@option("--jobs", type=click.IntRange(0), default=0, help="Pages at once; 0 is one a core.")
@option("--json", is_flag=True, help="Print one JSON object.")
@option("--quiet", is_flag=True, help="Say only what went wrong.")
def panels(images: tuple[Path, ...], out: Path, **values: Any) -> int:
    """Only find the panels of IMAGE: one JSON file and one overlay a page."""
    from mangacolor.commands.bodies import run_panels

    return run_panels(images, out, values)


@cli.command()
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True, type=click.Path(path_type=Path))
@option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the coloured pages.")
@click.option("--dot", "form", flag_value="dot", help="The graph for Graphviz.")
@click.option("--mermaid", "form", flag_value="mermaid", help="The graph for Markdown.")
@pixel_options
@selection_options
@option("--json", is_flag=True, help="Print one JSON object.")
def plan(inputs: tuple[Path, ...], out: Path, form: str | None, **values: Any) -> int:
    """Show the graph, what is cached and what would run. Writes nothing."""
    from mangacolor.commands.bodies import run_plan

    return run_plan(inputs, out, form, values)


@cli.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--page", type=click.IntRange(1), help="Only this page of OUT, counted from 1.")
@option("--json", is_flag=True, help="Print one JSON object.")
def inspect(out: Path, page: int | None, json: bool) -> int:
    """Write one HTML file that shows what each stage did to each page of OUT."""
    from mangacolor.commands.bodies import run_inspect

    return run_inspect(out, page, json)


@cli.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--set", "colours", metavar="ID=#RRGGBB", multiple=True, help="Give a group a colour; ID=found undoes it."
)
@click.option("--lock/--unlock", "lock", default=None, help="Keep these colours, here and with --palette.")
@click.option(
    "--save", type=click.Path(path_type=Path), help="Write a copy, for --palette of other chapters."
)
@click.option("--chapter", metavar="NAME", help="Which of OUT's chapters, if there are several.")
@option("--json", is_flag=True, help="Print one JSON object.")
def palette(
    out: Path, colours: tuple[str, ...], lock: bool | None, save: Path | None, chapter: str | None, json: bool
) -> int:
    """Show the colours of a chapter's figures and grounds as one HTML file, and change them.

    Colouring the chapter into OUT again then takes over what was changed.
    """
    from mangacolor.commands.bodies import run_palette

    return run_palette(out, chapter, colours, lock, save, json)


@cli.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--all", "everything", is_flag=True, help="Also forget which files of OUT are ours.")
@option("--json", is_flag=True, help="Print one JSON object.")
def clean(out: Path, everything: bool, json: bool) -> int:
    """Remove what was kept in OUT/.mangacolor for looking and resuming. Finished pages stay."""
    from mangacolor.commands.bodies import run_clean

    return run_clean(out, everything, json)


@cli.command()
@pixel_options
@option("--json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def doctor(context: click.Context, /, **values: Any) -> int:
    """Show what was found on this machine and where each option's value comes from."""
    from mangacolor.commands.bodies import run_doctor

    return run_doctor(context, values)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The console script. Every command's exit status is decided here and nowhere else."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    status = _run(with_command(given))
    sys.stdout.flush()
    sys.stderr.flush()
    # A stage that does not heed a stop must not hold the process back, nor abort it on its way out.
    if status in (130, 143) or (arguments is None and _threads_left()):
        os._exit(status)
    sys.exit(status)


def _threads_left() -> bool:
    lanes = sys.modules.get("mangacolor.pipeline.engine.worker_pools")
    return lanes is not None and lanes.at_work()


def with_command(arguments: list[str]) -> list[str]:
    """The arguments with ``colorize`` put first, unless they name a command, --help or --version."""
    known = {*cli.commands, *ELSEWHERE, "--help", "--version"}
    if not arguments or arguments[0] in known:
        return arguments
    return [COLORIZE, *arguments]


def _run(arguments: list[str]) -> int:  # noqa: PLR0911 - a table of outcomes
    try:
        command = cli.commands.get(arguments[0]) if arguments else None
        settings = {arguments[0]: read_file(Path(FILE_NAME), command, _all_options())} if command else {}
    except MangacolorError as error:
        return _refuse(arguments, error)
    try:
        status = cli.main(arguments, "mangacolor", standalone_mode=False, default_map=settings)
        return status if isinstance(status, int) else 0
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        return _refuse(arguments, error)
    except MangacolorError as error:
        click.echo(f"mangacolor: {error}", err=True)
        return error.status
    except (KeyboardInterrupt, click.Abort):
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone; say nothing more, or Python complains at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        if error.filename is None:
            return _report_bug()
        click.echo(f"mangacolor: {error.filename}: {error.strerror}", err=True)
        click.echo("  Check the path, its permissions and the space on the disk.", err=True)
        return 3
    except Exception:
        return _report_bug()


def _report_bug() -> int:
    # Python's own status 1 would say that some pages succeeded.
    traceback.print_exc()
    click.echo("mangacolor: this is a bug; please report it with the lines above", err=True)
    return 3


def _all_options() -> set[str]:
    return {name for command in cli.commands.values() for name in file_options(command)}


def _refuse(arguments: list[str], error: MangacolorError | click.ClickException) -> int:
    """The command line is wrong. ``run_done`` comes last even where the run never began."""
    if isinstance(error, click.ClickException):
        error.show()
    else:
        click.echo(f"mangacolor: {error}", err=True)
    if arguments[:1] == [COLORIZE] and "--json" in arguments:
        from mangacolor.pipeline.events import RunDone
        from mangacolor.pipeline.report.json_lines import json_document

        click.echo(json.dumps(json_document(RunDone(2, 0, 0, 0, 0, 0, 0.0, 0, 0))))
    return 2
