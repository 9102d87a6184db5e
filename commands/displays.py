"""``mangacolor displays``: the devices that ``--fit`` knows by name."""

from __future__ import annotations

import json
from typing import Any

import click

from mangacolor.core.displays import Display, known_displays


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def displays(as_json: bool) -> None:
    """List the displays that --fit knows by name, with their pixels and where these are from."""
    known = known_displays().values()
    if as_json:
        click.echo(json.dumps({"displays": [_row(display) for display in known]}))
        return
    for display in known:
        size = "x".join(map(str, display.frame))
        click.echo(f"{display.name:<27}{size:<11}{display.screen:<14}{display.device} ({display.source})")


def _row(display: Display) -> dict[str, Any]:
    width, height = display.frame
    return {
        "name": display.name,
        "width": width,
        "height": height,
        "screen": display.screen,
        "device": display.device,
        "source": display.source,
    }
