"""``mangacolor models``: which weights there are, fetching them, and reading the notebook's own."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mangacolor.commands.settings.value_types import PATH, Numbers
from mangacolor.core.errors import OutputError, SetupError, UsageError
from mangacolor.core.installed import need_torch
from mangacolor.models.files.download import fetch, weights_cache
from mangacolor.models.files.known import WEIGHTS, Weights, find_weights
from mangacolor.models.files.reading import bundled_file, check_suffix
from mangacolor.models.upscale.known import NETWORKS, KnownNetwork

if TYPE_CHECKING:
    from mangacolor.models.colour.config import WeightsFacts
    from mangacolor.models.colour.series.describing import SeriesFacts


@click.group("models")
def models() -> None:
    """List the networks and their licences, fetch weights, import the notebook's checkpoints."""


@models.command("list", short_help="List the weights known by name, or what FILEs hold.")
@click.argument("files", metavar="[FILE]...", nargs=-1, type=PATH)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def list_command(files: tuple[Path, ...], as_json: bool) -> None:
    """List the weights that mangacolor knows by name, and what FILEs of weights or of series hold."""
    rows = [*map(_colour_row, WEIGHTS), *map(_upscaler_row, NETWORKS)]
    facts = [file_facts(file) for file in files]
    if as_json:
        told: dict[str, list[dict[str, Any]]] = {"weights": rows, "series": [], "networks": []}
        for document in (one.to_document() for one in facts):
            told["networks" if "config" in document else "series"].append(document)
        click.echo(json.dumps(told))
        return
    for row in rows:
        click.echo(f"{row['name']:<20}{row['role']:<12}{row['state']:<11}{row['licence']}")
        click.echo(f"{'':<20}{row['architecture']}; {row['origin']}")
        click.echo(f"{'':<20}by {row['attribution']}")
    for one in facts:
        click.echo("\n".join(one.lines()))


def file_facts(file: Path) -> SeriesFacts | WeightsFacts:
    """What a file of a series, or of a colour network's weights, says of itself.

    Raises ``SetupError`` for another file.
    """
    from mangacolor.models.colour.config import weights_facts
    from mangacolor.models.colour.series.describing import describe_series

    facts = describe_series(file) or weights_facts(file)
    if facts is None:
        raise SetupError(
            f"{file} says nothing of a colour network",
            "Name a file that mangacolor train or learn has written; mangacolor models import makes one of a "
            "checkpoint of the notebook.",
        )
    return facts


def _colour_row(entry: Weights) -> dict[str, Any]:
    file = bundled_file(entry) if entry.bundled else weights_cache() / entry.file
    there = "bundled" if entry.bundled else "fetched"
    return asdict(entry) | {"state": there if file.is_file() else "absent", "path": str(file)}


def _upscaler_row(network: KnownNetwork) -> dict[str, Any]:
    from mangacolor.models.upscale.sources import package_folder

    installed = "installed" if package_folder() else "absent"
    return asdict(network) | {"role": "upscaler", "state": "bundled" if network.bundled else installed}


@models.command("fetch", short_help="Fetch the weights called NAME into the cache.")
@click.argument("name")
def fetch_command(name: str) -> None:
    """Fetch the weights called NAME into the cache, checked by their hash."""
    entry = find_weights(name)
    if entry is None or entry.bundled:
        names = ", ".join(entry.name for entry in WEIGHTS if not entry.bundled)
        raise UsageError(f"there is nothing to fetch called {name!r}", f"Choose from {names}.")
    click.echo(str(fetch(entry)))


@models.command("import", short_help="Turn a checkpoint of the notebook into weights.")
@click.argument("source", type=PATH)
@click.option("--out", type=PATH, help="The .safetensors file to write; beside SOURCE by default.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
def import_command(source: Path, out: Path | None, force: bool, as_json: bool) -> None:
    """Read a checkpoint of the original notebook and write it as weights that --weights takes.

    Nothing in SOURCE is executed. The network is told from its layout: plain, attention, extractor or
    both.
    """
    out = out or source.with_suffix(".safetensors")
    if out == source:
        raise UsageError(f"{out} would be written over itself", "Name another file with --out.")
    check_suffix(out)
    if out.exists() and not force:
        raise OutputError(f"{out} is there already", "Add --force to replace it, or choose another name.")
    need_torch("mangacolor models import")
    from mangacolor.models.colour.checkpoints import load_generator, save_generator

    generator = load_generator(source)
    config = generator.config
    save_generator(out, generator, config, {"imported_from": source.name}, half=False)
    if as_json:
        click.echo(json.dumps({"out": str(out), "config": asdict(config)}))
    else:
        click.echo(f"{out}: {config.name} of width {config.width}, from {source}")


@models.command("average", short_help="Average a network and its fine-tuned self.")
@click.argument("before")
@click.argument("after")
@click.option("--share", type=Numbers(0, 1), default=0.5, show_default=True, help="Of AFTER's weights.")
@click.option(
    "--temperature",
    type=Numbers(0, min_open=True),
    help="At which a palette is read out; AFTER's by default.",
)
@click.option("--out", required=True, type=PATH, help="The .safetensors file to write.")
def average_command(before: str, after: str, share: float, temperature: float | None, out: Path) -> None:
    """Average the weights of two networks, of which AFTER was fine-tuned from BEFORE.

    On pictures unlike the training's the average is often better than both.
    """
    need_torch("mangacolor models average")
    from mangacolor.training.colour.averaging import average_files

    average_files(before, after, share, temperature, out)
    click.echo(f"{out}: {share:.0%} of {after}, the rest of {before}")
