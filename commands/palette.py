"""``mangacolor palette``: the colours of a chapter, shown and changed."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mangacolor.commands.settings.options import option
from mangacolor.core.errors import ExitStatus


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--set", "colours", metavar="ID=#RRGGBB", multiple=True, help="Give a group a colour; ID=found undoes it."
)
@click.option("--lock/--unlock", "lock", default=None, help="Keep these colours, here and with --palette.")
@click.option(
    "--save", type=click.Path(path_type=Path), help="Write a copy, for --palette of other chapters."
)
@click.option("--chapter", metavar="NAME", help="Which of OUT's chapters, if there are several.")
@option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def palette(
    out: Path,
    colours: tuple[str, ...],
    lock: bool | None,
    save: Path | None,
    chapter: str | None,
    as_json: bool,
) -> int:
    """Show the colours of a chapter's figures and grounds as one HTML file, and change them.

    Colouring the chapter into OUT again then takes over what was changed.
    """
    from mangacolor.pipeline.report import palette_page as page

    before = page.find_palette(out, chapter)
    entries = page.changed(before.entries, page.parse_set(colours), lock)
    page.save_palette(before, entries, save)
    sheet = page.write_sheet(before, entries)
    if as_json:
        document = {
            "file": str(sheet),
            "palette": str(before.path),
            "groups": len(entries),
            "edited": [entry.id for entry in entries if entry.edited],
        }
        click.echo(json.dumps(document))
    else:
        click.echo(str(sheet))
    return ExitStatus.DONE
