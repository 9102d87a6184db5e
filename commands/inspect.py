"""``mangacolor inspect``: what each stage did, as one HTML file."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mangacolor.commands.settings.options import option
from mangacolor.commands.settings.value_types import PATH
from mangacolor.core.errors import ExitStatus, UsageError
from mangacolor.core.wording import json_text
from mangacolor.models.files.reading import SUFFIX


@click.command()
@click.argument("out", type=PATH)
@click.option("--page", metavar="PAGE", help="Only this page of OUT: its name, or its number from 1.")
@option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def inspect(out: Path, page: str | None, as_json: bool) -> int:
    """Write one HTML file that shows what each stage did to each page of OUT.

    The file, inspect.html in OUT/.mangacolor, is named at the end.

    OUT may be a file of weights, too, or a series': then its network and what it was learnt from are told.
    """
    if out.is_file() and out.suffix.lower() == SUFFIX:
        return _describe(out, page, as_json)
    from mangacolor.pipeline.out_folder import check_out
    from mangacolor.pipeline.report.run_report import number_of, write_report
    from mangacolor.pipeline.store.layout import State

    check_out(out, "inspect")
    name = "inspect.html" if page is None else f"inspect-{number_of(out, page)}.html"
    target = State(out).folder / name
    pages = write_report(out, target, page=page)
    click.echo(json.dumps({"file": str(target), "pages": pages}) if as_json else str(target))
    return ExitStatus.DONE


def _describe(file: Path, page: str | None, as_json: bool) -> int:
    from mangacolor.commands.models import file_facts

    if page is not None:
        raise UsageError(f"{file} has no pages", "Leave out --page, or name the --out of a run.")
    facts = file_facts(file)
    click.echo(json_text(facts.to_document()) if as_json else "\n".join(facts.lines()))
    return ExitStatus.DONE
