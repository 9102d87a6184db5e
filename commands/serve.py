"""``mangacolor serve``: pages coloured while they are read, over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from mangacolor.commands.settings.options import option, refused_option, setting_option
from mangacolor.commands.settings.settings_file import pick
from mangacolor.commands.settings.value_types import GivenPath, WholeNumbers
from mangacolor.core.installed import need_packages
from mangacolor.core.settings import Options

_PACKAGES: Final = ("starlette", "uvicorn", "python_multipart")


@click.command()
@option("--host", default="127.0.0.1", help="Address to listen on; by default only this machine reaches it.")
@option("--port", type=WholeNumbers(0, 65535), default=7860, help="Port; 7860 by default, 0 takes any.")
@option("--token", default="", metavar="TEXT", help="What a request has to know; needed with another --host.")
@option(
    "--data",
    type=GivenPath(path_type=Path, file_okay=False),
    help="Folder for answers, series and jobs; the user's own by default.",
)
@option("--queue", type=WholeNumbers(1, 1000), default=32, help="Pages that may wait; 32 by default.")
@option(
    "--allow-origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="A web page that may call everything, as https://example.org; may be repeated.",
)
@refused_option(
    "--learn",
    "serve does not learn",
    "Learn first: mangacolor learn PAGES --out series.safetensors. Then give --weights that file.",
)
@setting_option("scale", help="How much to enlarge; 1 by default.")
@setting_option("fit")
@setting_option("levels")
@setting_option("weights")
@setting_option("direction", help="Reading order; rtl by default.")
@setting_option("saturation")
@setting_option("force_color")
@setting_option("palette")
@setting_option("reference")
@setting_option("upscaler")
@setting_option("device")
@setting_option("cpu_backend")
@setting_option("max_pixels", help="Refuse pages of more pixels; 40 million by default.")
@setting_option("jobs", help="Pages worked on at once; as many as is best by default.")
def serve(**values: Any) -> int:
    """Colour pages while they are read: for Suwayomi, browser extensions and programs, over HTTP.

    It listens on this machine and asks nothing of others. docs/guide/serve.md says how to set up what reads.
    Ctrl-C ends it.
    """
    need_packages("serve", _PACKAGES, extra="serve")
    from mangacolor.server.limits import PIXELS
    from mangacolor.server.listen import serve as run
    from mangacolor.server.settings import ServerSettings, check_access, data_folder

    access = check_access(values["host"], values["token"], values["origins"])
    chosen = {"scale": "1", "max_pixels": PIXELS} | {
        name: value for name, value in values.items() if value is not None
    }
    settings = ServerSettings(
        access,
        values["port"],
        (values["data"] or data_folder()).absolute(),
        pick(Options, chosen),
        values["queue"],
        values["jobs"] or 0,
    )
    return run(settings, click.echo, lambda text: click.echo(f"mangacolor: {text}", err=True))
