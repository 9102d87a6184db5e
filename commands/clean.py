"""``mangacolor clean``: free the space that looking and resuming take."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mangacolor.commands.settings.options import option
from mangacolor.commands.settings.value_types import PATH
from mangacolor.core.errors import ExitStatus
from mangacolor.core.wording import byte_size, counted

if TYPE_CHECKING:
    from mangacolor.pipeline.store.clean import Cleaned


@click.command()
@click.argument("out", type=PATH)
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Also forget which files of OUT are ours, and delete files that runs have moved aside.",
)
@option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def clean(out: Path, everything: bool, as_json: bool) -> int:
    """Free disk space in OUT/.mangacolor: remove what is made again in a moment.

    Finished pages stay. Removed are previews, reports, and much of what each stage left. Kept are the small
    colours and balloons of each page, which the network would have to make again when a palette is edited
    or a page is changed; the list of what was written, by which the next run finds pages up to date; pages of
    archives, from which a changed archive is packed; files moved aside since their source is gone; and your
    corrections. With --all your corrections alone are kept.
    """
    from mangacolor.pipeline.out_folder import check_out
    from mangacolor.pipeline.store.clean import clean as remove_artifacts

    check_out(out, "clean")
    cleaned = remove_artifacts(out, everything)
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(cleaned) | {"kept": cleaned.kept}))
    else:
        click.echo(_told(cleaned), err=True)
    return ExitStatus.DONE


def _told(cleaned: Cleaned) -> str:
    """What was freed, and what stays and why."""
    kept = {
        "colours for edits and for the next run": cleaned.colours,
        "finished pages of archives": cleaned.finished,
        "files moved aside": cleaned.aside,
        "corrections of yours": cleaned.edits,
    }
    stays = ", ".join(f"{byte_size(size)} {what}" for what, size in kept.items() if size)
    freed = f"removed {counted(cleaned.files, 'file')}, {byte_size(cleaned.bytes)}"
    if cleaned.lost:
        freed += f", with {counted(cleaned.lost, 'file')} that had been moved aside"
    return f"{freed}; kept {stays}" if stays else f"{freed}; nothing is kept"
