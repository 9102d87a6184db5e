"""``mangacolor plan``: the graph, what is cached and what would run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mangacolor.commands.settings.options import option, settings_options
from mangacolor.commands.settings.settings_file import pick
from mangacolor.commands.settings.value_types import PATH, expand_patterns
from mangacolor.core.errors import ExitStatus
from mangacolor.core.settings import Options, RunOptions
from mangacolor.core.wording import json_text

if TYPE_CHECKING:
    from mangacolor.pipeline.plan import Foresee


@click.command()
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True, type=PATH, callback=expand_patterns)
@option("--out", type=PATH, required=True, help="Folder for the coloured pages.")
@click.option("--dot", "form", flag_value="dot", help="The graph for Graphviz.")
@click.option("--mermaid", "form", flag_value="mermaid", help="The graph for Markdown.")
@settings_options("plan")
@option("--json", is_flag=True, help="Print one JSON object.")
def plan(inputs: tuple[Path, ...], out: Path, form: str | None, **values: Any) -> int:
    """Show the graph, what is cached and what would run. Writes nothing."""
    from mangacolor.pipeline.plan import as_document, as_dot, as_mermaid, as_text, plan_run

    foresee: Foresee | None = None
    if values["learn"]:
        from mangacolor.training.series.for_run import foresee_learning

        foresee = foresee_learning
    planned = plan_run(inputs, out, pick(Options, values), pick(RunOptions, values), foresee=foresee)
    if values["json"]:
        click.echo(json_text(as_document(planned)))
    else:
        click.echo({"dot": as_dot, "mermaid": as_mermaid, None: as_text}[form](planned))
    return ExitStatus.DONE
