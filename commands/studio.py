"""``mangacolor studio``: a chapter in the browser."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource

from mangacolor.commands.settings.options import SETTINGS, option, refused_option, settings_options
from mangacolor.commands.settings.settings_file import pick
from mangacolor.commands.settings.value_types import PATH, WholeNumbers, expand_patterns
from mangacolor.core.errors import UsageError
from mangacolor.core.installed import STUDIO, need_packages
from mangacolor.core.option_fields import option_fields
from mangacolor.core.settings import Options, RunOptions

_FIRST: Final = "Leave it out, or run mangacolor INPUT --out OUT with it first: then mangacolor studio OUT."
_AGAIN: Final = "Leave it out: Do pages again, in the browser, does that."
_TELLS: Final = "the studio tells of its runs in the browser"
_WHOLE: Final = "the studio colours whole pages, and all of them"


@click.command()
@click.argument(
    "paths", metavar="OUT | INPUT...", nargs=-1, required=True, type=PATH, callback=expand_patterns
)
@option("--out", type=PATH, help="Folder for the coloured pages of INPUT.")
@option("--host", default="127.0.0.1", help="Address to listen on; by default only this machine reaches it.")
@option("--port", type=WholeNumbers(0, 65535), default=0, help="Port; any free one by default.")
@option("--token", default="", metavar="TEXT", help="What the address holds; needed with another --host.")
@option("--browser/--no-browser", default=True, help="Open the address in the browser, the default, or not.")
@option("--chapter", metavar="NAME", help="Which of OUT's chapters comes first, if there are several.")
@refused_option("--json", _TELLS, _FIRST)
@refused_option("--quiet", _TELLS, _FIRST)
@refused_option("--report", _TELLS, _FIRST)
@refused_option("--until", _WHOLE, _FIRST, is_flag=False)
@refused_option("--pages", _WHOLE, _FIRST, is_flag=False)
@refused_option("--from", "the studio does again what has changed", _AGAIN, is_flag=False)
@refused_option("--force", "the studio does again what has changed", _AGAIN)
@settings_options("studio")
def studio(paths: tuple[Path, ...], out: Path | None, **values: Any) -> int:
    """Open a coloured chapter, OUT, in the browser: a click changes a colour on every page.

    With --out it colours INPUT first, as the options of colouring say, and pages appear as they are done.
    The printed address works on this machine alone, unless --host lets others in, as a phone. Ctrl-C ends it;
    what was chosen is kept in OUT. docs/guide/studio.md shows it.
    """
    need_packages("studio", STUDIO, extra="studio")
    from mangacolor.pipeline.out_folder import check_out
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
    elif _colouring_is_told(click.get_current_context()):
        raise UsageError(
            "options of colouring need --out", f"mangacolor studio INPUT --out {paths[0]}, with the options."
        )
    else:
        check_out(paths[0], "studio")
    settings = StudioSettings(
        (out or paths[0]).absolute(), access, values["port"], values["chapter"], work, learner_of
    )
    return open_studio(
        settings,
        click.echo,
        lambda text: click.echo(f"mangacolor: {text}", err=True),
        values["browser"],
    )


def _colouring_is_told(context: click.Context) -> bool:
    """Whether the command line, and not ``mangacolor.toml`` or the environment, says how to colour."""
    return any(
        context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        for settings in SETTINGS
        for name in option_fields(settings)
    )
