"""``mangacolor clean``: free the space that looking and resuming take."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mangacolor.commands.options import option


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--all", "everything", is_flag=True, help="Also forget which files of OUT are ours.")
@option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def clean(out: Path, everything: bool, as_json: bool) -> int:
    """Remove what was kept in OUT/.mangacolor for looking and resuming. Finished pages stay."""
    from mangacolor.pipeline.store.clean import clean as remove_artifacts

    cleaned = remove_artifacts(out, everything)
    if as_json:
        click.echo(json.dumps({"files": cleaned.files, "bytes": cleaned.bytes}))
    else:
        click.echo(f"removed {cleaned.files} files, {cleaned.bytes / 2**20:.1f} MiB", err=True)
    return 0
