"""``mangacolor panels``: only the panels of pages, as JSON files and pictures."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mangacolor.commands.settings.options import option, setting_option
from mangacolor.commands.settings.value_types import PATH, expand_patterns
from mangacolor.core.wording import counted, json_text, printable_lines

if TYPE_CHECKING:
    from mangacolor.pipeline.panels_only import PanelsResult


@click.command()
@click.argument("images", metavar="IMAGE...", nargs=-1, required=True, type=PATH, callback=expand_patterns)
@option("--out", type=PATH, required=True, help="Folder for the JSON files and overlays.")
@setting_option("direction", help="Reading order; rtl by default.")
@setting_option("panel_method")
@setting_option("edits")
@option("--explain", is_flag=True, help="Also draw and write every cut that was considered, and its score.")
@setting_option("jobs", default=0, help="Pages at once; 0 is one a core.")
@option("--json", is_flag=True, help="Print one JSON object.")
@option("--quiet", is_flag=True, help="Say only what went wrong.")
def panels(images: tuple[Path, ...], out: Path, **values: Any) -> int:
    """Only find the panels of IMAGE: one JSON file and one overlay a page."""
    from mangacolor.pipeline.engine.cancel import CancelToken, cancel_on_signals
    from mangacolor.pipeline.panels_only import write_panels

    cancel = CancelToken()
    started = time.perf_counter()
    with cancel_on_signals(cancel):
        result = write_panels(
            images,
            out,
            direction=values["direction"],
            method=values["panel_method"],
            edits=values["edits"],
            explain=values["explain"],
            jobs=values["jobs"],
            cancel=cancel,
            tell=lambda text: click.echo(printable_lines(text), err=True),
        )
    if values["json"]:
        click.echo(json_text(_document(result, time.perf_counter() - started)))
    elif not values["quiet"]:
        click.echo(
            f"{counted(result.panels, 'panel')} on {counted(result.pages - len(result.failed), 'page')}",
            err=True,
        )
    return result.status


def _document(result: PanelsResult, seconds: float) -> dict[str, Any]:
    """What ``--json`` prints."""
    return {
        "status": int(result.status),
        "pages": result.pages,
        "failed": [{"page": page, "error": error, "remedy": remedy} for page, error, remedy in result.failed],
        "panels": result.panels,
        "seconds": round(seconds, 3),
    }
