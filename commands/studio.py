"""``mangacolor studio``: a chapter in the browser."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any, Final

import click

from mangacolor.commands.settings.options import option, settings_options
from mangacolor.commands.settings.settings_file import pick
from mangacolor.core.errors import UsageError
from mangacolor.core.installed import need_packages
from mangacolor.core.settings import Options, RunOptions

_PACKAGES: Final = ("starlette", "uvicorn")


@click.command()
@click.argument("paths", metavar="OUT | INPUT...", nargs=-1, required=True, type=click.Path(path_type=Path))
@option("--out", type=click.Path(path_type=Path), help="Folder for the coloured pages of INPUT.")
@option("--host", default="127.0.0.1", help="Address to listen on; by default only this machine reaches it.")
@option("--port", type=click.IntRange(0, 65535), default=0, help="Port; any free one by default.")
@option("--token", default="", metavar="TEXT", help="What the address holds; needed with another --host.")
@option("--browser/--no-browser", default=True, help="Open the address in the browser, the default, or not.")
@option("--chapter", metavar="NAME", help="Which of OUT's chapters comes first, if there are several.")
@settings_options("colorize")
def studio(paths: tuple[Path, ...], out: Path | None, **values: Any) -> int:
    """Open a coloured chapter, OUT, in the browser: a click changes a colour on every page.

    With --out it colours INPUT first, and pages appear as they are done. The printed address works on this
    machine alone. Ctrl-C ends it; what was chosen is kept in OUT. docs/guide/studio.md shows it.
    """
    need_packages("studio", _PACKAGES, extra="studio")
    from mangacolor.pipeline.store.last_run import LastRun, absolute_inputs
    from mangacolor.server.settings import check_access
    from mangacolor.studio.listen import open_studio
    from mangacolor.studio.settings import StudioSettings
    from mangacolor.training.series import learner_of

    options, run_options = pick(Options, values), pick(RunOptions, values)
    access = check_access(values["host"], values["token"], ())
    access = access if access.token else type(access)(access.host, secrets.token_urlsafe(32))
    work = None
    if out is not None:
        work = LastRun(absolute_inputs(paths), options, run_options)
    elif len(paths) > 1:
        raise UsageError("studio takes one folder of coloured pages", "To colour several inputs, add --out.")
    elif (options, run_options) != (Options(), RunOptions()):
        raise UsageError(
            "options of colouring need --out", f"mangacolor studio INPUT --out {paths[0]}, with the options."
        )
    settings = StudioSettings(
        (out or paths[0]).absolute(), access, values["port"], values["chapter"], work, learner_of
    )
    return open_studio(
        settings,
        click.echo,
        lambda text: click.echo(f"mangacolor: {text}", err=True),
        values["browser"],
    )
