"""``mangacolor watch``: colour what is in a folder, and what comes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from mangacolor.commands.settings.options import ALL_SETTINGS, option, refused_option, settings_options
from mangacolor.commands.settings.settings_file import pick
from mangacolor.commands.settings.value_types import PATH
from mangacolor.core.settings import Options, RunOptions, WatchOptions


@click.command()
@click.argument("folder", metavar="IN", type=PATH)
@option("--out", type=PATH, required=True, help="Folder for the coloured pages.")
@refused_option(
    "--learn",
    "watch does not learn",
    "Learn first: mangacolor learn PAGES --out series.safetensors. Then give --weights that file.",
)
@settings_options("watch", ALL_SETTINGS)
def watch(folder: Path, out: Path, **values: Any) -> int:
    """Colour the chapters and archives in IN, and those that come, once they have settled.

    OUT becomes what `mangacolor IN --out OUT` makes of it, oldest first and one chapter at a time; nothing is
    ever taken away from it. What fails is tried again later. Ctrl-C ends the watch; it goes on where it was
    when it is started again.

    Exit status: 130 and 143 when stopped by Ctrl-C or by a signal; with --once 0 every chapter is
    coloured, 1 some failed, now or before, or could not be read, 3 nothing could be done; 2 the command line
    is wrong.
    """
    from mangacolor.pipeline.engine.cancel import cancel_on_signals
    from mangacolor.pipeline.events import tell_each
    from mangacolor.pipeline.report.json_lines import json_lines
    from mangacolor.watcher.coloring import Job, StopWatch
    from mangacolor.watcher.display import WatchDisplay
    from mangacolor.watcher.events import Listener
    from mangacolor.watcher.json_stream import watch_documents
    from mangacolor.watcher.watch import watch as watch_folder

    run_options = pick(RunOptions, values)
    job = Job(folder.absolute(), out, pick(Options, values), run_options)
    stop = StopWatch()
    watch_options = pick(WatchOptions, values)
    display = WatchDisplay(run_options.quiet, once=watch_options.once)
    with display, cancel_on_signals(stop):
        listeners: list[Listener] = [display]
        if run_options.json:
            listeners.append(json_lines(sys.stdout, watch_documents))
        return watch_folder(job, watch_options, emit=tell_each(listeners), stop=stop)
