"""``mangacolor colorize``, which is what ``mangacolor INPUT... --out DIR`` means."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from mangacolor.commands.settings.options import option, settings_options
from mangacolor.commands.settings.settings_file import pick
from mangacolor.commands.settings.value_types import PATH, expand_patterns
from mangacolor.core.settings import Options, RunOptions


@click.command()
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True, type=PATH, callback=expand_patterns)
@option("--out", type=PATH, required=True, help="Folder for the coloured pages.")
@settings_options("colorize")
def colorize(inputs: tuple[Path, ...], out: Path, **values: Any) -> int:
    """Colour INPUT: images, folders of them, trees of chapters, CBZ, CBR, CB7, CBT, PDF or EPUB.

    `mangacolor chapter/ --out colored/` is all that most chapters need. Inputs are never changed. The same
    command goes on where it was stopped, and does again only what has changed.

    Exit status: 0 all pages done, 1 some failed, 2 the command line is wrong, 3 nothing could be done, 130
    and 143 stopped.
    """
    from mangacolor.pipeline.engine.cancel import CancelToken, cancel_on_signals
    from mangacolor.pipeline.events import Listener, tell_each
    from mangacolor.pipeline.report.json_lines import json_documents, json_lines
    from mangacolor.pipeline.report.progress import ProgressDisplay
    from mangacolor.pipeline.run import run
    from mangacolor.training.series import learner_of

    run_options = pick(RunOptions, values)
    cancel = CancelToken()
    progress = ProgressDisplay(run_options.quiet, advise=not run_options.json)
    with progress as display, cancel_on_signals(cancel):
        listeners: list[Listener] = [display]
        if run_options.json:
            listeners.append(json_lines(sys.stdout, json_documents))
        return run(
            inputs,
            out,
            pick(Options, values),
            run_options,
            emit=tell_each(listeners),
            cancel=cancel,
            learner=learner_of(run_options),
            may_split=True,
        ).status
