"""``mangacolor pack-data``: colour pictures in one small file."""

from __future__ import annotations

from pathlib import Path

import click

from mangacolor.commands.settings.value_types import PATH, WholeNumbers
from mangacolor.core.wording import counted


@click.command("pack-data")
@click.argument("root", type=PATH)
@click.option("--out", required=True, type=PATH, help="The pack to write.")
@click.option("--sources", type=PATH, help="TOML: folders, layouts, weights, zooms.")
@click.option("--size", type=WholeNumbers(1), default=256, show_default=True, help="Working size in pixels.")
@click.option(
    "--quality",
    type=WholeNumbers(0, 100),
    default=40,
    show_default=True,
    help="AVIF quality of the stored pictures.",
)
def pack_data(root: Path, out: Path, sources: Path | None, size: int, quality: int) -> None:
    """Gather the colour pictures under ROOT into one small file to train from."""
    from mangacolor.training.data.pack import write_pack
    from mangacolor.training.data.pictures import read_source
    from mangacolor.training.data.sources import describe_sources

    chosen = describe_sources(root, sources)
    pictures = (picture for source in chosen for picture in read_source(root, source, size))
    count = write_pack(out, chosen, pictures, quality)
    held = f"{counted(count, 'picture')} of {counted(len(chosen), 'source')}"
    click.echo(f"{out}: {held}, {out.stat().st_size / 1e6:.1f} MB", err=True)
